using System.Collections.Concurrent;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>What a rented instance is like, whatever the one before did; what is not lent again; and that nothing piles up.</summary>
[Collection(AloneCollection.Name)]
public sealed class InstancePoolTests
{
    private const string Everything = """
        (module
          (type $t (func (result i32)))
          (import "h" "f" (func $host (param i32)))
          (memory $m (export "memory") 2 40)
          (memory $n (export "second") 1)
          (data (memory $m) (i32.const 1024) "first")
          (data (memory $m) (i32.const 70000) "later")
          (data $passive "passive")
          (table $t (export "table") 4 20 funcref)
          (elem (table $t) (i32.const 1) func $one)
          (elem $segment func $two $one)
          (global $a (export "a") (mut i32) (i32.const 1))
          (global $b (mut i64) (i64.const 2))
          (global $c (mut f32) (f32.const nan:0x200001))
          (global $d (mut f64) (f64.const 4.5))
          (global $e (mut v128) (v128.const i64x2 5 6))
          (global $f (mut funcref) (ref.func $one))
          (func $one (result i32) (i32.const 1))
          (func $two (result i32) (i32.const 2))
          (func (export "dirty")
            (drop (memory.grow $m (i32.const 20)))
            (memory.fill $m (i32.const 0) (i32.const 0xAA) (i32.const 1400000))
            (memory.fill $n (i32.const 0) (i32.const 0xBB) (i32.const 65536))
            (data.drop $passive) (elem.drop $segment)
            (drop (table.grow $t (ref.func $two) (i32.const 10)))
            (table.fill $t (i32.const 0) (ref.func $two) (i32.const 14))
            (global.set $a (i32.const 100)) (global.set $b (i64.const 100)) (global.set $c (f32.const 100)) (global.set $d (f64.const 100))
            (global.set $e (v128.const i64x2 100 100)) (global.set $f (ref.null func)))
          (func (export "grow") (result i32) (memory.grow $m (i32.const 1)))
          (func (export "passive") (result i32)
            (memory.init $m $passive (i32.const 0) (i32.const 0) (i32.const 7)) (i32.load8_u $m (i32.const 6)))
          (func (export "segment") (result i32) (table.init $t $segment (i32.const 0) (i32.const 0) (i32.const 2)) (call_indirect $t (type $t) (i32.const 0)))
          (func (export "globals") (result i32 i64 i32 f64 i64 i32)
            (global.get $a) (global.get $b) (i32.reinterpret_f32 (global.get $c)) (global.get $d) (i64x2.extract_lane 1 (global.get $e)) (ref.is_null (global.get $f)))
          (func (export "host") (param i32) (call $host (local.get 0)))
          (func (export "trap") unreachable)
          (func (export "loop") (loop (br 0))))
        """;

    public static TheoryData<bool> Allocators => [false, true];

    private static InstancePool Pool(string text, bool portable = false, InstancePoolOptions? options = null, Action<Linker>? link = null, bool fuel = false)
    {
        WasmEngine engine = new(new WasmEngineOptions { PortableMemory = portable, ConsumeFuel = fuel, MaxMemoryBytes = 64 << 20 });
        Linker linker = new Linker(engine).DefineFunction("h", "f", (int _) => { });
        link?.Invoke(linker);
        return new InstancePool(linker, Guest.Load(text, engine), options);
    }

    private static void AssertAsNew(Instance instance)
    {
        Memory memory = instance.GetMemory("memory")!;
        Assert.Equal(2UL, memory.Pages);
        byte[] expected = new byte[2 << 16];
        "first"u8.CopyTo(expected.AsSpan(1024));
        "later"u8.CopyTo(expected.AsSpan(70000));
        Assert.True(memory.GetSpan(0UL, 2 << 16).SequenceEqual(expected));
        Assert.False(instance.GetMemory("second")!.GetSpan(0UL, 1 << 16).ContainsAnyExcept((byte)0));
        Table table = instance.GetTable("table")!;
        Assert.Equal(4UL, table.Length);
        Assert.Equal([false, true, false, false], Enumerable.Range(0, 4).Select(i => table[(ulong)i] != Value.FuncRef(null)));
        Value[] globals = instance.Call("globals");
        Assert.Equal(1, globals[0].AsI32());
        Assert.Equal(2L, globals[1].AsI64());
        Assert.Equal(0x7FA00001, globals[2].AsI32());
        Assert.Equal(4.5, globals[3].AsF64());
        Assert.Equal(6L, globals[4].AsI64());
        Assert.Equal(0, globals[5].AsI32());
        Assert.Equal(3UL << 16, instance.Store.MemoryBytes);
        Assert.Equal(2, instance.Call("grow")[0].AsI32());
        Assert.False(memory.GetSpan(2UL << 16, 1 << 16).ContainsAnyExcept((byte)0));
        Assert.Equal((byte)'e', instance.Call("passive")[0].AsI32());
        Assert.Equal(2, instance.Call("segment")[0].AsI32());
    }

