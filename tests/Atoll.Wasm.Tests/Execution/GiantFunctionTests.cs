using System.Globalization;
using System.Text;
using Atoll.Wasm.Text;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>Functions that are larger than what .NET's compiler optimises in one method, which ours hands to it in another way.</summary>
public class GiantFunctionTests
{
    private const int Cases = 700;

    // More variables than a method that is inlined may have.
    private const int Numbers = 40;

    /// <summary>
    /// The body of a function with a parameter $n: executes cases 0 to n, each of which changes variables of all kinds, then adds all of them up (i64, f64). The last case is
    /// the text that is given.
    /// </summary>
    private static string Body(string last)
    {
        StringBuilder text = new();
        for (int i = 0; i < Numbers; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"(local $i{i} i32) (local $l{i} i64)");
        }

        text.Append("(local $case i32) (local $f f32) (local $d f64) (local $v v128) (local $r externref)\n(loop $next (block $done ");
        text.Append(string.Concat(Enumerable.Repeat("(block ", Cases + 1)));
        text.Append("(br_table");
        for (int i = 0; i <= Cases + 1; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $" {i}");
        }

        text.Append(" (local.get $case)))\n");
        for (int i = 0; i < Cases; i++)
        {
            int n = i % Numbers;
            text.Append(CultureInfo.InvariantCulture, $"""
                (local.set $i{n} (i32.add (local.get $i{n}) (i32.add (i32.load offset={4 * i} (i32.const 0)) (i32.const {i}))))
                (i32.store offset={4 * i} (i32.and (local.get $case) (i32.const 0)) (local.get $i{n}))
                (local.set $l{n} (i64.add (local.get $l{n}) (i64.load32_u offset={4 * i} (i32.const 0))))
                (local.set $f (f32.add (local.get $f) (f32.const 1))) (local.set $d (f64.add (local.get $d) (f64.const 0.5)))
                (local.set $v (i32x4.add (local.get $v) (i32x4.splat (local.get $case))))
                (br $done))

                """);
        }

        text.Append(last);
        text.Append(")\n(br_if $next (i32.le_u (local.tee $case (i32.add (local.get $case) (i32.const 1))) (local.get $n))))\n");
        for (int i = 0; i < Numbers; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"(i64.add (i64.extend_i32_u (local.get $i{i})) (local.get $l{i})){(i > 0 ? "(i64.add)" : "")}\n");
        }

        text.Append("(i64.add (i64.extend_i32_u (i32x4.extract_lane 2 (local.get $v)))) (i64.add (i64.extend_i32_u (ref.is_null (local.get $r))))");
        text.Append("(f64.add (local.get $d) (f64.promote_f32 (local.get $f)))");
        return text.ToString();
    }

    private static string Module(string last, string before = "", string type = "(param $n i32) (result i64 f64)", string after = "") =>
        $"(module $m (memory 1) {before} (func $giant (export \"run\") {type} {Body(last)}) {after})";

    /// <summary>What the cases up to one of them add up to.</summary>
    private static (long, double) Expected(int n)
    {
        uint[] numbers = new uint[Numbers];
        long sum = 1;
        uint lanes = 0;
        for (int i = 0; i <= n; i++)
        {
            numbers[i % Numbers] += (uint)i;
            sum += numbers[i % Numbers];
            lanes += (uint)i;
        }

        return (sum + numbers.Sum(x => (long)x) + lanes, (n + 1) * 1.5);
    }

    private static void Check(Instance instance, int n)
    {
        Value[] values = instance.Call("run", Value.I32(n));
        Assert.Equal(Expected(n), (values[0].AsI64(), values[1].AsF64()));
    }

    [Fact]
    public void It_computes()
    {
        WasmModule module = Guest.Engine.LoadModule(WatText.ToBinary(Module("(unreachable)")));
        foreach (int n in (int[])[0, 7, Cases - 1])
        {
            Check(new Linker(Guest.Engine).Instantiate(new Store(Guest.Engine), module), n);
        }
    }

    [Fact]
    public void It_computes_with_fuel()
    {
        WasmEngine engine = new(new WasmEngineOptions { ConsumeFuel = true });
        Instance instance = Guest.Run(Module("(unreachable)"), engine, new StoreOptions { Fuel = 10_000_000 });
        Check(instance, Cases - 1);
    }

    /// <summary>Interpreted at first, then taken over in the middle of its loop by compiled code; or compiled at the first call.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_computes_when_it_is_compiled_late(bool interpret)
    {
        WasmEngine engine = new(new WasmEngineOptions { EagerCodeBytes = 0, InterpretColdCode = interpret, ColdRounds = 1, EachIsGiant = true });
        Instance instance = Guest.Run(
            """
            (module $m (memory 1)
              (func $sum (export "sum") (param $n i32) (result i64) (local $a i64) (local $b i64) (local $c i32) (local $d f64) (local $e f32) (local $f i64) (local $g i32)
                (local $h i32) (local $i i64) (local $j f64)
                (loop $next
                  (local.set $a (i64.add (local.get $a) (i64.extend_i32_u (local.get $n)))) (local.set $b (i64.add (local.get $b) (i64.const 2)))
                  (local.set $c (i32.add (local.get $c) (i32.const 3))) (local.set $d (f64.add (local.get $d) (f64.const 4)))
                  (local.set $e (f32.add (local.get $e) (f32.const 5))) (local.set $f (i64.sub (local.get $f) (i64.const 6)))
                  (local.set $g (i32.sub (local.get $g) (i32.const 7))) (local.set $h (i32.xor (local.get $h) (local.get $n)))
                  (local.set $i (i64.add (local.get $i) (i64.extend_i32_s (local.get $c)))) (local.set $j (f64.add (local.get $j) (local.get $d)))
                  (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (if (i32.eq (local.get $c) (i32.const 9)) (then (drop (i32.load (local.get $g)))))
                (local.get $a) (local.get $b) (i64.add) (i64.extend_i32_s (local.get $c)) (i64.add) (i64.trunc_f64_s (local.get $d)) (i64.add)
                (i64.trunc_f32_s (local.get $e)) (i64.add) (local.get $f) (i64.add) (i64.extend_i32_s (local.get $g)) (i64.add)
                (i64.extend_i32_s (local.get $h)) (i64.add) (local.get $i) (i64.add) (i64.trunc_f64_s (local.get $j)) (i64.add)))
            """,
            engine);
        foreach (long n in (long[])[1, 2, 5, 1000, 4, 7])
        {
            long xor = 0;
            for (long i = 1; i <= n; i++)
            {
                xor ^= i;
            }

            // 2 + 3 + 4 + 5 - 6 - 7 for each round; the sums of multiples of 3 and of 4.
            Assert.Equal((n * (n + 1) / 2 * 8) + n + xor, instance.Call("sum", Value.I32((int)n))[0].AsI64());
        }

        TrapException trap = Assert.Throws<TrapException>(() => instance.Call("sum", Value.I32(3)));
        Assert.Equal((TrapKind.MemoryOutOfBounds, "sum"), (trap.Kind, Assert.Single(trap.GuestStack).FunctionName));
        GC.KeepAlive(instance);
    }

    [Fact]
    public void A_trap_tells_one_frame()
    {
        Instance instance = Guest.Run(Module("(unreachable)", after: "(func $outer (export \"f\") (drop (drop (call $giant (i32.const 700)))))"));
        TrapException trap = Assert.Throws<TrapException>(() => instance.Call("f"));
        Assert.Equal(TrapKind.Unreachable, trap.Kind);
        Assert.Equal(["giant", "outer"], trap.GuestStack.Select(f => f.FunctionName));
        // .NET did inline the body: there is no frame of it. Otherwise the code is slow, and that is what all this is about.
        Assert.DoesNotContain("$in(", trap.StackTrace, StringComparison.Ordinal);
        Assert.Contains(".g0(", trap.StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_traps_are_found()
    {
        foreach (string call in (string[])["", "(call $nothing)"])
        {
            Instance instance = Guest.Run(Module($"{call} (drop (i32.load offset=65000 (local.get $n)))", before: "(func $nothing)"));
            Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("run", Value.I32(Cases))).Kind);
        }
    }

    // RyuJIT inlines nothing more into a method with as many variables as this, and .NET's exceptions are traps only when guest code throws them.
    [Fact]
    public void Arithmetic_traps()
    {
        (string Text, TrapKind Kind)[] traps =
        [
            ("(drop (i32.div_s (i32.const 1) (i32.sub (local.get $n) (local.get $n))))", TrapKind.IntegerDivideByZero),
            ("(drop (i64.rem_s (i64.const 1) (i64.extend_i32_u (i32.sub (local.get $n) (local.get $n)))))", TrapKind.IntegerDivideByZero),
            ("(drop (i32.div_s (i32.const 0x80000000) (i32.sub (i32.const 699) (local.get $case))))", TrapKind.IntegerOverflow),
            ("(if (i32.eqz (i32.rem_s (i32.const 0x80000000) (i32.sub (i32.const 699) (local.get $case)))) (then (unreachable)))", TrapKind.Unreachable),
            ("(drop (i32.trunc_f32_s (f32.div (f32.const 0) (f32.const 0))))", TrapKind.InvalidConversionToInteger),
            ("(call_indirect (local.get $n))", TrapKind.UndefinedElement),
        ];
        string last = string.Concat(traps.Select((t, i) => $"(if (i32.eq (local.get $n) (i32.const {Cases + i})) (then {t.Text}))\n"));
        Instance instance = Guest.Run(Module(last, before: "(table 1 funcref)"));
        for (int i = 0; i < traps.Length; i++)
        {
            Assert.Equal(traps[i].Kind, Assert.Throws<TrapException>(() => instance.Call("run", Value.I32(Cases + i))).Kind);
        }
    }

    [Fact]
    public void Recursion_without_end_is_stopped()
    {
        Instance instance = Guest.Run(Module("(drop (drop (call $giant (i32.const 700))))"));
        for (int i = 0; i < 2; i++)
        {
            TrapException trap = Assert.Throws<TrapException>(() => instance.Call("run", Value.I32(Cases)));
            Assert.Equal(TrapKind.StackExhausted, trap.Kind);
            Assert.All(trap.GuestStack, f => Assert.Equal("giant", f.FunctionName));
        }

        Assert.Equal(1.5, instance.Call("run", Value.I32(0))[1].AsF64());
    }

    [Fact]
    public void An_endless_loop_is_stopped()
    {
        Instance instance = Guest.Run(Module("(loop (br 0))"));
        instance.Store.SetDeadline(TimeSpan.FromMilliseconds(500));
        Assert.Equal(LimitKind.Time, Assert.Throws<LimitExceededException>(() => instance.Call("run", Value.I32(Cases))).Limit);
    }

    // What .NET never inlines.
    [Fact]
    public void Tail_calls_and_handlers_work()
    {
        Instance tail = Guest.Run(Module("(return_call $giant (i32.const 7))"));
        Assert.Equal(12.0, tail.Call("run", Value.I32(Cases))[1].AsF64());
        Instance handler = Guest.Run(Module(
            "(block $caught (try_table (catch $e $caught) (call $throw)) (unreachable)) (local.set $n (i32.const 0))",
            before: "(tag $e) (func $throw (throw $e))"));
        Value[] values = handler.Call("run", Value.I32(Cases));
        Assert.Equal(Expected(Cases - 1), (values[0].AsI64(), values[1].AsF64()));
    }

    /// <summary>
    /// Each instruction on vectors may get a place of its own in the frame: much more than its code has. Were that not foreseen, a call near the
    /// end of the thread's stack would write past it, which ends the process.
    /// </summary>
    [Theory]
    [InlineData(6_000)]
    [InlineData(60_000)]
    public void Frames_of_many_vectors_are_foreseen(int instructions)
    {
        const int Deep = 30;
        StringBuilder text = new("(module (func $f (param i32) (result i32) (local $v v128)\n");
        for (int i = 0; i < instructions / Deep; i++)
        {
            text.Append("(local.set $v ").Insert(text.Length, "(i8x16.abs ", Deep).Append("(local.get $v)").Append(')', Deep + 1).Append('\n');
        }

        text.Append("""
            (if (local.get 0) (then (drop (call $f (i32.const 0))))) (i8x16.extract_lane_u 0 (local.get $v)))
            (func $deep (export "f") (param i32) (result i32) (if (result i32) (local.get 0)
              (then (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
              (else (call $f (i32.const 0))))))
            """);
        Instance instance = Guest.Run(text.ToString(), new WasmEngine(new WasmEngineOptions { StackBudgetBytes = 1 << 20 }));
        Exception? seen = null;
        Thread thread = new(
            () =>
            {
                for (int depth = 0; seen is null && depth < 100_000; depth += 1_000)
                {
                    seen = Record.Exception(() => instance.Call("f", Value.I32(depth)));
                }
            },
            1280 * 1024);
        thread.Start();
        thread.Join();
        Assert.Equal(TrapKind.StackExhausted, Assert.IsType<TrapException>(seen).Kind);
    }
}
