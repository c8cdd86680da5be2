namespace Atoll.Wasm.Tests.Execution;

/// <summary>The deterministic profile: bits of NaNs, and what the option refuses. The suites have the rest.</summary>
public sealed class DeterministicTests
{
    // Each takes bits of two floats and gives the bits of a result; none of the results is used by more arithmetic.
    private const string Module = """
        (module
          (memory 1)
          (global $g (mut f64) (f64.const 0))
          (func (export "chain") (param i64 i64) (result i64)
            (i64.reinterpret_f64 (f64.add (f64.mul (f64.reinterpret_i64 (local.get 0)) (f64.reinterpret_i64 (local.get 1))) (f64.const 1))))
          (func (export "local") (param i64 i64) (result i64) (local $x f64)
            (local.set $x (f64.sub (f64.reinterpret_i64 (local.get 0)) (f64.reinterpret_i64 (local.get 1))))
            (i64.reinterpret_f64 (local.get $x)))
          (func (export "store") (param i64 i64) (result i64)
            (f64.store (i32.const 8) (f64.div (f64.reinterpret_i64 (local.get 0)) (f64.reinterpret_i64 (local.get 1))))
            (i64.load (i32.const 8)))
          (func (export "global") (param i64 i64) (result i64)
            (global.set $g (f64.min (f64.reinterpret_i64 (local.get 0)) (f64.reinterpret_i64 (local.get 1))))
            (i64.reinterpret_f64 (global.get $g)))
          (func (export "branch") (param i64 i64) (result i64)
            (i64.reinterpret_f64 (block (result f64) (br 0 (f64.sqrt (f64.add (f64.reinterpret_i64 (local.get 0)) (f64.reinterpret_i64 (local.get 1))))))))
          (func (export "sign") (param i64 i64) (result i64)
            (i64.reinterpret_f64 (f64.abs (f64.mul (f64.reinterpret_i64 (local.get 0)) (f64.reinterpret_i64 (local.get 1))))))
          (func (export "narrow") (param i64 i64) (result i64)
            (i64.reinterpret_f64 (f64.promote_f32 (f32.demote_f64 (f64.max (f64.reinterpret_i64 (local.get 0)) (f64.reinterpret_i64 (local.get 1)))))))
          (func (export "select") (param i64 i64) (result i64)
            (i64.reinterpret_f64 (select (f64.add (f64.reinterpret_i64 (local.get 0)) (f64.reinterpret_i64 (local.get 1))) (f64.const 1) (i32.const 1))))
          (func (export "copied") (param i64 i64) (result i64) (local $x f64)
            (local.set $x (f64.neg (f64.reinterpret_i64 (local.get 0))))
            (i64.reinterpret_f64 (local.get $x)))
          (func (export "vector") (param i64 i64) (result i64)
            (i64x2.extract_lane 0 (f64x2.relaxed_madd (i64x2.splat (local.get 0)) (i64x2.splat (local.get 1)) (f64x2.splat (f64.const 1))))))
        """;

    private static readonly long[] NaNs = [0x7FF8_0000_0000_0001, 0x7FF4_0000_0000_0000, unchecked((long)0xFFF8_0000_0000_0000), unchecked((long)0xFFF0_0000_0000_0001)];

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(0)]
    public void EveryNaNThatIsMadeIsTheCanonicalOne(int eagerCodeBytes)
    {
        Instance instance = Guest.Run(Module, new WasmEngine(new WasmEngineOptions { Deterministic = true, EagerCodeBytes = eagerCodeBytes }));
        foreach (string name in (string[])["chain", "local", "store", "global", "branch", "sign", "narrow", "select", "vector"])
        {
            foreach (long nan in NaNs)
            {
                Assert.Equal((name, 0x7FF8_0000_0000_0000), (name, instance.Call(name, nan, 0x4000_0000_0000_0000)[0].AsI64()));
                Assert.Equal((name, 0x7FF8_0000_0000_0000), (name, instance.Call(name, 0x4000_0000_0000_0000, nan)[0].AsI64()));
            }
        }

        // Infinity minus infinity, zero by zero.
        Assert.Equal(0x7FF8_0000_0000_0000, instance.Call("local", 0x7FF0_0000_0000_0000, 0x7FF0_0000_0000_0000)[0].AsI64());
        Assert.Equal(0x7FF8_0000_0000_0000, instance.Call("store", 0L, 0L)[0].AsI64());
    }

    [Fact]
    public void WhatIsOnlyPassedOnKeepsItsBits()
    {
        Instance instance = Guest.Run(Module, new WasmEngine(new WasmEngineOptions { Deterministic = true }));
        Assert.Equal(unchecked((long)0xFFF4_0000_0000_0001), instance.Call("copied", 0x7FF4_0000_0000_0001, 0L)[0].AsI64());
    }

    [Fact]
    public void MultiplyAddRoundsTwice()
    {
        // (1 + 2^-52)² − (1 + 2^-51) is 0 with two roundings and 2^-104 with one.
        Instance instance = Guest.Run("""
            (module (func (export "f") (result f64)
              (f64x2.extract_lane 0 (f64x2.relaxed_madd
                (f64x2.splat (f64.const 0x1.0000000000001p0)) (f64x2.splat (f64.const 0x1.0000000000001p0)) (f64x2.splat (f64.const -0x1.0000000000002p0))))))
            """, new WasmEngine(new WasmEngineOptions { Deterministic = true }));
        Assert.Equal(0.0, instance.Call("f")[0].AsF64());
    }

    [Fact]
    public void TimeAndThreadsAreRefused()
    {
        WasmEngine engine = new(new WasmEngineOptions { Deterministic = true });
        Assert.Throws<ArgumentException>(() => new Store(engine, new StoreOptions { Timeout = TimeSpan.FromSeconds(1) }));
        using Store store = new(engine);
        Assert.Throws<ArgumentException>(() => store.SetDeadline(TimeSpan.FromSeconds(1)));
        Assert.ThrowsAny<WasmException>(() => Guest.Load("(module (memory 1 1 shared))", engine));

        // Who asks for them by name gets them.
        Guest.Load("(module (memory 1 1 shared))", new WasmEngine(new WasmEngineOptions { Deterministic = true, Features = WasmFeatures.Default }));
        Assert.Equal(WasmFeatures.Default, new WasmEngineOptions().Features);
    }

    [Fact]
    public void GrowingFailsAtLimitsOnly()
    {
        WasmEngine engine = new(new WasmEngineOptions { Deterministic = true, MaxMemoryBytes = 4 << 16 });
        Instance instance = Guest.Run("(module (memory 1) (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0))))", engine);
        Assert.Equal(-1, instance.Call("grow", 4)[0].AsI32());
        Assert.Equal(1, instance.Call("grow", 3)[0].AsI32());
    }
}
