using Atoll.Wasm.Text;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>Shared memories: several stores and threads, lifetime, limits, wait and notify.</summary>
public sealed class SharedMemoryTests
{
    private const string Worker = """
        (module
          (import "env" "memory" (memory 1 100 shared))
          (func (export "add") (param $times i32)
            (loop $l
              (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
              (drop (i64.atomic.rmw16.add_u (i32.const 8) (i64.const 1)))
              (drop (i32.atomic.rmw.xor (i32.const 16) (i32.const 5)))
              (local.set $times (i32.sub (local.get $times) (i32.const 1)))
              (br_if $l (local.get $times))))
          (func (export "grow") (param $times i32)
            (loop $l
              (drop (memory.grow (i32.const 1)))
              (local.set $times (i32.sub (local.get $times) (i32.const 1)))
              (br_if $l (local.get $times))))
          (func (export "size") (result i32) (memory.size))
          (func (export "watch") (result i32)
            (loop $l (br_if $l (i32.eqz (i32.load (i32.const 32)))))
            (i32.load (i32.load (i32.const 32))))
          (func (export "tell") (param $at i32)
            (i32.store (local.get $at) (i32.const 77))
            (i32.atomic.store (i32.const 32) (local.get $at)))
          (func (export "wait") (param i32 i32 i64) (result i32) (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
          (func (export "wait64") (param i32 i64 i64) (result i32) (memory.atomic.wait64 offset=8 (local.get 0) (local.get 1) (local.get 2)))
          (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1))))
        """;

    private static readonly WasmModule Module = Guest.Load(Worker);

    private static SharedMemory Make(ulong minimum = 1, ulong maximum = 100) =>
        new(Guest.Engine, new MemoryType(minimum, maximum) { IsShared = true });

    private static Instance Use(SharedMemory memory, StoreOptions? options = null) =>
        new Linker(Guest.Engine).Define("env", "memory", memory).Instantiate(new Store(Guest.Engine, options), Module);

