namespace Atoll.Wasm.Tests.Execution;

/// <summary>Exceptions: what a handler may catch, what passes it, and what it finds afterwards. The suites test the semantics of the instructions.</summary>
public sealed class ExceptionTests
{
    private static readonly WasmEngine Fuelled = new(new WasmEngineOptions { ConsumeFuel = true });

    // A function that calls "run" with everything caught, in both forms.
    private const string CatchesAll = """
        (func (export "new") (result i32) (block $h (try_table (catch_all $h) (call $run) (return (i32.const 0)))) (i32.const 1))
        (func (export "old") (result i32) (try (result i32) (do (call $run) (i32.const 0)) (catch_all (i32.const 1))))
        """;

    [Theory]
    [InlineData("(unreachable)", TrapKind.Unreachable)]
    [InlineData("(drop (i32.div_u (i32.const 1) (i32.const 0)))", TrapKind.IntegerDivideByZero)]
    [InlineData("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", TrapKind.IntegerOverflow)]
    [InlineData("(drop (i32.load (i32.const -4)))", TrapKind.MemoryOutOfBounds)]
    [InlineData("(call_indirect (i32.const 0))", TrapKind.UninitializedElement)]
    [InlineData("(call_indirect (i32.const 9))", TrapKind.UndefinedElement)]
    [InlineData("(call_indirect (param i32) (i32.const 0) (i32.const 1))", TrapKind.IndirectCallTypeMismatch)]
    [InlineData("(call $run)", TrapKind.StackExhausted)]
    [InlineData("(throw_ref (ref.null exn))", TrapKind.NullReference)]
    [InlineData("(call $host)", TrapKind.Host)]
    public void Traps_pass_every_handler(string code, TrapKind kind)
    {
        // In the function that has the handler, too: there the check lies in the same method.
        Instance instance = Guest.Run(
            $"""
            (module (import "host" "trap" (func $host)) (memory 1) (table 2 funcref) (elem (i32.const 1) $run)
              (func $run (export "run") {code})
              (func (export "here") (result i32) (block $h (try_table (catch_all $h) {code} (return (i32.const 0)))) (i32.const 1))
              {CatchesAll})
            """,
            link: (linker, _) => linker.DefineFunction("host", "trap", void () => throw new TrapException(TrapKind.Host)));
        foreach (string function in (string[])["new", "old", "here"])
        {
            Assert.Equal(kind, Assert.Throws<TrapException>(() => instance.Call(function)).Kind);
        }
    }

    [Theory]
    [InlineData("new")]
    [InlineData("old")]
    public void Limits_and_what_the_host_throws_pass_every_handler(string function)
    {
        string text = $"""(module (import "host" "f" (func $host)) (func $loop (loop (br 0))) (func $run (call $host) (call $loop)) {CatchesAll})""";
        Exception? error = null;
        Instance Run(WasmEngine? engine = null, StoreOptions? options = null) =>
            Guest.Run(text, engine, options, (linker, _) => linker.DefineFunction("host", "f", () =>
            {
                if (error is not null)
                {
                    throw error;
                }
            }));

        Instance timed = Run();
        timed.Store.SetDeadline(TimeSpan.FromMilliseconds(20));
        Assert.Equal(LimitKind.Time, Assert.Throws<LimitExceededException>(() => timed.Call(function)).Limit);
        using CancellationTokenSource cancellation = new();
        Instance cancelled = Run(options: new StoreOptions { CancellationToken = cancellation.Token });
        cancellation.CancelAfter(20);
        Assert.ThrowsAny<OperationCanceledException>(() => cancelled.Call(function));
        Assert.Equal(LimitKind.Fuel, Assert.Throws<LimitExceededException>(() => Run(Fuelled, new StoreOptions { Fuel = 1000 }).Call(function)).Limit);
        error = new GuestExitException(3);
        Assert.Equal(3, Assert.Throws<GuestExitException>(() => Run().Call(function)).ExitCode);
        error = new InvalidDataException("no");
        Assert.Same(error, Assert.Throws<HostFunctionException>(() => Run().Call(function)).InnerException);
    }

    [Theory]
    [InlineData("(call $throw)")]
    [InlineData("(throw $e)")]
    [InlineData("(call $catches)")]
    public void Endless_throwing_can_be_stopped(string code)
    {
        string text = $"""
            (module (tag $e) (func $throw (throw $e)) (func $catches (block $h (try_table (catch $e $h) (call $throw))))
              (func (export "new") (loop $again (try_table (catch $e $again) {code} (br $again))))
              (func (export "old") (loop $again (try (do {code}) (catch $e)) (br $again))))
            """;
        foreach (string function in (string[])["new", "old"])
        {
            Instance timed = Guest.Run(text);
            timed.Store.SetDeadline(TimeSpan.FromMilliseconds(30));
            Assert.Equal(LimitKind.Time, Assert.Throws<LimitExceededException>(() => timed.Call(function)).Limit);
            Instance fuelled = Guest.Run(text, Fuelled, new StoreOptions { Fuel = 5_000 });
            Assert.Equal(LimitKind.Fuel, Assert.Throws<LimitExceededException>(() => fuelled.Call(function)).Limit);
        }
    }

