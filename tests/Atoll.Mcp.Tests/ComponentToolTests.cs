using System.Text.Json;
using System.Text.Json.Nodes;
using Atoll.Components;
using Atoll.Components.Text;
using Atoll.Host.Security;
using Atoll.Mcp.Components;
using Atoll.Mcp.Tools;
using Atoll.Spec.Tests;
using Atoll.Wasm;
using Atoll.Wasm.Text;
using Microsoft.Extensions.Logging.Abstractions;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Atoll.Mcp.Tests;

/// <summary>Functions of components as tools, for real clients.</summary>
public sealed class ComponentToolTests
{
    private static readonly byte[] Kit = ComponentText.Assemble(TextSource.Read(File.ReadAllText(Path.Combine(GuestTests.Repository, "tests", "data", "kit.wat"))));

    private const string Everything = """
        {
          "flag": true, "big": "18446744073709551615", "real": 1.5, "letter": "🌍", "text": "grüße \"x\"", "bytes": "AP8=", "points": [{"x": 1, "label": "a"}, {"x": -2, "label": null}],
          "maybe": {"tag": "some", "val": null}, "outcome": {"tag": "err", "val": "no"}, "shape": {"tag": "rect", "val": [2, 0.5]}, "level": "high", "perms": ["read", "write"], "pair": [-128, "p"]
        }
        """;

    [Fact]
    public async Task All_functions_of_a_component_are_listed_and_called()
    {
        await using var server = Serve();
        var client = await server.ConnectStdioAsync();
        var tools = await client.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["kit_api_add", "kit_api_halve", "kit_api_next", "kit_echo", "kit_greet", "kit_spin", "kit_trap"], tools.Select(tool => tool.Name).Where(name => name.StartsWith("kit_", StringComparison.Ordinal)).Order());
        Assert.Contains("the function open is not offered: it speaks of resources", await server.LogWithAsync("is not offered"), StringComparison.Ordinal);
        Assert.Equal("Says the name.", tools.Single(tool => tool.Name == "kit_greet").Description);
        Assert.Contains("add: func(a: u32, b: u32) -> u32", tools.Single(tool => tool.Name == "kit_api_add").Description, StringComparison.Ordinal);

