using Atoll.Components;
using Atoll.Wasm;

namespace Atoll.Bench;

/// <summary>What an instance of a component of 20 KB costs: time to make one, and memory while it does nothing.</summary>
internal static class ComponentInstancesMeasure
{
    private const int Instances = 500;

    public static IEnumerable<Measurement> Run(int runs)
    {
        WasmEngine engine = new();
        Component component = Component.Load(engine, ComponentGuests.Read("c-pure.component.wasm"));
        ComponentLinker linker = new();
        using ComponentPool pool = new(linker, component);
        yield return Line("instantiate_us", "instance of 20 KB rented, called, returned", "≤ 20 µs", runs, () => Rented(pool));
        yield return Line(null, "instance made and dropped", "", runs, () => Fresh(engine, linker, component, isCalled: false));
        yield return Line(null, "instance made, called, dropped", "", runs, () => Fresh(engine, linker, component, isCalled: true));
        Component command = Component.Load(engine, ComponentGuests.Read("c-cmd.component.wasm"));
        ComponentLinker stubs = ComponentGuests.Stubs(command);
        yield return Line(null, "instance of a WASI command (84 KB) made and dropped", "", runs, () => Fresh(engine, stubs, command, isCalled: false));
        if (OperatingSystem.IsLinux())
        {
            yield return Idle("idle_kb", "idle instance of 20 KB, called once", () => Live(engine, linker, component));
        }
    }

    private static Measurement Line(string? key, string what, string goal, int runs, Action ours)
    {
        Samples mine = new();
        for (long end = Environment.TickCount64 + 400; Environment.TickCount64 < end;)
        {
            ours();
        }

        for (int i = 0; i < runs + KernelBench.WarmUps; i++)
        {
            double before = NodePeer.OurCpuMilliseconds;
            ours();
            double time = NodePeer.OurCpuMilliseconds - before;
            if (i >= KernelBench.WarmUps)
            {
                mine.Add(time * 1000 / Instances);
            }
        }

        return Measurement.Absolute(key, what, "µs", mine, goal);
    }

    private static void Fresh(WasmEngine engine, ComponentLinker linker, Component component, bool isCalled)
    {
        for (int i = 0; i < Instances; i++)
        {
            using Store store = new(engine);
            ComponentInstance instance = linker.Instantiate(store, component);
            if (isCalled)
            {
                Call(instance);
            }
        }
    }

    private static void Rented(ComponentPool pool)
    {
        for (int i = 0; i < Instances; i++)
        {
            using ComponentLease lease = pool.Rent();
            Call(lease.Instance);
        }
    }

    private static void Call(ComponentInstance instance) =>
        instance.GetFunction(ComponentGuests.Api + "add")!.ToDelegate<Func<uint, uint, uint>>()(1, 2);

    /// <summary>Private bytes of the process with many instances, each called once, less those without, for each.</summary>
    private static Measurement Idle(string? key, string what, Func<Action> make)
    {
        Samples samples = new();
        for (int round = 0; round < 5; round++)
        {
            long before = InstancesMeasure.PrivateBytes();
            Action dispose = make();
            samples.Add((InstancesMeasure.PrivateBytes() - before) / 1024.0 / Instances);
            dispose();
        }

        return Measurement.Absolute(key, what, "KiB", samples, "≤ 128 KiB");
    }

    private static Action Live(WasmEngine engine, ComponentLinker linker, Component component)
    {
        List<Store> stores = [];
        for (int i = 0; i < Instances; i++)
        {
            Store store = new(engine);
            Call(linker.Instantiate(store, component));
            stores.Add(store);
        }

        return () => stores.ForEach(s => s.Dispose());
    }
}
