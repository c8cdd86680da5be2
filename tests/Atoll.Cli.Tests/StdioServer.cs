using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Atoll.Cli.Tests;

/// <summary><c>atoll serve --stdio</c> as a process, and a client of it: lines of JSON-RPC on its standard streams.</summary>
internal sealed class StdioServer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly Process _process;
    private readonly Task _errors;
    private int _id;

    private StdioServer(Process process)
    {
        _process = process;

        // Nobody reads the log; a full pipe would stop the server.
        _errors = process.StandardError.ReadToEndAsync();
    }

    public static StdioServer Start(string folder, params string[] arguments) =>
        new(ProcessRunner.Start(folder, "dotnet", [ProcessRunner.Built, "serve", "--stdio", "--quiet", .. arguments]));

    /// <summary>Sends a request, after the handshake, and gives its result.</summary>
    public async Task<JsonNode> CallAsync(string method, JsonObject parameters)
    {
        if (_id == 0)
        {
            await ExchangeAsync("initialize", new JsonObject
            {
                ["protocolVersion"] = "2025-06-18", ["capabilities"] = new JsonObject(), ["clientInfo"] = new JsonObject { ["name"] = "test", ["version"] = "1" },
            });
            await SendAsync(new JsonObject { ["jsonrpc"] = "2.0", ["method"] = "notifications/initialized" });
        }

        return await ExchangeAsync(method, parameters);
    }

    /// <summary>Calls a tool.</summary>
    public Task<JsonNode> ToolAsync(string name, JsonObject arguments) => CallAsync("tools/call", new JsonObject { ["name"] = name, ["arguments"] = arguments });

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _errors.GetAwaiter().GetResult();
        _process.Dispose();
    }

    private async Task<JsonNode> ExchangeAsync(string method, JsonObject parameters)
    {
        int id = ++_id;
        await SendAsync(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id, ["method"] = method, ["params"] = parameters });
        using CancellationTokenSource patience = new(Patience);
        while (await _process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            JsonNode message = JsonNode.Parse(line)!;
            if (message["id"]?.GetValue<int>() == id)
            {
                return message["result"] ?? throw new InvalidOperationException($"{method} failed: {line}");
            }
        }

        throw new InvalidOperationException($"the server ended before it answered {method}");
    }

    private async Task SendAsync(JsonObject message)
    {
        await _process.StandardInput.WriteLineAsync(message.ToJsonString());
        await _process.StandardInput.FlushAsync();
    }
}
