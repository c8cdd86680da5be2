using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using V = System.Runtime.Intrinsics.Vector128<byte>;

namespace Atoll.Wasm.Execution;

/// <content>What the deterministic profile needs (specification, "Profiles").</content>
internal static unsafe partial class Vectors
{
    [MethodImpl(Inline)]
    public static V CanonicalF32x4(V a) =>
        Vector128.ConditionalSelect(Vector128.Equals(a.AsSingle(), a.AsSingle()).AsUInt32(), a.AsUInt32(), Vector128.Create(Numeric.CanonicalNaN32)).AsByte();

    [MethodImpl(Inline)]
    public static V CanonicalF64x2(V a) =>
        Vector128.ConditionalSelect(Vector128.Equals(a.AsDouble(), a.AsDouble()).AsUInt64(), a.AsUInt64(), Vector128.Create(Numeric.CanonicalNaN64)).AsByte();

    // Two roundings: the JIT compiler does not contract them.
    [MethodImpl(Inline)]
    public static V F32x4MulAdd(V a, V b, V c) => ((a.AsSingle() * b.AsSingle()) + c.AsSingle()).AsByte();

    [MethodImpl(Inline)]
    public static V F64x2MulAdd(V a, V b, V c) => ((a.AsDouble() * b.AsDouble()) + c.AsDouble()).AsByte();

    [MethodImpl(Inline)]
    public static V F32x4NegMulAdd(V a, V b, V c) => F32x4MulAdd(F32x4Neg(a), b, c);

    [MethodImpl(Inline)]
    public static V F64x2NegMulAdd(V a, V b, V c) => F64x2MulAdd(F64x2Neg(a), b, c);
}
