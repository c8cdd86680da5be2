using System.Diagnostics;
using System.Text.Json;
using Atoll.Wasm;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Bench;

/// <summary>
/// The kernels of <c>bench/kernels</c> in this engine and in the V8 of the machine's Node. Each round runs a kernel once on either side, so that load
/// of the machine falls on both. Processor time of the whole process counts, compiler threads included. Default runtime settings, all checks on.
/// </summary>
internal static class KernelBench
{
    private const int WarmUps = 3;

    private sealed record Kernel(string Name, string File, int N, string Type, string Result);

    public static async Task<int> RunAsync(string[] arguments)
    {
        int runs = Option(arguments, "--runs", 15);
        string folder = Path.Combine(Repository.Root, "bench", "kernels");
        using JsonDocument document = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, "kernels.json")));
        List<Kernel> kernels = [.. document.RootElement.GetProperty("kernels").EnumerateArray().Select(k => new Kernel(
            k.GetProperty("name").GetString()!, k.GetProperty("file").GetString()!, k.GetProperty("n").GetInt32(), k.GetProperty("type").GetString()!, k.GetProperty("result").GetString()!))];
        string? only = arguments.FirstOrDefault(a => kernels.Any(k => k.Name == a));
        List<(string Name, double Ratio)> ratios = [];
        foreach (Kernel kernel in kernels.Where(k => only is null || k.Name == only))
        {
            using NodePeer node = new(Path.Combine(folder, "node-runner.mjs"));
            string version = node.Load(kernel.File, kernel.Type);
            if (ratios.Count == 0)
            {
                Console.WriteLine($"peer: Node {version}; {Environment.ProcessorCount} processors; {runs} runs; ratio = ours ÷ V8's processor time, median over rounds [95 % interval]");
                Console.WriteLine($"{"kernel",-12} {"ours ms",9} {"V8 ms",9} {"ratio",7}  interval");
            }

            ratios.Add((kernel.Name, Measure(kernel, Path.Combine(folder, kernel.File), node, runs)));
        }

        double geomean = Math.Exp(ratios.Average(r => Math.Log(r.Ratio)));
        Console.WriteLine(FormattableString.Invariant($"kernels: geomean={geomean:F3} worst={ratios.Max(r => r.Ratio):F3}"));
        return 0;
    }

    private static double Measure(Kernel kernel, string file, NodePeer node, int runs)
    {
        WasmEngine engine = new();
        using Store store = new(engine);
        Function run = new Linker(engine).Instantiate(store, engine.LoadModule(File.ReadAllBytes(file))).GetFunction("run")!;
        List<double> ours = [];
        List<double> theirs = [];
        for (int i = 0; i < runs + WarmUps; i++)
        {
            TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
            Value value = run.Invoke(kernel.N)[0];
            double mine = (Process.GetCurrentProcess().TotalProcessorTime - before).TotalMilliseconds;
            (string result, double peer) = node.Run(kernel.N);
            if (Spell(value) != kernel.Result || result != kernel.Result)
            {
                throw new InvalidOperationException($"{kernel.Name}: ours is {Spell(value)}, V8's {result}, expected {kernel.Result}");
            }

            if (i >= WarmUps)
            {
                ours.Add(mine);
                theirs.Add(peer);
            }
        }

        // Paired by round, because this machine's speed changes from second to second; the interval of the median by its order statistics
        // (binomial, 95 %).
        List<double> ratios = [.. ours.Zip(theirs, (a, b) => a / Math.Max(b, 0.001)).Order()];
        int reach = (int)Math.Ceiling(0.98 * Math.Sqrt(runs));
        double low = ratios[Math.Max(0, (runs / 2) - reach)];
        double high = ratios[Math.Min(runs - 1, (runs / 2) + reach)];
        double ratio = ratios[runs / 2];
        Console.WriteLine(FormattableString.Invariant($"{kernel.Name,-12} {Median(ours),9:F2} {Median(theirs),9:F2} {ratio,7:F3}  [{low:F3}, {high:F3}]"));
        return ratio;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Spell(Value value) => value.Type == ValueType.F64 ? value.AsF64Bits().ToString("x16") : value.Type == ValueType.I64 ? $"{value.AsI64()}" : $"{value.AsI32()}";

    internal static int Option(string[] arguments, string name, int fallback)
    {
        int at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? int.Parse(arguments[at + 1]) : fallback;
    }

    /// <summary>A live Node process that runs a kernel when told to.</summary>
    private sealed class NodePeer : IDisposable
    {
        private readonly Process _process;

        public NodePeer(string script)
        {
            _process = Process.Start(new ProcessStartInfo("node", [script]) { RedirectStandardInput = true, RedirectStandardOutput = true })
                ?? throw new InvalidOperationException("node could not be started; install Node.js");
        }

        public string Load(string file, string type) =>
            Ask(JsonSerializer.Serialize(new { cmd = "load", file, type })).GetProperty("version").GetString()!;

        public (string Result, double CpuMilliseconds) Run(int n)
        {
            JsonElement answer = Ask(JsonSerializer.Serialize(new { cmd = "run", n }));
            return (answer.GetProperty("result").GetString()!, answer.GetProperty("cpu_us").GetDouble() / 1000);
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            _process.WaitForExit();
            _process.Dispose();
        }

        private JsonElement Ask(string command)
        {
            _process.StandardInput.WriteLine(command);
            _process.StandardInput.Flush();
            string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("node ended unexpectedly");
            JsonElement answer = JsonDocument.Parse(line).RootElement;
            return answer.GetProperty("ok").GetBoolean() ? answer : throw new InvalidOperationException($"node: {line}");
        }
    }
}
