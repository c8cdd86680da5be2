using System.Runtime.Intrinsics;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>Vectors where they meet the host, and where they could hurt it.</summary>
public sealed class VectorTests
{
    private static readonly Value OneToFour = Value.V128(0x0000_0002_0000_0001, 0x0000_0004_0000_0003);

    [Fact]
    public void Vectors_pass_between_guest_and_host()
    {
        Store store = new(Guest.Engine);
        Linker linker = new Linker(Guest.Engine).DefineFunction(
            "host", "swap", new FunctionType([ValueType.V128], [ValueType.V128]), (_, arguments, results) =>
            {
                (ulong low, ulong high) = arguments[0].AsV128();
                results[0] = Value.V128(high, low);
            });
        Instance instance = linker.Instantiate(store, Guest.Load("""
            (module (import "host" "swap" (func $swap (param v128) (result v128)))
              (global $g (export "g") (mut v128) (v128.const i32x4 9 8 7 6))
              (func (export "f") (param v128) (result v128 i32 v128)
                (global.set $g (call $swap (local.get 0)))
                (i32x4.add (local.get 0) (local.get 0)) (i32x4.extract_lane 2 (local.get 0)) (global.get $g)))
            """));
        Assert.Equal((0x0000_0008_0000_0009UL, 0x0000_0006_0000_0007UL), instance.GetGlobal("g")!.Value.AsV128());
        Value[] results = [.. instance.Call("f", OneToFour)];
        Assert.Equal((0x0000_0004_0000_0002UL, 0x0000_0008_0000_0006UL), results[0].AsV128());
        Assert.Equal(3, results[1].AsI32());
        Assert.Equal((0x0000_0004_0000_0003UL, 0x0000_0002_0000_0001UL), results[2].AsV128());
        Assert.Equal(results[2], instance.GetGlobal("g")!.Value);
    }

    [Fact]
    public void Vectors_fit_typed_delegates()
    {
        Instance instance = Guest.Run("(module (func (export \"f\") (param v128 v128) (result v128) (f32x4.mul (local.get 0) (local.get 1))))");
        var multiply = instance.GetFunction("f")!.ToDelegate<Func<Vector128<byte>, Vector128<byte>, Vector128<byte>>>();
        Assert.Equal(Vector128.Create(2f, 6f, 12f, 20f), multiply(Vector128.Create(1f, 2f, 3f, 4f).AsByte(), Vector128.Create(2f, 3f, 4f, 5f).AsByte()).AsSingle());
    }

    [Theory]
    [InlineData("v128.load", 16)]
    [InlineData("v128.load32_splat", 4)]
    [InlineData("v128.load8x8_s", 8)]
    public void Loads_stop_at_the_end_of_the_memory(string load, int size)
    {
        Instance instance = Guest.Run($"(module (memory 1) (func (export \"f\") (param i32) (drop ({load} (local.get 0)))))");
        instance.Call("f", 65536 - size);
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("f", 65537 - size)).Kind);
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("f", -1)).Kind);
    }

    [Fact]
    public void Fifty_thousand_vectors_in_a_frame_do_not_overflow_the_stack()
    {
        string locals = string.Join(' ', Enumerable.Repeat("v128", 49_999));
        Instance instance = Guest.Run($"(module (func $f (export \"f\") (param i32) (result i32) (local {locals}) (i32.add (call $f (local.get 0)) (i32x4.extract_lane 0 (local.get 49998)))))");
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(TrapKind.StackExhausted, Assert.Throws<TrapException>(() => instance.Call("f", 1)).Kind);
        }
    }

    [Fact]
    public void Vectors_can_be_forbidden()
    {
        WasmEngine engine = new(new WasmEngineOptions { Features = WasmFeatures.None });
        Assert.Contains("vectors are not enabled", Assert.Throws<MalformedModuleException>(() => Guest.Run("(module (func (param v128)))", engine)).Message, StringComparison.Ordinal);
        Assert.Contains("i8x16.splat needs Simd", Assert.Throws<MalformedModuleException>(() => Guest.Run("(module (func (drop (i8x16.splat (i32.const 1)))))", engine)).Message, StringComparison.Ordinal);
        WasmEngine strict = new(new WasmEngineOptions { Features = WasmFeatures.Simd });
        Assert.Throws<MalformedModuleException>(() => Guest.Run("(module (func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))))", strict));
    }
}
