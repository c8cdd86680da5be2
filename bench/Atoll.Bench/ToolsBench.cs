using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Atoll.Mcp;
using Atoll.Mcp.Tools;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Atoll.Bench;

/// <summary>
/// Measures <c>fs.read</c> of a 4 KB file: below the protocol in this process, beside its native twin; and over stdio with one client
/// against <c>atoll serve --stdio</c> and the npm filesystem server, in one run, round by round in turns.
/// </summary>
internal sealed class ToolsBench : IDisposable
{
    private const string PeerPackage = "@modelcontextprotocol/server-filesystem";
    private const string PeerVersion = "2026.8.31";
    private const int FileBytes = 4096;

    // The runtime compiles a hot path again after tens of calls and some time; "warm" is what comes after.
    private const int WarmCalls = 5000;
    private readonly string _repository = FindRepository();
    private readonly string _workspace = Directory.CreateTempSubdirectory("atoll-bench-").FullName;
    private readonly Samples _amongSleepers = new();
    private int _rounds = 20;
    private int _calls = 500;
    private int _starts = 5;

    public static async Task<int> RunAsync(string[] arguments)
    {
        using var bench = new ToolsBench();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 >= arguments.Length || !int.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value < 1)
            {
                Console.Error.WriteLine($"bench tools: {arguments[i]} needs a number of at least 1");
                return 2;
            }

