using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Atoll.Mcp.Tests;

/// <summary>The network of served tools, with the shipped tool <c>http.fetch</c> and a server of the test's own.</summary>
public sealed class HttpFetchTests : IAsyncLifetime
{
    private readonly WebApplication _web = Web();
    private int _port;

    public async ValueTask InitializeAsync()
    {
        await _web.StartAsync();
        _port = new Uri(_web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await _web.StopAsync();
        await _web.DisposeAsync();
    }

    [Fact]
    public async Task An_answer_comes_back_with_status_headers_and_body()
    {
        await using var server = Serve(Granted);
        var client = await server.ConnectStdioAsync();
        var data = Data(await Fetch(client, $$"""{"url": "{{Url("/hello?name=Ada#part")}}", "headers": {"X-Ask": "1"} }"""));
        Assert.Equal(200, (int)data["status"]!);
        Assert.Equal("grüße Ada, GET, 1", (string?)data["body"]);
        Assert.Equal(("utf8", false, 0), ((string?)data["encoding"], (bool)data["truncated"]!, (int)data["redirects"]!));
        Assert.Equal(Url("/hello?name=Ada"), (string?)data["url"]);
        Assert.Equal("one, two", (string?)data["headers"]!["x-twice"]);
        Assert.Equal("a=1\nb=2", (string?)data["headers"]!["set-cookie"]);
        Assert.Equal(404, (int)Data(await Fetch(client, $$"""{"url": "{{Url("/none")}}"}"""))["status"]!);
    }

    [Theory]
    [InlineData("POST", "grüße", null)]
    [InlineData("PUT", "", null)]
    [InlineData("PATCH", null, "AP8B")]
    [InlineData("REPORT", "x", null)]
    public async Task A_body_is_sent_with_its_length(string method, string? body, string? base64)
    {
        await using var server = Serve(Granted);
        var arguments = new JsonObject { ["url"] = Url("/echo"), ["method"] = method };
        arguments[body is null ? "body_base64" : "body"] = body ?? base64;
        var data = Data(await Fetch(await server.ConnectStdioAsync(), arguments.ToJsonString()));
        var sent = body is null ? Convert.FromBase64String(base64!) : Encoding.UTF8.GetBytes(body);
        Assert.Equal($"{method} {sent.Length}", (string?)data["headers"]!["x-request"]);
        Assert.Equal(body is null ? "base64" : "utf8", (string?)data["encoding"]);
        Assert.Equal(body ?? base64, (string?)data["body"]);
    }

    [Fact]
    public async Task A_large_body_goes_and_comes_and_is_cut_where_it_was_asked_for()
    {
        await using var server = Serve(Granted);
        var client = await server.ConnectStdioAsync();
        var body = string.Concat(Enumerable.Range(0, 100_000).Select(i => i % 10 == 0 ? "ü" : "x"));
        var whole = Data(await Fetch(client, new JsonObject { ["url"] = Url("/echo"), ["method"] = "POST", ["body"] = body }.ToJsonString()));
        Assert.Equal(body, (string?)whole["body"]);
        Assert.False((bool)whole["truncated"]!);
        var cut = Data(await Fetch(client, new JsonObject { ["url"] = Url("/echo"), ["method"] = "POST", ["body"] = body, ["max_bytes"] = 12 }.ToJsonString()));
        Assert.Equal(("üxxxxxxxxx", true, 12, "utf8"), ((string?)cut["body"], (bool)cut["truncated"]!, (int)cut["bytes"]!, (string?)cut["encoding"]));
        Assert.True((bool)Data(await Fetch(client, new JsonObject { ["url"] = Url("/endless"), ["max_bytes"] = 1000 }.ToJsonString()))["truncated"]!);
    }

    [Theory]
    [InlineData("/to?code=302&where=/hello", 200, "/hello", 1)]
    [InlineData("/a/b/to?code=307&where=../../hello%3Fname%3DEve", 200, "/hello?name=Eve", 1)]
    [InlineData("/a/to?code=308&where=./x/../../to?code%3D301%26where%3D%2Fhello", 200, "/hello", 2)]
    [InlineData("/to?code=304&where=/hello", 304, "/to?code=304&where=/hello", 0)]
    public async Task Redirects_are_followed(string path, int status, string last, int count)
    {
        await using var server = Serve(Granted);
        var data = Data(await Fetch(await server.ConnectStdioAsync(), $$"""{"url": "{{Url(path)}}"}"""));
        Assert.Equal((status, Url(last), count), ((int)data["status"]!, (string?)data["url"], (int)data["redirects"]!));
    }

    [Fact]
    public async Task Redirects_end_change_the_method_and_keep_credentials_from_others()
    {
        await using var server = Serve(o => o with { Hosts = [$"127.0.0.1:{_port}", $"localhost:{_port}"] });
        var client = await server.ConnectStdioAsync();
        Assert.Equal("too_many_redirects", TestServer.ErrorCode(await Fetch(client, $$"""{"url": "{{Url("/loop")}}"}""")));
        var seen = Data(await Fetch(client, $$"""{"url": "{{Url("/to?code=303&where=/hello")}}", "method": "POST", "body": "x"}"""));
        Assert.Equal("grüße , GET, ", (string?)seen["body"]);
        var other = Uri.EscapeDataString($"http://localhost:{_port}/auth");
        Assert.Equal("", (string?)Data(await Fetch(client, $$"""{"url": "{{Url("/to?code=302&where=" + other)}}", "headers": {"authorization": "secret"} }"""))["body"]);
        Assert.Equal("secret", (string?)Data(await Fetch(client, $$"""{"url": "{{Url("/to?code=302&where=/auth")}}", "headers": {"authorization": "secret"} }"""))["body"]);
    }

    [Fact]
    public async Task Without_a_grant_nothing_is_reached_and_the_refusal_says_what_to_do()
    {
        await using var server = Serve(o => o);
        var result = await Fetch(await server.ConnectStdioAsync(), $$"""{"url": "{{Url("/hello")}}"}""");
        Assert.Equal("denied", TestServer.ErrorCode(result));
        Assert.StartsWith($"Capability not granted: network net:connect:127.0.0.1:{_port} — the server may not connect there. Granted: none. "
            + $"To grant more, start the server with --net 127.0.0.1:{_port}, or add", TestServer.TextOf(result), StringComparison.Ordinal);
        await server.LogWithAsync($"audit: denied http.fetch net:connect:127.0.0.1:{_port}");
    }

    [Fact]
    public async Task A_redirect_leads_nowhere_that_was_not_granted()
    {
        await using var server = Serve(Granted);
        var client = await server.ConnectStdioAsync();
        var result = await Fetch(client, $$"""{"url": "{{Url("/to?code=302&where=" + Uri.EscapeDataString($"http://localhost:{_port}/hello"))}}"}""");
        Assert.Equal("denied", TestServer.ErrorCode(result));
        Assert.Contains($"net:connect:localhost:{_port} — ", TestServer.TextOf(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frame_takes_the_network_away()
    {
        await using var server = Serve(Granted);
        var client = await server.ConnectStdioAsync();
        var result = await client.CallToolAsync(
            new CallToolRequestParams
            {
                Name = "http_fetch", Arguments = new Dictionary<string, JsonElement> { ["url"] = JsonSerializer.SerializeToElement(Url("/hello")) },
                Meta = new JsonObject { ["atoll/context"] = new JsonObject { ["flags"] = new JsonObject { ["offline"] = true } } },
            },
            TestContext.Current.CancellationToken);
        Assert.Equal("denied", TestServer.ErrorCode(result));
        Assert.Contains("flags.offline", TestServer.TextOf(result), StringComparison.Ordinal);
        Assert.Equal(200, (int)Data(await Fetch(client, $$"""{"url": "{{Url("/hello")}}"}"""))["status"]!);
    }

    [Fact]
    public async Task A_tool_gets_no_more_of_the_network_than_its_manifest_asks_for()
    {
        await using var server = Serve(Granted, workspace =>
        {
            var shipped = GuestTests.Shipped;
            var tools = Directory.CreateDirectory(Path.Combine(workspace, ".mcp", "tools")).FullName;
            File.Copy(Path.Combine(shipped, "bin", "http.fetch.wasm"), Path.Combine(workspace, "fetch.wasm"));
            var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(shipped, ".mcp", "tools", "http.fetch.json")))!;
            manifest["entry"] = "wasm://fetch.wasm";
            foreach (var (name, host) in new[] { ("my.fetch", $"127.0.0.1:{_port}"), ("my.other", "example.org:443") })
            {
                manifest["name"] = name;
                manifest["permissions"] = new JsonArray("net:connect:" + host);
                File.WriteAllText(Path.Combine(tools, name + ".json"), manifest.ToJsonString());
            }
        });
        var client = await server.ConnectStdioAsync();
        Assert.Equal(200, (int)Data(await Fetch(client, $$"""{"url": "{{Url("/hello")}}"}""", "my_fetch"))["status"]!);
        var refused = await Fetch(client, $$"""{"url": "{{Url("/hello")}}"}""", "my_other");
        Assert.Contains("granted to the server but not to this tool", TestServer.TextOf(refused), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"url": "ftp://127.0.0.1/x"}""", "invalid_input")]
    [InlineData("""{"url": "http://me:pw@127.0.0.1/"}""", "invalid_input")]
    [InlineData("""{"url": "http:///nohost"}""", "invalid_input")]
    [InlineData("""{"url": "http://127.0.0.1:PORT/hello", "headers": {"Host": "evil"}}""", "invalid_input")]
    [InlineData("""{"url": "http://127.0.0.1:PORT/hello", "headers": {"a b": "x"}}""", "invalid_input")]
    [InlineData("""{"url": "http://127.0.0.1:PORT/hello", "headers": {"a": "x\r\ny: z"}}""", "invalid_input")]
    [InlineData("""{"url": "http://127.0.0.1:PORT/hello", "method": "GET x"}""", "invalid_input")]
    [InlineData("""{"url": "http://127.0.0.1:PORT/hello", "method": "CONNECT"}""", "unreachable")]
    [InlineData("""{"url": "http://127.0.0.1:PORT/hello", "body": "x", "body_base64": "eA=="}""", "invalid_input")]
    [InlineData("""{"url": "http://127.0.0.1:PORT/hello", "max_bytes": 99999999}""", "invalid_input")]
    [InlineData("""{"url": "http://127.0.0.1:PORT/late", "timeout_ms": 300}""", "timeout")]
    [InlineData("""{"url": "http://127.0.0.1:PORT/broken"}""", "unreachable")]
    public async Task Failures_have_a_code(string arguments, string code)
    {
        await using var server = Serve(Granted);
        var result = await Fetch(await server.ConnectStdioAsync(), arguments.Replace("PORT", $"{_port}", StringComparison.Ordinal));
        Assert.Equal(code, TestServer.ErrorCode(result) ?? "none: " + TestServer.TextOf(result));
    }

    [Fact]
    public async Task A_dry_run_sends_nothing()
    {
        await using var server = Serve(o => o);
        var data = Data(await Fetch(await server.ConnectStdioAsync(), $$"""{"url": "{{Url("/hello")}}", "dry_run": true}"""));
        Assert.Equal((Url("/hello"), true), ((string?)data["url"], (bool)data["dry_run"]!));
    }

    private ServeOptions Granted(ServeOptions options) => options with { Hosts = [$"127.0.0.1:{_port}"] };

    private string Url(string path) => $"http://127.0.0.1:{_port}{path}";

    private static TestServer Serve(Func<ServeOptions, ServeOptions> change, Action<string>? prepare = null)
        => new(o => change(o with { ShippedToolsFolder = GuestTests.Shipped, Quiet = true }), prepare: prepare);

    private static async Task<CallToolResult> Fetch(McpClient client, string arguments, string tool = "http_fetch") => await client.CallToolAsync(
        tool,
        JsonElement.Parse(arguments).EnumerateObject().ToDictionary(member => member.Name, member => (object?)member.Value.Clone()),
        cancellationToken: TestContext.Current.CancellationToken);

    private static JsonNode Data(CallToolResult result)
    {
        Assert.False(result.IsError == true, TestServer.TextOf(result));
        return JsonNode.Parse(result.StructuredContent!.Value.GetRawText())!;
    }

    private static WebApplication Web()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var web = builder.Build();
        web.Run(AnswerAsync);
        return web;
    }

    private static async Task AnswerAsync(HttpContext http)
    {
        var (request, response) = (http.Request, http.Response);
        switch (request.Path.Value![(request.Path.Value!.LastIndexOf('/') + 1)..])
        {
            case "hello":
                response.Headers.Append("X-Twice", "one");
                response.Headers.Append("X-Twice", "two");
                response.Headers.Append("Set-Cookie", "a=1");
                response.Headers.Append("Set-Cookie", "b=2");
                await response.WriteAsync($"grüße {request.Query["name"]}, {request.Method}, {request.Headers["X-Ask"]}");
                break;
            case "echo":
                response.Headers["X-Request"] = $"{request.Method} {request.ContentLength}";
                await request.Body.CopyToAsync(response.Body);
                break;
            case "auth":
                await response.WriteAsync(request.Headers.Authorization.ToString());
                break;
            case "to":
                response.StatusCode = int.Parse(request.Query["code"]!, null);
                response.Headers.Location = request.Query["where"];
                break;
            case "loop":
                response.StatusCode = 302;
                response.Headers.Location = "/loop";
                break;
            case "late":
                await Task.Delay(20_000, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                break;
            case "broken":
                response.ContentLength = 100;
                await response.WriteAsync("half");
                await response.Body.FlushAsync();
                http.Abort();
                break;
            case "endless":
                for (; !http.RequestAborted.IsCancellationRequested; await response.Body.FlushAsync())
                {
                    await response.WriteAsync(new string('x', 1000));
                }

                break;
            default:
                response.StatusCode = 404;
                break;
        }
    }
}
