using System.Text;
using Atoll.Components.Text;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Tests;

/// <summary>Pools of instances, calls on threads of their own, and what calls used.</summary>
public sealed class PoolTests
{
    private static readonly WasmEngine Engine = new();

    /// <summary>Counts in a global and in memory, keeps handles of the host's resource, and traps when asked to.</summary>
    private const string Counter = """
        (component
          (import "host" (instance $host
            (export "thing" (type $thing (sub resource)))
            (export "make" (func (result (own $thing))))))
          (alias export $host "thing" (type $thing))
          (core func $make (canon lower (func $host "make")))
          (core func $drop (canon resource.drop $thing))
          (core module $m
            (import "" "make" (func $make (result i32)))
            (memory (export "memory") 1)
            (global $n (mut i32) (i32.const 0))
            (func (export "count") (result i32)
              (global.set $n (i32.add (global.get $n) (i32.const 1)))
              (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
              (i32.add (global.get $n) (i32.mul (i32.const 100) (i32.load (i32.const 8)))))
            (func (export "keep") (drop (call $make)))
            (func (export "spin") (loop (br 0)))
            (func (export "trap") unreachable))
          (core instance $i (instantiate $m (with "" (instance (export "make" (func $make))))))
          (func (export "count") (result u32) (canon lift (core func $i "count")))
          (func (export "keep") (canon lift (core func $i "keep")))
          (func (export "spin") (canon lift (core func $i "spin")))
          (func (export "trap") (canon lift (core func $i "trap"))))
        """;

    [Fact]
    public void Who_rents_gets_an_instance_as_if_it_were_new()
    {
        using ComponentPool pool = new(Linker([]), Load(), new InstancePoolOptions { MaxInstances = 2 });
        for (int i = 0; i < 3; i++)
        {
            using ComponentLease lease = pool.Rent();
            Assert.Equal(ComponentValue.U32(101), lease.Instance.GetFunction("count")!.Invoke());
            Assert.Equal(ComponentValue.U32(202), lease.Instance.GetFunction("count")!.Invoke());
            Assert.Equal(1, pool.RentedCount);
            Assert.Equal(0, pool.IdleCount);
        }

        Assert.Equal(1, pool.IdleCount);
        using ComponentLease one = pool.Rent(), two = pool.Rent();
        Assert.Equal(LimitKind.Instances, Assert.Throws<LimitExceededException>(() => pool.Rent()).Limit);
    }

    [Fact]
    public void What_a_guest_kept_of_the_host_is_disposed_of_at_the_return()
    {
        List<object> dropped = [];
        using ComponentPool pool = new(Linker(dropped), Load());
        using (ComponentLease lease = pool.Rent())
        {
            lease.Instance.GetFunction("keep")!.Invoke();
            lease.Instance.GetFunction("keep")!.Invoke();
            Assert.Empty(dropped);
        }

        Assert.Equal(2, dropped.Count);
        Assert.Equal(1, pool.IdleCount);
    }

    [Fact]
    public void What_a_guest_kept_of_the_host_is_disposed_of_with_its_store()
    {
        List<object> dropped = [];
        Store store = new(Engine);
        Linker(dropped).Instantiate(store, Load()).GetFunction("keep")!.Invoke();
        Assert.Empty(dropped);
        store.Dispose();
        Assert.Single(dropped);
        store.Dispose();
        Assert.Single(dropped);
    }

    /// <summary>Asks the host for a number when it starts, and keeps a handle then if it is told to.</summary>
    private static string Starter(bool keeps) => $"""
        (component
          (import "host" (instance $host
            (export "thing" (type $thing (sub resource)))
            (export "make" (func (result (own $thing))))
            (export "number" (func (result u32)))))
          (alias export $host "thing" (type $thing))
          (core func $make (canon lower (func $host "make")))
          (core func $drop (canon resource.drop $thing))
          (core func $number (canon lower (func $host "number")))
          (core module $m
            (import "" "make" (func $make (result i32)))
            (import "" "drop" (func $drop (param i32)))
            (import "" "number" (func $number (result i32)))
            (global $n (mut i32) (i32.const 0))
            (func $start (global.set $n (call $number)) ({(keeps ? "drop" : "call $drop")} (call $make)))
            (start $start)
            (func (export "get") (result i32)
              (global.set $n (i32.add (global.get $n) (i32.const 1)))
              (global.get $n)))
          (core instance $i (instantiate $m (with "" (instance
            (export "make" (func $make)) (export "drop" (func $drop)) (export "number" (func $number))))))
          (func (export "get") (result u32) (canon lift (core func $i "get"))))
        """;

    [Fact]
    public void What_uses_the_host_while_it_is_made_has_a_state_for_that()
    {
        List<Run> made = [];
        using ComponentPool pool = new(StateLinker(), Assemble(Starter(keeps: false)), new InstancePoolOptions
        {
            MakeState = () =>
            {
                made.Add(new Run(10));
                return made[^1];
            },
        });
        Assert.Null(pool.ReuseObstacle);
        for (int i = 0; i < 3; i++)
        {
            using ComponentLease lease = pool.Rent(state: new Run(70));
            Assert.Equal(ComponentValue.U32(11), lease.Instance.GetFunction("get")!.Invoke());
            Assert.Equal(ComponentValue.U32(12), lease.Instance.GetFunction("get")!.Invoke());
        }

        Assert.True(Assert.Single(made).IsDisposed);
        Assert.Equal(1, pool.IdleCount);
    }

