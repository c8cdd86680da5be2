using System.Net;
using System.Text;
using Atoll.Components;
using Atoll.Wasi.Network;
using Atoll.Wasi.Platform;
using Atoll.Wasm;
using Answer = Atoll.Components.Result<Atoll.Wasi.Platform.FetchResponse, Atoll.Wasi.Platform.PlatformError>;

namespace Atoll.Wasi.Tests.Platform;

/// <summary><c>atoll:platform/http</c> as guests see it.</summary>
public sealed class FetchTests
{
    [Fact]
    public void A_guest_sends_a_request_and_gets_the_whole_answer()
    {
        using Server server = new(context =>
        {
            using StreamReader reader = new(context.Request.InputStream);
            context.Response.StatusCode = 201;
            context.Response.AddHeader("X-Got", context.Request.Headers["X-Sent"]!);
            context.Response.OutputStream.Write(Encoding.UTF8.GetBytes($"{context.Request.HttpMethod} {context.Request.RawUrl} {reader.ReadToEnd()}"));
        });
        using PlatformProbe probe = new(Grants.None.AllowNetwork($"localhost:{server.Port}").AllowClock());
        FetchResponse answer = Fetch(probe, Request(server, "/a?b=c") with { Method = "POST", Body = "body"u8.ToArray(), Headers = [new Field("X-Sent", "yes")] }).Value;
        Assert.Equal(201, answer.Status);
        Assert.Equal("POST /a?b=c body", Encoding.UTF8.GetString(answer.Body.Span));
        Assert.Equal("yes", answer.Headers.First(header => header.Name == "X-Got").Value);
        Assert.True(answer.Elapsed > 0);
        Assert.Equal($"net:connect:localhost:{server.Port}", Assert.Single(probe.Decisions).Capability.ToString());
    }

    [Fact]
    public void Redirects_are_followed_as_far_as_they_are_granted()
    {
        List<string> seen = [];
        using Server target = new(context =>
        {
            seen.Add($"{context.Request.HttpMethod} {context.Request.Headers["Authorization"]}");
            context.Response.OutputStream.Write("here"u8);
        });
        using Server server = new(context =>
        {
            seen.Add($"{context.Request.HttpMethod} {context.Request.Headers["Authorization"]}");
            context.Response.Redirect(context.Request.RawUrl == "/1" ? "/2" : context.Request.RawUrl == "/2" ? $"http://127.0.0.1:{target.Port}/" : "/loop");
        });
        using PlatformProbe probe = new(Grants.None.AllowNetwork($"localhost:{server.Port}", $"127.0.0.1:{target.Port}"));
        FetchRequest request = Request(server, "/1") with { Method = "POST", Body = [1], Headers = [new Field("Authorization", "secret")], Redirects = 3 };
        FetchResponse answer = Fetch(probe, request).Value;
        Assert.Equal("here"u8, answer.Body.Span);
        Assert.Equal($"http://127.0.0.1:{target.Port}/", answer.Url);
        Assert.Equal(0ul, answer.Elapsed);
        Assert.Equal(["POST secret", "GET secret", "GET "], seen);
        Assert.Equal(302, Fetch(probe, request with { Redirects = 0 }).Value.Status);
        Assert.Equal(302, Fetch(probe, Request(server, "/loop") with { Redirects = 10 }).Value.Status);
        using PlatformProbe narrow = new(Grants.None.AllowNetwork($"localhost:{server.Port}"));
        Assert.Equal($"net:connect:127.0.0.1:{target.Port}", Assert.IsType<PlatformError.Denied>(Fetch(narrow, request).Error).Value);
    }