    [Fact]
    public void Fuel_counts_what_ran_before_and_after_a_throw()
    {
        Instance instance = Guest.Run(
            """
            (module (tag $e) (memory 1)
              (func $work (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
              (func $throws (call $work (i32.const 1000)) (throw $e))
              (func (export "new") (block $h (try_table (catch $e $h) (call $throws))) (call $work (i32.const 100)))
              (func (export "old") (try (do (call $throws)) (catch $e (call $work (i32.const 100)))))
              (func (export "here") (block $h (try_table (catch $e $h) (call $work (i32.const 1000)) (throw $e))) (call $work (i32.const 100))))
            """,
            Fuelled,
            new StoreOptions { Fuel = 1_000_000 });
        foreach (string function in (string[])["new", "old", "here"])
        {
            ulong before = instance.Store.Fuel;
            instance.Call(function);
            Assert.InRange(before - instance.Store.Fuel, 5_500UL, 5_560UL);
        }
    }

    [Fact]
    public void A_memory_that_grew_before_the_throw_is_seen_in_the_handler()
    {
        Instance instance = Guest.Run("""
            (module (tag $e) (memory 1)
              (func $grow (drop (memory.grow (i32.const 1))) (throw $e))
              (func (export "f") (result i32) (local i32)
                (local.set 0 (i32.load (i32.const 0)))
                (block $h (try_table (catch $e $h) (i32.store (i32.const 8) (i32.const 1)) (call $grow)))
                (i32.store (i32.const 70000) (i32.const 42))
                (i32.add (memory.size) (i32.load (i32.const 70000)))))
            """);
        Assert.Equal(44, instance.Call("f")[0].AsI32());
    }

    [Fact]
    public void Handlers_see_locals_as_the_body_left_them()
    {
        Instance instance = Guest.Run("""
            (module (tag $e (param i32)) (func $throw (param i32) (if (local.get 0) (then (throw $e (local.get 0)))))
              (func (export "new") (param i32) (result i32 i32) (local $x i32) (local $sum i32)
                (local.get $x) ;; read before the body changes it
                (block $h (result i32)
                  (try_table (catch $e $h)
                    (local.set $x (i32.const 1))
                    (call $throw (i32.sub (local.get 0) (i32.const 1)))
                    (local.set $x (i32.const 2))
                    (call $throw (i32.sub (local.get 0) (i32.const 2))))
                  (i32.const 100))
                (i32.add (local.get $x)))
              (func (export "old") (param i32) (result i32 i32) (local $x i32)
                (local.get $x)
                (try (result i32)
                  (do
                    (local.set $x (i32.const 1))
                    (call $throw (i32.sub (local.get 0) (i32.const 1)))
                    (local.set $x (i32.const 2))
                    (call $throw (i32.sub (local.get 0) (i32.const 2)))
                    (i32.const 100))
                  (catch $e))
                (i32.add (local.get $x))))
            """);
        foreach (string function in (string[])["new", "old"])
        {
            Assert.Equal([Value.I32(0), Value.I32(1)], instance.Call(function, 1));
            Assert.Equal([Value.I32(0), Value.I32(2)], instance.Call(function, 2));
            Assert.Equal([Value.I32(0), Value.I32(5)], instance.Call(function, 5));
        }
    }

    [Fact]
    public void All_types_of_values_travel()
    {
        object thing = new();
        Instance instance = Guest.Run("""
            (module (tag $e (export "e") (param i32 i64 f32 f64 v128 funcref externref))
              (func $f (export "f"))
              (func $throw (export "throw") (param externref)
                (throw $e (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (v128.const i32x4 5 6 7 8) (ref.func $f) (local.get 0)))
              (func (export "new") (param externref) (result i32 i64 f32 f64 v128 funcref externref)
                (block $h (result i32 i64 f32 f64 v128 funcref externref) (try_table (catch $e $h) (call $throw (local.get 0))) (unreachable)))
              (func (export "here") (param externref) (result i32 i64 f32 f64 v128 funcref externref)
                (block $h (result i32 i64 f32 f64 v128 funcref externref exnref) (try_table (catch_ref $e $h)
                  (throw $e (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (v128.const i32x4 5 6 7 8) (ref.func $f) (local.get 0))) (unreachable))
                (drop))
              (func (export "old") (param externref) (result i32 i64 f32 f64 v128 funcref externref)
                (try (result i32 i64 f32 f64 v128 funcref externref) (do (call $throw (local.get 0)) (unreachable)) (catch $e))))
            """);
        Value[] expected =
        [
            1, 2L, 3f, 4.0, Value.V128(5 | (6UL << 32), 7 | (8UL << 32)), Value.FuncRef(instance.GetFunction("f")), Value.ExternRef(thing),
        ];
        foreach (string function in (string[])["new", "here", "old"])
        {
            Assert.Equal(expected, instance.Call(function, Value.ExternRef(thing)));
        }

        GuestThrownException error = Assert.Throws<GuestThrownException>(() => instance.Call("throw", Value.ExternRef(thing)));
        Assert.Equal(expected, error.Values);
        Assert.Same(instance.GetTag("e"), error.Tag);
        Assert.Equal(["throw"], error.GuestStack.Select(frame => frame.FunctionName));
        Assert.Contains("i32:1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exception_within_an_exception_and_so_on_can_be_shown()
    {
        Instance instance = Guest.Run("""
            (module (tag $e (param exnref i32)) (func $throw (param exnref i32) (throw $e (local.get 0) (local.get 1)))
              (func (export "f") (param i32) (local $x exnref)
                (loop $again
                  (block $h (result exnref) (try_table (catch_all_ref $h) (call $throw (local.get $x) (local.get 0))) (unreachable))
                  (local.set $x)
                  (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
                (throw_ref (local.get $x))))
            """);
        GuestThrownException error = Assert.Throws<GuestThrownException>(() => instance.Call("f", 100_000));
        Assert.EndsWith("exception (exnref:…, i32:1)", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, error.Values[0].AsExnRef()!.Values[1].AsI32());
    }
}
