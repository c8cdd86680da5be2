using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using V = System.Runtime.Intrinsics.Vector128<byte>;

namespace Atoll.Wasm.Execution;

/// <summary>
/// Vector instructions as methods that the JIT compiler inlines into compiled code. A method is named after its instruction ("Vector Instructions"):
/// <c>i8x16.add_sat_s</c> is <c>I8x16AddSatS</c>.
/// </summary>
internal static unsafe partial class Vectors
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    [MethodImpl(Inline)]
    public static V I8x16Eq(V a, V b) => Vector128.Equals(a, b);

    [MethodImpl(Inline)]
    public static V I8x16Ne(V a, V b) => ~Vector128.Equals(a, b);

    [MethodImpl(Inline)]
    public static V I8x16LtS(V a, V b) => Vector128.LessThan(a.AsSByte(), b.AsSByte()).AsByte();

    [MethodImpl(Inline)]
    public static V I8x16LtU(V a, V b) => Vector128.LessThan(a, b);

    [MethodImpl(Inline)]
    public static V I8x16GtS(V a, V b) => Vector128.GreaterThan(a.AsSByte(), b.AsSByte()).AsByte();

    [MethodImpl(Inline)]
    public static V I8x16GtU(V a, V b) => Vector128.GreaterThan(a, b);

    [MethodImpl(Inline)]
    public static V I8x16LeS(V a, V b) => Vector128.LessThanOrEqual(a.AsSByte(), b.AsSByte()).AsByte();

    [MethodImpl(Inline)]
    public static V I8x16LeU(V a, V b) => Vector128.LessThanOrEqual(a, b);

    [MethodImpl(Inline)]
    public static V I8x16GeS(V a, V b) => Vector128.GreaterThanOrEqual(a.AsSByte(), b.AsSByte()).AsByte();

    [MethodImpl(Inline)]
    public static V I8x16GeU(V a, V b) => Vector128.GreaterThanOrEqual(a, b);

    [MethodImpl(Inline)]
    public static V I16x8Eq(V a, V b) => Vector128.Equals(a.AsUInt16(), b.AsUInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8Ne(V a, V b) => (~Vector128.Equals(a.AsUInt16(), b.AsUInt16())).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8LtS(V a, V b) => Vector128.LessThan(a.AsInt16(), b.AsInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8LtU(V a, V b) => Vector128.LessThan(a.AsUInt16(), b.AsUInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8GtS(V a, V b) => Vector128.GreaterThan(a.AsInt16(), b.AsInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8GtU(V a, V b) => Vector128.GreaterThan(a.AsUInt16(), b.AsUInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8LeS(V a, V b) => Vector128.LessThanOrEqual(a.AsInt16(), b.AsInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8LeU(V a, V b) => Vector128.LessThanOrEqual(a.AsUInt16(), b.AsUInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8GeS(V a, V b) => Vector128.GreaterThanOrEqual(a.AsInt16(), b.AsInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8GeU(V a, V b) => Vector128.GreaterThanOrEqual(a.AsUInt16(), b.AsUInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4Eq(V a, V b) => Vector128.Equals(a.AsUInt32(), b.AsUInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4Ne(V a, V b) => (~Vector128.Equals(a.AsUInt32(), b.AsUInt32())).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4LtS(V a, V b) => Vector128.LessThan(a.AsInt32(), b.AsInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4LtU(V a, V b) => Vector128.LessThan(a.AsUInt32(), b.AsUInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4GtS(V a, V b) => Vector128.GreaterThan(a.AsInt32(), b.AsInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4GtU(V a, V b) => Vector128.GreaterThan(a.AsUInt32(), b.AsUInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4LeS(V a, V b) => Vector128.LessThanOrEqual(a.AsInt32(), b.AsInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4LeU(V a, V b) => Vector128.LessThanOrEqual(a.AsUInt32(), b.AsUInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4GeS(V a, V b) => Vector128.GreaterThanOrEqual(a.AsInt32(), b.AsInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4GeU(V a, V b) => Vector128.GreaterThanOrEqual(a.AsUInt32(), b.AsUInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I8x16Abs(V a) => Vector128.Abs(a.AsSByte()).AsByte();

    [MethodImpl(Inline)]
    public static V I8x16Neg(V a) => (-a.AsSByte()).AsByte();

    [MethodImpl(Inline)]
    public static int I8x16AllTrue(V a) => Vector128.EqualsAny(a, Vector128<byte>.Zero) ? 0 : 1;

    [MethodImpl(Inline)]
    public static int I8x16Bitmask(V a) => (int)a.ExtractMostSignificantBits();

    [MethodImpl(Inline)]
    public static V I8x16NarrowI16x8S(V a, V b) =>
        Vector128.Narrow(Vector128.Clamp(a.AsInt16(), Vector128.Create((short)sbyte.MinValue), Vector128.Create((short)sbyte.MaxValue)), Vector128.Clamp(b.AsInt16(), Vector128.Create((short)sbyte.MinValue), Vector128.Create((short)sbyte.MaxValue))).AsByte();

    [MethodImpl(Inline)]
    public static V I8x16NarrowI16x8U(V a, V b) =>
        Vector128.Narrow(Vector128.Clamp(a.AsInt16(), Vector128.Create((short)0), Vector128.Create((short)byte.MaxValue)), Vector128.Clamp(b.AsInt16(), Vector128.Create((short)0), Vector128.Create((short)byte.MaxValue))).AsByte();

    [MethodImpl(Inline)]
    public static V I8x16Shl(V a, int count) => Vector128.ShiftLeft(a, count & 7);

    [MethodImpl(Inline)]
    public static V I8x16ShrS(V a, int count) => Vector128.ShiftRightArithmetic(a.AsSByte(), count & 7).AsByte();

    [MethodImpl(Inline)]
    public static V I8x16ShrU(V a, int count) => Vector128.ShiftRightLogical(a, count & 7);

    [MethodImpl(Inline)]
    public static V I8x16Add(V a, V b) => a + b;

    [MethodImpl(Inline)]
    public static V I8x16AddSatS(V a, V b) => Vector128.AddSaturate(a.AsSByte(), b.AsSByte()).AsByte();

    [MethodImpl(Inline)]
    public static V I8x16AddSatU(V a, V b) => Vector128.AddSaturate(a, b);

    [MethodImpl(Inline)]
    public static V I8x16Sub(V a, V b) => a - b;

    [MethodImpl(Inline)]
    public static V I8x16SubSatS(V a, V b) => Vector128.SubtractSaturate(a.AsSByte(), b.AsSByte()).AsByte();

    [MethodImpl(Inline)]
    public static V I8x16SubSatU(V a, V b) => Vector128.SubtractSaturate(a, b);

    [MethodImpl(Inline)]
    public static V I8x16MinS(V a, V b) => Vector128.Min(a.AsSByte(), b.AsSByte()).AsByte();

    [MethodImpl(Inline)]
    public static V I8x16MinU(V a, V b) => Vector128.Min(a, b);

    [MethodImpl(Inline)]
    public static V I8x16MaxS(V a, V b) => Vector128.Max(a.AsSByte(), b.AsSByte()).AsByte();

    [MethodImpl(Inline)]
    public static V I8x16MaxU(V a, V b) => Vector128.Max(a, b);

    [MethodImpl(Inline)]
    public static V I8x16AvgrU(V a, V b) => Sse2.IsSupported ? Sse2.Average(a, b) : ((a | b) - Vector128.ShiftRightLogical(a ^ b, 1));

    [MethodImpl(Inline)]
    public static V I16x8ExtaddPairwiseI8x16S(V a) =>
        (Vector128.ShiftRightArithmetic(Vector128.ShiftLeft(a.AsInt16(), 8), 8) + Vector128.ShiftRightArithmetic(a.AsInt16(), 8)).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8ExtaddPairwiseI8x16U(V a) =>
        (Vector128.ShiftRightLogical(Vector128.ShiftLeft(a.AsUInt16(), 8), 8) + Vector128.ShiftRightLogical(a.AsUInt16(), 8)).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4ExtaddPairwiseI16x8S(V a) =>
        (Vector128.ShiftRightArithmetic(Vector128.ShiftLeft(a.AsInt32(), 16), 16) + Vector128.ShiftRightArithmetic(a.AsInt32(), 16)).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4ExtaddPairwiseI16x8U(V a) =>
        (Vector128.ShiftRightLogical(Vector128.ShiftLeft(a.AsUInt32(), 16), 16) + Vector128.ShiftRightLogical(a.AsUInt32(), 16)).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8Abs(V a) => Vector128.Abs(a.AsInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8Neg(V a) => (-a.AsInt16()).AsByte();

    [MethodImpl(Inline)]
    public static int I16x8AllTrue(V a) => Vector128.EqualsAny(a.AsUInt16(), Vector128<ushort>.Zero) ? 0 : 1;

    [MethodImpl(Inline)]
    public static int I16x8Bitmask(V a) => (int)a.AsUInt16().ExtractMostSignificantBits();

    [MethodImpl(Inline)]
    public static V I16x8NarrowI32x4S(V a, V b) =>
        Vector128.Narrow(Vector128.Clamp(a.AsInt32(), Vector128.Create((int)short.MinValue), Vector128.Create((int)short.MaxValue)), Vector128.Clamp(b.AsInt32(), Vector128.Create((int)short.MinValue), Vector128.Create((int)short.MaxValue))).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8NarrowI32x4U(V a, V b) =>
        Vector128.Narrow(Vector128.Clamp(a.AsInt32(), Vector128.Create((int)0), Vector128.Create((int)ushort.MaxValue)), Vector128.Clamp(b.AsInt32(), Vector128.Create((int)0), Vector128.Create((int)ushort.MaxValue))).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8ExtendLowI8x16S(V a) => Vector128.WidenLower(a.AsSByte()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8ExtendHighI8x16S(V a) => Vector128.WidenUpper(a.AsSByte()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8ExtendLowI8x16U(V a) => Vector128.WidenLower(a).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8ExtendHighI8x16U(V a) => Vector128.WidenUpper(a).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8Shl(V a, int count) => Vector128.ShiftLeft(a.AsUInt16(), count & 15).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8ShrS(V a, int count) => Vector128.ShiftRightArithmetic(a.AsInt16(), count & 15).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8ShrU(V a, int count) => Vector128.ShiftRightLogical(a.AsUInt16(), count & 15).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8Add(V a, V b) => (a.AsUInt16() + b.AsUInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8AddSatS(V a, V b) => Vector128.AddSaturate(a.AsInt16(), b.AsInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8AddSatU(V a, V b) => Vector128.AddSaturate(a.AsUInt16(), b.AsUInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8Sub(V a, V b) => (a.AsUInt16() - b.AsUInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8SubSatS(V a, V b) => Vector128.SubtractSaturate(a.AsInt16(), b.AsInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8SubSatU(V a, V b) => Vector128.SubtractSaturate(a.AsUInt16(), b.AsUInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8Mul(V a, V b) => (a.AsUInt16() * b.AsUInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8MinS(V a, V b) => Vector128.Min(a.AsInt16(), b.AsInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8MinU(V a, V b) => Vector128.Min(a.AsUInt16(), b.AsUInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8MaxS(V a, V b) => Vector128.Max(a.AsInt16(), b.AsInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8MaxU(V a, V b) => Vector128.Max(a.AsUInt16(), b.AsUInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8AvgrU(V a, V b) =>
        Sse2.IsSupported ? Sse2.Average(a.AsUInt16(), b.AsUInt16()).AsByte() : ((a.AsUInt16() | b.AsUInt16()) - Vector128.ShiftRightLogical(a.AsUInt16() ^ b.AsUInt16(), 1)).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8ExtmulLowI8x16S(V a, V b) => (Vector128.WidenLower(a.AsSByte()) * Vector128.WidenLower(b.AsSByte())).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8ExtmulHighI8x16S(V a, V b) => (Vector128.WidenUpper(a.AsSByte()) * Vector128.WidenUpper(b.AsSByte())).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8ExtmulLowI8x16U(V a, V b) => (Vector128.WidenLower(a) * Vector128.WidenLower(b)).AsByte();

    [MethodImpl(Inline)]
    public static V I16x8ExtmulHighI8x16U(V a, V b) => (Vector128.WidenUpper(a) * Vector128.WidenUpper(b)).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4Abs(V a) => Vector128.Abs(a.AsInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4Neg(V a) => (-a.AsInt32()).AsByte();

    [MethodImpl(Inline)]
    public static int I32x4AllTrue(V a) => Vector128.EqualsAny(a.AsUInt32(), Vector128<uint>.Zero) ? 0 : 1;

    [MethodImpl(Inline)]
    public static int I32x4Bitmask(V a) => (int)a.AsUInt32().ExtractMostSignificantBits();

    [MethodImpl(Inline)]
    public static V I32x4ExtendLowI16x8S(V a) => Vector128.WidenLower(a.AsInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4ExtendHighI16x8S(V a) => Vector128.WidenUpper(a.AsInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4ExtendLowI16x8U(V a) => Vector128.WidenLower(a.AsUInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4ExtendHighI16x8U(V a) => Vector128.WidenUpper(a.AsUInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4Shl(V a, int count) => Vector128.ShiftLeft(a.AsUInt32(), count & 31).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4ShrS(V a, int count) => Vector128.ShiftRightArithmetic(a.AsInt32(), count & 31).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4ShrU(V a, int count) => Vector128.ShiftRightLogical(a.AsUInt32(), count & 31).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4Add(V a, V b) => (a.AsUInt32() + b.AsUInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4Sub(V a, V b) => (a.AsUInt32() - b.AsUInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4Mul(V a, V b) => (a.AsUInt32() * b.AsUInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4MinS(V a, V b) => Vector128.Min(a.AsInt32(), b.AsInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4MinU(V a, V b) => Vector128.Min(a.AsUInt32(), b.AsUInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4MaxS(V a, V b) => Vector128.Max(a.AsInt32(), b.AsInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4MaxU(V a, V b) => Vector128.Max(a.AsUInt32(), b.AsUInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4ExtmulLowI16x8S(V a, V b) => (Vector128.WidenLower(a.AsInt16()) * Vector128.WidenLower(b.AsInt16())).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4ExtmulHighI16x8S(V a, V b) => (Vector128.WidenUpper(a.AsInt16()) * Vector128.WidenUpper(b.AsInt16())).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4ExtmulLowI16x8U(V a, V b) => (Vector128.WidenLower(a.AsUInt16()) * Vector128.WidenLower(b.AsUInt16())).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4ExtmulHighI16x8U(V a, V b) => (Vector128.WidenUpper(a.AsUInt16()) * Vector128.WidenUpper(b.AsUInt16())).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2Abs(V a) => Vector128.Abs(a.AsInt64()).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2Neg(V a) => (-a.AsInt64()).AsByte();

    [MethodImpl(Inline)]
    public static int I64x2AllTrue(V a) => Vector128.EqualsAny(a.AsUInt64(), Vector128<ulong>.Zero) ? 0 : 1;

    [MethodImpl(Inline)]
    public static int I64x2Bitmask(V a) => (int)a.AsUInt64().ExtractMostSignificantBits();

    [MethodImpl(Inline)]
    public static V I64x2ExtendLowI32x4S(V a) => Vector128.WidenLower(a.AsInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2ExtendHighI32x4S(V a) => Vector128.WidenUpper(a.AsInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2ExtendLowI32x4U(V a) => Vector128.WidenLower(a.AsUInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2ExtendHighI32x4U(V a) => Vector128.WidenUpper(a.AsUInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2Shl(V a, int count) => Vector128.ShiftLeft(a.AsUInt64(), count & 63).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2ShrS(V a, int count) => Vector128.ShiftRightArithmetic(a.AsInt64(), count & 63).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2ShrU(V a, int count) => Vector128.ShiftRightLogical(a.AsUInt64(), count & 63).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2Add(V a, V b) => (a.AsUInt64() + b.AsUInt64()).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2Sub(V a, V b) => (a.AsUInt64() - b.AsUInt64()).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2Mul(V a, V b) => (a.AsUInt64() * b.AsUInt64()).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2Eq(V a, V b) => Vector128.Equals(a.AsUInt64(), b.AsUInt64()).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2Ne(V a, V b) => (~Vector128.Equals(a.AsUInt64(), b.AsUInt64())).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2LtS(V a, V b) => Vector128.LessThan(a.AsInt64(), b.AsInt64()).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2GtS(V a, V b) => Vector128.GreaterThan(a.AsInt64(), b.AsInt64()).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2LeS(V a, V b) => Vector128.LessThanOrEqual(a.AsInt64(), b.AsInt64()).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2GeS(V a, V b) => Vector128.GreaterThanOrEqual(a.AsInt64(), b.AsInt64()).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2ExtmulLowI32x4S(V a, V b) => (Vector128.WidenLower(a.AsInt32()) * Vector128.WidenLower(b.AsInt32())).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2ExtmulHighI32x4S(V a, V b) => (Vector128.WidenUpper(a.AsInt32()) * Vector128.WidenUpper(b.AsInt32())).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2ExtmulLowI32x4U(V a, V b) => (Vector128.WidenLower(a.AsUInt32()) * Vector128.WidenLower(b.AsUInt32())).AsByte();

    [MethodImpl(Inline)]
    public static V I64x2ExtmulHighI32x4U(V a, V b) => (Vector128.WidenUpper(a.AsUInt32()) * Vector128.WidenUpper(b.AsUInt32())).AsByte();

    [MethodImpl(Inline)]
    public static V I8x16Popcnt(V a)
    {
        // Counts of pairs, of fours, of bytes.
        V pairs = a - (Vector128.ShiftRightLogical(a, 1) & Vector128.Create((byte)0x55));
        V fours = (pairs & Vector128.Create((byte)0x33)) + (Vector128.ShiftRightLogical(pairs, 2) & Vector128.Create((byte)0x33));
        return (fours + Vector128.ShiftRightLogical(fours, 4)) & Vector128.Create((byte)0x0F);
    }

    /// <summary>(a × b + 2^14) ÷ 2^15, of which only -1 × -1 does not fit.</summary>
    [MethodImpl(Inline)]
    public static V I16x8Q15mulrSatS(V a, V b)
    {
        if (Ssse3.IsSupported)
        {
            Vector128<short> product = Ssse3.MultiplyHighRoundScale(a.AsInt16(), b.AsInt16());
            return (product ^ Vector128.Equals(product, Vector128.Create(short.MinValue))).AsByte();
        }

        return Vector128.Narrow(Q15(Vector128.WidenLower(a.AsInt16()), Vector128.WidenLower(b.AsInt16())), Q15(Vector128.WidenUpper(a.AsInt16()), Vector128.WidenUpper(b.AsInt16()))).AsByte();
    }

    private static Vector128<int> Q15(Vector128<int> a, Vector128<int> b) =>
        Vector128.Min(Vector128.ShiftRightArithmetic((a * b) + Vector128.Create(1 << 14), 15), Vector128.Create((int)short.MaxValue));

    [MethodImpl(Inline)]
    public static V I16x8RelaxedQ15mulrS(V a, V b) => I16x8Q15mulrSatS(a, b);

    [MethodImpl(Inline)]
    public static V I32x4DotI16x8S(V a, V b) => Sse2.IsSupported
        ? Sse2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16()).AsByte()
        : ((Even(a) * Even(b)) + (Odd(a) * Odd(b))).AsByte();

    private static Vector128<int> Even(V a) => Vector128.ShiftRightArithmetic(Vector128.ShiftLeft(a.AsInt32(), 16), 16);

    private static Vector128<int> Odd(V a) => Vector128.ShiftRightArithmetic(a.AsInt32(), 16);

    /// <summary>Both operands as signed bytes; the sum wraps.</summary>
    [MethodImpl(Inline)]
    public static V I16x8RelaxedDotI8x16I7x16S(V a, V b)
    {
        Vector128<short> even = Vector128.ShiftRightArithmetic(Vector128.ShiftLeft(a.AsInt16(), 8), 8) * Vector128.ShiftRightArithmetic(Vector128.ShiftLeft(b.AsInt16(), 8), 8);
        Vector128<short> odd = Vector128.ShiftRightArithmetic(a.AsInt16(), 8) * Vector128.ShiftRightArithmetic(b.AsInt16(), 8);
        return (even + odd).AsByte();
    }

    [MethodImpl(Inline)]
    public static V I32x4RelaxedDotI8x16I7x16AddS(V a, V b, V c) => I32x4Add(I32x4ExtaddPairwiseI16x8S(I16x8RelaxedDotI8x16I7x16S(a, b)), c);
}
