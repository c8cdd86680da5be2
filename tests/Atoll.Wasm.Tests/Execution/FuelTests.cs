namespace Atoll.Wasm.Tests.Execution;

/// <summary>One unit for each instruction that is executed, whatever way control takes. The fuzzer compares the same with the reference interpreter.</summary>
public sealed class FuelTests
{
    private const string Ways = """
        (module (memory 1)
          (func $leaf (export "leaf") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
          (func (export "if") (param i32) (result i32)
            (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.add (i32.const 1) (i32.const 2)))))
          (func (export "then") (param i32) (if (local.get 0) (then (nop) (nop) (nop))))
          (func (export "switch") (param i32) (result i32)
            (block $c (block $b (block $a (br_table $a $b $c (local.get 0))) (nop) (br $c)) (nop) (nop))
            (local.get 0))
          (func (export "leave") (param i32) (result i32)
            (block $out (nop) (br_if $out (local.get 0)) (nop) (nop) (br_if $out (i32.eqz (local.get 0))) (unreachable))
            (if (local.get 0) (then (return (i32.const 7))))
            (i32.const 8))
          (func (export "known") (param i32) (result i32) (local $i i32)
            (local.set $i (i32.const 0))
            (loop $l
              (if (local.get 0) (then (nop) (nop)))
              (i32.store (local.get $i) (local.get $i))
              (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 400))))
            (local.get $i))
          (func (export "below") (param i32) (local $i i32)
            (local.set $i (i32.const 5))
            (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 3))) (i32.const 27)))))
          (func (export "above") (param i32) (local $i i32)
            (local.set $i (i32.const 50))
            (loop $l (br_if $l (i32.le_s (local.tee $i (i32.add (local.get $i) (i32.const 3))) (i32.const 27)))))
          (func (export "left") (param i32) (local $i i32)
            (local.set $i (i32.const 0))
            (loop $l
              (if (i32.eq (local.get $i) (local.get 0)) (then (return)))
              (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100)))))
          (func (export "asked") (param i32)
            (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
          (func (export "nested") (param i32) (local $i i32)
            (loop $o
              (local.set $i (i32.const 0))
              (loop $l (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
              (br_if $o (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
          (func $sum (export "sum") (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
            (i32.add (local.get 0) (call $sum (i32.sub (local.get 0) (i32.const 1)))))
          (func (export "calls") (param i32) (result i32) (call $leaf (call $leaf (local.get 0))))
          (func (export "trap") (param i32) (result i32) (i32.load (i32.sub (local.get 0) (i32.const 100)))))
        """;

    [Theory]
    [InlineData("leaf", 0, 4)]
    [InlineData("if", 1, 5)]
    [InlineData("if", 0, 7)]
    [InlineData("then", 1, 7)]
    [InlineData("then", 0, 3)]
    [InlineData("switch", 0, 9)]
    [InlineData("switch", 1, 10)]
    [InlineData("switch", 2, 7)]
    [InlineData("leave", 1, 8)]
    [InlineData("leave", 0, 13)]
    [InlineData("known", 0, 3 + (100 * 12) + 3)]
    [InlineData("known", 1, 3 + (100 * 15) + 3)]
    [InlineData("below", 0, 3 + (8 * 7) + 2)]
    [InlineData("above", 0, 3 + 7 + 2)]
    [InlineData("left", 7, 3 + (7 * 11) + 5)]
    [InlineData("left", -1, 3 + (100 * 11) + 2)]
    [InlineData("asked", 1000, 1 + (1000 * 5) + 2)]
    [InlineData("nested", 20, 1 + (20 * (3 + 70 + 1 + 5)) + 2)]
    [InlineData("sum", 0, 5)]
    [InlineData("sum", 10, 5 + (10 * 10))]
    [InlineData("calls", 0, 4 + 8)]
    public void Each_instruction_is_counted_once(string function, int argument, int expected)
    {
        // Each time another kind of code: calls to itself inlined or not, giants, each function apart, with looks at requests to stop or without.
        WasmEngineOptions fuel = new() { ConsumeFuel = true };
        WasmEngineOptions[] kinds = [fuel, fuel with { Interruptible = false }, fuel with { EagerCodeBytes = 0 }, fuel with { EachIsGiant = true }, fuel with { Profiling = true }];
        foreach (WasmEngineOptions options in kinds)
        {
            Instance instance = Guest.Run(Ways, new WasmEngine(options), new StoreOptions { Fuel = 1_000_000 });
            instance.Call(function, argument);
            Assert.Equal((ulong)expected, 1_000_000 - instance.Store.Fuel);
        }
    }