    [Theory]
    [MemberData(nameof(Allocators))]
    public void NothingOfTheLastUseIsLeft(bool portable)
    {
        using InstancePool pool = Pool(Everything, portable);
        Instance? first = null;
        for (int i = 0; i < 5; i++)
        {
            using InstanceLease lease = pool.Rent();
            first ??= lease.Instance;
            Assert.Same(first, lease.Instance);
            AssertAsNew(lease.Instance);
            lease.Instance.Call("dirty");
            Assert.Equal(22UL, lease.Instance.GetMemory("memory")!.Pages - 1);
            lease.Store.State = "mine";
        }

        using InstanceLease last = pool.Rent();
        Assert.Null(last.Store.State);
    }

    /// <summary>Few changed pages are written again, many are dropped: neither may leave anything, wherever the pages lie.</summary>
    [Theory]
    [MemberData(nameof(Allocators))]
    public void WhicheverPagesWereChangedAreTakenBack(bool portable)
    {
        using InstancePool pool = Pool(Everything, portable);
        Random random = new(7);
        for (int round = 0; round < 60; round++)
        {
            using InstanceLease lease = pool.Rent();
            AssertAsNew(lease.Instance);
            Memory memory = lease.Instance.GetMemory("memory")!;
            for (int i = random.Next(6); i > 0; i--)
            {
                lease.Instance.Call("grow");
            }

            // Pages that are only read are not changed; with 4 KiB pages, 12 are few.
            int pages = (int)memory.Pages << 4;
            Span<byte> all = memory.GetSpan(0UL, pages << 12);
            Assert.True(all[(random.Next(pages) << 12)..].Length > 0 && all.Count((byte)'z') == 0);
            for (int change = 0; change < round / 2; change++)
            {
                all[(random.Next(pages) << 12) + (change % 2 == 0 ? 0 : 4095)] = (byte)'z';
            }
        }
    }

    [Theory]
    [MemberData(nameof(Allocators))]
    public void EachOfManyIsAsNew(bool portable)
    {
        using InstancePool pool = Pool(Everything, portable);
        for (int round = 0; round < 3; round++)
        {
            List<InstanceLease> leases = [.. Enumerable.Range(0, 10).Select(_ => pool.Rent())];
            Assert.Equal(10, leases.Select(l => l.Instance).Distinct().Count());
            leases.ForEach(l => AssertAsNew(l.Instance));
            leases.ForEach(l => l.Instance.Call("dirty"));
            Assert.Equal(10, pool.RentedCount);
            leases.ForEach(l => l.Dispose());
            Assert.Equal((0, 10), (pool.RentedCount, pool.IdleCount));
        }
    }

    [Theory]
    [MemberData(nameof(Allocators))]
    public void AStartFunctionWithoutImportsIsPartOfTheStateAsNew(bool portable)
    {
        using InstancePool pool = Pool("""
            (module (memory 1) (table 3 funcref) (global $g (mut i32) (i32.const 5)) (global $v (mut v128) (v128.const i64x2 0 0))
              (func $f (result i32) (i32.const 9)) (elem declare func $f)
              (func $start
                (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.set $v (v128.const i64x2 7 8))
                (drop (memory.grow (i32.const 1))) (i32.store (i32.const 70000) (i32.const 42)) (table.set (i32.const 2) (ref.func $f)))
              (start $start)
              (func (export "read") (result i32 i32 i32 i32 i64)
                (global.get $g) (i32.load (i32.const 70000)) (memory.size) (call_indirect (result i32) (i32.const 2)) (i64x2.extract_lane 1 (global.get $v)))
              (func (export "dirty") (global.set $g (i32.const 0)) (i32.store (i32.const 70000) (i32.const 0)) (table.set (i32.const 2) (ref.null func))
                (global.set $v (v128.const i64x2 0 0)) (drop (memory.grow (i32.const 1)))))
            """, portable);
        using InstanceLease other = pool.Rent();
        for (int i = 0; i < 4; i++)
        {
            using InstanceLease lease = pool.Rent();
            Assert.Equal(["i32:6", "i32:42", "i32:2", "i32:9", "i64:8"], lease.Instance.Call("read").Select(v => v.ToString()));
            lease.Instance.Call("dirty");
        }
    }

