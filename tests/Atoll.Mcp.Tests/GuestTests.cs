using System.Text.Json;
using System.Text.Json.Nodes;
using Atoll.Components;
using Atoll.Mcp.Server;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Atoll.Mcp.Tests;

/// <summary>Real WebAssembly programs behind the server: the shipped tools, and hostile ones.</summary>
public class GuestTests
{
    internal static readonly string Repository = FindRepository();
    internal static readonly string Shipped = Path.Combine(Repository, "guests", "tools");

    [Theory]
    [InlineData("a.txt")]
    [InlineData("./sub/../a.txt")]
    [InlineData("WORKSPACE/a.txt")]
    [InlineData("file://WORKSPACE/a.txt")]
    public async Task Fs_read_reads_a_real_file(string path)
    {
        await using var server = Serve();
        var client = await server.ConnectStdioAsync();
        var result = await Call(client, "fs_read", new() { ["path"] = path.Replace("WORKSPACE", server.Workspace) });
        Assert.NotEqual(true, result.IsError);
        Assert.Equal("hello, wörld\n", result.StructuredContent!.Value.GetProperty("content").GetString());
        Assert.Equal(server.Workspace, (string?)result.Meta![ToolServer.ContextUsedKey]!["workspace"]);
        Assert.DoesNotContain("does not match outputSchema", server.Log);
    }

    [Fact]
    public async Task Nothing_outside_of_the_grant_can_be_read()
    {
        await using var server = Serve();
        File.CreateSymbolicLink(Path.Combine(server.Workspace, "link"), "/etc/passwd");
        Directory.CreateSymbolicLink(Path.Combine(server.Workspace, "dir"), "/etc");
        var client = await server.ConnectStdioAsync();
        foreach (var path in new[] { "/etc/passwd", "../../etc/passwd", "link", "dir/passwd", "/proc/self/environ", "file:///etc/passwd" })
        {
            var result = await Call(client, "fs_read", new() { ["path"] = path });
            Assert.True(result.IsError, path);
            Assert.StartsWith("Capability not granted: filesystem fs:read:", TestServer.TextOf(result));
            Assert.DoesNotContain("root:", result.Meta!.ToJsonString());
        }
    }

    [Fact]
    public async Task Writing_needs_the_operator()
    {
        await using (var server = Serve())
        {
            var client = await server.ConnectStdioAsync();
            var refused = await Call(client, "fs_write", new() { ["path"] = "new.txt", ["content"] = "x" });
            Assert.True(refused.IsError);
            Assert.StartsWith($"Capability not granted: filesystem fs:write:{server.Workspace}/new.txt", TestServer.TextOf(refused));
            Assert.Contains("--write", TestServer.TextOf(refused));
            Assert.False(File.Exists(Path.Combine(server.Workspace, "new.txt")));
        }

        await using (var server = Serve(o => o with { ReadOnly = false }))
        {
            var client = await server.ConnectStdioAsync();
            var written = await Call(client, "fs_write", new() { ["path"] = "new.txt", ["content"] = "x" });
            Assert.False(written.IsError == true, TestServer.TextOf(written));
            Assert.Equal("x", File.ReadAllText(Path.Combine(server.Workspace, "new.txt")));
            var narrowed = await client.CallToolAsync(new CallToolRequestParams
            {
                Name = "fs_write",
                Arguments = new Dictionary<string, JsonElement> { ["path"] = JsonSerializer.SerializeToElement("new.txt"), ["content"] = JsonSerializer.SerializeToElement("y") },
                Meta = new JsonObject { [ToolServer.ContextKey] = JsonNode.Parse("""{"flags":{"read_only":true}}""") },
            });
            Assert.Contains("flags.read_only", TestServer.TextOf(narrowed));
            Assert.Equal("x", File.ReadAllText(Path.Combine(server.Workspace, "new.txt")));
        }
    }

    [Fact]
    public async Task The_shipped_tools_are_all_there_and_sound()
    {
        await using var server = Serve();
        var client = await server.ConnectStdioAsync();
        var names = (await client.ListToolsAsync()).Select(t => t.Name).ToList();
        Assert.Equal(["fs_edit", "fs_list", "fs_move", "fs_read", "fs_search", "fs_stat", "fs_tree", "fs_write", "http_fetch", "telemetry_push"], names);
        Assert.Empty(server.Host.Catalog.Problems);
    }

