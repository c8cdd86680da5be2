using System.Globalization;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Bench;

/// <summary>What an instance costs: time to make one, and memory while it does nothing.</summary>
internal static class InstancesMeasure
{
    private const int Instances = 1000;

    /// <summary>Small, but with everything that has to be set up: a memory with data, a table with elements, a global, a start function, an import.</summary>
    private const string Guest = """
        (module
          (import "host" "nothing" (func $nothing))
          (memory (export "memory") 2)
          (data (i32.const 1024) "some bytes that are there from the start")
          (table 8 funcref)
          (elem (i32.const 0) $f $g $f)
          (global $sp (mut i32) (i32.const 65536))
          (func $f (result i32) (global.get $sp))
          (func $g (result i32) (i32.const 1))
          (func $start (i32.store (i32.const 2048) (i32.const 42)) (i32.store (i32.const 65540) (i32.const 42)))
          (start $start)
          (func (export "run") (param i32) (result i32)
            (i32.store (i32.const 4096) (local.get 0))
            (i32.add (i32.load (i32.const 4096)) (call_indirect (result i32) (i32.const 1)))))
        """;

    public static IEnumerable<Measurement> Run(int runs)
    {
        string folder = Directory.CreateTempSubdirectory("atoll-bench-").FullName;
        byte[] wasm = WatText.ToBinary(Guest);
        File.WriteAllBytes(Path.Combine(folder, "instance.wasm"), wasm);
        try
        {
            using NodePeer node = new(Path.Combine(Repository.Root, "bench", "engine", "peer.mjs"));
            node.Ask(new { cmd = "load", file = Path.Combine(folder, "instance.wasm") });
            WasmEngine engine = new();
            WasmModule module = engine.LoadModule(wasm);
            Linker linker = new Linker(engine).DefineFunction("host", "nothing", () => { });
            yield return Line(null, "instance made, called, dropped", "", runs, () => Fresh(engine, linker, module), () => Peer(node));
            using InstancePool pool = new(linker, module);
            yield return Line(null, "instance rented and returned", "≤ 10 µs", runs, () => Rented(pool, isCalled: false), null);
            yield return Line("instantiate_us", "instance rented, called, returned", "≤ 10 µs", runs, () => Rented(pool, isCalled: true), () => Peer(node));
            WasmEngine portable = new(new WasmEngineOptions { PortableMemory = true, MaxMemoryBytes = 1 << 20 });
            using InstancePool rewriting = new(new Linker(portable).DefineFunction("host", "nothing", () => { }), portable.LoadModule(wasm));
            yield return Line(null, "the same, memories zeroed and written (2 pages)", "", runs, () => Rented(rewriting, isCalled: true), null);
            yield return Idle("idle_kb", "idle instance of 2 pages, 3 of 4 KiB written, private memory", () => Live(engine, linker, module));
            yield return Idle(null, "the same, in a pool, after its return", () => Pooled(linker, module));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Measurement Line(string? key, string what, string goal, int runs, Action ours, Func<double>? peer)
    {
        Samples mine = new();
        Samples theirs = new();
        for (int i = 0; i < runs + KernelBench.WarmUps; i++)
        {
            double before = NodePeer.OurCpuMilliseconds;
            ours();
            double time = NodePeer.OurCpuMilliseconds - before;
            double other = peer?.Invoke() ?? 0;
            if (i >= KernelBench.WarmUps)
            {
                mine.Add(time * 1000 / Instances);
                theirs.Add(other * 1000 / Instances);
            }
        }

        return Measurement.Absolute(key, what, "µs", mine, goal, peer is null ? null : theirs);
    }

    private static void Fresh(WasmEngine engine, Linker linker, WasmModule module)
    {
        for (int i = 0; i < Instances; i++)
        {
            using Store store = new(engine);
            linker.Instantiate(store, module).GetFunction("run")!.ToDelegate<Func<int, int>>()(i);
        }
    }

    private static double Peer(NodePeer node) => node.Ask(new { cmd = "instantiate", n = Instances }).GetProperty("cpu_us").GetDouble() / 1000;

    private static void Rented(InstancePool pool, bool isCalled)
    {
        for (int i = 0; i < Instances; i++)
        {
            using InstanceLease lease = pool.Rent();
            if (isCalled)
            {
                lease.Instance.GetFunction("run")!.ToDelegate<Func<int, int>>()(i);
            }
        }
    }

    /// <summary>Private bytes of the process with 1,000 instances, each called once, less those without, ÷ 1,000.</summary>
    /// <param name="make">Makes the instances, and gives what disposes of them.</param>
    private static Measurement Idle(string? key, string what, Func<Action> make)
    {
        if (!OperatingSystem.IsLinux())
        {
            return Measurement.Missing(key, what, "only Linux says what is private");
        }

        Samples samples = new();
        for (int round = 0; round < 5; round++)
        {
            long before = PrivateBytes();
            Action dispose = make();
            samples.Add((PrivateBytes() - before) / 1024.0 / Instances);
            dispose();
        }

        return Measurement.Absolute(key, what, "KiB", samples, "≤ 64 KiB");
    }

    private static Action Live(WasmEngine engine, Linker linker, WasmModule module)
    {
        List<Store> stores = [];
        for (int i = 0; i < Instances; i++)
        {
            Store store = new(engine);
            linker.Instantiate(store, module).GetFunction("run")!.ToDelegate<Func<int, int>>()(i);
            stores.Add(store);
        }

        return () => stores.ForEach(s => s.Dispose());
    }

    private static Action Pooled(Linker linker, WasmModule module)
    {
        InstancePool pool = new(linker, module);
        List<InstanceLease> leases = [.. Enumerable.Range(0, Instances).Select(_ => pool.Rent())];
        leases.ForEach(l => l.Instance.GetFunction("run")!.ToDelegate<Func<int, int>>()(1));
        leases.ForEach(l => l.Dispose());
        return pool.Dispose;
    }

    internal static long PrivateBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return File.ReadLines("/proc/self/smaps_rollup").Where(l => l.StartsWith("Private_", StringComparison.Ordinal))
            .Sum(l => long.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)) * 1024;
    }
}
