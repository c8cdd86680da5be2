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
    /// <summary>Runs before the first that counts: both sides reach their optimising compiler.</summary>
    public const int WarmUps = 3;

    private static readonly string Folder = Path.Combine(Repository.Root, "bench", "kernels");

    public sealed record Kernel(string Name, string File, int N, string Type, string Result)
    {
        public string Path => System.IO.Path.Combine(Folder, File);

        /// <summary>Whether a result is the right one, bit by bit.</summary>
        public void Check(Value value)
        {
            string spelt = value.Type == ValueType.F64 ? value.AsF64Bits().ToString("x16") : value.Type == ValueType.I64 ? $"{value.AsI64()}" : $"{value.AsI32()}";
            if (spelt != Result)
            {
                throw new InvalidOperationException($"{Name}: the result is {spelt}, expected {Result}");
            }
        }
    }

    public static List<Kernel> All()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "kernels.json")));
        return [.. document.RootElement.GetProperty("kernels").EnumerateArray().Select(k => new Kernel(
            k.GetProperty("name").GetString()!, k.GetProperty("file").GetString()!, k.GetProperty("n").GetInt32(), k.GetProperty("type").GetString()!, k.GetProperty("result").GetString()!))];
    }

    public static Task<int> RunAsync(string[] arguments)
    {
        int runs = Option(arguments, "--runs", 15);
        CodeLifetime lifetime = arguments.Contains("--pinned") ? CodeLifetime.Pinned : CodeLifetime.Unloadable;
        List<Kernel> kernels = All();
        string? only = arguments.FirstOrDefault(a => kernels.Any(k => k.Name == a));
        List<Comparison> comparisons = [];
        foreach (Kernel kernel in kernels.Where(k => only is null || k.Name == only))
        {
            Comparison comparison = Measure(kernel, runs, out string version, lifetime);
            if (comparisons.Count == 0)
            {
                Console.WriteLine($"peer: Node {version}; {Environment.ProcessorCount} processors; {runs} runs; ratio = ours ÷ V8's processor time, median over rounds [95 % interval]");
                Console.WriteLine($"{"kernel",-12} {"ours ms",9} {"V8 ms",9} {"ratio",7}  interval");
            }

            comparisons.Add(comparison);
            Console.WriteLine(FormattableString.Invariant($"{kernel.Name,-12} {comparison.Ours,9:F2} {comparison.Theirs,9:F2} {comparison.Ratio.Median,7:F3}  {comparison.Ratio}"));
        }

        Console.WriteLine(FormattableString.Invariant($"kernels: geomean={Comparison.GeometricMean(comparisons).Median:F3} worst={comparisons.Max(c => c.Ratio.Median):F3}"));
        return Task.FromResult(0);
    }

    public static Comparison Measure(Kernel kernel, int runs, out string version, CodeLifetime lifetime = CodeLifetime.Unloadable)
    {
        using NodePeer node = new(Path.Combine(Folder, "node-runner.mjs"));
        version = node.Ask(new { cmd = "load", file = kernel.File, type = kernel.Type }).GetProperty("version").GetString()!;
        WasmEngine engine = new(new WasmEngineOptions { CodeLifetime = lifetime });
        using Store store = new(engine);
        Function run = new Linker(engine).Instantiate(store, engine.LoadModule(File.ReadAllBytes(kernel.Path))).GetFunction("run")!;
        Comparison comparison = new();
        for (int i = 0; i < runs + WarmUps; i++)
        {
            double before = NodePeer.OurCpuMilliseconds;
            Value value = run.Invoke(kernel.N)[0];
            double mine = NodePeer.OurCpuMilliseconds - before;
            JsonElement peer = node.Ask(new { cmd = "run", n = kernel.N });
            kernel.Check(value);
            if (peer.GetProperty("result").GetString() is { } result && result != kernel.Result)
            {
                throw new InvalidOperationException($"{kernel.Name}: V8's result is {result}, expected {kernel.Result}");
            }

            if (i >= WarmUps)
            {
                comparison.Add(mine, peer.GetProperty("cpu_us").GetDouble() / 1000);
            }
        }

        return comparison;
    }

    internal static int Option(string[] arguments, string name, int fallback)
    {
        int at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? int.Parse(arguments[at + 1]) : fallback;
    }
}
