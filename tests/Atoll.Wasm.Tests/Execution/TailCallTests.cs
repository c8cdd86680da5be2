namespace Atoll.Wasm.Tests.Execution;

/// <summary>Calls that take the place of their caller: any number of them in the same stack, and still under every limit.</summary>
public sealed class TailCallTests
{
    private const int Million = 1_000_000;

    // Counts down through another function, so that neither is a loop by itself. Each way of calling, and arguments that take more room on
    // the stack than the caller's own.
    [Theory]
    [InlineData("(return_call $b (i32.sub (local.get 0) (i32.const 1)))", "(return_call $a (local.get 0))")]
    [InlineData("(return_call $a (i32.sub (local.get 0) (i32.const 1)))", "(unreachable)")]
    [InlineData("(return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1))", "(return_call_indirect (type $t) (local.get 0) (i32.const 0))")]
    [InlineData("(return_call $wide (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8) (local.get 0))", "(unreachable)")]
    public void A_million_calls_take_no_stack(string a, string b)
    {
        Instance instance = Guest.Run($"""
            (module (type $t (func (param i32) (result i32))) (table funcref (elem $a $b))
              (func $a (export "a") (type $t) (if (i32.eqz (local.get 0)) (then (return (i32.const 42)))) {a})
              (func $b (type $t) {b})
              (func $wide (param i64 i64 i64 i64 i64 i64 i64 i64 i32) (result i32) (return_call $a (i32.sub (local.get 8) (i32.const 1)))))
            """);
        Assert.Equal(42, instance.Call("a", Million)[0].AsI32());
    }

    [Fact]
    public void Several_results_pass_through()
    {
        Instance instance = Guest.Run("""
            (module
              (func $a (export "a") (param i32 i64) (result i32 i64 f64)
                (if (i32.eqz (local.get 0)) (then (return (i32.const 7) (local.get 1) (f64.const 0.5))))
                (return_call $b (local.get 1) (local.get 0)))
              (func $b (param i64 i32) (result i32 i64 f64)
                (return_call $a (i32.sub (local.get 1) (i32.const 1)) (i64.add (local.get 0) (i64.const 2)))))
            """);
        Value[] results = [.. instance.Call("a", Million, Value.I64(1))];
        Assert.Equal((7, 2L * Million + 1, 0.5), (results[0].AsI32(), results[1].AsI64(), results[2].AsF64()));
    }

    [Fact]
    public void Values_below_the_arguments_are_dropped()
    {
        Instance instance = Guest.Run("""
            (module (func $a (export "a") (param i32) (result i32)
              (i64.extend_i32_s (local.get 0)) (f32.convert_i32_s (local.get 0)) (i32.sub (local.get 0) (i32.const 1))
              (if (param i32) (result i32) (i32.eqz (local.get 0)) (then) (else (return_call $a)))
              (return)))
            """);
        Assert.Equal(-1, instance.Call("a", 100_000)[0].AsI32());
    }

    [Fact]
    public void Calls_of_the_host_and_of_other_modules_are_calls_too()
    {
        Store store = new(Guest.Engine);
        Linker linker = new Linker(Guest.Engine).DefineFunction("host", "twice", (int x) => 2 * x);
        Instance first = linker.Instantiate(store, Guest.Load("""
            (module (import "host" "twice" (func $twice (param i32) (result i32))) (table (export "table") 1 funcref)
              (type $t (func (param i32) (result i32)))
              (func (export "host") (param i32) (result i32) (return_call $twice (local.get 0)))
              (func (export "a") (type $t) (if (i32.eqz (local.get 0)) (then (return (i32.const 42))))
                (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))
            """));
        Instance second = linker.DefineInstance("first", first).Instantiate(store, Guest.Load("""
            (module (import "first" "table" (table 1 funcref)) (import "first" "a" (func $a (param i32) (result i32)))
              (func $b (param i32) (result i32) (return_call $a (local.get 0))) (elem (i32.const 0) $b))
            """));
        Assert.Equal(14, first.Call("host", 7)[0].AsI32());
        Assert.Equal(42, first.Call("a", Million)[0].AsI32());
        GC.KeepAlive(second);
    }

    [Theory]
    [InlineData("(func $f (export \"f\") (return_call $f))")]
    [InlineData("(func $f (export \"f\") (return_call $g)) (func $g (return_call $f))")]
    [InlineData("(type $t (func)) (table funcref (elem $f)) (func $f (export \"f\") (return_call_indirect (type $t) (i32.const 0)))")]
    public void Endless_tail_calls_can_be_stopped(string functions)
    {
        Instance timed = Guest.Run($"(module {functions})");
        timed.Store.SetDeadline(TimeSpan.FromMilliseconds(30));
        Assert.Equal(LimitKind.Time, Assert.Throws<LimitExceededException>(() => timed.Call("f")).Limit);

        Instance fuelled = Guest.Run($"(module {functions})", new WasmEngine(new WasmEngineOptions { ConsumeFuel = true }), new StoreOptions { Fuel = 100_000 });
        Assert.Equal(LimitKind.Fuel, Assert.Throws<LimitExceededException>(() => fuelled.Call("f")).Limit);
    }

    [Fact]
    public void Large_frames_do_not_pile_up()
    {
        string locals = string.Join(' ', Enumerable.Repeat("i64", 5_000));
        Instance instance = Guest.Run($"""
            (module (func $a (export "a") (param i32) (result i32) (local {locals})
              (if (i32.eqz (local.get 0)) (then (return (i32.const 42)))) (return_call $a (i32.sub (local.get 0) (i32.const 1)))))
            """);
        Assert.Equal(42, instance.Call("a", 10_000)[0].AsI32());
    }

    [Theory]
    [InlineData("(func $f (result i32) (return_call $g)) (func $g (result i64) (i64.const 1))")]
    [InlineData("(func $f (return_call $g)) (func $g (result i64) (i64.const 1))")]
    [InlineData("(func $f (result i32) (return_call $g (i64.const 1))) (func $g (param i32) (result i32) (local.get 0))")]
    public void Results_and_arguments_must_match(string functions) => Assert.Throws<InvalidModuleException>(() => Guest.Load($"(module {functions})"));
}
