using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Atoll.Cli.Packaging;

/// <summary>
/// Runs the server as the extension does, with an agent that calls a tool, and records which methods that takes. These and no others are
/// compiled ahead of time for the host inside of a package: machine code of all methods would more than double it.
/// </summary>
internal sealed class StartRecording : IDisposable
{
    /// <summary>Less than this was no start of a server.</summary>
    private const int FewestMethods = 3000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("atoll-start-").FullName;
    private readonly CancellationTokenSource _stop;
    private Process? _server;
    private int _lastId;

    private StartRecording(CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _stop.CancelAfter(Patience);
    }

    private string Summary => Path.Combine(_folder, "summary.txt");

    private string Workspace => Path.Combine(_folder, "workspace");

    /// <summary>Records a start of this very program and writes the profile.</summary>
    /// <param name="path">Where the profile goes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How many methods are in it.</returns>
    /// <exception cref="CliException">The server did not do what it was asked, or nothing was recorded.</exception>
    public static async Task<int> WriteAsync(string path, CancellationToken cancellationToken)
    {
        using StartRecording recording = new(cancellationToken);
        try
        {
            await recording.RunAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or JsonException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw CliException.Failed($"the server that is recorded for the package did not do what it was asked: {exception.Message}", exception);
        }

        return recording.WriteProfile(path);
    }

    public void Dispose()
    {
        if (_server is { } server)
        {
            if (!server.HasExited)
            {
                server.Kill(entireProcessTree: true);
            }

            server.Dispose();
        }

        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private int WriteProfile(string path)
    {
        string[] assemblies = ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        using ImplementationAssemblies implementation = new(assemblies);
        StartProfile profile = new(implementation);
        foreach (CompiledName name in File.ReadLines(Summary).Select(CompiledName.TryParse).OfType<CompiledName>())
        {
            profile.Add(name);
        }

        if (profile.Count < FewestMethods)
        {
            throw CliException.Failed($"only {profile.Count} methods were recorded while a server started and worked. Does DOTNET_JitStdOutFile work with this runtime?");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = File.Create(path);
        profile.Write(file);
        return profile.Count;
    }

    private async Task RunAsync()
    {
        Directory.CreateDirectory(Path.Combine(Workspace, ".mcp"));
        await File.WriteAllTextAsync(Path.Combine(Workspace, "note.txt"), "A text.\n", _stop.Token).ConfigureAwait(false);
        string token = Guid.NewGuid().ToString("N");
        _server = Start(token);
        await AskAsync("initialize", Initialize("2025-11-25")).ConfigureAwait(false);
        JsonObject status = await AskAsync("atoll/status", []).ConfigureAwait(false);
        await ActAsAgentAsync(new Uri((string)status["endpoint"]!), token).ConfigureAwait(false);
        for (int i = 0; i < 10; i++)
        {
            await AskAsync("tools/call", Call("fs.read", new JsonObject { ["path"] = "note.txt" })).ConfigureAwait(false);
        }

        JsonObject write = new() { ["path"] = "note.txt", ["content"] = "Another text." };
        await AskAsync("tools/call", Call("fs.write", write.DeepClone())).ConfigureAwait(false);
        JsonObject grant = await AskAsync("atoll/grant", new JsonObject { ["tool"] = "fs.write", ["capability"] = $"fs:write:{Workspace}/**", ["scope"] = "session" }).ConfigureAwait(false);
        await AskAsync("tools/call", Call("fs.write", write)).ConfigureAwait(false);
        await AskAsync("atoll/revoke", new JsonObject { ["id"] = grant["id"]!.DeepClone() }).ConfigureAwait(false);
        await AskAsync("atoll/check", new JsonObject { ["file"] = Path.Combine(Workspace, ".mcp", "config.json"), ["text"] = "{ \"readOnly\": 1 }" }).ConfigureAwait(false);
        await AskAsync("atoll/status", []).ConfigureAwait(false);
        _server.StandardInput.Close();
        await _server.WaitForExitAsync(_stop.Token).ConfigureAwait(false);
    }

    private Process Start(string token)
    {
        string program = Environment.ProcessPath!;
        ProcessStartInfo start = new(program)
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = _folder,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), StandardOutputEncoding = Encoding.UTF8,
        };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "atoll.dll"));
        }

        foreach (string argument in (string[])["serve", "--operator", "--quiet", "--no-cache", "--log-level", "error", "--port", "0", "--workspace", Workspace])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["ATOLL_TOKEN"] = token;
        start.Environment["ATOLL_CONFIG_DIR"] = Path.Combine(_folder, "settings");

        // Nothing that is compiled already is used, so the summary names every method that ran.
        start.Environment["DOTNET_ReadyToRun"] = "0";
        start.Environment["DOTNET_JitDisasmSummary"] = "1";
        start.Environment["DOTNET_JitStdOutFile"] = Summary;
        return Process.Start(start)!;
    }

    private async Task ActAsAgentAsync(Uri endpoint, string token)
    {
        using HttpClient client = new();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        client.DefaultRequestHeaders.Accept.ParseAdd("application/json");
        client.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");
        await PostAsync("initialize", Initialize("2025-06-18")).ConfigureAwait(false);
        await PostAsync("tools/list", []).ConfigureAwait(false);
        await PostAsync("tools/call", Call("fs_read", new JsonObject { ["path"] = "note.txt" })).ConfigureAwait(false);

        async Task PostAsync(string method, JsonObject parameters)
        {
            using StringContent content = new(Request(method, parameters).ToJsonString(), Encoding.UTF8, "application/json");
            using HttpResponseMessage answer = await client.PostAsync(endpoint, content, _stop.Token).ConfigureAwait(false);
            answer.EnsureSuccessStatusCode();
            if (answer.Headers.TryGetValues("Mcp-Session-Id", out IEnumerable<string>? session) && !client.DefaultRequestHeaders.Contains("Mcp-Session-Id"))
            {
                client.DefaultRequestHeaders.Add("Mcp-Session-Id", session);
            }
        }
    }

    private async Task<JsonObject> AskAsync(string method, JsonObject parameters)
    {
        JsonObject request = Request(method, parameters);
        await _server!.StandardInput.WriteAsync(request.ToJsonString() + "\n").ConfigureAwait(false);
        await _server.StandardInput.FlushAsync(_stop.Token).ConfigureAwait(false);
        while (await _server.StandardOutput.ReadLineAsync(_stop.Token).ConfigureAwait(false) is { } line)
        {
            if (JsonNode.Parse(line) is JsonObject answer && answer["id"] is { } id && JsonNode.DeepEquals(id, request["id"]))
            {
                return answer["result"] as JsonObject ?? throw new IOException($"`{method}` was answered with {answer["error"]?.ToJsonString() ?? "nothing"}.");
            }
        }

        throw new IOException($"the server ended before it answered `{method}`.");
    }

    private JsonObject Request(string method, JsonObject parameters)
        => new() { ["jsonrpc"] = "2.0", ["id"] = (++_lastId).ToString(CultureInfo.InvariantCulture), ["method"] = method, ["params"] = parameters };

    private static JsonObject Initialize(string version) => new()
    {
        ["protocolVersion"] = version, ["capabilities"] = new JsonObject(), ["clientInfo"] = new JsonObject { ["name"] = "atoll-package", ["version"] = "1" },
    };

    private static JsonObject Call(string tool, JsonNode arguments) => new() { ["name"] = tool, ["arguments"] = arguments };
}
