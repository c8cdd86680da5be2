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

    /// <summary>The largest ratio of generated to hand-written bindings (goal ≤ 1.1).</summary>
    private static double Ratio(int runs)
    {
        WasmEngine engine = new();
        using Store bound = new(engine);
        using Store hand = new(engine);
        (string Name, Action<int> Run)[] ours = Calls(new ComponentLinker().Instantiate(bound, Component.Load(engine, SdkGuests.Bound(isFreestanding: false))));
        (string Name, Action<int> Run)[] theirs = Calls(new ComponentLinker().Instantiate(hand, Component.Load(engine, SdkGuests.Hand())));
        double worst = 0;
        for (int i = 0; i < ours.Length; i++)
        {
            int calls = i == 0 ? 2_000_000 : i == 1 ? 200_000 : 20_000;
            Samples ratios = new();
            for (int run = 0; run < runs + KernelBench.WarmUps; run++)
            {
                double mine = Time(ours[i].Run, calls);
                double other = Time(theirs[i].Run, calls);
                if (run >= KernelBench.WarmUps)
                {
                    ratios.Add(mine / other);
                }
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ours[i].Name,-32} {ratios.Median:F2} of the time by hand (goal ≤ 1.1)"));
            worst = Math.Max(worst, ratios.Median);
        }

        return worst;
    }

    private static double Time(Action<int> run, int calls)
    {
        double before = NodePeer.OurCpuMilliseconds;
        run(calls);
        return Math.Max(NodePeer.OurCpuMilliseconds - before, 0.01);
    }

    private static (string Name, Action<int> Run)[] Calls(ComponentInstance instance)
    {
        Func<uint, uint, uint> add = Typed<Func<uint, uint, uint>>(instance, "add");
        Func<string, string> echo = Typed<Func<string, string>>(instance, "echo");
        Func<byte[], byte[]> bytes = Typed<Func<byte[], byte[]>>(instance, "bytes");
        Func<uint, Point[]> points = Typed<Func<uint, Point[]>>(instance, "points");
        string text = new('a', 100);
        byte[] data = new byte[10_000];
        return
        [
            ("add(u32, u32)", count => Repeat(count, () => add(1, 2))),
            ("echo(string) of 100 bytes", count => Repeat(count, () => echo(text))),
            ("list<u8> of 10 KB, inverted", count => Repeat(count, () => bytes(data))),
            ("ten records with a string each", count => Repeat(count, () => points(10))),
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