    [Fact]
    public void AStartFunctionThatMayCallTheHostRunsAtEachRental()
    {
        List<object?> states = [];
        using InstancePool pool = Pool("""
            (module (import "h" "s" (func $s)) (global $g (mut i32) (i32.const 0))
              (func $start (global.set $g (i32.add (global.get $g) (i32.const 1))) (call $s)) (start $start)
              (func (export "g") (result i32) (global.get $g)))
            """, link: linker => linker.DefineFunction("h", "s", (Caller caller) => states.Add(caller.Store.State)));
        Assert.Empty(states);
        for (int i = 0; i < 3; i++)
        {
            using InstanceLease lease = pool.Rent(state: i);
            Assert.Equal(1, lease.Instance.Call("g")[0].AsI32());
        }

        Assert.Equal([0, 1, 2], states);
    }

    [Fact]
    public void AStartFunctionThatTrapsAtRentalTakesNoInstanceAway()
    {
        bool fails = true;
        using InstancePool pool = Pool("""
            (module (import "h" "s" (func $s (result i32))) (func $start (if (call $s) (then unreachable))) (start $start))
            """, options: new InstancePoolOptions { MaxInstances = 1 }, link: linker => linker.DefineFunction("h", "s", () => fails ? 1 : 0));
        Assert.Equal(TrapKind.Unreachable, Assert.Throws<TrapException>(() => pool.Rent()).Kind);
        Assert.Equal(0, pool.RentedCount);
        fails = false;
        pool.Rent().Dispose();
        Assert.Equal(1, pool.IdleCount);
    }

    [Theory]
    [InlineData("trap")]
    [InlineData("loop")]
    [InlineData("cancel")]
    [InlineData("host")]
    [InlineData("dispose")]
    [InlineData("memory")]
    public void WhatFailedIsNotLentAgain(string how)
    {
        using InstancePool pool = Pool(
            Everything, fuel: true, options: new InstancePoolOptions { Store = new StoreOptions { Fuel = 1_000_000 } },
            link: linker => linker.DefineFunction("h", "f", new Action<int>(_ => throw new ArithmeticException())));
        using CancellationTokenSource source = new();
        InstanceLease lease = pool.Rent(source.Token);
        Instance instance = lease.Instance;
        switch (how)
        {
            case "trap": Assert.Throws<TrapException>(() => instance.Call("trap")); break;
            case "loop": Assert.Throws<LimitExceededException>(() => instance.Call("loop")); break;
            case "host": Assert.Throws<HostFunctionException>(() => instance.Call("host", 1)); break;
            case "dispose": lease.Store.Dispose(); break;
            case "memory": _ = new Memory(lease.Store, new MemoryType(1, null)); break;
            default:
                source.CancelAfter(20);
                lease.Store.Fuel = long.MaxValue;
                Assert.Throws<OperationCanceledException>(() => instance.Call("loop"));
                break;
        }

        lease.Dispose();
        Assert.Equal((0, 0), (pool.RentedCount, pool.IdleCount));
        using InstanceLease next = pool.Rent();
        Assert.NotSame(instance, next.Instance);
        AssertAsNew(next.Instance);
    }

    [Fact]
    public void AnExitIsNoFailure()
    {
        using InstancePool pool = Pool(Everything, link: linker => linker.DefineFunction("h", "f", new Action<int>(code => throw new GuestExitException(code))));
        using (InstanceLease lease = pool.Rent())
        {
            Assert.Throws<GuestExitException>(() => lease.Instance.Call("host", 3));
        }

        Assert.Equal(1, pool.IdleCount);
    }

