using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using V = System.Runtime.Intrinsics.Vector128<byte>;

namespace Atoll.Wasm.Execution;

/// <content>Floating-point arithmetic and comparisons.</content>
internal static unsafe partial class Vectors
{
    [MethodImpl(Inline)]
    public static V F32x4Eq(V a, V b) => Vector128.Equals(a.AsSingle(), b.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Ne(V a, V b) => (~Vector128.Equals(a.AsSingle(), b.AsSingle())).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Lt(V a, V b) => Vector128.LessThan(a.AsSingle(), b.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Gt(V a, V b) => Vector128.GreaterThan(a.AsSingle(), b.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Le(V a, V b) => Vector128.LessThanOrEqual(a.AsSingle(), b.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Ge(V a, V b) => Vector128.GreaterThanOrEqual(a.AsSingle(), b.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Eq(V a, V b) => Vector128.Equals(a.AsDouble(), b.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Ne(V a, V b) => (~Vector128.Equals(a.AsDouble(), b.AsDouble())).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Lt(V a, V b) => Vector128.LessThan(a.AsDouble(), b.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Gt(V a, V b) => Vector128.GreaterThan(a.AsDouble(), b.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Le(V a, V b) => Vector128.LessThanOrEqual(a.AsDouble(), b.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Ge(V a, V b) => Vector128.GreaterThanOrEqual(a.AsDouble(), b.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Ceil(V a) => Vector128.Ceiling(a.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Floor(V a) => Vector128.Floor(a.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Trunc(V a) => Vector128.Truncate(a.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Nearest(V a) => Vector128.Round(a.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Ceil(V a) => Vector128.Ceiling(a.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Floor(V a) => Vector128.Floor(a.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Trunc(V a) => Vector128.Truncate(a.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Nearest(V a) => Vector128.Round(a.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Abs(V a) => Vector128.Abs(a.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Neg(V a) => (a.AsUInt32() ^ Vector128.Create(0x8000_0000u)).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Sqrt(V a) => Vector128.Sqrt(a.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Add(V a, V b) => (a.AsSingle() + b.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Sub(V a, V b) => (a.AsSingle() - b.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Mul(V a, V b) => (a.AsSingle() * b.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Div(V a, V b) => (a.AsSingle() / b.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Min(V a, V b) => Settle(a.AsSingle(), b.AsSingle(), Vector128.Min(a.AsSingle(), b.AsSingle()));

    [MethodImpl(Inline)]
    public static V F32x4Max(V a, V b) => Settle(a.AsSingle(), b.AsSingle(), Vector128.Max(a.AsSingle(), b.AsSingle()));

    [MethodImpl(Inline)]
    public static V F32x4Pmin(V a, V b) =>
        Vector128.ConditionalSelect(Vector128.LessThan(b.AsSingle(), a.AsSingle()), b.AsSingle(), a.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4Pmax(V a, V b) =>
        Vector128.ConditionalSelect(Vector128.LessThan(a.AsSingle(), b.AsSingle()), b.AsSingle(), a.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Abs(V a) => Vector128.Abs(a.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Neg(V a) => (a.AsUInt64() ^ Vector128.Create(0x8000_0000_0000_0000ul)).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Sqrt(V a) => Vector128.Sqrt(a.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Add(V a, V b) => (a.AsDouble() + b.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Sub(V a, V b) => (a.AsDouble() - b.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Mul(V a, V b) => (a.AsDouble() * b.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Div(V a, V b) => (a.AsDouble() / b.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Min(V a, V b) => Settle(a.AsDouble(), b.AsDouble(), Vector128.Min(a.AsDouble(), b.AsDouble()));

    [MethodImpl(Inline)]
    public static V F64x2Max(V a, V b) => Settle(a.AsDouble(), b.AsDouble(), Vector128.Max(a.AsDouble(), b.AsDouble()));

    [MethodImpl(Inline)]
    public static V F64x2Pmin(V a, V b) =>
        Vector128.ConditionalSelect(Vector128.LessThan(b.AsDouble(), a.AsDouble()), b.AsDouble(), a.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2Pmax(V a, V b) =>
        Vector128.ConditionalSelect(Vector128.LessThan(a.AsDouble(), b.AsDouble()), b.AsDouble(), a.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4RelaxedMadd(V a, V b, V c) =>
        Fma.IsSupported ? Fma.MultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).AsByte() : ((a.AsSingle() * b.AsSingle()) + c.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4RelaxedNmadd(V a, V b, V c) =>
        Fma.IsSupported ? Fma.MultiplyAddNegated(a.AsSingle(), b.AsSingle(), c.AsSingle()).AsByte() : (((-a.AsSingle()) * b.AsSingle()) + c.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2RelaxedMadd(V a, V b, V c) =>
        Fma.IsSupported ? Fma.MultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).AsByte() : ((a.AsDouble() * b.AsDouble()) + c.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2RelaxedNmadd(V a, V b, V c) =>
        Fma.IsSupported ? Fma.MultiplyAddNegated(a.AsDouble(), b.AsDouble(), c.AsDouble()).AsByte() : (((-a.AsDouble()) * b.AsDouble()) + c.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4RelaxedMin(V a, V b) => Vector128.MinNative(a.AsSingle(), b.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4RelaxedMax(V a, V b) => Vector128.MaxNative(a.AsSingle(), b.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2RelaxedMin(V a, V b) => Vector128.MinNative(a.AsDouble(), b.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2RelaxedMax(V a, V b) => Vector128.MaxNative(a.AsDouble(), b.AsDouble()).AsByte();

    /// <summary>
    /// A NaN in either operand gives a quiet NaN, whatever the minimum or maximum made of it ("fmin", "fmax"): adding quiets.
    /// </summary>
    [MethodImpl(Inline)]
    private static V Settle(Vector128<float> a, Vector128<float> b, Vector128<float> result) =>
        Vector128.ConditionalSelect(Vector128.Equals(a, a) & Vector128.Equals(b, b), result, a + b).AsByte();

    [MethodImpl(Inline)]
    private static V Settle(Vector128<double> a, Vector128<double> b, Vector128<double> result) =>
        Vector128.ConditionalSelect(Vector128.Equals(a, a) & Vector128.Equals(b, b), result, a + b).AsByte();
}
