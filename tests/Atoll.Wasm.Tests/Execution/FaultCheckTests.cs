using System.Runtime.InteropServices;
using Atoll.Wasm.Text;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>Accesses that the processor checks: they trap where others do, and nothing else is taken for one of them.</summary>
public sealed class FaultCheckTests
{
    private const int Page = 65536;

    /// <summary>Loads, and what makes the JIT compiler load fewer bytes or none.</summary>
    private static readonly string[] Uses =
    [
        "(drop {0})", "(local.set $i (i32.wrap_i64 {0}))", "(local.set $i (i32.and (i32.wrap_i64 {0}) (i32.const 255)))", "(i32.store8 (i32.const 0) (i32.wrap_i64 {0}))",
        "(i64.store16 (i32.const 0) {0})", "(local.set $l {0})", "(local.set $l (i64.shl {0} (i64.const 48)))", "(local.set $i (i64.eqz (i64.and {0} (i64.const 1))))",
        "(local.set $l (i64.extend8_s {0}))", "(local.set $l {0}) (i32.store8 (i32.const 0) (i32.wrap_i64 (local.get $l)))", "(local.set $l (i64.mul {0} (i64.const 0)))",
        "(if (i64.eqz (i64.and {0} (i64.const 1))) (then (i32.store8 (i32.const 0) (i32.const 1))))",
    ];

    private static readonly (string Load, int Size)[] Loads =
    [
        ("(i64.load {0})", 8), ("(i64.load32_u {0})", 4), ("(i64.load16_s {0})", 2), ("(i64.load8_u {0})", 1), ("(i64.extend_i32_u (i32.load {0}))", 4),
        ("(i64.extend_i32_s (i32.load16_u {0}))", 2), ("(i64.reinterpret_f64 (f64.load {0}))", 8), ("(i64.extend_i32_u (i32.reinterpret_f32 (f32.load {0})))", 4),
        ("(i64x2.extract_lane 0 (v128.load {0}))", 16), ("(i64x2.extract_lane 0 (v128.load64_zero {0}))", 8),
    ];

    private static WasmEngine Engine
    {
        get
        {
            bool isKnown = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;
            Assert.SkipUnless(isKnown, "faults are told on Linux and x64 only");
            Assert.True(Guest.Faulting.Options.FaultChecks);
            return Guest.Faulting;
        }
    }

    public static TheoryData<int> EachLoad => [.. Enumerable.Range(0, Loads.Length)];

    [Theory]
    [MemberData(nameof(EachLoad))]
    public void A_load_over_the_end_traps_whatever_is_done_with_its_value(int load)
    {
        foreach (string use in Uses)
        {
            string value = string.Format(null, Loads[load].Load, "(local.get $p)");
            foreach (string call in (string[])["", "(call $nothing)"])
            {
                Instance instance = Guest.Run($"""
                    (module (memory 1) (func $nothing)
                      (func (export "f") (param $p i32) (local $i i32) (local $l i64) {call} {string.Format(null, use, value)}))
                    """, Engine);
                foreach (int end in (int[])[Page, 0])
                {
                    for (int before = 0; before <= Loads[load].Size + 1; before++)
                    {
                        if (before >= Loads[load].Size && end == Page)
                        {
                            instance.Call("f", Value.I32(end - before));
                        }
                        else if (before > 0 || end == Page)
                        {
                            Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("f", Value.I32(end - before))).Kind);
                        }
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData("(i32.store (local.get 0) (i32.const 1)) (i32.store offset=4 (local.get 0) (i32.const 2))", Page - 4, "01000000")]
    [InlineData("(i32.store16 (local.get 0) (i32.const 1)) (i32.store16 offset=2 (local.get 0) (i32.const 2))", Page - 2, "00000100")]
    [InlineData("(i32.store offset=4 (local.get 0) (i32.const 1)) (i32.store (local.get 0) (i32.const 2)) (i64.store offset=8 (local.get 0) (i64.const 3))", Page - 8, "01000000")]
    [InlineData("(i64.store (local.get 0) (i64.const -1))", Page - 7, "00000000")]
    [InlineData("(local $x i32) (local.set $x (i32.const 1)) (i32.store (local.get 0) (local.get $x)) (i32.store offset=4 (local.get 0) (local.get $x))", Page - 4, "01000000")]
    public void What_was_stored_before_a_trap_is_there(string stores, int address, string last)
    {
        Instance instance = Guest.Run($"""(module (memory (export "memory") 1) (func (export "f") (param i32) {stores}))""", Engine);
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("f", Value.I32(address))).Kind);
        Assert.Equal(last, Convert.ToHexString(instance.GetMemory("memory")!.GetSpan(Page - 4u, 4u)));
    }

