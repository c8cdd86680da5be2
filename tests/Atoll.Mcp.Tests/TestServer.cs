using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atoll.Mcp.Tools;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Atoll.Mcp.Tests;

/// <summary>A server over a temporary workspace, with native programs of the test's own, and real clients for it.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly StringWriter _log = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _runs = [];
    private readonly List<PipeWriter> _ends = [];
    private readonly List<IAsyncDisposable> _clients = [];

    public TestServer(Func<ServeOptions, ServeOptions>? change = null, IReadOnlyDictionary<string, IToolProgram>? programs = null, Action<string>? prepare = null)
    {
        Workspace = Directory.CreateTempSubdirectory("atoll-mcp-").FullName;
        prepare?.Invoke(Workspace);
        foreach (var name in programs?.Keys ?? [])
        {
            AddManifest(name, "native://" + name);
        }

        var options = new ServeOptions { Workspace = Workspace, Port = 0, ShippedToolsFolder = Workspace, LogLevel = LogLevel.Debug };
        Host = McpServerHost.Create(change is null ? options : change(options), TextWriter.Synchronized(_log), programs ?? new Dictionary<string, IToolProgram>());
    }

    public string Workspace { get; }

    public McpServerHost Host { get; }

    public CancellationToken Stop => _stop.Token;

    public void AddManifest(string name, string entry, string permissions = "[\"read\", \"write\"]", string? output = null)
        => WriteManifest(Workspace, name, entry, permissions, output);

    public static void WriteManifest(string workspace, string name, string entry, string permissions = "[\"read\", \"write\"]", string? output = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(workspace, ".mcp", "tools")).FullName;
        File.WriteAllText(Path.Combine(folder, name + ".json"), $$"""
            {
              "name": "{{name}}", "version": "1.0.0", "description": "A tool of a test.", "entry": "{{entry}}", "permissions": {{permissions}},
              "inputSchema": {
                "type": "object",
                "properties": { "path": { "type": "string", "format": "path" }, "count": { "type": "integer", "minimum": 0 }, "text": { "type": "string" } },
                "additionalProperties": false
              }{{(output is null ? "" : ", \"outputSchema\": " + output)}}
            }
            """);
    }

    /// <summary>The log so far. Lines are written by a thread of their own, so this waits until a text is there.</summary>
    public async Task<string> LogWithAsync(string text)
    {
        for (var i = 0; i < 500; i++)
        {
            var log = _log.ToString();
            if (log.Contains(text, StringComparison.Ordinal))
            {
                return log;
            }

            await Task.Delay(20);
        }

        Assert.Fail($"\"{text}\" is not in the log:\n{_log}");
        return "";
    }

    public string Log => _log.ToString();

    public async Task<McpClient> ConnectStdioAsync(McpClientOptions? options = null)
    {
        var up = new Pipe();
        var down = new Pipe();
        _ends.Add(up.Writer);
        _runs.Add(Host.RunStdioAsync(up.Reader.AsStream(), down.Writer.AsStream(), _stop.Token));
        var client = await McpClient.CreateAsync(new StreamClientTransport(up.Writer.AsStream(), down.Reader.AsStream()), options);
        _clients.Add(client);
        return client;
    }

    public async Task<Uri> StartHttpAsync()
    {
        var run = Host.RunHttpAsync(_stop.Token);
        _runs.Add(run);
        while (Host.Endpoint is null)
        {
            if (run.IsCompleted)
            {
                await run;
            }

            await Task.Delay(10);
        }

        return Host.Endpoint;
    }

    public async Task<McpClient> ConnectHttpAsync(McpClientOptions? options = null)
    {
        var endpoint = Host.Endpoint ?? await StartHttpAsync();
        var transport = new HttpClientTransport(new HttpClientTransportOptions { Endpoint = endpoint, TransportMode = HttpTransportMode.StreamableHttp });
        var client = await McpClient.CreateAsync(transport, options);
        _clients.Add(client);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        foreach (var end in _ends)
        {
            await end.CompleteAsync();
        }

        await _stop.CancelAsync();
        await Task.WhenAll(_runs).WaitAsync(TimeSpan.FromSeconds(20));
        await Host.DisposeAsync();
        await Host.DisposeAsync();
        _stop.Dispose();
        Directory.Delete(Workspace, recursive: true);
    }

    public static string TextOf(CallToolResult result) => Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text;

    public static string? ErrorCode(CallToolResult result) => (string?)result.Meta?["atoll/error"]?["code"];
}

/// <summary>A native program made from a function.</summary>
internal sealed class FunctionProgram(Func<ProgramCall, string> run) : IToolProgram
{
    public ProgramOutput Run(ProgramCall call) => new(Encoding.UTF8.GetBytes(run(call)), null);

    /// <summary>Answers with its input and context.</summary>
    public static FunctionProgram Echo { get; } = new(call =>
    {
        var root = JsonNode.Parse(call.Input.Span)!;
        return new JsonObject
        {
            ["ok"] = true,
            ["data"] = new JsonObject { ["input"] = root["input"]!.DeepClone(), ["folders"] = new JsonArray([.. call.Access.Folders.Select(f => (JsonNode)f.Capability)]) },
            ["context_used"] = root["context"]!.DeepClone(),
        }.ToJsonString();
    });
}
