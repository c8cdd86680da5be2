using System.Runtime.CompilerServices;
using System.Text;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>Modules whose functions are compiled when they are called, or interpreted at first: what the guest sees is the same.</summary>
[Collection(AloneCollection.Name)]
public abstract class LazyCompilationTests(WasmEngineOptions options)
{
    protected WasmEngine Lazy { get; } = new(options);

    [Fact]
    public void AChainOverManyBatchesGivesTheSame()
    {
        Instance instance = Guest.Run(Chain(500), Lazy);
        Assert.Equal(500 + 7, instance.Call("f0", Value.I32(7))[0].AsI32());
        Assert.Equal(20 + 1, instance.Call("f480", Value.I32(1))[0].AsI32());
    }

    [Fact]
    public void AllTypesOfParametersAndResultsPassEntries()
    {
        Instance instance = Guest.Run("""
            (module
              (func $swap (param i32 i64 f32 f64 v128 externref) (result externref v128 f64 f32 i64 i32)
                local.get 5 local.get 4 local.get 3 local.get 2 local.get 1 local.get 0)
              (func (export "swap") (param i32 i64 f32 f64 externref) (result externref f64 f32 i64 i32) (local v128)
                (local.set 5 (i32x4.splat (i32.const 3)))
                (call $swap (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 5) (local.get 4))
                (local.set 0) (local.set 1) (local.set 2) (local.set 3) (local.set 5)
                (local.get 3) (local.get 2) (local.get 1) (i32.add (local.get 0) (i32x4.extract_lane 2 (local.get 5)))))
            """, Lazy);
        object thing = new();
        Value[] results = instance.Call("swap", Value.I32(1), Value.I64(2), Value.F32(3), Value.F64(4), Value.ExternRef(thing));
        Assert.Same(thing, results[0].Reference);
        Assert.Equal(new object[] { 4d, 3f, 2L, 4 }, new object[] { results[1].AsF64(), results[2].AsF32(), results[3].AsI64(), results[4].AsI32() });
    }

    [Fact]
    public void StatesAreThoseOfTheCallingInstance()
    {
        WasmModule module = Guest.Load("""
            (module (memory 1) (global $g (mut i64) (i64.const 5)) (global $e (export "e") (mut i32) (i32.const 0)) (table $t 2 funcref) (elem (i32.const 1) $next)
              (func $next (result i64) (global.set $g (i64.add (global.get $g) (i64.const 1))) (i32.store (i32.const 8) (i32.const 1)) (global.get $g))
              (func (export "direct") (result i64) (call $next))
              (func (export "indirect") (result i64) (call_indirect $t (result i64) (i32.const 1)))
              (func (export "seen") (result i32) (global.set $e (i32.const 4)) (i32.load (i32.const 8))))
            """, Lazy);
        using Store store = new(Lazy);
        Instance one = new Linker(Lazy).Instantiate(store, module);
        Instance other = new Linker(Lazy).Instantiate(store, module);
        Assert.Equal([6, 7, 8], new[] { one.Call("direct")[0].AsI64(), one.Call("indirect")[0].AsI64(), one.Call("indirect")[0].AsI64() });
        Assert.Equal(0, other.Call("seen")[0].AsI32());
        Assert.Equal(6, other.Call("indirect")[0].AsI64());
        Assert.Equal(1, other.Call("seen")[0].AsI32());
        Assert.Equal(0, one.GetGlobal("e")!.Value.AsI32());
    }

    [Fact]
    public void TrapsNameTheFunctions()
    {
        Instance instance = Guest.Run("""
            (module (func $inner (drop (i32.div_s (i32.const 1) (i32.const 0)))) (func $outer (export "run") (call $inner) (nop)))
            """, Lazy);
        TrapException trap = Assert.Throws<TrapException>(() => instance.Call("run"));
        Assert.Equal(TrapKind.IntegerDivideByZero, trap.Kind);
        Assert.Equal(["inner", "outer"], trap.GuestStack.Select(frame => frame.FunctionName));
    }

    [Fact]
    public void TailCallsDoNotPileUpEntries()
    {
        Instance instance = Guest.Run($"""
            (module {string.Concat(Enumerable.Repeat("(func (param i32) unreachable)", 70))}
              (func $even (export "even") (param i32) (result i32)
                (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1)) (else (return_call $odd (i32.sub (local.get 0) (i32.const 1))))))
              {string.Concat(Enumerable.Repeat("(func (param i32) unreachable)", 70))}
              (func $odd (param i32) (result i32)
                (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0)) (else (return_call $even (i32.sub (local.get 0) (i32.const 1)))))))
            """, Lazy);
        Assert.Equal(1, instance.Call("even", Value.I32(1_000_000))[0].AsI32());
    }