    [Theory]
    [InlineData(true, true, "handles")]
    [InlineData(false, false, "MakeState")]
    public void What_cannot_be_made_for_anybody_is_made_for_each(bool keeps, bool hasState, string obstacle)
    {
        using ComponentPool pool = new(StateLinker(), Assemble(Starter(keeps)), new InstancePoolOptions { MakeState = hasState ? () => new Run(10) : null });
        Assert.Contains(obstacle, pool.ReuseObstacle, StringComparison.Ordinal);
        for (uint i = 0; i < 3; i++)
        {
            using ComponentLease lease = pool.Rent(state: new Run(i));
            Assert.Equal(ComponentValue.U32(i + 1), lease.Instance.GetFunction("get")!.Invoke());
            Assert.Equal(0, pool.IdleCount);
        }

        Assert.Equal(0, pool.IdleCount);
        Assert.Equal(0, pool.RentedCount);
    }

    [Fact]
    public void A_poisoned_instance_is_replaced()
    {
        using ComponentPool pool = new(Linker([]), Load());
        using (ComponentLease lease = pool.Rent())
        {
            Assert.Throws<TrapException>(() => lease.Instance.GetFunction("trap")!.Invoke());
            Assert.Equal(TrapKind.CanonicalAbi, Assert.Throws<TrapException>(() => lease.Instance.GetFunction("count")!.Invoke()).Kind);
        }

        Assert.Equal(0, pool.IdleCount);
        using ComponentLease next = pool.Rent();
        Assert.Equal(ComponentValue.U32(101), next.Instance.GetFunction("count")!.Invoke());
    }

    [Fact]
    public async Task A_pool_serves_many_at_once()
    {
        using ComponentPool pool = new(Linker([]), Load(), new InstancePoolOptions { MaxInstances = 3 });
        using GuestThreadPool threads = new(4, 1000);
        ComponentValue?[] results = await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ =>
        {
            using ComponentLease lease = await pool.RentAsync(TestContext.Current.CancellationToken);
            return await lease.Instance.GetFunction("count")!.InvokeAsync(default, TestContext.Current.CancellationToken, threads);
        }));
        Assert.All(results, result => Assert.Equal(ComponentValue.U32(101), result));
        Assert.Equal(0, pool.RentedCount);
    }

    [Fact]
    public async Task A_call_that_does_not_end_is_cancelled()
    {
        using Store store = new(Engine);
        ComponentFunction spin = Linker([]).Instantiate(store, Load()).GetFunction("spin")!;
        using CancellationTokenSource source = new();
        Task<ComponentValue?> call = spin.InvokeAsync(default, source.Token);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(call.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.True(store.IsStopped);
    }

    [Fact]
    public async Task Threads_are_bounded_and_so_is_the_queue()
    {
        using GuestThreadPool threads = new(1, 1);
        using ManualResetEventSlim gate = new();
        Task<int> running = threads.RunAsync(() => { gate.Wait(); return 1; }, TestContext.Current.CancellationToken);
        using CancellationTokenSource source = new();
        Task<int> waiting = threads.RunAsync(() => 2, source.Token);
        Assert.Equal(LimitKind.Threads, (await Assert.ThrowsAsync<LimitExceededException>(() => threads.RunAsync(() => 3, TestContext.Current.CancellationToken))).Limit);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        gate.Set();
        Assert.Equal(1, await running);
    }

    [Fact]
    public void The_store_tells_what_a_call_used()
    {
        using Store store = new(Engine, new StoreOptions { CollectStats = true });
        ComponentInstance instance = Linker([]).Instantiate(store, Load());
        instance.GetFunction("keep")!.Invoke();
        CallStats stats = store.LastCall!.Value;
        Assert.Equal(1, stats.HostCalls);
        Assert.Equal(65536ul, stats.PeakMemoryBytes);
        instance.GetFunction("count")!.ToDelegate<Func<uint>>()();
        Assert.Equal(0, store.LastCall!.Value.HostCalls);
    }

    [Fact]
    public void An_import_of_another_store_is_refused()
    {
        const string Importer = """
            (component
              (import "a" (instance $a (export "count" (func (result u32)))))
              (core func $count (canon lower (func $a "count")))
              (core module $m (import "" "count" (func (result i32))))
              (core instance (instantiate $m (with "" (instance (export "count" (func $count)))))))
            """;
        using Store first = new(Engine), second = new(Engine);
        ComponentLinker linker = new();
        linker.DefineInstance("a", Linker([]).Instantiate(first, Load()));
        Assert.Throws<InvalidOperationException>(() => linker.Instantiate(second, Assemble(Importer)));
        linker.Instantiate(first, Assemble(Importer));
    }

    private static ComponentLinker StateLinker()
    {
        ComponentLinker linker = new();
        ComponentLinkerInstance host = linker.Instance("host");
        HostResourceType thing = host.DefineResource("thing", _ => { });
        host.DefineFunction("make", () => thing.New(new object()));
        host.DefineFunction("number", (ComponentCaller caller) => ((Run?)caller.Store.State ?? throw new InvalidOperationException("there is no run")).Number);
        return linker;
    }

    private sealed record Run(uint Number) : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    private static Component Load() => Assemble(Counter);

    private static Component Assemble(string text) => Component.Load(Engine, ComponentText.Assemble(TextSource.Read(Encoding.UTF8.GetBytes(text))));

    private static ComponentLinker Linker(List<object> dropped)
    {
        ComponentLinker linker = new();
        ComponentLinkerInstance host = linker.Instance("host");
        HostResourceType thing = host.DefineResource("thing", dropped.Add);
        host.DefineFunction("make", () => thing.New(new object()));
        return linker;
    }
}