    private static Task Start(Action body) => Task.Factory.StartNew(body, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    [Fact]
    public void WhatACompareAndExchangeSawHasNoMoreThanItsBits()
    {
        // The shape in which the JIT compiler keeps the expected value, with its upper half, in the register of the result.
        Instance instance = Guest.Run("""
            (module (memory 1 1 shared)
              (func (export "narrow") (param f64 i64 i64 i32) (result i64)
                (i32.and (i32.const 0) (i32.const 131036)) (local.get 2) (local.tee 2 (i64.const 0)) (i64.atomic.rmw32.cmpxchg_u))
              (func (export "extended") (param f64 i64 i64 i32) (result i64)
                (i32.and (i32.const 0) (i32.const 131036)) (i32.wrap_i64 (local.get 2)) (i32.wrap_i64 (local.tee 2 (i64.const 0)))
                (i64.extend_i32_u (i32.atomic.rmw.cmpxchg))))
            """);
        foreach (string name in new[] { "narrow", "extended" })
        {
            Assert.Equal(0, instance.Call(name, Value.F64(1), Value.I64(5), Value.I64(long.MinValue), Value.I32(7))[0].AsI64());
        }
    }

    [Fact]
    public async Task Atomic_updates_of_several_threads_are_not_lost()
    {
        using SharedMemory shared = Make();
        Task[] tasks = [.. Enumerable.Range(0, 4).Select(_ => Start(() =>
        {
            Instance instance = Use(shared);
            instance.Call("add", Value.I32(20_000));
            instance.Store.Dispose();
        }))];
        await Task.WhenAll(tasks);
        Span<byte> bytes = ViewOf(Use(shared), shared).GetSpan(0UL, 24);
        Assert.Equal(80_000, BitConverter.ToInt32(bytes));
        Assert.Equal(80_000 & 0xFFFF, BitConverter.ToInt64(bytes[8..]));
        Assert.Equal(0, BitConverter.ToInt32(bytes[16..]));
    }

    [Fact]
    public async Task Growth_by_several_threads_adds_up_and_is_seen()
    {
        using SharedMemory shared = Make();
        Instance[] instances = [.. Enumerable.Range(0, 3).Select(_ => Use(shared))];
        await Task.WhenAll(instances.Select(instance => Start(() => instance.Call("grow", Value.I32(30)))));
        Assert.All(instances, instance => Assert.Equal(91, instance.Call("size")[0].AsI32()));
        Assert.Equal(91UL, shared.Type.Minimum);

        // Each store paid for what its guest added.
        Assert.All(instances, instance => Assert.Equal(31UL * MemoryType.PageSize, instance.Store.MemoryBytes));
        await Task.WhenAll(instances.Select(instance => Start(() => instance.Call("grow", Value.I32(30)))));
        Assert.Equal(100UL, shared.Type.Minimum);
    }

    [Fact]
    public async Task A_function_that_calls_nothing_sees_the_growth_and_the_bytes_of_another_thread()
    {
        using SharedMemory shared = Make();
        Instance watcher = Use(shared, new StoreOptions { Timeout = TimeSpan.FromSeconds(60) });
        Instance teller = Use(shared);
        int seen = 0;
        Task watching = Start(() => seen = watcher.Call("watch")[0].AsI32());
        await Task.Delay(50, TestContext.Current.CancellationToken);
        teller.Call("grow", Value.I32(1));
        teller.Call("tell", Value.I32(65540));
        await watching;
        Assert.Equal(77, seen);
    }

    [Fact]
    public void The_bytes_live_as_long_as_their_last_user()
    {
        SharedMemory shared = Make();
        Instance first = Use(shared);
        Instance second = Use(shared);
        Memory view = ViewOf(first, shared);
        shared.Dispose();
        shared.Dispose();
        first.Call("tell", Value.I32(64));
        first.Store.Dispose();
        first.Store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => view.GetSpan(0UL, 1));
        Assert.Throws<ObjectDisposedException>(() => view.Grow(1));
        Assert.Equal(77, second.Call("watch")[0].AsI32());
        Instance third = Use(shared);
        second.Store.Dispose();
        Assert.Equal(77, third.Call("watch")[0].AsI32());
        third.Store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Use(shared));
        Assert.Equal(1UL, shared.Type.Minimum);
    }

    [Fact]
    public async Task A_store_can_go_while_another_runs()
    {
        using SharedMemory shared = Make();
        Instance runner = Use(shared);
        Task running = Start(() => runner.Call("add", Value.I32(500_000)));
        for (int i = 0; i < 50; i++)
        {
            Instance other = Use(shared);
            other.Call("add", Value.I32(10));
            other.Store.Dispose();
        }

        await running;
        Assert.Equal(500_500, BitConverter.ToInt32(ViewOf(runner, shared).GetSpan(0UL, 4)));
    }

    [Fact]
    public void A_guests_own_shared_memory_can_be_passed_on()
    {
        Instance owner = Guest.Run("(module (memory (export \"m\") 1 100 shared))");
        SharedMemory shared = owner.GetMemory("m")!.Shared!;
        Instance user = Use(shared);
        owner.GetMemory("m")!.GetSpan(0UL, 1)[0] = 9;
        owner.Store.Dispose();
        Assert.Equal(2, user.Call("wait", Value.I32(0), Value.I32(9), Value.I64(0))[0].AsI32());
        user.Store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Use(shared));
    }

    [Fact]
    public void A_store_takes_one_view_and_pays_once()
    {
        using SharedMemory shared = Make(4);
        Store store = new(Guest.Engine, new StoreOptions { MaxMemoryBytes = 5 * MemoryType.PageSize });
        Linker linker = new Linker(Guest.Engine).Define("env", "memory", shared);
        Instance one = linker.Instantiate(store, Module);
        linker.Instantiate(store, Module);
        Assert.Equal(4UL * MemoryType.PageSize, store.MemoryBytes);
        one.Call("grow", Value.I32(3));
        Assert.Equal(5, one.Call("size")[0].AsI32());
        Assert.Throws<LimitExceededException>(() => Use(shared, new StoreOptions { MaxMemoryBytes = MemoryType.PageSize }));
        store.Dispose();
    }

    [Fact]
    public void Sharing_is_part_of_the_type()
    {
        using SharedMemory shared = Make();
        Linker linker = new Linker(Guest.Engine).Define("env", "memory", shared);
        Assert.NotEmpty(linker.FindMissing(Guest.Load("(module (import \"env\" \"memory\" (memory 1 100)))")));
        Assert.NotEmpty(linker.FindMissing(Guest.Load("(module (import \"env\" \"memory\" (memory 1 99 shared)))")));
        Assert.NotEmpty(linker.FindMissing(Guest.Load("(module (import \"env\" \"memory\" (memory 2 100 shared)))")));
        Assert.Empty(linker.FindMissing(Module));
        Assert.Throws<ArgumentException>(() => new SharedMemory(Guest.Engine, new MemoryType(1, 2)));
        Assert.Throws<ArgumentException>(() => new Memory(new Store(new WasmEngine()), shared));
    }

    [Fact]
    public async Task Notify_wakes_as_many_as_it_says()
    {
        using SharedMemory shared = Make();
        int[] results = [-1, -1, -1];
        Task[] waiting = [.. Enumerable.Range(0, 3).Select(i => Start(() =>
            results[i] = Use(shared).Call("wait", Value.I32(40), Value.I32(0), Value.I64(i == 2 ? 60_000_000_000 : -1))[0].AsI32()))];
        Instance notifier = Use(shared);
        Assert.Equal(0, notifier.Call("notify", Value.I32(44), Value.I32(-1))[0].AsI32());
        int woken = 0;
        while (woken < 2)
        {
            woken += notifier.Call("notify", Value.I32(40), Value.I32(1))[0].AsI32();
        }

        while (woken < 3)
        {
            woken += notifier.Call("notify", Value.I32(40), Value.I32(-1))[0].AsI32();
        }

        await Task.WhenAll(waiting);
        Assert.Equal([0, 0, 0], results);
        Assert.Equal(0, notifier.Call("notify", Value.I32(40), Value.I32(-1))[0].AsI32());
    }

    [Fact]
    public void Waits_compare_and_time_out()
    {
        using SharedMemory shared = Make();
        Instance instance = Use(shared);
        Assert.Equal(1, instance.Call("wait", Value.I32(0), Value.I32(1), Value.I64(-1))[0].AsI32());
        Assert.Equal(2, instance.Call("wait", Value.I32(0), Value.I32(0), Value.I64(1))[0].AsI32());
        Assert.Equal(2, instance.Call("wait64", Value.I32(0), Value.I64(0), Value.I64(0))[0].AsI32());
        Assert.Equal(1, instance.Call("wait64", Value.I32(0), Value.I64(1L << 40), Value.I64(0))[0].AsI32());
        Trap(TrapKind.UnalignedAtomic, "wait", Value.I32(2), Value.I32(0), Value.I64(0));
        Trap(TrapKind.UnalignedAtomic, "wait64", Value.I32(4), Value.I64(0), Value.I64(0));
        Trap(TrapKind.MemoryOutOfBounds, "wait", Value.I32(65536), Value.I32(0), Value.I64(0));
        Trap(TrapKind.MemoryOutOfBounds, "wait64", Value.I32(-8), Value.I64(0), Value.I64(0));
        Trap(TrapKind.UnalignedAtomic, "notify", Value.I32(1), Value.I32(0));
        Trap(TrapKind.MemoryOutOfBounds, "notify", Value.I32(-4), Value.I32(0));

        void Trap(TrapKind kind, string name, params Value[] arguments) =>
            Assert.Equal(kind, Assert.Throws<TrapException>(() => instance.Call(name, arguments)).Kind);
    }

    [Fact]
    public void A_deadline_ends_a_wait()
    {
        using SharedMemory shared = Make();
        Instance instance = Use(shared, new StoreOptions { Timeout = TimeSpan.FromMilliseconds(50) });
        LimitExceededException error = Assert.Throws<LimitExceededException>(() => instance.Call("wait", Value.I32(0), Value.I32(0), Value.I64(-1)));
        Assert.Equal(LimitKind.Time, error.Limit);

        // It waits no more.
        Assert.Equal(0, Use(shared).Call("notify", Value.I32(0), Value.I32(-1))[0].AsI32());
        instance.Store.Dispose();
    }

    [Fact]
    public void Cancellation_ends_a_wait()
    {
        using SharedMemory shared = Make();
        using CancellationTokenSource source = new();
        Instance instance = Use(shared, new StoreOptions { CancellationToken = source.Token });
        source.CancelAfter(50);
        Assert.ThrowsAny<OperationCanceledException>(() => instance.Call("wait", Value.I32(0), Value.I32(0), Value.I64(long.MaxValue)));
        Assert.True(instance.Store.IsStopped);
    }

    [Fact]
    public void A_memory_that_is_not_shared_has_atomics_but_no_waits()
    {
        Instance instance = Guest.Run("""
            (module (memory i64 1)
              (func (export "wait") (result i32) (memory.atomic.wait32 (i64.const 0) (i32.const 1) (i64.const 0)))
              (func (export "notify") (param i64) (result i32) (memory.atomic.notify offset=0xfffffffffffffffc (local.get 0) (i32.const 1)))
              (func (export "swap") (param i64 i64) (result i64) (i64.atomic.rmw32.cmpxchg_u offset=3 (local.get 0) (i64.const 0x900000000) (local.get 1)))
              (func (export "far") (param i64) (result i32) (i32.atomic.load offset=0xfffffffffffffffc (local.get 0)))
              (func (export "fence") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)) (atomic.fence)))
            """);
        Assert.Equal(TrapKind.NotShared, Assert.Throws<TrapException>(() => instance.Call("wait")).Kind);
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("notify", Value.I64(4))).Kind);
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("far", Value.I64(8))).Kind);

        // What is expected is wrapped to the width of the access.
        Assert.Equal(0, instance.Call("swap", Value.I64(1), Value.I64(-1))[0].AsI64());
        Assert.Equal(0xFFFFFFFFL, instance.Call("swap", Value.I64(1), Value.I64(5))[0].AsI64());
        Assert.Equal(TrapKind.UnalignedAtomic, Assert.Throws<TrapException>(() => instance.Call("swap", Value.I64(0), Value.I64(0))).Kind);
        Assert.Equal(8, instance.Call("fence", Value.I32(7))[0].AsI32());
    }

    [Theory]
    [InlineData("(memory 1 shared)", "shared memory must have maximum")]
    [InlineData("(memory 1 1 shared) (func (drop (i32.atomic.load align=2 (i32.const 0))))", "alignment of an atomic access must be natural")]
    [InlineData("(memory 1 1 shared) (func (drop (i32.atomic.load align=8 (i32.const 0))))", "alignment must not be larger than natural")]
    public void Rules_of_validation(string fields, string message)
    {
        InvalidModuleException error = Assert.Throws<InvalidModuleException>(() => Guest.Load($"(module {fields})"));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scripts_have_threads_and_count_their_failures()
    {
        WastResult result = WastScript.Run("""
            (module $m (memory (export "memory") 1 100 shared) (func (export "get") (result i32) (i32.load (i32.const 0))))
            (thread $t (shared (module $m))
              (register "env" $m)
              (module (import "env" "memory" (memory 1 100 shared))
                (func (export "set") (i32.atomic.store (i32.const 0) (i32.const 5)) (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))))
              (assert_return (invoke "set"))
              (assert_return (invoke "set") (i32.const 1)))
            (wait $t)
            (wait $t)
            (assert_return (invoke $m "get") (i32.const 5))
            (thread $u (assert_return (invoke $m "get") (i32.const 5)))
            """, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(2, result.Passed);
        Assert.Equal([7, 9, 11], result.Failures.Select(failure => failure.Line).Order());
    }

    private static Memory ViewOf(Instance instance, SharedMemory shared) => instance.Store.Attach(shared);
}
