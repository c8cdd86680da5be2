using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Atoll.Host.Configuration;
using Atoll.Mcp.Tools;

namespace Atoll.Mcp.Tests;

public class HttpTests
{
    private const string Initialize =
        """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}""";

    private static readonly Dictionary<string, IToolProgram> Echo = new() { ["test.echo"] = FunctionProgram.Echo };

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("192.168.1.5")]
    [InlineData("example.org")]
    [InlineData("")]
    public void Only_loopback_can_be_listened_on(string host)
    {
        var e = Assert.Throws<ConfigurationException>(() => McpServerHost.Create(new ServeOptions { Workspace = Path.GetTempPath(), Host = host }, TextWriter.Null));
        Assert.Contains("127.0.0.1", e.Message);
    }

    // Host header (PORT = the right one) | Origin | served
    [Theory]
    [InlineData("localhost:PORT", null, true)]
    [InlineData("127.0.0.1:PORT", null, true)]
    [InlineData("[::1]:PORT", null, true)]
    [InlineData("LOCALHOST:PORT", null, true)]
    [InlineData("localhost:PORT", "http://localhost:3000", true)]
    [InlineData("localhost:PORT", "http://127.0.0.1", true)]
    [InlineData("localhost:PORT", "https://[::1]:8443", true)]
    [InlineData("localhost", null, false)]
    [InlineData("localhost:1", null, false)]
    [InlineData("evil.example:PORT", null, false)]
    [InlineData("localhost.evil.example:PORT", null, false)]
    [InlineData("127.0.0.1.nip.io:PORT", null, false)]
    [InlineData("127.1:PORT", null, false)]
    [InlineData("localhost:PORT", "http://evil.example", false)]
    [InlineData("localhost:PORT", "https://localhost.evil.example", false)]
    [InlineData("localhost:PORT", "http://evil.example:80@localhost", false)]
    [InlineData("localhost:PORT", "http://localhost/evil", false)]
    [InlineData("localhost:PORT", "null", false)]
    [InlineData("localhost:PORT", "file://", false)]
    public async Task Host_and_Origin_are_checked(string host, string? origin, bool served)
    {
        await using var server = new TestServer(programs: Echo);
        var endpoint = await server.StartHttpAsync();
        var originHeader = origin is null ? "" : $"Origin: {origin}\r\n";
        foreach (var (method, path) in new[] { ("GET", "/healthz"), ("POST", "/mcp") })
        {
            var reply = await RawAsync(endpoint.Port, $"{method} {path} HTTP/1.1\r\nHost: {host.Replace("PORT", endpoint.Port.ToString())}\r\n{originHeader}"
                + $"Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: {(method == "POST" ? Initialize.Length : 0)}\r\nConnection: close\r\n\r\n{(method == "POST" ? Initialize : "")}");
            Assert.StartsWith(served ? "HTTP/1.1 200" : "HTTP/1.1 403", reply);
        }
    }

    [Fact]
    public async Task Two_Host_headers_are_refused()
    {
        await using var server = new TestServer(programs: Echo);
        var endpoint = await server.StartHttpAsync();
        var reply = await RawAsync(endpoint.Port, $"GET /healthz HTTP/1.1\r\nHost: localhost:{endpoint.Port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 4", reply);
    }

    [Fact]
    public async Task Health_answers()
    {
        await using var server = new TestServer(programs: Echo);
        var endpoint = await server.StartHttpAsync();
        using var client = new HttpClient();
        using var json = JsonDocument.Parse(await client.GetStringAsync(new Uri(endpoint, "/healthz")));
        Assert.Equal("ok", json.RootElement.GetProperty("status").GetString());
        Assert.Equal(2, json.RootElement.GetProperty("tools").GetInt32());
        Assert.Equal("/mcp", endpoint.AbsolutePath);
    }

    // method, path, content type, accept, body, status
    [Theory]
    [InlineData("GET", "/", null, "*/*", null, 404)]
    [InlineData("PUT", "/mcp", null, "*/*", null, 405)]
    [InlineData("POST", "/healthz", null, "*/*", null, 405)]
    [InlineData("POST", "/mcp", "text/plain", "application/json, text/event-stream", Initialize, 415)]
    [InlineData("POST", "/mcp", "application/json", "application/json", Initialize, 406)]
    [InlineData("POST", "/mcp", "application/json", "*/*", Initialize, 200)]
    [InlineData("POST", "/mcp", "application/json", "application/json, text/event-stream", "{", 400)]
    [InlineData("POST", "/mcp", "application/json", "application/json, text/event-stream", "[]", 400)]
    [InlineData("POST", "/mcp", "application/json", "application/json, text/event-stream", "null", 400)]
    [InlineData("POST", "/mcp", "application/json", "application/json, text/event-stream", """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", 400)]
    [InlineData("GET", "/mcp", null, "application/json", null, 406)]
    [InlineData("GET", "/mcp", null, "text/event-stream", null, 404)]
    [InlineData("DELETE", "/mcp", null, "*/*", null, 404)]
    public async Task Wrong_requests_get_their_status(string method, string path, string? type, string accept, string? body, int status)
    {
        await using var server = new TestServer(programs: Echo);
        var endpoint = await server.StartHttpAsync();
        using var reply = await SendAsync(endpoint, method, path, type, accept, body);
        Assert.Equal(status, (int)reply.StatusCode);
    }

    [Fact]
    public async Task A_session_can_be_used_and_ended()
    {
        await using var server = new TestServer(programs: Echo);
        var endpoint = await server.StartHttpAsync();
        using var first = await PostAsync(endpoint, Initialize);
        var id = Assert.Single(first.Headers.GetValues("Mcp-Session-Id"));
        using (var call = await PostAsync(endpoint, """{"jsonrpc":"2.0","id":2,"method":"tools/list"}""", ("Mcp-Session-Id", id)))
        {
            Assert.Contains("test_echo", await call.Content.ReadAsStringAsync());
        }

        using (var note = await PostAsync(endpoint, """{"jsonrpc":"2.0","method":"notifications/initialized"}""", ("Mcp-Session-Id", id)))
        {
            Assert.Equal(HttpStatusCode.Accepted, note.StatusCode);
        }

        using (var end = await SendAsync(endpoint, "DELETE", "/mcp", null, "*/*", null, ("Mcp-Session-Id", id)))
        {
            Assert.Equal(HttpStatusCode.NoContent, end.StatusCode);
        }

        using var after = await PostAsync(endpoint, """{"jsonrpc":"2.0","id":3,"method":"tools/list"}""", ("Mcp-Session-Id", id));
        Assert.Equal(HttpStatusCode.NotFound, after.StatusCode);
    }

    [Fact]
    public async Task The_number_of_sessions_is_limited()
    {
        await using var server = new TestServer(programs: Echo);
        var endpoint = await server.StartHttpAsync();
        for (var i = 0; i < 128; i++)
        {
            using var made = await PostAsync(endpoint, Initialize);
            Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        }

        using var refused = await PostAsync(endpoint, Initialize);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused()
    {
        await using var server = new TestServer(programs: Echo, prepare: ws =>
        {
            Directory.CreateDirectory(Path.Combine(ws, ".mcp"));
            File.WriteAllText(Path.Combine(ws, ".mcp", "config.json"), """{ "budgets": { "input_bytes": 1024 } }""");
        });
        var endpoint = await server.StartHttpAsync();
        using var reply = await PostAsync(endpoint, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"x\":\"" + new string('x', 100_000) + "\"}}");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.StatusCode);
    }

    [Theory]
    [InlineData("MCP-Protocol-Version", "2025-06-18")]
    [InlineData("Mcp-Method", "tools/call")]
    public async Task Headers_that_contradict_the_body_are_refused(string header, string value)
    {
        await using var server = new TestServer(programs: Echo);
        var endpoint = await server.StartHttpAsync();
        const string body = """{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}""";
        using var reply = await PostAsync(endpoint, body, (header, value));
        Assert.Equal(HttpStatusCode.BadRequest, reply.StatusCode);
        Assert.Contains("-32020", await reply.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_port_in_use_is_reported_with_a_way_out()
    {
        await using var server = new TestServer(programs: Echo);
        var endpoint = await server.StartHttpAsync();
        await using var second = McpServerHost.Create(new ServeOptions { Workspace = server.Workspace, Port = endpoint.Port, ShippedToolsFolder = server.Workspace }, TextWriter.Null);
        var e = await Assert.ThrowsAsync<ConfigurationException>(() => second.RunHttpAsync(server.Stop));
        Assert.Contains("--port", e.Message);
    }

    private static Task<HttpResponseMessage> PostAsync(Uri endpoint, string body, params (string Name, string Value)[] headers)
        => SendAsync(endpoint, "POST", "/mcp", "application/json", "application/json, text/event-stream", body, headers);

    private static async Task<HttpResponseMessage> SendAsync(
        Uri endpoint, string method, string path, string? type, string accept, string? body, params (string Name, string Value)[] headers)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(endpoint, path));
        request.Headers.Add("Accept", accept);
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, type!);
        }

        return await client.SendAsync(request);
    }

    private static async Task<string> RawAsync(int port, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }
}
