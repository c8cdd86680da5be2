using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using V = System.Runtime.Intrinsics.Vector128<byte>;

namespace Atoll.Wasm.Execution;

/// <content>Lanes, shuffles and bits; globals and results.</content>
internal static unsafe partial class Vectors
{
    [MethodImpl(Inline)]
    public static V I8x16Splat(int value) => Vector128.Create((byte)value);

    [MethodImpl(Inline)]
    public static V I16x8Splat(int value) => Vector128.Create((short)value).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4Splat(int value) => Vector128.Create(value).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2Splat(long value) => Vector128.Create(value).AsByte();

    // The value may be a constant; the JIT compiler does not fold shuffles.
    [MethodImpl(Inline)]
    public static V F32x4Splat(float value) => Sse.IsSupported
        ? Sse.Shuffle(Vector128.CreateScalarUnsafe(value), Vector128.CreateScalarUnsafe(value), 0).AsByte()
        : Hide(Vector128.Create(value).AsByte());

    [MethodImpl(Inline)]
    public static V F64x2Splat(double value) => Sse3.IsSupported
        ? Sse3.MoveAndDuplicate(Vector128.CreateScalarUnsafe(value)).AsByte()
        : Hide(Vector128.Create(value).AsByte());

    /// <summary>The same vector, of which the JIT compiler knows nothing any more.</summary>
    [MethodImpl(Inline)]
    public static V Hide(V a) => Sse.IsSupported ? Sse.Shuffle(a.AsSingle(), a.AsSingle(), 0b11_10_01_00).AsByte()
        : AdvSimd.IsSupported ? AdvSimd.ExtractVector128(a, a, 0)
        : Opaque(a);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static V Opaque(V a) => a;

    [MethodImpl(Inline)]
    public static int I8x16ExtractLaneS(V a, int lane) => a.AsSByte().GetElement(lane);

    [MethodImpl(Inline)]
    public static int I8x16ExtractLaneU(V a, int lane) => a.GetElement(lane);

    [MethodImpl(Inline)]
    public static V I8x16ReplaceLane(V a, int value, int lane) => a.AsSByte().WithElement(lane, (sbyte)value).AsByte();

    [MethodImpl(Inline)]
    public static int I16x8ExtractLaneS(V a, int lane) => a.AsInt16().GetElement(lane);

    [MethodImpl(Inline)]
    public static int I16x8ExtractLaneU(V a, int lane) => a.AsUInt16().GetElement(lane);

    [MethodImpl(Inline)]
    public static V I16x8ReplaceLane(V a, int value, int lane) => a.AsInt16().WithElement(lane, (short)value).AsByte();

    [MethodImpl(Inline)]
    public static int I32x4ExtractLane(V a, int lane) => a.AsInt32().GetElement(lane);

    [MethodImpl(Inline)]
    public static V I32x4ReplaceLane(V a, int value, int lane) => a.AsInt32().WithElement(lane, value).AsByte();

    [MethodImpl(Inline)]
    public static long I64x2ExtractLane(V a, int lane) => a.AsInt64().GetElement(lane);

    [MethodImpl(Inline)]
    public static V I64x2ReplaceLane(V a, long value, int lane) => a.AsInt64().WithElement(lane, value).AsByte();

    // A constant lane would become an f64 on the way, which makes a signalling NaN quiet; the JIT compiler does not fold shuffles.
    [MethodImpl(Inline)]
    public static float F32x4ExtractLane(V a, int lane) => !Sse.IsSupported ? Numeric.F32ReinterpretI32(a.AsInt32().GetElement(lane)) : lane switch
    {
        0 => Sse.Shuffle(a.AsSingle(), a.AsSingle(), 0b00_00_00_00).ToScalar(),
        1 => Sse.Shuffle(a.AsSingle(), a.AsSingle(), 0b01_01_01_01).ToScalar(),
        2 => Sse.Shuffle(a.AsSingle(), a.AsSingle(), 0b10_10_10_10).ToScalar(),
        _ => Sse.Shuffle(a.AsSingle(), a.AsSingle(), 0b11_11_11_11).ToScalar(),
    };

    [MethodImpl(Inline)]
    public static V F32x4ReplaceLane(V a, float value, int lane) => a.AsSingle().WithElement(lane, value).AsByte();

    [MethodImpl(Inline)]
    public static double F64x2ExtractLane(V a, int lane) => a.AsDouble().GetElement(lane);

    [MethodImpl(Inline)]
    public static V F64x2ReplaceLane(V a, double value, int lane) => a.AsDouble().WithElement(lane, value).AsByte();

    [MethodImpl(Inline)]
    public static V I8x16Swizzle(V a, V indices) => Vector128.Shuffle(a, indices);

    [MethodImpl(Inline)]
    public static V I8x16RelaxedSwizzle(V a, V indices) => Vector128.Shuffle(a, indices);

    /// <summary>An index from 16 on is out of range for the first operand, and one below wraps around to be so for the second: the other gives zero.</summary>
    [MethodImpl(Inline)]
    public static V I8x16Shuffle(V a, V b, long low, long high) =>
        Vector128.Shuffle(a, Const(low, high)) | Vector128.Shuffle(b, Const(low, high) - Vector128.Create((byte)16));

    [MethodImpl(Inline)]
    public static V Const(long low, long high) => Vector128.Create(low, high).AsByte();

    [MethodImpl(Inline)]
    public static V V128Not(V a) => ~a;

    [MethodImpl(Inline)]
    public static V V128And(V a, V b) => a & b;

    [MethodImpl(Inline)]
    public static V V128Andnot(V a, V b) => Vector128.AndNot(a, b);

    [MethodImpl(Inline)]
    public static V V128Or(V a, V b) => a | b;

    [MethodImpl(Inline)]
    public static V V128Xor(V a, V b) => a ^ b;

    [MethodImpl(Inline)]
    public static V V128Bitselect(V a, V b, V mask) => Vector128.ConditionalSelect(mask, a, b);

    [MethodImpl(Inline)]
    public static V I8x16RelaxedLaneselect(V a, V b, V mask) => Vector128.ConditionalSelect(mask, a, b);

    [MethodImpl(Inline)]
    public static V I16x8RelaxedLaneselect(V a, V b, V mask) => Vector128.ConditionalSelect(mask, a, b);

    [MethodImpl(Inline)]
    public static V I32x4RelaxedLaneselect(V a, V b, V mask) => Vector128.ConditionalSelect(mask, a, b);

    [MethodImpl(Inline)]
    public static V I64x2RelaxedLaneselect(V a, V b, V mask) => Vector128.ConditionalSelect(mask, a, b);

    [MethodImpl(Inline)]
    public static int V128AnyTrue(V a) => a != V.Zero ? 1 : 0;

    // Globals whose cell is shared, and results after the first.
    public static V GetGlobal(Global global) => Vector128.Create(global.Low, global.High).AsByte();

    public static void SetGlobal(Global global, V value)
    {
        global.Low = value.AsUInt64()[0];
        global.High = value.AsUInt64()[1];
    }

    [MethodImpl(Inline)]
    public static void SetResult(ref V result, V value) => result = value;
}