    [Theory]
    [InlineData("i32.store", 4, "(i32.const 1)")]
    [InlineData("i32.store8", 1, "(i32.const 1)")]
    [InlineData("i64.store32", 4, "(i64.const 1)")]
    [InlineData("i64.store", 8, "(i64.const 1)")]
    public void Of_many_stores_side_by_side_those_before_the_trap_are_seen(string store, int size, string value)
    {
        const int Count = 12;
        foreach (string address in (string[])["(local.get 0)", "(i32.shl (local.get 0) (i32.const 0))", "(local.get 1)"])
        {
            string stores = string.Concat(Enumerable.Range(0, Count).Select(i => $"({store} offset={i * size} {address} {value})"));
            Instance instance = Guest.Run($"""
                (module (memory (export "memory") 1) (func (export "f") (param i32) (local i32) (local.set 1 (i32.mul (local.get 0) (i32.const 1))) {stores}))
                """, Engine);
            for (int fit = 0; fit < Count; fit++)
            {
                Span<byte> end = instance.GetMemory("memory")!.GetSpan(Page - 100u, 100u);
                end.Clear();
                Assert.Throws<TrapException>(() => instance.Call("f", Value.I32(Page - (fit * size))));
                Assert.Equal(fit, instance.GetMemory("memory")!.GetSpan(Page - 100u, 100u).Count((byte)1));
            }
        }
    }

    [Fact]
    public void Each_kind_of_trap_keeps_its_name()
    {
        Instance instance = Guest.Run("""
            (module (memory 1 2) (table 2 funcref) (type $t (func))
              (func (export "null") (call_indirect (type $t) (i32.const 0)))
              (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
              (func (export "far") (param i32) (result i32) (i32.load offset=0xFFFFFFFC (local.get 0)))
              (func (export "divide") (param i32) (result i32) (i32.div_s (i32.load (local.get 0)) (i32.const 0)))
              (func (export "grow") (result i32) (memory.grow (i32.const 1)))
              (func (export "loop") (loop (br 0))))
            """, Engine);
        Assert.Equal(TrapKind.UninitializedElement, Fails("null"));
        Assert.Equal(TrapKind.MemoryOutOfBounds, Fails("load", Value.I32(Page)));
        Assert.Equal(TrapKind.UninitializedElement, Fails("null"));
        Assert.Equal(TrapKind.MemoryOutOfBounds, Fails("far", Value.I32(-1)));
        Assert.Equal(TrapKind.MemoryOutOfBounds, Fails("divide", Value.I32(-1)));
        Assert.Equal(TrapKind.IntegerDivideByZero, Fails("divide", Value.I32(0)));
        Assert.Equal(1, instance.Call("grow")[0].AsI32());
        Assert.Equal(0, instance.Call("load", Value.I32(Page))[0].AsI32());
        Assert.Equal(TrapKind.MemoryOutOfBounds, Fails("load", Value.I32(2 * Page)));

        TrapKind Fails(string name, params Value[] arguments) => Assert.Throws<TrapException>(() => instance.Call(name, arguments)).Kind;
    }

