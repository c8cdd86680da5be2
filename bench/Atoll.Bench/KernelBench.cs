using System.Text.Json;
using Atoll.Wasm;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Bench;

/// <summary>
/// The kernels of <c>bench/kernels</c> in this engine and in the V8 of the machine's Node. Processor time of the whole process counts, compiler threads included.
/// Default runtime settings, all checks on. A round makes both sides anew: where code and pages come to lie makes some kernels up to half as fast again, on
/// either side, and stays so for as long as they live, so that runs of one module are one sample and not many.
/// </summary>
internal static class KernelBench
{
    /// <summary>Runs before the first that counts: both sides reach their optimising compiler, and their memory has its pages.</summary>
    public const int WarmUps = 3;

    private static bool s_isWarm;

    private static readonly string Folder = Path.Combine(Repository.Root, "bench", "kernels");

    public sealed record Kernel(string Name, string File, int N, string Type, string Result)
    {
        private byte[] Bytes => field ??= System.IO.File.ReadAllBytes(Path.Combine(Folder, File));

        /// <summary>The module, with the round's number in a custom section: engines know a module again by its bytes.</summary>
        public byte[] Wasm(int round) => [.. Bytes, 0, 6, 1, (byte)'n', .. BitConverter.GetBytes(round)];

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
                Console.WriteLine($"peer: Node {version}; {Environment.ProcessorCount} processors; {runs} rounds; ratio = ours ÷ V8's processor time, median over rounds [95 % interval]");
                Console.WriteLine($"{"kernel",-12} {"ours ms",9} {"V8 ms",9} {"ratio",7}  {"interval",-14}  rounds alone on the core");
            }

            comparisons.Add(comparison);
            Console.WriteLine(FormattableString.Invariant(
                $"{kernel.Name,-12} {comparison.Ours,9:F2} {comparison.Theirs,9:F2} {comparison.Ratio.Median,7:F3}  {comparison.Ratio}  {comparison.Count - comparison.Disturbed}/{comparison.Count}"));
        }

        Interval mean = Comparison.GeometricMean(comparisons), worst = Comparison.Worst(comparisons);
        Console.WriteLine($"geometric mean {mean}, worst {worst}");
        Console.WriteLine(FormattableString.Invariant($"kernels: geomean={mean.Median:F3} worst={worst.Median:F3}"));
        return Task.FromResult(0);
    }

    /// <summary>
    /// Rounds of a kernel. What a round made lives until the last has ended, so that none gets the pages or the place of an earlier one's. Rounds during which somebody
    /// shared the core are made up for, up to half as many again.
    /// </summary>
    public static Comparison Measure(Kernel kernel, int rounds, out string version, CodeLifetime lifetime = CodeLifetime.Unloadable)
    {
        WasmEngineOptions options = new() { CodeLifetime = lifetime };
        WarmEngineUp(options);
        using NodePeer node = new(Path.Combine(Folder, "node-runner.mjs"));
        using Yardstick yardstick = new(node);
        version = "";
        List<KernelRound> all = [];
        List<KernelSide> sides = [];
        try
        {
            for (int round = 0; round < rounds + (rounds / 2) && all.Count(static r => r.IsAlone) < rounds; round++)
            {
                yardstick.Place(round);
                version = node.Ask(new { cmd = "load", file = kernel.File, type = kernel.Type, round }).GetProperty("version").GetString()!;
                KernelSide ours = new(kernel, options, round);
                sides.Add(ours);
                all.Add(new KernelRound(round, ours.Run, () => RunPeer(node, kernel)));
            }
        }
        finally
        {
            sides.ForEach(static side => side.Dispose());
        }

        return KernelRound.Compare(all);
    }

    /// <summary>
    /// Once in a process: the engine's own code has been compiled and compiled again by the runtime before anything is measured, which happens in the background and
    /// would count otherwise.
    /// </summary>
    private static void WarmEngineUp(WasmEngineOptions options)
    {
        if (s_isWarm)
        {
            return;
        }

        foreach (Kernel kernel in All())
        {
            for (int i = 0; i < 40; i++)
            {
                new KernelSide(kernel, options, -1 - i).Dispose();
            }
        }

        Yardstick.Settle();
        s_isWarm = true;
    }

    private static double RunPeer(NodePeer node, Kernel kernel)
    {
        JsonElement peer = node.Ask(new { cmd = "run", n = kernel.N });
        if (peer.GetProperty("result").GetString() is { } result && result != kernel.Result)
        {
            throw new InvalidOperationException($"{kernel.Name}: V8's result is {result}, expected {kernel.Result}");
        }

        return peer.GetProperty("cpu_us").GetDouble() / 1000;
    }

    internal static int Option(string[] arguments, string name, int fallback)
    {
        int at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? int.Parse(arguments[at + 1]) : fallback;
    }
}
