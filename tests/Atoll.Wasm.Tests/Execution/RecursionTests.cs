namespace Atoll.Wasm.Tests.Execution;

/// <summary>Small functions that call themselves: every other call of these is inlined.</summary>
public class RecursionTests
{
    private const string Module = """
        (module (memory 1) (global $calls (export "calls") (mut i32) (i32.const 0))
          (func $count (export "count") (param i32) (result i32)
            (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
            (if (result i32) (local.get 0)
              (then (i32.add (i32.const 1) (call $count (i32.sub (local.get 0) (i32.const 1)))))
              (else (i32.load (i32.const 0)))))
          (func $endless (export "endless") (param i32) (result i32)
            (i32.add (local.get 0) (call $endless (i32.add (local.get 0) (i32.const 1)))))
          (func $takeuchi (export "takeuchi") (param i32 i32 i32) (result i32)
            (if (result i32) (i32.ge_s (local.get 1) (local.get 0)) (then (local.get 2)) (else (call $takeuchi
              (call $takeuchi (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (local.get 2))
              (call $takeuchi (i32.sub (local.get 1) (i32.const 1)) (local.get 2) (local.get 0))
              (call $takeuchi (i32.sub (local.get 2) (i32.const 1)) (local.get 0) (local.get 1))))))
          (func $waits (export "waits") (param i32)
            (loop (call $waits (i32.const 0)) (br_if 0 (local.get 0))))
          (func $leaves (export "leaves") (param i32)
            (loop (if (local.get 0) (then (call $leaves (i32.const 0)))) (br_if 0 (local.get 0))))
          (func $dives (export "dives") (param i32) (result i32)
            (if (local.get 0) (then (drop (call $dives (i32.sub (local.get 0) (i32.const 1))))))
            (i32.load (i32.sub (i32.const 65534) (local.get 0)))))
        """;

    public static TheoryData<WasmEngineOptions> Options => new(
        new WasmEngineOptions(),
        new WasmEngineOptions { CodeLifetime = CodeLifetime.Pinned },
        new WasmEngineOptions { ConsumeFuel = true },
        new WasmEngineOptions { EagerCodeBytes = 0, InterpretColdCode = false });

    private static Instance Run(WasmEngineOptions options) => Guest.Run(Module, new WasmEngine(options));

    [Theory]
    [MemberData(nameof(Options))]
    public void Each_call_is_made(WasmEngineOptions options)
    {
        Instance instance = Run(options);
        for (int depth = 0; depth < 5; depth++)
        {
            Assert.Equal(depth, instance.Call("count", Value.I32(depth))[0].AsI32());
        }

        Assert.Equal(1 + 2 + 3 + 4 + 5, instance.GetGlobal("calls")!.Value.AsI32());
        Assert.Equal(11, instance.Call("takeuchi", Value.I32(16), Value.I32(11), Value.I32(5))[0].AsI32());
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void The_stack_ends_as_it_should(WasmEngineOptions options)
    {
        Instance instance = Run(options);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(TrapKind.StackExhausted, Assert.Throws<TrapException>(() => instance.Call("endless", Value.I32(0))).Kind);
        }

        Assert.Equal(100, instance.Call("count", Value.I32(100))[0].AsI32());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_trap_in_the_copy_is_one(int depth)
    {
        Instance instance = Run(new WasmEngineOptions());
        TrapException trap = Assert.Throws<TrapException>(() => instance.Call("dives", Value.I32(depth)));
        Assert.Equal(TrapKind.MemoryOutOfBounds, trap.Kind);
        Assert.Equal("dives", trap.GuestStack[0].FunctionName ?? "dives");
        Assert.NotEmpty(trap.GuestStack);
    }

    [Theory]
    [InlineData("waits")]
    [InlineData("leaves")]
    public void A_loop_around_the_copy_can_be_stopped(string function)
    {
        Instance instance = Run(new WasmEngineOptions());
        instance.Store.SetDeadline(TimeSpan.FromMilliseconds(20));
        Exception exception = Assert.ThrowsAny<WasmException>(() => instance.Call(function, Value.I32(1)));

        // Where it calls itself for ever, the stack may end first.
        Assert.True(exception is LimitExceededException { Limit: LimitKind.Time } || (function == "waits" && exception is TrapException { Kind: TrapKind.StackExhausted }));
    }
}