    [Fact]
    public void TimeAndFuelBeginAnewWithEachRental()
    {
        using InstancePool pool = Pool(
            Everything, fuel: true, options: new InstancePoolOptions { Store = new StoreOptions { Fuel = 1000, Timeout = TimeSpan.FromMilliseconds(200), State = "default" } });
        for (int i = 0; i < 4; i++)
        {
            Thread.Sleep(80);
            using InstanceLease lease = pool.Rent();
            Assert.Equal("default", lease.Store.State);
            Assert.Equal(1000UL, lease.Store.Fuel);
            lease.Instance.Call("host", 1);
            Assert.True(lease.Store.Fuel < 1000);
        }

        Assert.Equal(1, pool.IdleCount);
    }

    [Fact]
    public void ATokenOfAnEarlierUserStopsNobody()
    {
        using InstancePool pool = Pool(Everything);
        using CancellationTokenSource source = new();
        using (InstanceLease lease = pool.Rent(source.Token))
        {
            lease.Instance.Call("host", 1);
        }

        using InstanceLease next = pool.Rent();
        source.Cancel();
        next.Instance.Call("host", 1);
        Assert.Equal(1, next.Instance.Call("globals")[0].AsI32());
    }

    [Fact]
    public async Task ThereAreNoMoreThanAllowed()
    {
        using InstancePool pool = Pool(Everything, options: new InstancePoolOptions { MaxInstances = 2, MaxIdle = 1 });
        InstanceLease one = pool.Rent(cancellationToken: TestContext.Current.CancellationToken);
        InstanceLease two = await pool.RentAsync(TestContext.Current.CancellationToken);
        Assert.Equal(LimitKind.Instances, Assert.Throws<LimitExceededException>(() => pool.Rent()).Limit);
        using CancellationTokenSource source = new();
        ValueTask<InstanceLease> cancelled = pool.RentAsync(source.Token);
        ValueTask<InstanceLease> waiting = pool.RentAsync(TestContext.Current.CancellationToken);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await cancelled);
        Assert.False(waiting.IsCompleted);
        one.Dispose();
        using (await waiting)
        {
            two.Dispose();
        }