    [Fact]
    public void EndlessRecursionOverBatchesTraps()
    {
        Instance instance = Guest.Run($"(module (func $a (export \"run\") (call $b)) {string.Concat(Enumerable.Repeat("(func)", 100))} (func $b (call $a)))", Lazy);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(TrapKind.StackExhausted, Assert.Throws<TrapException>(() => instance.Call("run")).Kind);
        }
    }

    [Fact]
    public void RecursionGoesDeepThoughTheStackIsSmall()
    {
        // Compiled code has room for this, the interpreter would not have.
        Instance instance = Guest.Run("""
            (module (func $f (export "f") (param i32) (result i32)
              (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0)))))
            """, Lazy);
        Assert.Equal(3000, instance.Call("f", Value.I32(3000))[0].AsI32());
    }

    [Fact]
    public void LoopsCarryOperandsAndLocals()
    {
        // The loop's parameters, operands below it, locals of all types and a constant all have to be where compiled code takes over.
        Instance instance = Guest.Run("""
            (module (func (export "run") (param $n i32) (param $step f64) (result f64) (local $i i64) (local $f f32) (local $sum f64)
              (f64.const 1000)
              (f64.convert_i32_s (local.get $n))
              (local.set $f (f32.const 0.5))
              (loop $again (param f64) (result f64)
                (f64.add (local.get $step))
                (local.set $sum (f64.add (local.get $sum) (f64.promote_f32 (local.get $f))))
                (local.set $i (i64.add (local.get $i) (i64.const 1)))
                (br_if $again (i64.lt_s (local.get $i) (i64.extend_i32_s (local.get $n)))))
              (f64.add) (f64.add (local.get $sum))))
            """, Lazy);
        Assert.Equal(1000 + 5000 + (5000 * 0.25) + (5000 * 0.5), instance.Call("run", Value.I32(5000), Value.F64(0.25))[0].AsF64());
    }

    [Fact]
    public void NestedLoopsAreTakenOverFromInside()
    {
        Instance instance = Guest.Run("""
            (module (memory 1) (func (export "run") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $sum i32)
              (loop $outer
                (local.set $j (i32.const 0))
                (loop $inner
                  (local.set $sum (i32.add (local.get $sum) (i32.mul (local.get $i) (local.get $j))))
                  (local.set $j (i32.add (local.get $j) (i32.const 1)))
                  (br_if $inner (i32.lt_u (local.get $j) (local.get $n))))
                (i32.store (i32.and (local.get $i) (i32.const 0xfffc)) (local.get $sum))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $outer (i32.lt_u (local.get $i) (local.get $n))))
              (local.get $sum)))
            """, Lazy);
        int expected = 0;
        for (int i = 0; i < 300; i++)
        {
            for (int j = 0; j < 300; j++)
            {
                expected += i * j;
            }
        }

        Assert.Equal(expected, instance.Call("run", Value.I32(300))[0].AsI32());
        Assert.Equal(expected, instance.Call("run", Value.I32(300))[0].AsI32());
    }

    [Fact]
    public void LoopsStopAtTheDeadline()
    {
        WasmModule module = Guest.Load("(module (func (export \"run\") (loop (br 0))))", Lazy);
        using Store store = new(Lazy, new StoreOptions { Timeout = TimeSpan.FromMilliseconds(50) });
        Instance instance = new Linker(Lazy).Instantiate(store, module);
        Assert.Equal(LimitKind.Time, Assert.Throws<LimitExceededException>(() => instance.Call("run")).Limit);
    }

    [Fact]
    public void TrapsAfterALoopNameTheFunctions()
    {
        Instance instance = Guest.Run("""
            (module
              (import "" "host" (func $host (param i32)))
              (func $late (param $i i32) (loop (local.set $i (i32.sub (local.get $i) (i32.const 1))) (br_if 0 (local.get $i))) (drop (i32.load (i32.const 65536))))
              (memory 1)
              (func $middle (param i32) (call $host (local.get 0)))
              (func (export "again") (param i32) (call $late (local.get 0)))
              (func (export "run") (param i32) (call $middle (local.get 0))))
            """, Lazy, link: (linker, _) => linker.DefineFunction("", "host", new FunctionType([ValueType.I32], []), (caller, arguments, _) =>
                caller.Instance!.GetFunction("again")!.Invoke(arguments)));
        for (int i = 0; i < 3; i++)
        {
            TrapException trap = Assert.Throws<TrapException>(() => instance.Call("run", Value.I32(3000)));
            Assert.Equal(TrapKind.MemoryOutOfBounds, trap.Kind);
            Assert.Equal([1, 3, 2, 4], trap.GuestStack.Select(frame => frame.FunctionIndex));
        }
    }

    [Fact]
    public void AFunctionThatCannotBeCompiledFailsWhenItIsCalled()
    {
        // Each result of the calls is kept in a temporary of its own, more than a .NET method can have.
        string results = string.Concat(Enumerable.Repeat("i64 ", 1000));
        string calls = string.Concat(Enumerable.Repeat("call $many ", 70));
        string drops = string.Concat(Enumerable.Repeat("drop ", 70_000));
        Instance instance = Guest.Run($"""
            (module (func $many (result {results}) unreachable) (func $large (export "large") {calls} {drops})
              (func (export "caller") (param i32) (if (local.get 0) (then (call $large)))) (func (export "other") (result i32) (i32.const 3)))
            """, Lazy);
        Assert.Equal(3, instance.Call("other")[0].AsI32());
        instance.Call("caller", Value.I32(0));
        for (int i = 0; i < 2; i++)
        {
            Assert.Contains("local values", Assert.Throws<InvalidModuleException>(() => instance.Call("caller", Value.I32(1))).Message);
        }
    }

    [Fact]
    public void ThreadsThatCallTheSameFunctionsAgree()
    {
        WasmModule module = Guest.Load(Chain(300), Lazy);
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, i =>
        {
            using Store store = new(Lazy);
            Instance instance = new Linker(Lazy).Instantiate(store, module);
            for (int f = i % 3; f < 300; f += 50)
            {
                Assert.Equal(300 - f + i, instance.Call($"f{f}", Value.I32(i))[0].AsI32());
            }
        });
    }

    [Fact]
    public void ThreadsThatAreInTheSameLoopsAgree()
    {
        const string text = """
            (module (global $g (mut i64) (i64.const 0))
              (func $step (param i64) (result i64) (global.set $g (i64.add (global.get $g) (local.get 0))) (global.get $g))
              (func (export "run") (param $n i64) (result i64) (local $i i64) (local $j i64) (local $sum i64)
                (loop $outer
                  (local.set $j (i64.const 0))
                  (loop $inner
                    (local.set $sum (i64.xor (i64.mul (local.get $sum) (i64.const 31)) (call $step (local.get $j))))
                    (br_if $inner (i64.lt_u (local.tee $j (i64.add (local.get $j) (i64.const 1))) (i64.const 20))))
                  (br_if $outer (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 1))) (local.get $n))))
                (local.get $sum)))
            """;
        WasmModule module = Guest.Load(text, Lazy);
        long expected = Guest.Run(text).Call("run", Value.I64(200))[0].AsI64();
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, _ =>
        {
            using Store store = new(Lazy);
            Assert.Equal(expected, new Linker(Lazy).Instantiate(store, module).Call("run", Value.I64(200))[0].AsI64());
        });
    }

    [Fact]
    public void ThreadsThatRentFromOnePoolGetNewInstances()
    {
        // The first rentals are interpreted, some are taken over in the middle of the loop, later ones are compiled; what they leave behind must not show.
        WasmModule module = Guest.Load("""
            (module (memory 1) (global $g (mut i32) (i32.const 3)) (table 2 funcref) (elem (i32.const 0) $f) (data (i32.const 16) "\05")
              (func $f (result i32) (i32.load8_u (i32.const 16)))
              (func (export "run") (param $n i32) (result i32)
                (loop $l
                  (global.set $g (i32.add (global.get $g) (i32.const 1)))
                  (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.const 1)))
                  (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (drop (memory.grow (i32.const 1)))
                (i32.add (i32.mul (global.get $g) (i32.const 1000)) (i32.add (memory.size) (call_indirect (result i32) (i32.const 0))))))
            """, Lazy);
        using InstancePool pool = new(new Linker(Lazy), module);
        Parallel.For(0, 40, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = TestContext.Current.CancellationToken }, _ =>
        {
            using InstanceLease lease = pool.Rent();
            Assert.Equal((103 * 1000) + 2 + 105, lease.Instance.Call("run", Value.I32(100))[0].AsI32());
        });
    }

    [Fact]
    public void MoreSignaturesThanTheEngineKeepsWork()
    {
        // Each function has parameters of its own; the number of one says which of them are i64.
        const int count = 1_100;
        StringBuilder text = new("(module ");
        StringBuilder calls = new();
        for (int i = 0; i < count; i++)
        {
            bool[] wide = [.. Enumerable.Range(0, 11).Select(bit => (i >> bit & 1) != 0)];
            string types = string.Join(' ', wide.Select(w => w ? "i64" : "i32"));
            string ones = string.Join(' ', wide.Select(w => w ? "(i64.const 1)" : "(i32.const 1)"));
            string last = wide[10] ? "(i32.wrap_i64 (local.get 10))" : "(local.get 10)";
            text.Append($"(func $f{i} (param {types}) (result i32) (i32.add (i32.const {i}) {last}))\n");
            calls.Append($"(local.set $sum (i32.add (local.get $sum) (call $f{i} {ones})))\n");
        }

        Instance instance = Guest.Run($"{text}(func (export \"run\") (result i32) (local $sum i32) {calls} (local.get $sum)))", Lazy);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal((count * (count - 1) / 2) + count, instance.Call("run")[0].AsI32());
        }
    }

    [Fact]
    public void CodeOfAllBatchesIsUnloaded()
    {
        List<WeakReference> modules = [];
        for (int i = 0; i < 10; i++)
        {
            modules.Add(LoadRunDrop());
        }

        for (int i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.True(modules.Count(m => m.IsAlive) <= 1, $"{modules.Count(m => m.IsAlive)} of 10 dropped modules are still loaded");
    }

    [Fact]
    public void ATableKeepsCodeThatIsNotCompiledYet()
    {
        using Store store = new(Lazy);
        Instance table = new Linker(Lazy).Instantiate(store, Guest.Load("""
            (module (table (export "table") 1 funcref) (func (export "call") (param i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0))))
            """, Lazy));
        PutChain(store, table);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.Equal(104, table.Call("call", Value.I32(4))[0].AsI32());
        Assert.Equal(105, table.Call("call", Value.I32(5))[0].AsI32());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PutChain(Store store, Instance table)
    {
        WasmModule module = Guest.Load(Chain(100, "(import \"a\" \"table\" (table 1 funcref)) (elem (i32.const 0) $f0)"), Lazy);
        new Linker(Lazy).DefineInstance("a", table).Instantiate(store, module);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference LoadRunDrop()
    {
        WasmModule module = Guest.Load(Chain(100), Lazy);
        using Store store = new(Lazy);
        Assert.Equal(101, new Linker(Lazy).Instantiate(store, module).Call("f0", Value.I32(1))[0].AsI32());
        return new WeakReference(module);
    }

    /// <summary>Functions that call the next one and add one, so many that no batch has them all.</summary>
    private static string Chain(int length, string more = "")
    {
        StringBuilder text = new($"(module {more}");
        for (int i = 0; i < length; i++)
        {
            string next = i + 1 < length ? $"(call $f{i + 1} (local.get 0))" : "(local.get 0)";
            string padding = string.Concat(Enumerable.Repeat("(drop (i64.const 123456789123456789))", 10));
            text.Append($"(func $f{i} (export \"f{i}\") (param i32) (result i32) {padding} (i32.add (i32.const 1) {next}))");
        }

        return text.Append(')').ToString();
    }
}

/// <summary>Compiled at the first call.</summary>
public sealed class CompiledWhenCalledTests() : LazyCompilationTests(new WasmEngineOptions { EagerCodeBytes = 0, InterpretColdCode = false });

/// <summary>Never compiled, as far as the interpreter can run it.</summary>
public sealed class InterpretedTests() : LazyCompilationTests(new WasmEngineOptions { EagerCodeBytes = 0, ColdRounds = 1_000_000 });

/// <summary>Interpreted for a moment, then compiled.</summary>
public sealed class InterpretedThenCompiledTests() : LazyCompilationTests(new WasmEngineOptions { EagerCodeBytes = 0, ColdRounds = 1 });

/// <summary>As usual for large modules.</summary>
public sealed class InterpretedAtFirstTests() : LazyCompilationTests(new WasmEngineOptions { EagerCodeBytes = 0 });
