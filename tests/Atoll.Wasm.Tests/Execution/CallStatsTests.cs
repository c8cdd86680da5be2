namespace Atoll.Wasm.Tests.Execution;

/// <summary>What a store tells about its last call.</summary>
public sealed class CallStatsTests
{
    private const string Module = """
        (module
          (import "h" "typed" (func $typed (param i32) (result i32)))
          (import "h" "untyped" (func $untyped))
          (import "h" "again" (func $again))
          (memory (export "memory") 1)
          (table funcref (elem $typed))
          (func $add (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
          (func (export "calls") (param $n i32)
            (loop $l
              (drop (call $typed (local.get $n))) (call $untyped)
              (drop (call_indirect (param i32) (result i32) (local.get $n) (i32.const 0)))
              (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
          (func (export "again") (call $again))
          (func (export "grow") (drop (memory.grow (i32.const 4))))
          (func (export "trap") (call $untyped) unreachable)
          (func (export "spin") (param $n i32) (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
        """;

    private static Instance Make(Action? again = null)
    {
        WasmEngine engine = new(new WasmEngineOptions { ConsumeFuel = true });
        return Guest.Run(Module, engine, new StoreOptions { CollectStats = true, Fuel = 1_000_000_000 }, (linker, _) => linker
            .DefineFunction("h", "typed", (int value) => value)
            .DefineFunction("h", "untyped", new FunctionType([], []), (_, _, _) => { })
            .DefineFunction("h", "again", again ?? (() => { })));
    }

    [Fact]
    public void HostCallsAreCounted()
    {
        Instance instance = Make();
        instance.Call("calls", 5);
        Assert.Equal(15, instance.Store.LastCall!.Value.HostCalls);
        instance.Call("add", 5);
        Assert.Equal(0, instance.Store.LastCall!.Value.HostCalls);
    }

    [Fact]
    public void FuelIsThatOfTheCall()
    {
        Instance instance = Make();
        instance.Call("spin", 1000);
        ulong thousand = instance.Store.LastCall!.Value.Fuel;
        ulong left = instance.Store.Fuel;
        instance.Store.Fuel += 12345;
        Action<int> spin = instance.GetFunction("spin")!.ToDelegate<Action<int>>();
        spin(2000);
        Assert.Equal(left + 12345 - instance.Store.Fuel, instance.Store.LastCall!.Value.Fuel);
        Assert.InRange(instance.Store.LastCall!.Value.Fuel, (thousand * 2) - 20, thousand * 2);
    }

    [Fact]
    public void FuelThatTheHostAddsMeanwhileDoesNotHideWhatWasUsed()
    {
        Instance? instance = null;
        instance = Make(() => instance!.Store.Fuel += 1_000_000);
        instance.Call("again");
        Assert.InRange(instance.Store.LastCall!.Value.Fuel, 1UL, 100UL);
    }

    [Fact]
    public void CallsFromInsideBelongToTheOutermost()
    {
        Instance? instance = null;
        instance = Make(() => instance!.Call("calls", 2));
        instance.Call("again");
        Assert.Equal(7, instance.Store.LastCall!.Value.HostCalls);
    }

    [Fact]
    public void MemoryAndTimesAreMeasured()
    {
        Instance instance = Make();
        instance.Call("grow");
        Assert.Equal(5UL << 16, instance.Store.LastCall!.Value.PeakMemoryBytes);
        instance.Call("spin", 20_000_000);
        CallStats stats = instance.Store.LastCall!.Value;
        Assert.Equal(5UL << 16, stats.PeakMemoryBytes);
        Assert.True(stats.Elapsed > TimeSpan.Zero);
        Assert.True(stats.CpuTime > TimeSpan.Zero && stats.CpuTime <= stats.Elapsed + TimeSpan.FromMilliseconds(50), $"{stats}");
    }

    [Fact]
    public void ACallThatFailsIsMeasuredToo()
    {
        Instance instance = Make();
        Assert.Throws<TrapException>(() => instance.Call("trap"));
        Assert.Equal(1, instance.Store.LastCall!.Value.HostCalls);
    }

    [Fact]
    public void OnlyAStoreThatCollectsTells()
    {
        Instance instance = Guest.Run("(module)");
        Assert.Throws<InvalidOperationException>(() => instance.Store.LastCall);
        using Store store = new(Guest.Engine, new StoreOptions { CollectStats = true });
        Assert.Null(store.LastCall);
    }

    [Fact]
    public void APoolsInstancesTellToo()
    {
        WasmEngine engine = new();
        Linker linker = new Linker(engine).DefineFunction("h", "f", () => { });
        using InstancePool pool = new(linker, Guest.Load("""(module (import "h" "f" (func $f)) (func (export "f") (call $f) (call $f)))""", engine),
            new InstancePoolOptions { Store = new StoreOptions { CollectStats = true } });
        for (int i = 0; i < 3; i++)
        {
            using InstanceLease lease = pool.Rent();
            Assert.Null(lease.Store.LastCall);
            lease.Instance.Call("f");
            Assert.Equal(2, lease.Store.LastCall!.Value.HostCalls);
        }
    }
}
