using System.Text;
using Atoll.Components;
using Atoll.Components.Text;
using Atoll.Wasi;
using Atoll.Wasi.Platform;
using Atoll.Wasi.Tests.Preview2;
using Atoll.Wasm;
using Atoll.Wit;

namespace Atoll.Testing.Tests;

/// <summary>The mock host, with a guest that exports again what it imports.</summary>
public sealed class MockHostTests
{
    private static readonly WitInterface[] Interfaces =
        [.. WitLibrary.Open("atoll:platform").Load().SelectWorld("imports").Imports.Select(item => item.Interface!)];

    private static readonly WitGuest Guest = new(Interfaces);
    private static readonly byte[] Bytes = ComponentText.Assemble(Guest.Text);

    [Fact]
    public void Entries_are_kept()
    {
        using MockHost host = MockHost.Create().WithLogging(GuestLogLevel.Info);
        Call(host.Load(Bytes), "logging#log", "(warn, \"db\", \"slow\", [{name: \"ms\", value: \"12\"}])");
        Assert.Equal("warn db: slow ms=12", Assert.Single(host.Logs).ToString());
        Assert.Equal("logging.log", Assert.Single(host.Calls).Function);
    }

    [Fact]
    public void Nothing_is_open_that_was_not_set_up()
    {
        using MockHost host = MockHost.Create();
        MockInstance instance = host.Load(Bytes);
        Call(instance, "logging#log", "(info, \"\", \"x\", [])");
        Assert.Equal("err(denied(\"net:connect:example.org:443\"))", Call(instance, "tcp#probe", "(\"example.org\", 443, none)"));
        Assert.Equal("err(denied(\"net:resolve:example.org\"))", Call(instance, "dns#resolve", "(\"example.org\", a, none)"));
        Assert.Empty(host.Calls);
        Assert.Empty(host.Logs);
        Assert.Equal(["log:write:**", "net:connect:example.org:443", "net:resolve:example.org"], host.Denied.Select(capability => capability.ToString()));
    }

