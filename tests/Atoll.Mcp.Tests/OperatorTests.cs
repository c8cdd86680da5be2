using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Atoll.Mcp.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Atoll.Mcp.Tests;

/// <summary>The operator's side of the standard streams: state, refusals, grants; and that nobody else has it.</summary>
public sealed class OperatorTests : IDisposable
{
    private static readonly Dictionary<string, IToolProgram> Programs = new() { ["test.echo"] = FunctionProgram.Echo, ["test.touch"] = new FunctionProgram(Touch) };

    private readonly List<string> _folders = [];

    public void Dispose() => _folders.ForEach(folder => Directory.Delete(folder, recursive: true));

    [Fact]
    public async Task A_refused_call_is_told_and_runs_after_a_grant_for_the_session()
    {
        await using var server = new TestServer(programs: Programs);
        var outside = NewFolder("atoll-out-");
        await using var channel = new Channel(server);
        var refused = await channel.CallAsync("test.echo", Path.Combine(outside, "x"));
        var error = refused["result"]!["_meta"]!["atoll/error"]!;
        Assert.Equal("denied", (string?)error["code"]);
        Assert.StartsWith("fs:", (string?)error["capability"], StringComparison.Ordinal);
        var told = Assert.Single(channel.Denied);
        Assert.Equal($"fs:write:{outside}/**", (string?)told["grant"]);
        Assert.True((bool)told["own"]!);
        Assert.Equal(Path.Combine(outside, "x"), (string?)told["arguments"]!["path"]);

        Assert.Null((await channel.AskAsync("atoll/grant", Grant("test.echo", (string)told["grant"]!, "session")))["error"]);
        for (var i = 0; i < 2; i++)
        {
            Assert.Null((await channel.CallAsync("test.echo", Path.Combine(outside, "x")))["result"]!["isError"]);
        }

        // The grant was for that tool.
        Assert.True((bool)(await channel.CallAsync("test.touch", Path.Combine(outside, "x")))["result"]!["isError"]!);
        var status = (await channel.AskAsync("atoll/status", []))["result"]!;
        var id = (string)Assert.Single(status["grants"]!.AsArray())!["id"]!;
        Assert.Null((await channel.AskAsync("atoll/revoke", new JsonObject { ["id"] = id }))["error"]);
        Assert.True((bool)(await channel.CallAsync("test.echo", Path.Combine(outside, "x")))["result"]!["isError"]!);
    }

    [Fact]
    public async Task A_grant_for_once_opens_one_call_for_writing()
    {
        await using var server = new TestServer(programs: Programs);
        await using var channel = new Channel(server);
        var path = Path.Combine(server.Workspace, "x");
        var capability = $"fs:write:{server.Workspace}/**";
        Assert.Equal("read_only", (string?)(await channel.CallAsync("test.touch", path))["result"]!["_meta"]!["atoll/error"]!["code"]);
        Assert.Equal(capability, (string?)Assert.Single(channel.Denied)["grant"]);
        await channel.AskAsync("atoll/grant", Grant("test.touch", capability, "once"));
        Assert.Null((await channel.CallAsync("test.touch", path))["result"]!["isError"]);
        Assert.True((bool)(await channel.CallAsync("test.touch", path))["result"]!["isError"]!);
    }