        Assert.Equal((0, 1), (pool.RentedCount, pool.IdleCount));
        Assert.Throws<ObjectDisposedException>(() => two.Instance);
        two.Dispose();
        Assert.Equal(0, pool.RentedCount);
    }

    [Fact]
    public async Task APoolCanBeDisposedWhileInstancesAreRented()
    {
        InstancePool pool = Pool(Everything, options: new InstancePoolOptions { MaxInstances = 1 });
        InstanceLease lease = pool.Rent(cancellationToken: TestContext.Current.CancellationToken);
        ValueTask<InstanceLease> waiting = pool.RentAsync(TestContext.Current.CancellationToken);
        pool.Dispose();
        pool.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await waiting);
        AssertAsNew(lease.Instance);
        Store store = lease.Store;
        lease.Dispose();
        Assert.Equal(0, pool.IdleCount);
        Assert.Throws<ObjectDisposedException>(() => pool.Rent());
        Assert.Throws<ObjectDisposedException>(() => new Memory(store, new MemoryType(1, null)).ByteLength);
    }

    [Fact]
    public void AnInstanceDoesNotGoBackWhileACallRuns()
    {
        InstanceLease? lease = null;
        using InstancePool pool = Pool(Everything, link: linker => linker.DefineFunction("h", "f", (int _) => { Assert.Throws<InvalidOperationException>(() => lease!.Dispose()); }));
        lease = pool.Rent();
        for (int i = 0; i < 5; i++)
        {
            lease.Instance.Call("host", 1);
        }

        Function stale = lease.Instance.GetFunction("globals")!;
        Memory memory = lease.Instance.GetMemory("memory")!;
        lease.Dispose();
        Assert.Equal((0, 1), (pool.RentedCount, pool.IdleCount));
        Assert.Throws<ObjectDisposedException>(() => stale.Invoke());
        Assert.Throws<ObjectDisposedException>(() => memory.GetSpan(0u, 1u));
    }

    [Fact]
    public void ThreadsShareAPoolAndNothingElse()
    {
        using InstancePool pool = Pool("""
            (module (memory 1) (data (i32.const 8) "\01") (global $g (mut i32) (i32.const 0))
              (func (export "add") (param i32) (result i32)
                (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (local.get 0)))
                (global.set $g (i32.add (global.get $g) (i32.const 1)))
                (i32.add (i32.load (i32.const 8)) (i32.mul (global.get $g) (i32.const 1000000)))))
            """, options: new InstancePoolOptions { MaxInstances = 6, MaxIdle = 3 });
        ConcurrentQueue<Exception> errors = new();
        Thread[] threads = [.. Enumerable.Range(0, 6).Select(n => new Thread(() =>
        {
            for (int i = 0; i < 500 && errors.IsEmpty; i++)
            {
                Exception? error = Record.Exception(() =>
                {
                    using InstanceLease lease = pool.Rent();
                    Func<int, int> add = lease.Instance.GetFunction("add")!.ToDelegate<Func<int, int>>();
                    Assert.Equal(1_000_001 + n, add(n));
                    Assert.Equal(2_000_001 + (2 * n), add(n));
                });
                if (error is not null)
                {
                    errors.Enqueue(error);
                }
            }
        }))];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        Assert.Empty(errors);
        Assert.Equal(0, pool.RentedCount);
        Assert.InRange(pool.IdleCount, 1, 3);
    }

    [Fact]
    public void NothingPilesUp()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // Each memory here has an image; the runtime makes other mappings of its own, which come and go.
        (int Images, int Files) Count() =>
            (File.ReadLines("/proc/self/maps").Count(l => l.Contains("atoll memory", StringComparison.Ordinal)), Directory.GetFiles("/proc/self/fd").Length);
        void Use()
        {
            using InstancePool pool = Pool(Everything, options: new InstancePoolOptions { MaxIdle = 3 });
            for (int round = 0; round < 3; round++)
            {
                List<InstanceLease> leases = [.. Enumerable.Range(0, 10).Select(_ => pool.Rent())];
                leases.ForEach(l => l.Instance.Call("dirty"));
                leases.ForEach(l => l.Dispose());
            }
        }

        Use();
        (int images, int files) = Count();
        Assert.Equal(0, images);
        for (int i = 0; i < 20; i++)
        {
            Use();
        }

        (int imagesAfter, int filesAfter) = Count();
        Assert.Equal(0, imagesAfter);
        Assert.True(filesAfter < files + 20, $"{files} open files became {filesAfter}");
    }

    [Theory]
    [InlineData("(module (memory 1 1 shared) (func (export \"f\")))")]
    [InlineData("(module (type $s (struct (field (mut i32)))) (global (ref $s) (struct.new $s (i32.const 1))) (func (export \"f\")))")]
    [InlineData("(module (type $s (struct (field (mut i32)))) (global $g (mut (ref null $s)) (ref.null $s)) (func (export \"f\") (global.set $g (struct.new $s (i32.const 1)))))")]
    public void WhatCannotBeTakenBackIsMadeAnew(string text)
    {
        WasmEngine engine = new(new WasmEngineOptions { Features = WasmFeatures.All });
        using InstancePool pool = new(new Linker(engine), Guest.Load(text, engine));
        Instance? last = null;
        for (int i = 0; i < 3; i++)
        {
            using InstanceLease lease = pool.Rent();
            Assert.NotSame(last, lease.Instance);
            last = lease.Instance;
            last.Call("f");
        }
    }

    [Fact]
    public void AnImportOfOneStoreIsRefused()
    {
        using Store store = new(Guest.Engine);
        Linker linker = new Linker(Guest.Engine).Define("a", "m", new Memory(store, new MemoryType(1, null)));
        Assert.Throws<InvalidOperationException>(() => new InstancePool(linker, Guest.Load("""(module (import "a" "m" (memory 1)))""")));
        Assert.Throws<UnlinkableException>(() => new InstancePool(new Linker(Guest.Engine), Guest.Load("""(module (import "a" "m" (memory 1)))""")));
        Assert.Throws<ArgumentOutOfRangeException>(() => new InstancePool(new Linker(Guest.Engine), Guest.Load("(module)"), new InstancePoolOptions { MaxInstances = 0 }));
    }
}