            switch (arguments[i])
            {
                case "--rounds": bench._rounds = value; break;
                case "--calls": bench._calls = value; break;
                case "--starts": bench._starts = value; break;
                default:
                    Console.Error.WriteLine($"bench tools: unknown option {arguments[i]}; known are --rounds, --calls, --starts");
                    return 2;
            }
        }

        return await bench.RunAsync();
    }

    public void Dispose() => Directory.Delete(_workspace, recursive: true);

    private async Task<int> RunAsync()
    {
        var text = string.Concat(Enumerable.Range(0, FileBytes / 64).Select(i => $"{i,4}: the quick brown fox jumps over the lazy dog, twice a day.\n"))[..FileBytes];
        await File.WriteAllTextAsync(Path.Combine(_workspace, "file.txt"), text);
        Console.WriteLine($"fs.read of a {FileBytes} byte file; {Environment.ProcessorCount} processors; {_rounds} rounds of {_calls} calls each, in turns; {_starts} fresh servers");
        var (wasm, native, programWasm, programNative) = await BelowTheProtocolAsync();
        Console.WriteLine("below the protocol (from parsed request to result, in process):");
        Row("  wasm fs.read, whole call", wasm);
        Row("  native twin, whole call", native);
        Row("  wasm fs.read, program only", programWasm);
        Row("  native twin, program only", programNative);
        Row("  wasm fs.read, whole call, while 200 other tools sleep", _amongSleepers);
        BuildAtoll();
        var first = new Samples();
        for (var i = 0; i < _starts; i++)
        {
            first.Add(await FirstCallAsync());
        }

        Console.WriteLine($"first call, request to answer at the client, server ready for a second: median {first.Median:0.0} ms, worst {first.Percentile(1):0.0} ms");
        var (ours, peers, ourRate, peerRate) = await OverStdioAsync();
        Console.WriteLine("over stdio, one client, sequential (from call to result at the client):");
        Row("  atoll serve --stdio", ours, ourRate);
        Row($"  npm {PeerPackage} {PeerVersion}", peers, peerRate);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"tools: p50_us={wasm.Median:0} p99_us={wasm.Percentile(0.99):0} calls_per_s={ourRate:0} peer_calls_per_s={peerRate:0} wasm_native_ratio={wasm.Median / native.Median:0.00} first_ms={first.Median:0.0}"));
        return 0;
    }

    private static void Row(string name, Samples samples, double? rate = null)
        => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-58} p50 {samples.Median,7:0.0} us   p90 {samples.Percentile(0.9),7:0.0} us   p99 {samples.Percentile(0.99),7:0.0} us{(rate is null ? "" : $"   {rate:0} calls/s")}"));

    private async Task<(Samples Wasm, Samples Native, Samples ProgramWasm, Samples ProgramNative)> BelowTheProtocolAsync()
    {
        var tools = Directory.CreateDirectory(Path.Combine(_workspace, ".mcp", "tools")).FullName;
        var manifest = await File.ReadAllTextAsync(Path.Combine(_repository, "guests", "tools", ".mcp", "tools", "fs.read.json"));
        await File.WriteAllTextAsync(
            Path.Combine(tools, "native.json"), manifest.Replace("\"fs.read\"", "\"native.read\"", StringComparison.Ordinal).Replace("wasm://bin/fs.read.wasm", "native://fs.read", StringComparison.Ordinal));
        File.Copy(Path.Combine(_repository, "guests", "hostile", "bin", "sleep.wasm"), Path.Combine(_workspace, "sleep.wasm"));
        await File.WriteAllTextAsync(
            Path.Combine(tools, "sleep.json"),
            """{ "name": "bench.sleep", "version": "1.0.0", "description": "Sleeps.", "entry": "wasm://sleep.wasm", "inputSchema": { "type": "object" } }""");
        var programs = new Dictionary<string, IToolProgram> { ["fs.read"] = new NativeFileRead() };
        await using var host = McpServerHost.Create(new ServeOptions { Workspace = _workspace, LogLevel = LogLevel.Information, Quiet = true }, TextWriter.Null, programs);
        var wasmTool = host.Catalog.Find("fs.read") ?? throw new InvalidOperationException("fs.read is not there: " + string.Join("; ", host.Catalog.Problems));
        var nativeTool = host.Catalog.Find("native.read") ?? throw new InvalidOperationException("the native twin is not there: " + string.Join("; ", host.Catalog.Problems));
        var arguments = new Dictionary<string, JsonElement> { ["path"] = JsonSerializer.SerializeToElement("file.txt") };
        var answers = new HashSet<string>();
        var results = (Wasm: new Samples(), Native: new Samples(), ProgramWasm: new Samples(), ProgramNative: new Samples());
        for (var round = 0; round <= _rounds; round++)
        {
            foreach (var (tool, whole) in new[] { (wasmTool, results.Wasm), (nativeTool, results.Native) })
            {
                for (var i = 0; i < (round == 0 ? WarmCalls : _calls); i++)
                {
                    var started = Stopwatch.GetTimestamp();
                    var result = await host.Runner.CallAsync(new ToolCall(tool, arguments), default);
                    var elapsed = Stopwatch.GetElapsedTime(started).TotalMicroseconds;

                    // The first round only warms.
                    if (round > 0)
                    {
                        whole.Add(elapsed);
                    }

                    if (i == 0)
                    {
                        answers.Add(result.Error?.ToString() ?? result.Data.GetRawText());
                    }
                }
            }
        }

        if (answers.Count != 1)
        {
            throw new InvalidOperationException("the twins do not answer alike:\n" + string.Join("\n", answers));
        }

        MeasurePrograms(host, wasmTool, nativeTool, results.ProgramWasm, results.ProgramNative);
        await AmongSleepersAsync(host, wasmTool, arguments);
        return results;
    }

    // Tools that sleep hold threads of their own kind only: an unrelated call must not feel them.
    private async Task AmongSleepersAsync(McpServerHost host, ToolManifest wasmTool, Dictionary<string, JsonElement> arguments)
    {
        const int sleepers = 200;
        var sleepTool = host.Catalog.Find("bench.sleep") ?? throw new InvalidOperationException("the sleeping tool is not there: " + string.Join("; ", host.Catalog.Problems));
        using var wake = new CancellationTokenSource();
        var asleep = Enumerable.Range(0, sleepers).Select(_ => host.Runner.CallAsync(new ToolCall(sleepTool, null), wake.Token)).ToList();
        await Task.Delay(1000);
        if (host.Runner.Busy < sleepers)
        {
            throw new InvalidOperationException($"only {host.Runner.Busy} of {sleepers} tools sleep");
        }

        for (var i = 0; i < _calls; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await host.Runner.CallAsync(new ToolCall(wasmTool, arguments), default);
            _amongSleepers.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        await wake.CancelAsync();
        await Task.WhenAll(asleep).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    // The same without queue, threads, schema and policy: what the sandbox itself costs.
    private void MeasurePrograms(McpServerHost host, ToolManifest wasmTool, ToolManifest nativeTool, Samples wasm, Samples native)
    {
        var thread = new Thread(
            () =>
            {
                for (var round = 0; round <= _rounds; round++)
                {
                    foreach (var (tool, samples) in new[] { (wasmTool, wasm), (nativeTool, native) })
                    {
                        for (var i = 0; i < _calls; i++)
                        {
                            var elapsed = host.Runner.Measure(tool, Path.Combine(_workspace, "file.txt"));
                            if (round > 0)
                            {
                                samples.Add(elapsed.TotalMicroseconds);
                            }
                        }
                    }
                }
            },
            2 << 20);
        thread.Start();
        thread.Join();
    }

    private async Task<double> FirstCallAsync()
    {
        await using var client = await ConnectAtollAsync();
        await client.ListToolsAsync();
        await Task.Delay(1000);
        var started = Stopwatch.GetTimestamp();
        await CallAsync(client, "fs_read", Path.Combine(_workspace, "file.txt"));
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private async Task<(Samples Ours, Samples Peers, double OurRate, double PeerRate)> OverStdioAsync()
    {
        var entry = InstallPeer();
        await using var atoll = await ConnectAtollAsync();
        await using var peer = await McpClient.CreateAsync(new StdioClientTransport(new StdioClientTransportOptions
        {
            Command = "node", Arguments = [entry, _workspace], StandardErrorLines = _ => { },
        }));
        Console.WriteLine($"protocol: atoll {atoll.NegotiatedProtocolVersion}, peer {peer.NegotiatedProtocolVersion}");
        var (ours, peers) = (new Samples(), new Samples());
        double ourSeconds = 0, peerSeconds = 0;
        var path = Path.Combine(_workspace, "file.txt");
        for (var round = 0; round <= _rounds; round++)
        {
            var ourTime = await RoundAsync(atoll, "fs_read", path, round == 0 ? null : ours);
            var peerTime = await RoundAsync(peer, "read_text_file", path, round == 0 ? null : peers);
            if (round > 0)
            {
                ourSeconds += ourTime;
                peerSeconds += peerTime;
            }
        }

        return (ours, peers, ours.Count / ourSeconds, peers.Count / peerSeconds);
    }

    private async Task<double> RoundAsync(McpClient client, string tool, string path, Samples? samples)
    {
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < (samples is null ? WarmCalls : _calls); i++)
        {
            var started = Stopwatch.GetTimestamp();
            await CallAsync(client, tool, path);
            samples?.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static async Task CallAsync(McpClient client, string tool, string path)
    {
        var result = await client.CallToolAsync(tool, new Dictionary<string, object?> { ["path"] = path });
        if (result.IsError == true || result.StructuredContent is not { } content || content.GetProperty("content").GetString()!.Length != FileBytes)
        {
            throw new InvalidOperationException($"{tool} did not answer with the file: {(result.Content.FirstOrDefault() as TextContentBlock)?.Text}");
        }
    }

    private async Task<McpClient> ConnectAtollAsync() => await McpClient.CreateAsync(new StdioClientTransport(new StdioClientTransportOptions
    {
        Command = Path.Combine(_repository, OperatingSystem.IsWindows() ? "atoll.cmd" : "atoll"),
        Arguments = ["serve", "--stdio", "--workspace", _workspace],
        StandardErrorLines = _ => { },
    }));

    // The launcher builds when a source is newer; that must not count as the server's start.
    private void BuildAtoll()
    {
        using var atoll = Process.Start(new ProcessStartInfo(Path.Combine(_repository, OperatingSystem.IsWindows() ? "atoll.cmd" : "atoll"), ["--version"]) { RedirectStandardOutput = true })!;
        atoll.StandardOutput.ReadToEnd();
        atoll.WaitForExit();
        if (atoll.ExitCode != 0)
        {
            throw new InvalidOperationException("atoll does not build; its messages are above");
        }
    }

    private string InstallPeer()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_repository, "artifacts", "bench", "peer")).FullName;
        var entry = Path.Combine(folder, "node_modules", "@modelcontextprotocol", "server-filesystem", "dist", "index.js");
        if (!File.Exists(entry))
        {
            File.WriteAllText(Path.Combine(folder, "package.json"), $$"""{ "private": true, "dependencies": { "{{PeerPackage}}": "{{PeerVersion}}" } }""");
            using var npm = Process.Start(new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"]) { WorkingDirectory = folder })!;
            npm.WaitForExit();
            if (npm.ExitCode != 0 || !File.Exists(entry))
            {
                throw new InvalidOperationException($"npm could not install {PeerPackage} {PeerVersion} into {folder}");
            }
        }

        return entry;
    }

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Atoll.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("the benchmark does not run inside the repository");
        }

        return folder.FullName;
    }
}