    [Theory]
    [InlineData("test.echo", "fs:write:/**", "session", "whole file system")]
    [InlineData("test.echo", "fs:write:/nowhere-at-all/**", "session", "does not exist")]
    [InlineData("test.echo", "fs:write:**", "session", "absolute folder")]
    [InlineData("test.echo", "net:connect:**", "session", "net:connect:HOST:PORT")]
    [InlineData("test.reader", "net:connect:example.org:443", "session", "does not ask for it")]
    [InlineData("test.gone", "fs:read:/tmp/**", "session", "no tool")]
    [InlineData("test.echo", "fs:read:/tmp/**", "ever", "\"scope\"")]
    [InlineData("test.echo", "fs:read:/tmp/**", "always", "keeps no grants")]
    [InlineData("test.reader", "fs:write:/tmp/**", "session", "does not ask for it")]
    public async Task What_cannot_be_granted_is_refused_with_the_reason(string tool, string capability, string scope, string reason)
    {
        await using var server = new TestServer(programs: Programs, prepare: ws => TestServer.WriteManifest(ws, "test.reader", "native://test.echo", "[\"read\"]"));
        await using var channel = new Channel(server);
        var answer = await channel.AskAsync("atoll/grant", Grant(tool, capability, scope));
        Assert.Contains(reason, (string?)answer["error"]!["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_clients_come_by_HTTP_with_the_token_and_cannot_grant()
    {
        await using var server = new TestServer(programs: Programs);
        await using var channel = new Channel(server);
        var status = (await channel.AskAsync("atoll/status", []))["result"]!;
        var endpoint = new Uri((string)status["endpoint"]!);
        using var http = new HttpClient();
        using var bare = await http.PostAsync(endpoint, new StringContent("{}", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.Forbidden, bare.StatusCode);

        var transport = new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = endpoint, TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = "Bearer " + (string)status["token"]! },
        });
        await using var client = await McpClient.CreateAsync(transport);
        var result = await client.CallToolAsync("test_touch", new Dictionary<string, object?> { ["path"] = Path.Combine(server.Workspace, "x") });
        Assert.True(result.IsError);
        var told = await channel.NextDeniedAsync();
        Assert.False((bool)told["own"]!);
        var refused = await Assert.ThrowsAnyAsync<McpException>(async () => await client.SendRequestAsync(
            new JsonRpcRequest { Method = "atoll/grant", Params = Grant("test.touch", (string)told["grant"]!, "session") }));
        Assert.DoesNotContain("scope", refused.Message, StringComparison.Ordinal);
        Assert.Empty((await channel.AskAsync("atoll/status", []))["result"]!["grants"]!.AsArray());
    }

    [Theory]
    [InlineData("short")]
    [InlineData("0123456789012345678901234567890 ")]
    public void A_token_that_could_be_guessed_or_not_be_sent_is_refused(string token)
        => Assert.Throws<Atoll.Host.Configuration.ConfigurationException>(() => new TestServer(options => options with { Token = token }));

    [Fact]
    public async Task A_client_on_plain_standard_streams_cannot_grant()
    {
        await using var server = new TestServer(programs: Programs);
        var client = await server.ConnectStdioAsync();
        await Assert.ThrowsAnyAsync<McpException>(async () => await client.SendRequestAsync(
            new JsonRpcRequest { Method = "atoll/grant", Params = Grant("test.touch", $"fs:write:{server.Workspace}/**", "session") }));
    }

    [Fact]
    public async Task A_grant_for_always_ends_when_the_workspace_changes_the_program()
    {
        var config = NewFolder("atoll-config-");
        var outside = NewFolder("atoll-out-");
        var folder = NewFolder("atoll-own-");
        Directory.CreateDirectory(Path.Combine(folder, "bin"));
        var program = Path.Combine(folder, "bin", "t.wasm");
        var shipped = Path.Combine(TestRepository(), "guests", "tools", "bin");
        File.Copy(Path.Combine(shipped, "fs.read.wasm"), program);
        TestServer.WriteManifest(folder, "own.read", "wasm://bin/t.wasm", "[\"read\"]");
        File.WriteAllText(Path.Combine(outside, "x"), "text");
        ServeOptions Options(ServeOptions options) => options with { Workspace = folder, ShippedToolsFolder = folder, GrantsFile = Path.Combine(config, "grants.json") };

        JsonObject granted;
        await using (var server = new TestServer(Options))
        {
            await using var channel = new Channel(server);
            granted = (await channel.AskAsync("atoll/grant", Grant("own.read", $"fs:read:{outside}/**", "always")))["result"]!.AsObject();
            Assert.Null((await channel.CallAsync("own.read", Path.Combine(outside, "x")))["result"]!["isError"]);
        }

        await using (var server = new TestServer(Options))
        {
            var client = await server.ConnectStdioAsync();
            Assert.NotEqual(true, (await client.CallToolAsync("own_read", new Dictionary<string, object?> { ["path"] = Path.Combine(outside, "x") })).IsError);
        }

        File.Copy(Path.Combine(shipped, "fs.stat.wasm"), program, overwrite: true);
        await using (var server = new TestServer(Options))
        {
            await using var channel = new Channel(server);
            Assert.True((bool)(await channel.CallAsync("own.read", Path.Combine(outside, "x")))["result"]!["isError"]!);

            // Nor does an editor give it back that held it while the server was started again.
            var again = Grant("own.read", $"fs:read:{outside}/**", "session");
            again["program"] = (string)granted["program"]!;
            Assert.Contains("not the one", (string?)(await channel.AskAsync("atoll/grant", again))["error"]!["message"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_tool_of_the_workspace_does_not_inherit_what_one_from_elsewhere_of_its_name_was_granted()
    {
        var config = NewFolder("atoll-config-");
        var outside = NewFolder("atoll-out-");
        var workspace = NewFolder("atoll-ws-");
        var elsewhere = NewFolder("atoll-shipped-");
        var shipped = Path.Combine(TestRepository(), "guests", "tools", "bin");
        void Install(string folder)
        {
            Directory.CreateDirectory(Path.Combine(folder, "bin"));
            File.Copy(Path.Combine(shipped, "fs.read.wasm"), Path.Combine(folder, "bin", "t.wasm"));
            TestServer.WriteManifest(folder, "own.read", "wasm://bin/t.wasm", "[\"read\"]");
        }

        Install(elsewhere);
        File.WriteAllText(Path.Combine(outside, "x"), "text");
        ServeOptions Options(ServeOptions options, string tools) => options with { Workspace = workspace, ShippedToolsFolder = tools, GrantsFile = Path.Combine(config, "grants.json") };

        JsonObject granted;
        await using (var server = new TestServer(o => Options(o, elsewhere)))
        {
            await using var channel = new Channel(server);
            granted = (await channel.AskAsync("atoll/grant", Grant("own.read", $"fs:read:{outside}/**", "always")))["result"]!.AsObject();
            Assert.Null(granted["program"]);
            Assert.Null((await channel.CallAsync("own.read", Path.Combine(outside, "x")))["result"]!["isError"]);
        }

        Install(workspace);
        await using (var server = new TestServer(o => Options(o, workspace)))
        {
            await using var channel = new Channel(server);
            Assert.True((bool)(await channel.CallAsync("own.read", Path.Combine(outside, "x")))["result"]!["isError"]!);
            var again = Grant("own.read", $"fs:read:{outside}/**", "session");
            again["program"] = null;
            Assert.Contains("not the one", (string?)(await channel.AskAsync("atoll/grant", again))["error"]!["message"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Files_are_checked_as_they_stand_in_an_editor()
    {
        await using var server = new TestServer(programs: Programs);
        await using var channel = new Channel(server);
        var file = Path.Combine(server.Workspace, ".mcp", "tools", "new.json");
        var answer = await channel.AskAsync("atoll/check", new JsonObject { ["file"] = file, ["text"] = "{\n  \"name\": \"ä\"\n}" });
        Assert.Contains(answer["result"]!["problems"]!.AsArray(), p => (int)p!["line"]! == 2 && (int)p["column"]! == 11 && (int)p["endColumn"]! == 15);
        Assert.NotNull((await channel.AskAsync("atoll/check", new JsonObject { ["file"] = file }))["error"]);
        Assert.NotNull((await channel.AskAsync("atoll/unknown", []))["error"]);
    }

    private string NewFolder(string prefix)
    {
        _folders.Add(Directory.CreateTempSubdirectory(prefix).FullName);
        return _folders[^1];
    }

    private static string TestRepository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Atoll.slnx")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }

    private static JsonObject Grant(string tool, string capability, string scope) => new() { ["tool"] = tool, ["capability"] = capability, ["scope"] = scope };

    // What the sandbox does with a program that writes.
    private static string Touch(ProgramCall call)
        => call.Access.Folders.Any(f => f.Access == Atoll.Host.Security.FolderAccess.Write) && !call.Frame.ReadOnly
            ? """{"ok":true,"data":{}}"""
            : """{"ok":false,"error":{"code":"read_only","message":"it is read-only"}}""";

    /// <summary>The operator's program.</summary>
    private sealed class Channel : IAsyncDisposable
    {
        private readonly Pipe _up = new();
        private readonly StreamWriter _writer;
        private readonly StreamReader _reader;
        private readonly Task _run;
        private int _id;
        private bool _greeted;

        public Channel(TestServer server)
        {
            var down = new Pipe();
            _writer = new StreamWriter(_up.Writer.AsStream(), new UTF8Encoding(false)) { AutoFlush = true };
            _reader = new StreamReader(down.Reader.AsStream());
            _run = server.Host.RunOperatorAsync(_up.Reader.AsStream(), down.Writer.AsStream(), server.Stop);
        }

        public List<JsonObject> Denied { get; } = [];

        public async Task<JsonObject> CallAsync(string tool, string path)
        {
            if (!_greeted)
            {
                _greeted = true;
                await AskAsync("initialize", new JsonObject { ["protocolVersion"] = "2025-11-25", ["capabilities"] = new JsonObject(), ["clientInfo"] = new JsonObject { ["name"] = "t", ["version"] = "1" } });
                await _writer.WriteLineAsync("""{"jsonrpc":"2.0","method":"notifications/initialized"}""");
            }

            return await AskAsync("tools/call", new JsonObject { ["name"] = tool, ["arguments"] = new JsonObject { ["path"] = path } });
        }

        public async Task<JsonObject> AskAsync(string method, JsonObject parameters)
        {
            var id = ++_id;
            await _writer.WriteLineAsync(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id, ["method"] = method, ["params"] = parameters }.ToJsonString());
            while (true)
            {
                var message = await NextAsync();
                if (message["id"] is { } answered && (int)answered == id)
                {
                    return message;
                }
            }
        }

        public async Task<JsonObject> NextDeniedAsync()
        {
            while (Denied.Count == 0)
            {
                await NextAsync();
            }

            return Denied[^1];
        }

        public async ValueTask DisposeAsync()
        {
            await _up.Writer.CompleteAsync();
            await _run.WaitAsync(TimeSpan.FromSeconds(20));
        }

        private async Task<JsonObject> NextAsync()
        {
            var line = await _reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)) ?? throw new InvalidOperationException("the server closed its side");
            var message = JsonNode.Parse(line)!.AsObject();
            if ((string?)message["method"] == "notifications/atoll/denied")
            {
                Denied.Add(message["params"]!.AsObject());
            }

            return message;
        }
    }
}
