using System.Text.Json;
using System.Text.Json.Nodes;
using Atoll.Mcp.Server;
using Atoll.Mcp.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Atoll.Mcp.Tests;

/// <summary>A real client and the server, over pipes and over HTTP, in the newest protocol revision and an older one.</summary>
public class ServerTests
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static readonly Dictionary<string, IToolProgram> Echo = new() { ["test.echo"] = FunctionProgram.Echo };

    [Theory]
    [InlineData("stdio", null, "2026-07-28")]
    [InlineData("stdio", "2025-06-18", "2025-06-18")]
    [InlineData("http", null, "2026-07-28")]
    [InlineData("http", "2025-11-25", "2025-11-25")]
    [InlineData("http", "2025-03-26", "2025-03-26")]
    public async Task A_client_lists_and_calls(string transport, string? version, string negotiated)
    {
        await using var server = new TestServer(programs: Echo);
        var options = new McpClientOptions { ProtocolVersion = version };
        var client = transport == "http" ? await server.ConnectHttpAsync(options) : await server.ConnectStdioAsync(options);
        Assert.Equal(negotiated, client.NegotiatedProtocolVersion);
        var tools = await client.ListToolsAsync();
        Assert.Equal(["telemetry_push", "test_echo"], tools.Select(t => t.Name));
        Assert.All(tools, t => Assert.Matches("^[a-zA-Z0-9_-]{1,64}$", t.Name));
        foreach (var name in new[] { "test_echo", "test.echo" })
        {
            var result = await client.CallToolAsync(name, new Dictionary<string, object?> { ["path"] = "a.txt", ["count"] = 3 });
            Assert.NotEqual(true, result.IsError);
            Assert.Equal(server.Workspace + "/a.txt", result.StructuredContent!.Value.GetProperty("input").GetProperty("path").GetString());
            Assert.True(JsonElement.DeepEquals(result.StructuredContent.Value, JsonDocument.Parse(TestServer.TextOf(result)).RootElement));
            Assert.Equal(server.Workspace, (string?)result.Meta![ToolServer.ContextUsedKey]!["workspace"]);
        }
    }

    [Theory]
    [InlineData("stdio")]
    [InlineData("http")]
    public async Task The_context_frame_travels_in_and_comes_back(string transport)
    {
        await using var server = new TestServer(o => o with { ReadOnly = false }, Echo);
        var client = transport == "http" ? await server.ConnectHttpAsync() : await server.ConnectStdioAsync();
        var result = await client.CallToolAsync(new CallToolRequestParams
        {
            Name = "test_echo",
            Meta = new JsonObject
            {
                ["traceparent"] = $"00-{Trace}-00f067aa0ba902b7-01",
                [ToolServer.ContextKey] = JsonNode.Parse("""{"stage":"build","risk_level":"high","flags":{"read_only":true},"budgets":{"cpu_ms":50},"note":1}"""),
            },
        });
        var used = result.Meta![ToolServer.ContextUsedKey]!;
        Assert.Equal((Trace, "build", "high", true, 50, 1), (
            (string)used["reason_trace_id"]!, (string)used["stage"]!, (string)used["risk_level"]!, (bool)used["flags"]!["read_only"]!, (int)used["budgets"]!["cpu_ms"]!, (int)used["note"]!));
        Assert.Equal(Trace, (string?)result.Meta[ToolServer.TraceKey]);
        Assert.Equal(["fs:read:" + server.Workspace + "/**"], result.StructuredContent!.Value.GetProperty("folders").EnumerateArray().Select(f => f.GetString()));
        await server.LogWithAsync("trace_id=" + Trace);

        result = await client.CallToolAsync("test_echo");
        Assert.Equal(["fs:write:" + server.Workspace + "/**"], result.StructuredContent!.Value.GetProperty("folders").EnumerateArray().Select(f => f.GetString()));
        Assert.NotEqual(Trace, (string?)result.Meta![ToolServer.TraceKey]);
    }

    [Theory]
    [InlineData("/etc/passwd", "/etc/passwd")]
    [InlineData("../x", null)]
    [InlineData("file:///etc/passwd", "/etc/passwd")]
    [InlineData(@"C:\Windows\x", "/mnt/c/Windows/x")]
    public async Task A_path_outside_of_the_grant_is_denied_before_the_tool_runs(string path, string? host)
    {
        var ran = false;
        await using var server = new TestServer(programs: new Dictionary<string, IToolProgram>
        {
            ["test.run"] = new FunctionProgram(_ =>
            {
                ran = true;
                return "{}";
            }),
        });
        var client = await server.ConnectStdioAsync();
        var result = await client.CallToolAsync("test_run", new Dictionary<string, object?> { ["path"] = path });
        Assert.True(result.IsError);
        Assert.False(ran);
        Assert.StartsWith("Capability not granted: filesystem fs:read:" + (host ?? Path.GetDirectoryName(server.Workspace) + "/x"), TestServer.TextOf(result));
        Assert.Contains("--allow", TestServer.TextOf(result));
        Assert.Equal("denied", TestServer.ErrorCode(result));
        await server.LogWithAsync("audit: denied test.run fs:read:");
    }

    [Fact]
    public async Task A_frames_workspace_must_be_granted_and_is_the_start_of_relative_paths()
    {
        await using var server = new TestServer(programs: Echo, prepare: ws => Directory.CreateDirectory(Path.Combine(ws, "sub")));
        var client = await server.ConnectStdioAsync();
        async Task<CallToolResult> Call(string workspace) => await client.CallToolAsync(new CallToolRequestParams
        {
            Name = "test_echo", Arguments = new Dictionary<string, JsonElement> { ["path"] = JsonSerializer.SerializeToElement("a") },
            Meta = new JsonObject { [ToolServer.ContextKey] = new JsonObject { ["workspace"] = workspace } },
        });
        var inside = await Call("sub");
        Assert.Equal(server.Workspace + "/sub/a", inside.StructuredContent!.Value.GetProperty("input").GetProperty("path").GetString());
        Assert.Equal("denied", TestServer.ErrorCode(await Call("/etc")));
    }

    [Theory]
    [InlineData("""{"count":-1}""", "/count must be at least 0")]
    [InlineData("""{"count":"x"}""", "/count must be integer")]
    [InlineData("""{"other":1}""", "/other is not a known property")]
    [InlineData("""{"path":"a\u0000b"}""", "NUL")]
    [InlineData("""{"path":"file://server/x"}""", "host 'server'")]
    public async Task Wrong_input_is_a_result_that_the_model_can_read(string arguments, string reason)
    {
        await using var server = new TestServer(programs: Echo);
        var client = await server.ConnectStdioAsync();
        var result = await client.CallToolAsync(new CallToolRequestParams { Name = "test_echo", Arguments = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(arguments) });
        Assert.True(result.IsError);
        Assert.Equal("invalid_input", TestServer.ErrorCode(result));
        Assert.Contains(reason, TestServer.TextOf(result));
    }

    [Fact]
    public async Task An_unknown_tool_is_a_protocol_error_and_the_server_goes_on()
    {
        await using var server = new TestServer(programs: Echo);
        var client = await server.ConnectStdioAsync();
        var e = await Assert.ThrowsAsync<McpProtocolException>(async () => await client.CallToolAsync("no_such_tool"));
        Assert.Equal(McpErrorCode.InvalidParams, e.ErrorCode);
        Assert.NotEqual(true, (await client.CallToolAsync("test_echo")).IsError);
    }

    [Fact]
    public async Task A_mistake_of_a_client_is_one_line_of_the_log()
    {
        await using var server = new TestServer(programs: Echo);
        var client = await server.ConnectHttpAsync();
        await Assert.ThrowsAsync<McpProtocolException>(async () => await client.CallToolAsync("no_such_tool"));
        var log = await server.LogWithAsync("Unknown tool: no_such_tool. tools/list names the tools.\n");
        Assert.DoesNotContain("   at ", log);
        Assert.DoesNotContain(" fail ", log);
    }

    [Theory]
    [InlineData("", "bad_output")]
    [InlineData("not json", "bad_output")]
    [InlineData("[]", "bad_output")]
    [InlineData("{\"ok\":true}", "bad_output")]
    [InlineData("{\"ok\":1}", "bad_output")]
    [InlineData("{\"ok\":true,\"data\":{}} {}", "bad_output")]
    [InlineData("{\"ok\":false}", "failed")]
    [InlineData("{\"ok\":false,\"error\":7}", "failed")]
    [InlineData("{\"ok\":false,\"error\":{\"code\":\"x\\ny\",\"message\":\"m\\u001b[2J\"}}", "failed")]
    [InlineData("{\"ok\":false,\"error\":{\"code\":\"not_found\",\"message\":\"m\"}}", "not_found")]
    [InlineData("throw", "internal")]
    public async Task Whatever_a_tool_answers_the_server_goes_on(string output, string code)
    {
        await using var server = new TestServer(programs: new Dictionary<string, IToolProgram>
        {
            ["test.echo"] = FunctionProgram.Echo,
            ["test.bad"] = new FunctionProgram(_ => output == "throw" ? throw new InvalidOperationException("secret detail") : output),
        });
        var client = await server.ConnectStdioAsync();
        var result = await client.CallToolAsync("test_bad");
        Assert.True(result.IsError);
        Assert.Equal(code, TestServer.ErrorCode(result));
        Assert.DoesNotContain(TestServer.TextOf(result), char.IsControl);
        Assert.DoesNotContain("secret detail", TestServer.TextOf(result));
        Assert.Equal(JsonValueKind.Object, result.StructuredContent!.Value.GetProperty("error").ValueKind);
        Assert.NotEqual(true, (await client.CallToolAsync("test_echo")).IsError);
    }

    [Fact]
    public async Task An_answer_that_does_not_match_its_schema_is_logged()
    {
        await using var server = new TestServer(
            programs: new Dictionary<string, IToolProgram> { ["test.none"] = FunctionProgram.Echo },
            prepare: ws => TestServer.WriteManifest(ws, "test.out", "native://test.none", output: """{"type":"object","required":["missing"]}"""));
        var client = await server.ConnectStdioAsync();
        Assert.NotEqual(true, (await client.CallToolAsync("test_out")).IsError);
        await server.LogWithAsync("test.out: the answer does not match outputSchema: the input misses \"missing\"");
    }

    [Fact]
    public async Task A_read_only_refusal_says_what_to_grant()
    {
        await using var server = new TestServer(programs: new Dictionary<string, IToolProgram>
        {
            ["test.write"] = new FunctionProgram(_ => """{"ok":false,"error":{"code":"read_only","message":"nothing was written"}}"""),
        });
        var client = await server.ConnectStdioAsync();
        var result = await client.CallToolAsync("test_write", new Dictionary<string, object?> { ["path"] = "x" });
        Assert.StartsWith($"Capability not granted: filesystem fs:write:{server.Workspace}/x — the server is read-only; start it with --write", TestServer.TextOf(result));
        Assert.Equal("read_only", TestServer.ErrorCode(result));
    }

    [Theory]
    [InlineData("2026-07-28")]
    [InlineData("2025-06-18")]
    public async Task Cancelling_a_request_cancels_the_tool(string version)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer(programs: new Dictionary<string, IToolProgram>
        {
            ["test.echo"] = FunctionProgram.Echo,
            ["test.wait"] = new FunctionProgram(call =>
            {
                started.SetResult();
                call.CancellationToken.WaitHandle.WaitOne();
                stopped.SetResult();
                throw new OperationCanceledException(call.CancellationToken);
            }),
        });
        var client = await server.ConnectStdioAsync(new McpClientOptions { ProtocolVersion = version });
        using var cancel = new CancellationTokenSource();
        var call = client.SendRequestAsync(
            new JsonRpcRequest { Id = new RequestId("the call"), Method = "tools/call", Params = JsonNode.Parse("""{"name":"test_wait"}""") }, cancel.Token);
        await started.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await client.SendNotificationAsync("notifications/cancelled", new CancelledNotificationParams { RequestId = new RequestId("the call") });
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.NotEqual(true, (await client.CallToolAsync("test_echo")).IsError);
    }

    [Fact]
    public async Task Closing_a_stateless_request_cancels_the_tool()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer(programs: new Dictionary<string, IToolProgram>
        {
            ["test.wait"] = new FunctionProgram(call =>
            {
                started.SetResult();
                call.CancellationToken.WaitHandle.WaitOne();
                stopped.SetResult();
                throw new OperationCanceledException(call.CancellationToken);
            }),
        });
        var client = await server.ConnectHttpAsync();
        using var cancel = new CancellationTokenSource();
        var call = client.CallToolAsync(new CallToolRequestParams { Name = "test_wait" }, cancel.Token).AsTask();
        await started.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Two_hundred_sleepers_do_not_hold_up_a_call_and_too_many_are_refused()
    {
        using var wake = new ManualResetEventSlim();
        using var asleep = new CountdownEvent(200);
        await using var server = new TestServer(
            programs: new Dictionary<string, IToolProgram>
            {
                ["test.echo"] = FunctionProgram.Echo,
                ["test.sleep"] = new FunctionProgram(_ =>
                {
                    asleep.Signal();
                    wake.Wait();
                    return """{"ok":true,"data":{}}""";
                }),
            },
            prepare: ws =>
            {
                Directory.CreateDirectory(Path.Combine(ws, ".mcp"));
                File.WriteAllText(Path.Combine(ws, ".mcp", "config.json"), """{ "concurrency": { "max_threads": 201, "max_queue": 2 } }""");
            });
        var client = await server.ConnectStdioAsync();
        var sleepers = Enumerable.Range(0, 200).Select(_ => client.CallToolAsync("test_sleep").AsTask()).ToList();
        if (!asleep.Wait(TimeSpan.FromSeconds(15)))
        {
            wake.Set();
            Assert.Fail($"only {200 - asleep.CurrentCount} tools started; {sleepers.Count(s => s.IsCompleted)} calls are done");
        }

        Assert.NotEqual(true, (await client.CallToolAsync("test_echo").AsTask().WaitAsync(TimeSpan.FromSeconds(10))).IsError);
        asleep.Reset(1);
        sleepers.Add(client.CallToolAsync("test_sleep").AsTask());
        Assert.True(asleep.Wait(TimeSpan.FromSeconds(10)));

        // All guest threads sleep and two calls may wait: of three calls one is refused at once, whichever comes last.
        var calls = Enumerable.Range(0, 3).Select(_ => client.CallToolAsync("test_echo").AsTask()).ToList();
        var first = await Task.WhenAny(calls).WaitAsync(TimeSpan.FromSeconds(10));
        var refused = await first;
        calls.Remove(first);
        Assert.Equal("busy", TestServer.ErrorCode(refused));
        wake.Set();
        Assert.All(await Task.WhenAll(sleepers), r => Assert.NotEqual(true, r.IsError));
        Assert.All(await Task.WhenAll(calls), r => Assert.NotEqual(true, r.IsError));
    }

    [Fact]
    public async Task Metrics_are_kept_and_read_back()
    {
        await using var server = new TestServer();
        var client = await server.ConnectStdioAsync();
        var result = await client.CallToolAsync("telemetry.push", new Dictionary<string, object?>
        {
            ["points"] = new[] { new { name = "build.time", value = 12.5, unit = "ms", attributes = new { os = "linux" } } },
        });
        Assert.Equal(1, result.StructuredContent!.Value.GetProperty("accepted").GetInt32());
        var read = Assert.IsType<TextResourceContents>(Assert.Single((await client.ReadResourceAsync(ToolServer.MetricsUri)).Contents));
        using var json = JsonDocument.Parse(read.Text);
        var point = Assert.Single(json.RootElement.GetProperty("points").EnumerateArray());
        Assert.Equal(("build.time", 12.5, "linux"), (point.GetProperty("name").GetString(), point.GetProperty("value").GetDouble(), point.GetProperty("attributes").GetProperty("os").GetString()));
        Assert.Equal((string?)result.Meta![ToolServer.TraceKey], point.GetProperty("trace_id").GetString());
        var wrong = await client.CallToolAsync("telemetry_push", new Dictionary<string, object?> { ["points"] = new[] { new { name = "9", value = 1 } } });
        Assert.Equal("invalid_input", TestServer.ErrorCode(wrong));
        Assert.Equal(ToolServer.MetricsUri, Assert.Single(await client.ListResourcesAsync()).Uri);
        await Assert.ThrowsAsync<McpProtocolException>(async () => await client.ReadResourceAsync("atoll://none"));
    }

    [Fact]
    public async Task A_workspace_with_broken_manifests_is_served_and_described()
    {
        await using var server = new TestServer(programs: Echo, prepare: ws =>
        {
            Directory.CreateDirectory(Path.Combine(ws, ".mcp", "tools"));
            File.WriteAllText(Path.Combine(ws, ".mcp", "tools", "bad.json"), "{\n  \"name\": 7\n}");
        });
        var client = await server.ConnectStdioAsync();
        Assert.NotEqual(true, (await client.CallToolAsync("test_echo")).IsError);
        var log = await server.LogWithAsync("bad.json(2,11): \"name\" must be a string");
        Assert.Contains("serves 2 tools", log);
        Assert.Contains("granted    " + server.Workspace + "  (read only)", log);
        Assert.Contains("--allow DIR", log);
        Assert.Contains("atoll mcp add", log);
    }
}