    [Fact]
    public void A_deadline_after_a_fault_is_a_deadline()
    {
        using Store store = new(Engine, new StoreOptions());
        Instance instance = new Linker(Engine).Instantiate(store, Guest.Load("""
            (module (memory 1) (func (export "load") (drop (i32.load (i32.const -1)))) (func (export "loop") (loop (br 0))))
            """, Engine));
        Assert.Throws<TrapException>(() => instance.Call("load"));
        using CancellationTokenSource soon = new(50);
        store.CancellationToken = soon.Token;
        Assert.ThrowsAny<OperationCanceledException>(() => instance.Call("loop"));
    }

    [Fact]
    public void A_mistake_of_the_host_is_none_of_the_guest()
    {
        Instance instance = Guest.Run(
            """(module (import "h" "f" (func $f)) (memory 1) (func (export "g") (call $f)))""",
            Engine,
            link: (linker, store) => linker.DefineFunction("h", "f", () => { _ = Unsafe(null!).Length; }));
        Assert.IsType<NullReferenceException>(Assert.Throws<HostFunctionException>(() => instance.Call("g")).InnerException);

        static string Unsafe(string text) => text;
    }

    [Fact]
    public void A_pool_takes_back_what_a_guest_added()
    {
        using InstancePool pool = new(new Linker(Engine), Guest.Load("""
            (module (memory 1 3) (data (i32.const 8) "x")
              (func (export "grow") (result i32) (i32.store (i32.const 0) (i32.const 1)) (memory.grow (i32.const 1)))
              (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
            """, Engine));
        for (int i = 0; i < 3; i++)
        {
            using InstanceLease lease = pool.Rent();
            Assert.Throws<TrapException>(() => lease.Instance.Call("load", Value.I32(Page)));
            Assert.Equal(0, lease.Instance.Call("load", Value.I32(0))[0].AsI32());
            Assert.Equal(1, lease.Instance.Call("grow")[0].AsI32());
            Assert.Equal(0, lease.Instance.Call("load", Value.I32(Page))[0].AsI32());
        }
    }

    [Fact]
    public async Task Many_threads_fault_while_the_collector_runs()
    {
        WasmModule module = Guest.Load("""(module (memory 1) (func (export "f") (param i32) (result i64) (i64.load (local.get 0))))""", Engine);
        using CancellationTokenSource end = new();
        Task collector = Task.Run(() =>
        {
            while (!end.IsCancellationRequested)
            {
                GC.Collect();
            }
        });
        Parallel.For(0, 4, thread =>
        {
            using Store store = new(Engine);
            Func<int, long> f = new Linker(Engine).Instantiate(store, module).GetFunction("f")!.ToDelegate<Func<int, long>>();
            for (int i = 0; i < 500; i++)
            {
                Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => f(Page - 7 + (i * thread))).Kind);
                Assert.Equal(0L, f(8 * i));
            }
        });
        await end.CancelAsync();
        await collector.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Other_memories_are_checked_as_before()
    {
        Instance instance = Guest.Run("""
            (module (memory $wide i64 1) (memory $shared 1 1 shared) (memory $small 1 1 (pagesize 1))
              (func (export "wide") (param i64) (result i32) (i32.load $wide (local.get 0)))
              (func (export "shared") (param i32) (result i32) (i32.load $shared (local.get 0)))
              (func (export "small") (param i32) (result i32) (i32.load8_u $small (local.get 0))))
            """, new WasmEngine(new WasmEngineOptions { FaultChecks = true, Features = WasmFeatures.All }));
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("wide", Value.I64(-1))).Kind);
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("shared", Value.I32(Page - 3))).Kind);
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("small", Value.I32(1))).Kind);
    }

    [Fact]
    public void The_portable_memory_has_none() =>
        Assert.False(new WasmEngine(new WasmEngineOptions { FaultChecks = true, PortableMemory = true }).Options.FaultChecks);
}