    [Fact]
    public void Large_bodies_slow_servers_and_closed_ports_are_errors()
    {
        using Server server = new(context =>
        {
            if (context.Request.RawUrl == "/slow")
            {
                Thread.Sleep(5000);
            }

            if (context.Request.RawUrl == "/chunked")
            {
                context.Response.SendChunked = true;
            }
            else
            {
                context.Response.ContentLength64 = 100_000;
            }

            context.Response.OutputStream.Write(new byte[100_000]);
        });
        using PlatformProbe probe = new(Grants.None.AllowNetwork("localhost:*"));
        Assert.IsType<PlatformError.Exhausted>(Fetch(probe, Request(server, "/") with { BodyLimit = 99_999 }).Error);
        Assert.IsType<PlatformError.Exhausted>(Fetch(probe, Request(server, "/chunked") with { BodyLimit = 99_999 }).Error);
        Assert.Equal(100_000, Fetch(probe, Request(server, "/") with { BodyLimit = 100_000 }).Value.Body.Length);
        Assert.IsType<PlatformError.Timeout>(Fetch(probe, Request(server, "/slow") with { Timeout = 50_000_000 }).Error);
        PlatformError error = Fetch(probe, Request(server, "/") with { Url = "http://localhost:1/" }).Error;
        Assert.Equal(NetworkFailure.Refused, Assert.IsType<PlatformError.Network>(error).Value);
        using PlatformProbe stopped = new(Grants.None.AllowNetwork("localhost:*"), new StoreOptions { Timeout = TimeSpan.FromMilliseconds(100) });
        Assert.Throws<LimitExceededException>(() => Fetch(stopped, Request(server, "/slow")));
    }

    [Theory]
    [InlineData("example.org")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://user:word@localhost/")]
    [InlineData("http:///path")]
    [InlineData("ftp://localhost/")]
    public void What_is_no_address_is_refused(string url)
    {
        using PlatformProbe probe = new(Grants.None.AllowNetwork("localhost:*"));
        Assert.IsType<PlatformError.Invalid>(Fetch(probe, new FetchRequest("", url, [], null, null, null, 0)).Error);
    }

    [Fact]
    public void Bad_requests_are_refused_before_anything_is_sent()
    {
        using PlatformProbe probe = new(Grants.None.AllowNetwork("localhost:*"));
        FetchRequest good = new("", "http://localhost:1/", [], null, null, null, 0);
        FetchRequest[] bad =
        [
            good with { Method = "G ET" }, good with { Method = "CONNECT" }, good with { Redirects = 11 }, good with { Timeout = 700_000_000_000 }, good with { BodyLimit = 1u << 30 },
            good with { Headers = [new Field("Host", "other")] }, good with { Headers = [new Field("a", "b\r\nc: d")] }, good with { Headers = [new Field("a", "\u0100")] },
            good with { Headers = [.. Enumerable.Repeat(new Field("a", "b"), 1001)] },
        ];
        Assert.All(bad, request => Assert.IsType<PlatformError.Invalid>(Fetch(probe, request).Error));
    }

    [Fact]
    public void Without_a_grant_nothing_is_sent()
    {
        using PlatformProbe probe = new(Grants.None.AllowNetwork("example.org:443"));
        Assert.Equal("net:connect:169.254.169.254:80", Assert.IsType<PlatformError.Denied>(Fetch(probe, new FetchRequest("", "http://169.254.169.254/", [], null, null, null, 0)).Error).Value);
        Assert.Equal("net:connect:127.0.0.1:80", Assert.IsType<PlatformError.Denied>(Fetch(probe, new FetchRequest("", "http://0x7f.1/", [], null, null, null, 0)).Error).Value);
    }

    private static FetchRequest Request(Server server, string path) => new("", $"http://localhost:{server.Port}{path}", [], null, null, null, 0);

    private static Answer Fetch(PlatformProbe probe, FetchRequest request) => probe.Get<Func<FetchRequest, Answer>>("http#fetch")(request);

    private sealed class Server : IDisposable
    {
        private readonly HttpListener _listener = new();

        public Server(Action<HttpListenerContext> answer)
        {
            while (!_listener.IsListening)
            {
                Port = Random.Shared.Next(20_000, 60_000);
                _listener.Prefixes.Clear();
                _listener.Prefixes.Add($"http://*:{Port}/");
                try
                {
                    _listener.Start();
                }
                catch (HttpListenerException)
                {
                    // Somebody else has the port.
                }
            }

            _ = Task.Run(async () =>
            {
                while (_listener.IsListening)
                {
                    HttpListenerContext context = await _listener.GetContextAsync();
                    _ = Task.Run(() =>
                    {
                        try
                        {
                            answer(context);
                            context.Response.Close();
                        }
                        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
                        {
                            // The guest has gone away.
                        }
                    });
                }
            });
        }

        public int Port { get; private set; }

        public void Dispose() => _listener.Close();
    }
}
