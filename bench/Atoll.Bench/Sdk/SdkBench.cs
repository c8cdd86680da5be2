using System.Globalization;
using System.Runtime.CompilerServices;
using Atoll.Components;
using Atoll.Wasm;

namespace Atoll.Bench;

/// <summary>
/// <c>atoll bench sdk [--runs N]</c>: what guests with generated bindings cost: how large the smallest is, and how much longer a call takes than with the canonical
/// ABI written by hand. Processor time of the whole process, in turns. Then what projects cost.
/// </summary>
internal static class SdkBench
{
    private const string Api = "demo:bench/api@0.1.0#";

    public static async Task<int> RunAsync(string[] arguments)
    {
        int runs = KernelBench.Option(arguments, "--runs", 15);
        Dictionary<string, string> words = new(StringComparer.Ordinal);
        double size = SdkGuests.Bound(isFreestanding: true).Length / 1024.0;
        words["c_kb"] = size.ToString("F1", CultureInfo.InvariantCulture);
        Console.WriteLine($"{Environment.ProcessorCount} processors; {runs} runs; medians");
        Console.WriteLine($"component in C, no library: {words["c_kb"]} KB (goal ≤ 20)");
        words["bindings_ratio"] = Ratio(runs).ToString("F2", CultureInfo.InvariantCulture);
        await ProjectsBench.MeasureAsync(words).ConfigureAwait(false);
        string[] keys = ["c_kb", "rust_kb", "js_mb", "bindings_ratio", "dev_swap_ms"];
        Console.WriteLine("sdk: " + string.Join(' ', keys.Where(words.ContainsKey).Select(key => $"{key}={words[key]}")));
        return 0;
    }

    /// <summary>
    /// The largest ratio of generated to hand-written bindings (goal ≤ 1.1). Each round loads both anew, one and the other first in turns: where code comes to lie makes a
    /// loop of few instructions up to a seventh faster or slower, and stays so until it is loaded again.
    /// </summary>
    private static double Ratio(int runs)
    {
        byte[] bound = SdkGuests.Bound(isFreestanding: false);
        byte[] hand = SdkGuests.Hand();
        (string Name, int Calls, Samples Ratios)[] rows =
        [
            ("add(u32, u32)", 2_000_000, new Samples()),
            ("echo(string) of 100 bytes", 200_000, new Samples()),
            ("list<u8> of 10 KB, inverted", 20_000, new Samples()),
            ("ten records with a string each", 20_000, new Samples()),
        ];
        for (int run = 0; run < runs + KernelBench.WarmUps; run++)
        {
            WasmEngine engine = new();
            using Store first = new(engine);
            using Store second = new(engine);
            bool isBoundFirst = run % 2 == 0;
            Action<int>[] one = Calls(new ComponentLinker().Instantiate(first, Component.Load(engine, isBoundFirst ? bound : hand)));
            Action<int>[] other = Calls(new ComponentLinker().Instantiate(second, Component.Load(engine, isBoundFirst ? hand : bound)));
            for (int i = 0; i < rows.Length; i++)
            {
                one[i](rows[i].Calls / 20);
                other[i](rows[i].Calls / 20);
                double ratio = Time(one[i], rows[i].Calls) / Time(other[i], rows[i].Calls);
                if (run >= KernelBench.WarmUps)
                {
                    rows[i].Ratios.Add(isBoundFirst ? ratio : 1 / ratio);
                }
            }
        }

        foreach ((string name, _, Samples ratios) in rows)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-32} {ratios.Median:F2} of the time by hand (goal ≤ 1.1)"));
        }

        return rows.Max(row => row.Ratios.Median);
    }

    private static double Time(Action<int> run, int calls)
    {
        double before = NodePeer.OurCpuMilliseconds;
        run(calls);
        return Math.Max(NodePeer.OurCpuMilliseconds - before, 0.01);
    }

    private static Action<int>[] Calls(ComponentInstance instance)
    {
        Func<uint, uint, uint> add = Typed<Func<uint, uint, uint>>(instance, "add");
        Func<string, string> echo = Typed<Func<string, string>>(instance, "echo");
        Func<byte[], byte[]> bytes = Typed<Func<byte[], byte[]>>(instance, "bytes");
        Func<uint, Point[]> points = Typed<Func<uint, Point[]>>(instance, "points");
        string text = new('a', 100);
        byte[] data = new byte[10_000];
        return
        [
            count => Repeat(count, () => add(1, 2)),
            count => Repeat(count, () => echo(text)),
            count => Repeat(count, () => bytes(data)),
            count => Repeat(count, () => points(10)),
        ];
    }

    private static TDelegate Typed<TDelegate>(ComponentInstance instance, string name)
        where TDelegate : Delegate => instance.GetFunction(Api + name)!.ToDelegate<TDelegate>();

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Repeat(int count, Action call)
    {
        for (int i = 0; i < count; i++)
        {
            call();
        }
    }
}
