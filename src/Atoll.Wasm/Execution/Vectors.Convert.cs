using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using V = System.Runtime.Intrinsics.Vector128<byte>;

namespace Atoll.Wasm.Execution;

/// <content>Conversions.</content>
internal static unsafe partial class Vectors
{
    // .NET's conversions saturate and give 0 for NaN, as WebAssembly's do ("trunc_sat").
    [MethodImpl(Inline)]
    public static V I32x4TruncSatF32x4S(V a) => Vector128.ConvertToInt32(a.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4TruncSatF32x4U(V a) => Vector128.ConvertToUInt32(a.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4TruncSatF64x2SZero(V a) => Vector128.Create(Numeric.I32TruncSatF64S(a.AsDouble()[0]), Numeric.I32TruncSatF64S(a.AsDouble()[1]), 0, 0).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4TruncSatF64x2UZero(V a) => Vector128.Create(Numeric.I32TruncSatF64U(a.AsDouble()[0]), Numeric.I32TruncSatF64U(a.AsDouble()[1]), 0, 0).AsByte();

    [MethodImpl(Inline)]
    public static V I32x4RelaxedTruncF32x4S(V a) => I32x4TruncSatF32x4S(a);

    [MethodImpl(Inline)]
    public static V I32x4RelaxedTruncF32x4U(V a) => I32x4TruncSatF32x4U(a);

    [MethodImpl(Inline)]
    public static V I32x4RelaxedTruncF64x2SZero(V a) => I32x4TruncSatF64x2SZero(a);

    [MethodImpl(Inline)]
    public static V I32x4RelaxedTruncF64x2UZero(V a) => I32x4TruncSatF64x2UZero(a);

    [MethodImpl(Inline)]
    public static V F32x4ConvertI32x4S(V a) => Vector128.ConvertToSingle(a.AsInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4ConvertI32x4U(V a) => Vector128.ConvertToSingle(a.AsUInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2ConvertLowI32x4S(V a) => Vector128.ConvertToDouble(Vector128.WidenLower(a.AsInt32())).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2ConvertLowI32x4U(V a) => Vector128.ConvertToDouble(Vector128.WidenLower(a.AsUInt32())).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4DemoteF64x2Zero(V a) => Vector128.Narrow(a.AsDouble(), Vector128<double>.Zero).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2PromoteLowF32x4(V a) => Vector128.WidenLower(a.AsSingle()).AsByte();
}
