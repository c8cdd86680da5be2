using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atoll.Mcp.Server;
using Atoll.Mcp.Tools;

namespace Atoll.Mcp.Tests;

/// <summary>Lines on standard input and output: plain calls that are answered directly, and everything else.</summary>
public sealed class StdioTests
{
    private const string Meta = """
        "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{},"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
        """;

    private static readonly string[] Handshake =
    [
        """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}""",
        """{"jsonrpc":"2.0","method":"notifications/initialized"}""",
    ];

    // state | line | whether it is answered directly
    [Theory]
    [InlineData("None", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a",META}}""", true)]
    [InlineData("None", """{"method":"tools/call","params":{META,"arguments":{"x":[1,{}]},"name":"a"},"id":"x","jsonrpc":"2.0"}""", true)]
    [InlineData("Initialized", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}""", true)]
    [InlineData("Initialized", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","_meta":{"progressToken":1}}}""", true)]
    [InlineData("Initialized", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a",META}}""", false)]
    [InlineData("Initializing", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}""", false)]
    [InlineData("None", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}""", false)]
    [InlineData("None", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}""", false)]
    [InlineData("None", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","_meta":{"io.modelcontextprotocol/protocolVersion":"2031-01-01","io.modelcontextprotocol/clientCapabilities":{}}}}""", false)]
    [InlineData("None", """{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{META}}""", false)]
    [InlineData("None", """{"jsonrpc":"2.0","method":"tools/call","params":{"name":"a",META}}""", false)]
    [InlineData("None", """{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"a",META}}""", false)]
    [InlineData("None", """{"jsonrpc":"2.0","id":1.5,"method":"tools/call","params":{"name":"a",META}}""", false)]
    [InlineData("None", """{"jsonrpc":"1.0","id":1,"method":"tools/call","params":{"name":"a",META}}""", false)]
    [InlineData("None", """{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","params":{"name":"a",META}}""", false)]
    [InlineData("None", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b",META}}""", false)]
    [InlineData("None", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","task":{},META}}""", false)]
    [InlineData("None", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7,META}}""", false)]
    [InlineData("None", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":[],META}}""", false)]
    [InlineData("None", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a",META}} {}""", false)]
    [InlineData("None", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a",META}""", false)]
    [InlineData("None", """[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a",META}}]""", false)]
    [InlineData("None", "", false)]
    public void Only_plain_calls_are_taken_directly(string state, string line, bool direct)
        => Assert.Equal(direct, DirectCall.TryRead(Encoding.UTF8.GetBytes(line.Replace("META", Meta.Trim())), Enum.Parse<SessionState>(state), out _));

    [Theory]
    [InlineData("""{"ok":true,"data":{"a":1,"text":"ä\" \u0001 😀"}}""", true)]
    [InlineData("{\n  \"ok\": true,\n  \"data\": { \"a\": [1,\n 2] }\n}", true)]
    [InlineData("""{"ok":false,"error":{"code":"not_found","message":"there is no \"x\""}}""", true)]
    [InlineData("""{"ok":false,"error":{"code":"not_found","message":"m"}}""", false)]
    public async Task The_direct_answer_is_the_one_of_the_SDK(string output, bool hasSchema)
    {
        await using var server = new TestServer(
            programs: new Dictionary<string, IToolProgram> { ["test.x"] = new FunctionProgram(_ => output) },
            prepare: ws => TestServer.WriteManifest(ws, "test.y", "native://test.x", output: hasSchema ? """{"type":"object"}""" : null));
        foreach (var handshake in new[] { [], Handshake })
        {
            var meta = handshake.Length == 0 ? "," + Meta.Trim() : ""","_meta":{"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}""";
            var direct = $$$"""{"jsonrpc":"2.0","id":"i\"1","method":"tools/call","params":{"name":"test_y","arguments":{"count":1}{{{meta}}}}}""";

            // A repeated member is left to the SDK and means the same.
            var detour = direct.Replace("\"jsonrpc\":\"2.0\",", "\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\",");
            var answers = await ExchangeAsync(server, [.. handshake, direct, detour], handshake.Length == 0 ? 2 : 3);
            Assert.True(JsonNode.DeepEquals(answers[^1], answers[^2]), $"direct or SDK: {answers[^2]}\nthe other: {answers[^1]}");
            Assert.Equal("i\"1", (string?)answers[^1]!["id"]);
        }
    }

    [Fact]
    public async Task Lines_that_are_no_messages_are_answered_and_the_next_is_served()
    {
        await using var server = new TestServer(programs: new Dictionary<string, IToolProgram> { ["test.echo"] = FunctionProgram.Echo }, prepare: ws =>
        {
            Directory.CreateDirectory(Path.Combine(ws, ".mcp"));
            File.WriteAllText(Path.Combine(ws, ".mcp", "config.json"), """{ "budgets": { "input_bytes": 1024 } }""");
        });
        var good = $$$"""{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"test_echo",{{{Meta.Trim()}}}}}""";
        var answers = await ExchangeAsync(server, ["", "  \r", "not json", "[]", "{\"jsonrpc\":\"2.0\"", new string('x', 200_000), good + "\r"], 5);
        Assert.Equal([-32700, -32700, -32700, -32600, null], answers.Select(a => (int?)a!["error"]?["code"]));
        Assert.Equal(5, (int)answers[^1]!["id"]!);
    }

    [Fact]
    public async Task Text_that_is_not_UTF8_is_refused()
    {
        await using var server = new TestServer(programs: new Dictionary<string, IToolProgram> { ["test.echo"] = FunctionProgram.Echo });
        var line = Encoding.UTF8.GetBytes($$$"""{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"test_echo","arguments":{"path":"?"},{{{Meta.Trim()}}}}}""" + "\n");
        line[Array.IndexOf(line, (byte)'?')] = 0xFF;
        var (input, output) = (new Pipe(), new Pipe());
        var run = server.Host.RunStdioAsync(input.Reader.AsStream(), output.Writer.AsStream(), server.Stop);
        await input.Writer.WriteAsync(line);
        using var reader = new StreamReader(output.Reader.AsStream());
        Assert.Equal(-32700, (int)JsonNode.Parse((await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)))!)!["error"]!["code"]!);
        await input.Writer.CompleteAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_name_that_stands_twice_in_the_input_is_refused()
    {
        await using var server = new TestServer(programs: new Dictionary<string, IToolProgram> { ["test.echo"] = FunctionProgram.Echo });
        var answers = await ExchangeAsync(server, [$$$"""{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"test_echo","arguments":{"path":"a","path":"/etc/passwd"},{{{Meta.Trim()}}}}}"""], 1);
        Assert.Equal("invalid_input", (string?)answers[0]!["result"]!["_meta"]!["atoll/error"]!["code"]);
    }

    [Fact]
    public async Task Input_that_is_too_large_is_refused()
    {
        await using var server = new TestServer(programs: new Dictionary<string, IToolProgram> { ["test.echo"] = FunctionProgram.Echo }, prepare: ws =>
        {
            Directory.CreateDirectory(Path.Combine(ws, ".mcp"));
            File.WriteAllText(Path.Combine(ws, ".mcp", "config.json"), """{ "budgets": { "input_bytes": 1024 } }""");
        });
        var answers = await ExchangeAsync(
            server, [$$$"""{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"test_echo","arguments":{"text":"{{{new string('x', 2000)}}}"},{{{Meta.Trim()}}}}}"""], 1);
        Assert.Equal("too_large", (string?)answers[0]!["result"]!["_meta"]!["atoll/error"]!["code"]);
    }

    [Fact]
    public async Task Serving_ends_when_the_client_closes_its_side()
    {
        await using var server = new TestServer();
        var (input, output) = (new Pipe(), new Pipe());
        var run = server.Host.RunStdioAsync(input.Reader.AsStream(), output.Writer.AsStream(), default);
        await input.Writer.CompleteAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(20));
    }

    private static async Task<List<JsonNode?>> ExchangeAsync(TestServer server, IReadOnlyList<string> lines, int answers)
    {
        var (input, output) = (new Pipe(), new Pipe());
        var run = server.Host.RunStdioAsync(input.Reader.AsStream(), output.Writer.AsStream(), server.Stop);
        using var reader = new StreamReader(output.Reader.AsStream());
        var received = new List<JsonNode?>();
        foreach (var line in lines)
        {
            await input.Writer.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));
            if (line.Contains("\"id\"", StringComparison.Ordinal) || (line.Trim().Length > 0 && !line.Contains("notifications", StringComparison.Ordinal)))
            {
                received.Add(JsonNode.Parse((await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)))!));
            }
        }

        Assert.Equal(answers, received.Count);
        await input.Writer.CompleteAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(20));
        return received;
    }
}