    [Fact]
    public async Task A_tool_that_starts_with_more_memory_than_allowed_says_so()
    {
        await using var server = Serve(configuration: """{ "budgets": { "memory_bytes": 65536 } }""");
        var answer = await Call(await server.ConnectStdioAsync(), "fs_read", new() { ["path"] = "a.txt" });
        Assert.Equal("memory_limit", TestServer.ErrorCode(answer));
    }

    // tool | configuration | how it must end
    [Theory]
    [InlineData("spin", """{ "budgets": { "cpu_ms": 1000 } }""", "time_limit")]
    [InlineData("sleep", """{ "budgets": { "cpu_ms": 1000 } }""", "time_limit")]
    [InlineData("fill", """{ "budgets": { "cpu_ms": 1000 } }""", "time_limit")]
    [InlineData("recurse", "{}", "crashed")]
    [InlineData("trap", "{}", "crashed")]
    [InlineData("exit", "{}", "crashed")]
    [InlineData("flood", """{ "budgets": { "output_bytes": 100000 } }""", "output_limit")]
    [InlineData("allocate", """{ "budgets": { "memory_bytes": 16777216 } }""", "bad_output")]
    [InlineData("echo", "{}", "bad_output")]
    public async Task A_hostile_tool_is_stopped_and_the_next_call_answered(string tool, string configuration, string code)
    {
        await using var server = Serve(configuration: configuration, hostile: tool);
        var client = await server.ConnectStdioAsync();
        for (var i = 0; i < 3; i++)
        {
            var bad = await client.CallToolAsync("hostile_" + tool).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.True(bad.IsError);
            Assert.Equal(code, TestServer.ErrorCode(bad));
            Assert.NotEqual(true, (await Call(client, "fs_read", new() { ["path"] = "a.txt" })).IsError);
        }
    }

    // Instances of components are used again, so what one call did must be gone for the next.
    [Theory]
    [InlineData("spin", "{ \"budgets\": { \"cpu_ms\": 1000 } }", "time_limit")]
    [InlineData("recurse", "{}", "crashed")]
    [InlineData("trap", "{}", "crashed")]
    [InlineData("exit", "{}", "crashed")]
    [InlineData("flood", "{ \"budgets\": { \"output_bytes\": 100000 } }", "output_limit")]
    [InlineData("snoop", "{}", null)]
    [InlineData("answer", "{}", null)]
    public async Task Programs_that_became_components_are_held_as_tightly(string tool, string configuration, string? code)
    {
        await using var server = Serve(configuration: configuration, prepare: workspace =>
        {
            var module = File.ReadAllBytes(Path.Combine(Repository, "guests", "hostile", "bin", tool + ".wasm"));
            File.WriteAllBytes(Path.Combine(workspace, tool + ".wasm"), ComponentWriter.FromModule(module, adaptPreview1: true));
            TestServer.WriteManifest(workspace, "hostile." + tool, $"wasm://{tool}.wasm");
        });
        var client = await server.ConnectStdioAsync();
        for (var i = 0; i < 3; i++)
        {
            var result = await client.CallToolAsync("hostile_" + tool).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal(tool == "snoop" ? TestServer.ErrorCode(result) : code, TestServer.ErrorCode(result));
            Assert.DoesNotContain("'d' is an invalid start", TestServer.TextOf(result));
        }
    }

    [Fact]
    public async Task A_module_of_preview_1_is_a_tool_too()
    {
        await using var server = Serve(hostile: "answer");
        var client = await server.ConnectStdioAsync();
        Assert.NotEqual(true, (await Call(client, "hostile_answer", [])).IsError);
    }