    [Fact]
    public void A_guest_that_used_it_up_is_stopped_at_its_next_function_or_round()
    {
        foreach (string function in (string[])["asked", "sum", "nested"])
        {
            ulong needed = Used(function, 50);
            Assert.Equal(needed, Used(function, 50, needed));
            Instance instance = Make(needed / 2);
            Assert.Equal(LimitKind.Fuel, Assert.Throws<LimitExceededException>(() => instance.Call(function, 50)).Limit);
            Assert.Equal(0UL, instance.Store.Fuel);
        }
    }

    /// <summary>Not in the middle of a loop that ends soon by itself, nor before the trap in it.</summary>
    [Fact]
    public void A_short_loop_is_run_to_its_end_or_trap()
    {
        const string Text = """
            (module (memory 1) (global $n (export "n") (mut i32) (i32.const 0))
              (func (export "f") (param i32) (local $i i32)
                (local.set $i (i32.const 0))
                (loop $l
                  (i32.store (i32.mul (local.get $i) (local.get 0)) (i32.const 1))
                  (global.set $n (local.get $i))
                  (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
                (loop $l (br $l))))
            """;
        WasmEngine engine = new(new WasmEngineOptions { ConsumeFuel = true });
        Instance instance = Guest.Run(Text, engine, new StoreOptions { Fuel = 50 });
        Assert.Equal(LimitKind.Fuel, Assert.Throws<LimitExceededException>(() => instance.Call("f", 4)).Limit);
        Assert.Equal(99, instance.GetGlobal("n")!.Value.AsI32());

        instance = Guest.Run(Text, engine, new StoreOptions { Fuel = 50 });
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("f", 1000)).Kind);
        Assert.Equal(65, instance.GetGlobal("n")!.Value.AsI32());
        Assert.Equal(50UL, instance.Store.Fuel);
    }

    /// <summary>Small functions do not look; who calls many does.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("(br_if 0 (i32.eqz (local.get 0)))")]
    public void Many_calls_in_a_row_are_stopped(string around)
    {
        string calls = string.Concat(Enumerable.Repeat($"(block {around} (drop (i32.add (i32.const 1) (call $leaf))))", 2000));
        Instance instance = Guest.Run(
            $"""
            (module (global $n (export "n") (mut i32) (i32.const 0))
              (func $leaf (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))
              (func (export "f") (param i32) {calls}))
            """,
            new WasmEngine(new WasmEngineOptions { ConsumeFuel = true }),
            new StoreOptions { Fuel = 5000 });
        Assert.Equal(LimitKind.Fuel, Assert.Throws<LimitExceededException>(() => instance.Call("f", 1)).Limit);
        Assert.InRange(instance.GetGlobal("n")!.Value.AsI32(), 300, 600);
    }

    private static Instance Make(ulong fuel) => Guest.Run(Ways, new WasmEngine(new WasmEngineOptions { ConsumeFuel = true }), new StoreOptions { Fuel = fuel });

    private static ulong Used(string function, int argument, ulong fuel = 1_000_000)
    {
        Instance instance = Make(fuel);
        instance.Call(function, argument);
        return fuel - instance.Store.Fuel;
    }
}
