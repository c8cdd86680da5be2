using System.Runtime.CompilerServices;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Bench;

/// <summary>What crossing the border between host and guest costs, in either direction, in nanoseconds of processor time a call.</summary>
internal static class CallsMeasure
{
    private const int Calls = 2_000_000;

    private const string Guest = """
        (module
          (import "host" "add" (func $add (param i32) (result i32)))
          (import "host" "nothing" (func $nothing))
          (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
          (func (export "callAdd") (param $n i32) (result i32) (local $i i32)
            (loop $l
              (local.set $i (call $add (local.get $i)))
              (br_if $l (i32.lt_s (local.get $i) (local.get $n))))
            (local.get $i))
          (func (export "callNothing") (param $n i32) (result i32) (local $i i32)
            (loop $l
              (call $nothing)
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if $l (i32.lt_s (local.get $i) (local.get $n))))
            (local.get $i)))
        """;

    public static IEnumerable<Measurement> Run(int runs)
    {
        string folder = Directory.CreateTempSubdirectory("atoll-bench-").FullName;
        byte[] wasm = WatText.ToBinary(Guest);
        File.WriteAllBytes(Path.Combine(folder, "calls.wasm"), wasm);
        try
        {
            using NodePeer node = new(Path.Combine(Repository.Root, "bench", "engine", "peer.mjs"));
            node.Ask(new { cmd = "load", file = Path.Combine(folder, "calls.wasm") });
            WasmEngine engine = new();
            WasmModule module = engine.LoadModule(wasm);
            using CancellationTokenSource source = new();
            using Store plain = new(engine);
            using Store cancellable = new(engine, new StoreOptions { CancellationToken = source.Token });
            using Store timed = new(engine, new StoreOptions { Timeout = TimeSpan.FromHours(1) });
            Instance instance = Link(engine).Instantiate(plain, module);
            yield return Line("call_ns", "call host → guest, typed delegate", "≤ 6 ns", runs, Adder(instance), Peer(node, "calls", "add"));
            yield return Line(null, "call host → guest, untyped, into spans", "", runs, Untyped(instance), null);
            yield return Line("hostcall_ns", "call guest → host, i32 → i32", "≤ 4 ns", runs, Looper(instance, "callAdd"), Peer(node, "once", "callAdd"));
            yield return Line(null, "call guest → host, nothing", "≤ 4 ns", runs, Looper(instance, "callNothing"), Peer(node, "once", "callNothing"));
            yield return Line(null, "call host → guest, live cancellation token", "≤ 50 ns", runs, Adder(Link(engine).Instantiate(cancellable, module)), null);
            yield return Line(null, "call host → guest, deadline in an hour", "≤ 50 ns", runs, Adder(Link(engine).Instantiate(timed, module)), null);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Linker Link(WasmEngine engine) => new Linker(engine).DefineFunction("host", "add", (int value) => value + 1).DefineFunction("host", "nothing", () => { });

    private static Measurement Line(string? key, string what, string goal, int runs, Action ours, Func<double>? peer)
    {
        Samples mine = new();
        Samples theirs = new();

        // The runtime compiles the host's own functions anew, optimised, some time after they have been called often.
        for (long end = Environment.TickCount64 + 500; Environment.TickCount64 < end;)
        {
            ours();
        }

        for (int i = 0; i < runs + KernelBench.WarmUps; i++)
        {
            double before = NodePeer.OurCpuMilliseconds;
            ours();
            double time = NodePeer.OurCpuMilliseconds - before;
            double other = peer?.Invoke() ?? 0;
            if (i >= KernelBench.WarmUps)
            {
                mine.Add(time * 1e6 / Calls);
                theirs.Add(other * 1e6 / Calls);
            }
        }

        return Measurement.Absolute(key, what, "ns", mine, goal, peer is null ? null : theirs);
    }

    private static Action Adder(Instance instance)
    {
        Func<int, int> add = instance.GetFunction("add")!.ToDelegate<Func<int, int>>();
        return () => Repeat(add);
    }

    private static Action Looper(Instance instance, string name)
    {
        Func<int, int> loop = instance.GetFunction(name)!.ToDelegate<Func<int, int>>();
        return () => _ = loop(Calls);
    }

    private static Action Untyped(Instance instance)
    {
        Function add = instance.GetFunction("add")!;
        return () => Repeat(add);
    }

    private static Func<double> Peer(NodePeer node, string command, string name) =>
        () => node.Ask(new { cmd = command, name, n = Calls }).GetProperty("cpu_us").GetDouble() / 1000;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int Repeat(Func<int, int> add)
    {
        int sum = 0;
        for (int i = 0; i < Calls; i++)
        {
            sum += add(i);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int Repeat(Function add)
    {
        int sum = 0;
        Span<Value> arguments = [default];
        Span<Value> results = [default];
        for (int i = 0; i < Calls; i++)
        {
            arguments[0] = i;
            add.Invoke(arguments, results);
            sum += results[0].AsI32();
        }

        return sum;
    }
}