        var added = await CallAsync(client, "kit_api_add", """{"a": 2, "b": 40}""");
        Assert.Equal("""{"result":42}""", Structured(added));
        Assert.Equal("""{"result":"Ada"}""", Structured(await CallAsync(client, "kit_greet", """{"name": "Ada"}""")));
        Assert.Equal("{\"result\":42}", TestServer.TextOf(added));
    }

    [Fact]
    public async Task A_folder_without_components_is_a_problem()
    {
        await using var server = new TestServer(options => options with { Components = [options.Workspace] });
        await server.ConnectStdioAsync();
        await server.LogWithAsync("the folder holds no component (.wasm). Put some there, or name another folder.");
    }

    [Fact]
    public async Task A_component_learns_of_its_call_and_logs_with_its_trace()
    {
        byte[] bytes = ComponentText.Assemble(TextSource.Read(File.ReadAllText(Path.Combine(GuestTests.Repository, "tests", "data", "platform.wat"))));
        await using var server = new TestServer(prepare: workspace =>
        {
            File.WriteAllBytes(Path.Combine(workspace, "p.wasm"), bytes);
            WriteManifest(workspace, "p.whose", "session");
            WriteManifest(workspace, "p.greet", "session");
        });
        var client = await server.ConnectStdioAsync();
        foreach (string trace in (string[])["4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"])
        {
            var meta = new JsonObject { ["atoll/context"] = new JsonObject { ["reason_trace_id"] = trace } };
            var whose = await client.CallToolAsync(new CallToolRequestParams { Name = "p_whose", Meta = meta }, TestContext.Current.CancellationToken);
            Assert.Equal($$"""{"result":"{{trace}}"}""", Structured(whose));
            await client.CallToolAsync(new CallToolRequestParams { Name = "p_greet", Meta = (JsonObject)meta.DeepClone() }, TestContext.Current.CancellationToken);
            await server.LogWithAsync($"p.greet| warn guest: hello from the guest trace_id={trace}");
        }

        static void WriteManifest(string workspace, string name, string lifetime) => File.WriteAllText(
            Path.Combine(Directory.CreateDirectory(Path.Combine(workspace, ".mcp", "tools")).FullName, name + ".json"),
            $$"""{ "name": "{{name}}", "version": "1.0.0", "entry": "wasm://p.wasm#{{name[2..]}}", "lifetime": "{{lifetime}}" }""");
    }

    [Fact]
    public async Task A_bucket_is_shared_by_the_tools_that_ask_for_it()
    {
        await using var server = new TestServer(
            options => options with { Buckets = ["counters"] },
            prepare: workspace =>
            {
                File.Copy(Path.Combine(GuestTests.Repository, "guests", "examples", "bin", "counter.wasm"), Path.Combine(workspace, "counter.wasm"));
                Manifest(workspace, "writer", "add", "kv:write:counters");
                Manifest(workspace, "reader", "read", "kv:read:counters");
                Manifest(workspace, "would.write", "add", "kv:read:counters");
                Manifest(workspace, "stranger", "add", "kv:write:other");
            });
        var client = await server.ConnectStdioAsync();
        const string one = """{"name": "visits", "amount": 1}""";
        Assert.Equal("""{"result":1}""", Structured(await CallAsync(client, "writer", one)));
        Assert.Equal("""{"result":2}""", Structured(await CallAsync(client, "writer", one)));
        Assert.Equal("""{"result":2}""", Structured(await CallAsync(client, "reader", """{"name": "visits"}""")));
        Assert.Contains("kv:write:counters", Error(await CallAsync(client, "would_write", one)), StringComparison.Ordinal);
        Assert.Contains("kv:read:counters", Error(await CallAsync(client, "stranger", one)), StringComparison.Ordinal);
        await server.LogWithAsync("audit: denied stranger kv:read:counters/** (by the sandbox)");

        static string Error(CallToolResult result)
        {
            Assert.True(result.IsError);
            return result.Meta!["atoll/error"]!.ToJsonString();
        }

        static void Manifest(string workspace, string name, string function, string permission) => File.WriteAllText(
            Path.Combine(Directory.CreateDirectory(Path.Combine(workspace, ".mcp", "tools")).FullName, name + ".json"),
            $$"""{ "name": "{{name}}", "version": "1.0.0", "entry": "wasm://counter.wasm#counters.{{function}}", "permissions": ["{{permission}}"] }""");
    }

    [Fact]
    public async Task Values_of_every_type_go_in_and_come_out()
    {
        await using var server = Serve();
        var client = await server.ConnectStdioAsync();
        var result = await CallAsync(client, "kit_echo", $$"""{"value": {{Everything}}}""");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Everything), JsonNode.Parse(Structured(result))), Structured(result));

        // What comes out is what the schemas say, as the client sees them.
        var tool = server.Host.Catalog.Find("kit_echo")!;
        Assert.Empty(tool.OutputSchema!.Validate(JsonElement.Parse(Structured(result))));
        Assert.Empty(tool.InputSchema.Validate(JsonElement.Parse($$"""{"value": {{Everything}}}""")));
    }

    [Theory]
    [InlineData("kit_api_add", """{"a": 2}""", "$: the argument \"b\" (u32) is missing")]
    [InlineData("kit_api_add", """{"a": 2, "b": 4294967296}""", "$.b: 4294967296 is not an integer from 0 to 4294967295")]
    [InlineData("kit_api_add", """{"a": 2, "b": 1, "c": 1}""", "$: there is no argument \"c\"; there are a, b")]
    [InlineData("kit_greet", """{"name": 5}""", "$.name: expected a string, found a number")]
    [InlineData("kit_echo", """{"value": {"points": [{"x": 1}, {"x": 2}, {"x": "y"}]}}""", "$.value.points[2].x: expected an integer from -2147483648 to 2147483647, found y")]
    public async Task Wrong_arguments_are_refused_with_the_place(string tool, string arguments, string expected)
    {
        await using var server = Serve();
        var result = await CallAsync(await server.ConnectStdioAsync(), tool, arguments);
        Assert.True(result.IsError);
        Assert.Equal("invalid_input", TestServer.ErrorCode(result));
        Assert.Contains(expected, TestServer.TextOf(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_functions_are_called_once_before_clients_do()
    {
        await using var server = Serve();
        var client = await server.ConnectStdioAsync();
        await server.Host.Warming;
        var kit = server.Host.Catalog.Tools.Where(tool => tool.EntryKind == ToolEntryKind.Component).ToList();
        Assert.Equal(7, kit.Count);
        Assert.All(kit, tool => Assert.True(((ComponentToolProgram)server.Host.Programs.Get(tool)).IsCompiled, tool.Name));

        // Clients see nothing of it.
        Assert.Equal("""{"result":1}""", Structured(await CallAsync(client, "kit_api_next", "{}")));
    }

    [Fact]
    public async Task An_error_that_a_function_returns_is_an_error_of_the_tool_with_its_value()
    {
        await using var server = Serve();
        var client = await server.ConnectStdioAsync();
        Assert.Equal("""{"result":21}""", Structured(await CallAsync(client, "kit_api_halve", """{"n": 42}""")));
        var failed = await CallAsync(client, "kit_api_halve", """{"n": 420}""");
        Assert.True(failed.IsError);
        Assert.Equal("too large [failed]", TestServer.TextOf(failed));
        Assert.Equal("too large", (string?)failed.Meta?["atoll/error"]?["value"]);
    }

    [Fact]
    public async Task Traps_and_loops_are_errors_and_the_next_call_works()
    {
        await using var server = Serve(keep: true, config: """{ "budgets": { "cpu_ms": 300 } }""");
        var client = await server.ConnectStdioAsync();
        Assert.Equal("""{"result":1}""", Structured(await CallAsync(client, "kit_api_next", "{}")));
        Assert.Equal("crashed", TestServer.ErrorCode(await CallAsync(client, "kit_trap", "{}")));
        Assert.Equal("""{"result":1}""", Structured(await CallAsync(client, "kit_api_next", "{}")));
        Assert.Equal("time_limit", TestServer.ErrorCode(await CallAsync(client, "kit_spin", "{}")));
        Assert.Equal("""{"result":1}""", Structured(await CallAsync(client, "kit_api_next", "{}")));
        Assert.Equal("""{"result":2}""", Structured(await CallAsync(client, "kit_api_next", "{}")));
    }

    [Fact]
    public async Task An_instance_lives_for_a_call_or_for_a_session_of_one_client()
    {
        await using (var fresh = Serve())
        {
            var client = await fresh.ConnectStdioAsync();
            Assert.Equal("""{"result":1}""", Structured(await CallAsync(client, "kit_api_next", "{}")));
            Assert.Equal("""{"result":1}""", Structured(await CallAsync(client, "kit_api_next", "{}")));
        }

        await using var kept = Serve(keep: true);
        var one = await kept.ConnectStdioAsync();
        var other = await kept.ConnectStdioAsync();
        var web = await kept.ConnectHttpAsync(new McpClientOptions { ProtocolVersion = "2025-06-18" });
        foreach (var client in new[] { one, other, web })
        {
            Assert.Equal("""{"result":1}""", Structured(await CallAsync(client, "kit_api_next", "{}")));
            Assert.Equal("""{"result":2}""", Structured(await CallAsync(client, "kit_api_next", "{}")));
        }
    }

    [Fact]
    public async Task A_manifest_names_a_function_and_may_say_more_about_it()
    {
        await using var server = new TestServer(prepare: workspace =>
        {
            var folder = Directory.CreateDirectory(Path.Combine(workspace, ".mcp", "tools")).FullName;
            File.WriteAllBytes(Path.Combine(workspace, "kit.wasm"), Kit);
            File.WriteAllText(Path.Combine(folder, "sum.json"), """{"name": "my.sum", "version": "1.0.0", "entry": "wasm://kit.wasm#api.add"}""");
            File.WriteAllText(Path.Combine(folder, "count.json"), """{"name": "my.count", "version": "1.0.0", "description": "Counts.", "entry": "wasm://kit.wasm#next", "lifetime": "session"}""");
            File.WriteAllText(Path.Combine(folder, "few.json"), """
                {"name": "my.few", "version": "1.0.0", "entry": "wasm://kit.wasm#add",
                 "inputSchema": {"type": "object", "properties": {"a": {"type": "integer", "maximum": 9}}}}
                """);
            File.WriteAllText(Path.Combine(folder, "none.json"), """{"name": "my.none", "version": "1.0.0", "entry": "wasm://kit.wasm#nothing"}""");
            File.WriteAllText(Path.Combine(folder, "open.json"), """{"name": "my.open", "version": "1.0.0", "entry": "wasm://kit.wasm#open"}""");
            File.WriteAllText(Path.Combine(folder, "life.json"), """{"name": "my.life", "version": "1.0.0", "entry": "wasm://kit.wasm#add", "lifetime": "ever"}""");
        });
        var client = await server.ConnectStdioAsync();
        Assert.Equal("""{"result":3}""", Structured(await CallAsync(client, "my_sum", """{"a": 1, "b": 2}""")));
        Assert.Equal("""{"result":1}""", Structured(await CallAsync(client, "my_count", "{}")));
        Assert.Equal("""{"result":2}""", Structured(await CallAsync(client, "my_count", "{}")));
        Assert.Contains("/a must be at most 9", TestServer.TextOf(await CallAsync(client, "my_few", """{"a": 10, "b": 2}""")), StringComparison.Ordinal);
        Assert.Contains("none.json: the function of \"entry\" cannot be offered: \"nothing\" means no function; there are test:kit/api@1.0.0#add", await server.LogWithAsync("\"nothing\""), StringComparison.Ordinal);
        await server.LogWithAsync("it speaks of resources, which cannot be given as JSON");
        await server.LogWithAsync("\"lifetime\" must be \"call\"");
    }

    [Theory]
    [InlineData("js-pure-qjs-stub.wasm", "js-pure-qjs-stub")]
    [InlineData("c-pure.component.wasm", "c-pure")]
    public async Task Components_of_several_languages_are_tools(string file, string name)
    {
        var path = Path.Combine(SpecData.Root(), "..", "guests", "wasm", file);
        await using var server = new TestServer(options => options with { Components = [path], Quiet = true }, prepare: ws => Config(ws, """{ "budgets": { "cpu_ms": 20000 } }"""));
        var client = await server.ConnectStdioAsync();
        var tools = await client.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(10, tools.Count(tool => tool.Name.StartsWith(name + "_api_", StringComparison.Ordinal)));
        Assert.Equal("""{"result":42}""", Structured(await CallAsync(client, name + "_api_add", """{"a": 2, "b": 40}""")));
        Assert.Equal("grüße", (string?)JsonNode.Parse(Structured(await CallAsync(client, name + "_api_echo", """{"s": "grüße"}""")))!["result"]);
        var moved = JsonNode.Parse(Structured(await CallAsync(client, name + "_api_move-point", """{"p": {"x": 1, "y": 2, "label": "a"}, "dx": 3}""")))!;
        Assert.Equal((4, 2), ((int)moved["x"]!, (int)moved["y"]!));
        var area = JsonNode.Parse(Structured(await CallAsync(client, name + "_api_area", """{"s": {"tag": "rect", "val": [2, 3.5]}}""")))!;
        Assert.Equal(7, (double)area["result"]!);
    }

    [Fact]
    public async Task A_component_has_the_folders_that_its_manifest_asks_for_and_the_operator_grants()
    {
        var guest = Path.Combine(SpecData.Root(), "..", "guests", "wasm", "js-fs-qjs.wasm");
        await using var server = new TestServer(options => options with { Components = [guest] }, prepare: workspace =>
        {
            Config(workspace, """{ "budgets": { "cpu_ms": 20000 } }""");
            var folder = Directory.CreateDirectory(Path.Combine(workspace, ".mcp", "tools")).FullName;
            File.Copy(guest, Path.Combine(workspace, "fs.wasm"));
            File.WriteAllText(Path.Combine(workspace, "note.txt"), "hello");
            File.WriteAllText(Path.Combine(folder, "ls.json"), """{"name": "my.ls", "version": "1.0.0", "entry": "wasm://fs.wasm#files.ls", "permissions": ["read"]}""");
        });
        var client = await server.ConnectStdioAsync();
        Assert.Contains("note.txt", Structured(await CallAsync(client, "my_ls", "{}")), StringComparison.Ordinal);
        var denied = await CallAsync(client, "js-fs-qjs_files_ls", "{}");
        Assert.DoesNotContain("note.txt", TestServer.TextOf(denied), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_fit_for_every_API_and_do_not_collide()
    {
        var functions = string.Concat(new[] { "a:b/x@1.0.0", "a:b/x@2.0.0", "c:d/x", "c:d/" + new string('y', 80) }.Select(name => $"(instance $i (export \"f\" (func $f)))(export \"{name}\" (instance $i))"
            .Replace("$i", "$i" + name.GetHashCode(StringComparison.Ordinal).ToString("x", null), StringComparison.Ordinal)));
        var bytes = ComponentText.Assemble(TextSource.Read($"""(component (core module $m (func (export "f"))) (core instance $c (instantiate $m)) (func $f (canon lift (core func $c "f"))){functions})"""));
        var tools = new ComponentTools(Component.Load(new WasmEngine(), bytes), "/x/my tool (1).component.wasm").DescribeAll(ToolLifetime.Call, ToolPermissions.None, out _);
        Assert.Equal(4, tools.Select(tool => tool.PublicName).Distinct().Count());
        Assert.All(tools, tool => Assert.Matches("^[a-zA-Z0-9_-]{1,64}$", tool.PublicName));
        Assert.All(tools, tool => Assert.StartsWith("my-tool--1-_", tool.PublicName, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_that_changes_again_and_again_does_not_keep_what_was_in_it()
    {
        string path = Path.Combine(Path.GetTempPath(), $"atoll-{Guid.NewGuid():N}.wasm");
        try
        {
            ComponentFiles files = new(new WasmEngine());
            for (int i = 0; i < 30; i++)
            {
                Load(files, path, i);
                GC.Collect();
            }

            Assert.InRange(files.Count, 1, 10);
            Component one = files.Load(path, null);
            Assert.Same(one, files.Load(path, null));
        }
        finally
        {
            File.Delete(path);
        }

        // In a method of its own, so that nothing of it is kept.
        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Load(ComponentFiles files, string path, int number)
        {
            File.WriteAllBytes(path, ComponentText.Assemble(TextSource.Read($"(component (type (tuple {string.Concat(Enumerable.Repeat(" u8", number + 1))})))")));
            files.Load(path, null);
        }
    }

    [Fact]
    public void Instances_that_idle_end_and_the_oldest_makes_room()
    {
        Component kit = Component.Load(new WasmEngine(), Kit);
        using ComponentSessions sessions = new(TimeProvider.System, max: 2);
        foreach (var session in new[] { "a", "b", "c" })
        {
            var kept = sessions.Take(new(kit, session, ""), new CurrentCall(NullLogger.Instance, "kit"), _ => new ComponentLinker().Instantiate(new Store(kit.Engine), kit), default);
            sessions.Return(kept, isSound: true);
        }

        Assert.Equal(2, sessions.Count);
        sessions.EndSession("c");
        Assert.Equal(1, sessions.Count);

        // One that is in use ends when it is given back.
        var used = sessions.Take(new(kit, "b", ""), new CurrentCall(NullLogger.Instance, "kit"), _ => throw new InvalidOperationException("it is there"), default);
        sessions.EndSession("b");
        Assert.Equal(1, sessions.Count);
        sessions.Return(used, isSound: true);
        Assert.Equal(0, sessions.Count);
    }

    private static TestServer Serve(bool keep = false, string? config = null) => new(
        options => options with { Components = [Path.Combine(options.Workspace, "kit.wasm")], KeepInstances = keep },
        prepare: workspace =>
        {
            File.WriteAllBytes(Path.Combine(workspace, "kit.wasm"), Kit);
            if (config is not null)
            {
                Config(workspace, config);
            }
        });

    private static void Config(string workspace, string config)
    {
        Directory.CreateDirectory(Path.Combine(workspace, ".mcp"));
        File.WriteAllText(Path.Combine(workspace, ".mcp", "config.json"), config);
    }

    private static async Task<CallToolResult> CallAsync(McpClient client, string tool, string arguments) => await client.CallToolAsync(
        tool,
        JsonElement.Parse(arguments).EnumerateObject().ToDictionary(member => member.Name, member => (object?)member.Value.Clone()),
        cancellationToken: TestContext.Current.CancellationToken);

    private static string Structured(CallToolResult result)
    {
        Assert.False(result.IsError == true, result.IsError == true ? TestServer.TextOf(result) : "");
        return result.StructuredContent!.Value.GetRawText();
    }
}