    [Fact]
    public async Task A_cancelled_guest_stops()
    {
        await using var server = Serve(hostile: "spin");
        var client = await server.ConnectStdioAsync(new McpClientOptions { ProtocolVersion = "2025-06-18" });
        using var cancel = new CancellationTokenSource();
        var call = client.SendRequestAsync(
            new JsonRpcRequest { Id = new RequestId("the call"), Method = "tools/call", Params = JsonNode.Parse("""{"name":"hostile_spin"}""") }, cancel.Token);
        await Task.Delay(300);
        Assert.Equal(1, server.Host.Runner.Busy);
        await client.SendNotificationAsync("notifications/cancelled", new CancelledNotificationParams { RequestId = new RequestId("the call") });
        Assert.NotEqual(true, (await Call(client, "fs_read", new() { ["path"] = "a.txt" })).IsError);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        for (var i = 0; server.Host.Runner.Busy > 0; i++)
        {
            Assert.True(i < 500, "the guest still runs ten seconds after it was cancelled");
            await Task.Delay(20);
        }
    }

    [Fact]
    public async Task Nothing_of_one_call_is_seen_by_the_next()
    {
        await using var server = Serve(hostile: "snoop");
        var client = await server.ConnectStdioAsync();
        for (var i = 0; i < 5; i++)
        {
            // It does not answer with JSON; what it wrote is quoted nowhere but its state shows in the exit.
            var result = await client.CallToolAsync("hostile_snoop");
            Assert.DoesNotContain("dirty", TestServer.TextOf(result));
        }
    }

    [Fact]
    public async Task Two_hundred_guests_asleep_do_not_hold_up_a_read()
    {
        await using var server = Serve(configuration: """{ "budgets": { "cpu_ms": 10000 } }""", hostile: "sleep");
        var client = await server.ConnectStdioAsync();
        await Call(client, "fs_read", new() { ["path"] = "a.txt" });
        var sleepers = Enumerable.Range(0, 200).Select(_ => client.CallToolAsync("hostile_sleep").AsTask()).ToList();
        await Task.Delay(500);
        Assert.NotEqual(true, (await Call(client, "fs_read", new() { ["path"] = "a.txt" })).IsError);
        Assert.All(sleepers, s => Assert.False(s.IsCompleted));
        Assert.All(await Task.WhenAll(sleepers), r => Assert.Equal("time_limit", TestServer.ErrorCode(r)));
    }

    [Fact]
    public async Task A_program_that_is_no_WebAssembly_or_has_another_hash_is_refused_at_the_call()
    {
        await using var server = Serve(prepare: ws =>
        {
            File.WriteAllText(Path.Combine(ws, "bad.wasm"), "not wasm");
            TestServer.WriteManifest(ws, "test.bad", "wasm://bad.wasm");
        });
        var client = await server.ConnectStdioAsync();
        var result = await client.CallToolAsync("test_bad");
        Assert.Equal("unavailable", TestServer.ErrorCode(result));
        Assert.NotEqual(true, (await Call(client, "fs_read", new() { ["path"] = "a.txt" })).IsError);
    }

    private static TestServer Serve(Func<ServeOptions, ServeOptions>? change = null, string? configuration = null, string? hostile = null, Action<string>? prepare = null)
        => new(
            o => (change ?? (x => x))(o with { ShippedToolsFolder = Shipped }),
            prepare: ws =>
            {
                File.WriteAllText(Path.Combine(ws, "a.txt"), "hello, wörld\n");
                Directory.CreateDirectory(Path.Combine(ws, "sub"));
                if (hostile is not null)
                {
                    File.Copy(Path.Combine(Repository, "guests", "hostile", "bin", hostile + ".wasm"), Path.Combine(ws, hostile + ".wasm"));
                    TestServer.WriteManifest(ws, "hostile." + hostile, $"wasm://{hostile}.wasm");
                }

                if (configuration is not null)
                {
                    Directory.CreateDirectory(Path.Combine(ws, ".mcp"));
                    File.WriteAllText(Path.Combine(ws, ".mcp", "config.json"), configuration);
                }

                prepare?.Invoke(ws);
            });

    private static async Task<CallToolResult> Call(McpClient client, string tool, Dictionary<string, object?> arguments)
        => await client.CallToolAsync(tool, arguments).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Atoll.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("the tests do not run inside the repository");
        }

        return folder.FullName;
    }
}