    [Fact]
    public void Requests_are_answered_by_the_test()
    {
        using MockHost host = MockHost.Create()
            .WithHttp(request => request.Url.AbsolutePath == "/echo" ? MockHttpResponse.Text(request.Text + request.Header("x-a")) : null)
            .WithHttp("GET", "https://api.example.org/users/1", MockHttpResponse.Json("{\"id\":1}"));
        MockInstance instance = host.Load(Bytes);
        string? user = Call(instance, "http#fetch", Fetch("GET", "https://api.example.org/users/1", "none"));
        Assert.Contains("status: 200", user, StringComparison.Ordinal);
        Assert.Contains("application/json", user, StringComparison.Ordinal);
        Assert.Contains($"body: [{string.Join(", ", "{\"id\":1}"u8.ToArray())}]", user, StringComparison.Ordinal);
        Assert.Contains($"body: [104, 105, 98]", Call(instance, "http#fetch", Fetch("POST", "http://any.test/echo", "some([104, 105])")), StringComparison.Ordinal);
        Assert.Equal("err(network(refused))", Call(instance, "http#fetch", Fetch("GET", "http://any.test/other", "none")));
        Assert.Equal(["/users/1", "/echo", "/other"], host.Calls.OfType<MockHttpCall>().Select(call => call.Request.Url.AbsolutePath));
    }

    [Fact]
    public void Requests_are_answered_by_the_component()
    {
        using MockHost host = MockHost.Create().WithLimits(new StoreOptions { Timeout = TimeSpan.FromSeconds(1) });
        byte[] handler = ComponentWriter.FromText(File.ReadAllBytes(Path.Combine(Root(), "guests/http/hello.wat")));
        MockHttpResponse hello = host.Load(handler).Send(Request("GET", "/"));
        Assert.Equal(200, hello.Status);
        Assert.StartsWith("hello", Encoding.UTF8.GetString(hello.Body.Span), StringComparison.OrdinalIgnoreCase);
        MockHttpResponse echo = host.Load(handler).Send(Request("POST", "/echo", "wörld"));
        Assert.Equal("wörld", Encoding.UTF8.GetString(echo.Body.Span));
        Assert.Throws<TrapException>(() => host.Load(handler).Send(Request("GET", "/trap")));
        Assert.Equal("the component did not answer", Assert.Throws<InvalidOperationException>(() => host.Load(handler).Send(Request("GET", "/none"))).Message);
        Assert.Contains("did not finish", Assert.Throws<InvalidOperationException>(() => host.Load(handler).Send(Request("GET", "/half"))).Message, StringComparison.Ordinal);
        Assert.Throws<LimitExceededException>(() => host.Load(handler).Send(Request("GET", "/loop")));
        Assert.Contains("is no request", Assert.Throws<ArgumentException>(() => host.Load(handler).Send(Request("P O", "/"))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "is no header",
            Assert.Throws<ArgumentException>(() => host.Load(handler).Send(Request("GET", "/") with { Headers = [KeyValuePair.Create("a", "b\r\nc: d")] })).Message,
            StringComparison.Ordinal);
        Assert.Contains("answers no requests", Assert.Throws<ArgumentException>(() => host.Load(Bytes).Send(Request("GET", "/"))).Message, StringComparison.Ordinal);

        static MockHttpRequest Request(string method, string path, string body = "") => new(method, new Uri("http://localhost" + path), [], [.. Encoding.UTF8.GetBytes(body)]);

        static string Root()
        {
            string folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "Atoll.slnx")))
            {
                folder = Path.GetDirectoryName(folder)!;
            }

            return folder;
        }
    }

    [Fact]
    public void Calls_fail_when_the_test_says_so()
    {
        using MockHost host = MockHost.Create().WithKeyValue("b", ("k", "v")).Fail("key-value.set", new MockError(MockErrorKind.Exhausted, "full"), times: 1, after: 1);
        MockInstance instance = host.Load(Bytes);
        PlatformBucket bucket = instance.Get<Func<string, Result<PlatformBucket, PlatformError>>>(Guest.Export("platform/key-value#open"))("b").Value;
        var set = instance.Get<Func<PlatformBucket, string, byte[], Result<Unit, PlatformError>>>(Guest.Export("platform/key-value#[method]bucket.set"));
        Assert.False(set(bucket, "a", [1]).IsError);
        Assert.Equal("full", Assert.IsType<PlatformError.Exhausted>(set(bucket, "a", [2]).Error).Value);
        Assert.False(set(bucket, "a", [3]).IsError);
        Assert.Equal([3], host.Bucket("b").Get("a")!.Value.Value.ToArray());
        MockKeyValueCall[] calls = [.. host.Calls.OfType<MockKeyValueCall>()];
        Assert.Equal(["key-value.open", "key-value.set", "key-value.set", "key-value.set"], calls.Select(call => call.Function));
        Assert.Equal((byte[])[2], calls[2].Value!.Value);
        Assert.Equal(MockErrorKind.Exhausted, calls[2].Injected!.Kind);
        Assert.Throws<ArgumentException>(() => host.Fail("key-value.put", MockErrorKind.Failed));
        Assert.Throws<KeyNotFoundException>(() => host.Bucket("c"));
    }

    [Fact]
    public void Every_failure_reaches_the_guest()
    {
        foreach (MockErrorKind kind in Enum.GetValues<MockErrorKind>())
        {
            using MockHost host = MockHost.Create().WithTcp("a.test", 80).Fail("tcp.probe", kind);
            MockInstance instance = host.Load(Bytes);
            Assert.StartsWith("err(", Call(instance, "tcp#probe", "(\"a.test\", 80, none)"), StringComparison.Ordinal);
            Assert.StartsWith("ok(", Call(instance, "tcp#probe", "(\"a.test\", 80, none)"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_network_is_what_was_set_up()
    {
        using MockHost host = MockHost.Create().WithClock()
            .WithDns("example.org", new MockDnsRecord("a", "93.184.216.34", 300), new MockDnsRecord("mx", "10 mail.example.org"))
            .WithTcp("example.org", 25, TimeSpan.FromMilliseconds(3))
            .WithTls("example.org", 443, new MockTlsSession { Problems = ["expired"], NotAfter = DateTimeOffset.UnixEpoch.AddSeconds(7) });
        MockInstance instance = host.Load(Bytes);
        Assert.Contains("value: \"93.184.216.34\", ttl: 300", Call(instance, "dns#resolve", "(\"example.org\", a, none)"), StringComparison.Ordinal);
        Assert.Contains("10 mail.example.org", Call(instance, "dns#resolve", "(\"example.org\", mx, none)"), StringComparison.Ordinal);
        Assert.Equal("err(network(name-unresolved))", Call(instance, "dns#resolve", "(\"other.org\", a, none)"));
        Assert.Contains("connect: 3000000", Call(instance, "tcp#probe", "(\"example.org\", 25, none)"), StringComparison.Ordinal);
        string? session = Call(instance, "tls#probe", "(\"example.org\", 443, none, none)");
        Assert.Contains("not-after: 7", session, StringComparison.Ordinal);
        Assert.Contains("problems: [expired]", session, StringComparison.Ordinal);
        Assert.Equal("err(network(refused))", Call(instance, "tls#probe", "(\"example.org\", 25, none, none)"));
        Assert.Throws<ArgumentException>(() => host.WithDns("x", new MockDnsRecord("b", "")));
        Assert.Throws<ArgumentException>(() => host.WithDns("x", new MockDnsRecord("a", "nowhere")));
    }

    [Fact]
    public void Grants_can_be_narrowed()
    {
        using MockHost host = MockHost.Create().WithTcp("a.test", 80).WithTcp("b.test", 80).WithNetwork("a.test:80");
        MockInstance instance = host.Load(Bytes);
        Assert.StartsWith("ok(", Call(instance, "tcp#probe", "(\"a.test\", 80, none)"), StringComparison.Ordinal);
        Assert.Equal("err(denied(\"net:connect:b.test:80\"))", Call(instance, "tcp#probe", "(\"b.test\", 80, none)"));
    }

    [Fact]
    public void Time_passes_as_the_test_says()
    {
        using MockHost host = MockHost.Create().WithClock();
        Call(host.Load(Bytes), "timers#sleep", "(3600000000000)");
        Assert.Equal(TimeSpan.FromHours(1), Assert.IsType<MockSleepCall>(Assert.Single(host.Calls)).Length);
    }

    [Fact]
    public void The_call_can_change_between_calls()
    {
        using MockHost host = MockHost.Create().WithContext(new CallContext { Tenant = "one" }).WithMetadata(new ComponentMetadata("x", "1.0.0"));
        MockInstance instance = host.Load(Bytes);
        Assert.Contains("tenant: \"one\"", Call(instance, "context#current", "()"), StringComparison.Ordinal);
        instance.CallContext = new CallContext { Tenant = "two" };
        Assert.Contains("tenant: \"two\"", Call(instance, "context#current", "()"), StringComparison.Ordinal);
        Assert.Contains("name: \"x\", version: \"1.0.0\"", Call(instance, "metadata#component", "()"), StringComparison.Ordinal);
        host.Fail("metadata.component", MockErrorKind.Failed);
        Assert.Equal("none", Call(instance, "metadata#component", "()"));
        Assert.Equal(["context.current", "context.current", "metadata.component", "metadata.component"], host.Calls.Select(call => call.Function));
    }

    [Fact]
    public void Settings_do_the_same_as_methods()
    {
        MockHostSettings settings = MockHostSettings.Parse("""
            {
              // What the probe looks at.
              "logging": "info",
              "clock": "2026-01-01T00:00:00Z",
              "context": { "tenant": "acme", "risk": "high", "dry-run": true },
              "metadata": { "name": "probe", "version": "1.0.0" },
              "key-value": { "cache": { "k": "v" } },
              "http": [{ "url": "https://a.test/", "status": 418, "headers": { "X-A": "b" }, "body": "tea" }],
              "dns": { "a.test": [{ "kind": "txt", "value": "hello" }] },
              "tcp": ["a.test:80"],
              "tls": { "a.test:443": { "problems": ["name-mismatch"] } },
              "fail": [{ "function": "tcp.probe", "error": "name-server", "times": 1 }],
            }
            """);
        using MockHost host = MockHost.Create(settings);
        MockInstance instance = host.Load(Bytes);
        Call(instance, "logging#log", "(debug, \"\", \"below\", [])");
        Assert.Empty(host.Logs);
        Assert.Contains("risk-level: high", Call(instance, "context#current", "()"), StringComparison.Ordinal);
        Assert.Contains("status: 418", Call(instance, "http#fetch", Fetch("GET", "https://a.test/", "none")), StringComparison.Ordinal);
        Assert.Contains("\"hello\"", Call(instance, "dns#resolve", "(\"a.test\", txt, none)"), StringComparison.Ordinal);
        Assert.Equal("err(network(name-server))", Call(instance, "tcp#probe", "(\"a.test\", 80, none)"));
        Assert.StartsWith("ok(", Call(instance, "tcp#probe", "(\"a.test\", 80, none)"), StringComparison.Ordinal);
        Assert.Contains("name-mismatch", Call(instance, "tls#probe", "(\"a.test\", 443, none, none)"), StringComparison.Ordinal);
        Assert.Equal("v", Encoding.UTF8.GetString(host.Bucket("cache").Get("k")!.Value.Value.Span));
    }

    [Theory]
    [InlineData("{\"loging\":\"info\"}", "loging")]
    [InlineData("{\"logging\":\"loud\"}", "logging")]
    [InlineData("{\"fail\":[{\"function\":\"tcp.probe\",\"error\":\"odd\"}]}", "fail")]
    [InlineData("[]", "MockHostSettings")]
    [InlineData("null", "null")]
    public void Wrong_settings_say_where(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => MockHostSettings.Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_expected_is_verified()
    {
        using MockHost host = MockHost.Create(MockHostSettings.Parse("""{ "tcp": ["a.test:80"], "expect": [{ "function": "tcp.probe", "contains": "a.test:80" }] }"""))
            .Expect("dns.resolve", times: 0);
        MockInstance instance = host.Load(Bytes);
        Assert.Equal("tcp.probe with `a.test:80` should be called once, and was called 0 times\nthere were no calls", host.Verify());
        Call(instance, "tcp#probe", "(\"b.test\", 80, none)");
        Assert.EndsWith("the calls were:\n  tcp.probe b.test:80", host.Verify(), StringComparison.Ordinal);
        Call(instance, "tcp#probe", "(\"a.test\", 80, none)");
        Assert.Null(host.Verify());
        Assert.Throws<ArgumentException>(() => host.Expect("tcp.connect"));
    }

    [Fact]
    public void A_program_runs_with_what_was_set_up()
    {
        using MockHost host = MockHost.Create();
        ArgumentException missing = Assert.Throws<ArgumentException>(() => host.Load(Bytes).Call("nothing"));
        Assert.Contains("`nothing` means no function", missing.Message, StringComparison.Ordinal);
        Assert.Throws<UnlinkableException>(() => host.Load(ComponentText.Assemble("(component (import \"my:own/thing\" (instance (export \"f\" (func)))))")));
        using MockHost other = MockHost.Create().WithImports(linker => linker.Instance("my:own/thing").DefineFunction("f", () => { }));
        other.Load(ComponentText.Assemble("(component (import \"my:own/thing\" (instance (export \"f\" (func)))))"));
    }

    private static string? Call(MockInstance instance, string function, string arguments) => instance.Call(Guest.Export($"platform/{function}"), arguments);

    private static string Fetch(string method, string url, string body) =>
        $"({{method: \"{method}\", url: \"{url}\", headers: [{{name: \"x-a\", value: \"b\"}}], body: {body}, timeout: none, body-limit: none, redirects: 0}})";
}
