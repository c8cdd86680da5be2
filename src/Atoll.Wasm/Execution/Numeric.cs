using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Atoll.Wasm.Execution;

/// <summary>Numeric instructions that no single IL instruction computes (specification, "Execution / Numerics"). All are inlined.</summary>
internal static class Numeric
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>Bits of the positive canonical NaN (specification, "Floating-Point Values").</summary>
    public const uint CanonicalNaN32 = 0x7FC0_0000;

    /// <summary>Likewise for f64.</summary>
    public const ulong CanonicalNaN64 = 0x7FF8_0000_0000_0000;

    // A branch that is never taken costs less than a choice between two values, which every later instruction would wait for.
    [MethodImpl(Inline)]
    public static float CanonicalF32(float value) => float.IsNaN(value) ? BitConverter.UInt32BitsToSingle(CanonicalNaN32) : value;

    [MethodImpl(Inline)]
    public static double CanonicalF64(double value) => double.IsNaN(value) ? BitConverter.UInt64BitsToDouble(CanonicalNaN64) : value;

    // The hardware traps on MIN % -1, where WebAssembly wants 0.
    [MethodImpl(Inline)]
    public static int I32RemS(int left, int right) => right == -1 ? 0 : left % right;

    [MethodImpl(Inline)]
    public static long I64RemS(long left, long right) => right == -1 ? 0 : left % right;

    // The JIT compiler does not fold these when it knows one operand: see FunctionCompiler.Hiding.
    [MethodImpl(Inline)]
    public static float F32Add(float left, float right) => Sse.IsSupported
        ? Sse.AddScalar(Vector128.CreateScalarUnsafe(left), Vector128.CreateScalarUnsafe(right)).ToScalar()
        : AdvSimd.IsSupported ? AdvSimd.AddScalar(Vector64.CreateScalarUnsafe(left), Vector64.CreateScalarUnsafe(right)).ToScalar()
        : Opaque(left) + Opaque(right);

    [MethodImpl(Inline)]
    public static float F32Sub(float left, float right) => Sse.IsSupported
        ? Sse.SubtractScalar(Vector128.CreateScalarUnsafe(left), Vector128.CreateScalarUnsafe(right)).ToScalar()
        : AdvSimd.IsSupported ? AdvSimd.SubtractScalar(Vector64.CreateScalarUnsafe(left), Vector64.CreateScalarUnsafe(right)).ToScalar()
        : Opaque(left) - Opaque(right);

    [MethodImpl(Inline)]
    public static float F32Mul(float left, float right) => Sse.IsSupported
        ? Sse.MultiplyScalar(Vector128.CreateScalarUnsafe(left), Vector128.CreateScalarUnsafe(right)).ToScalar()
        : AdvSimd.IsSupported ? AdvSimd.MultiplyScalar(Vector64.CreateScalarUnsafe(left), Vector64.CreateScalarUnsafe(right)).ToScalar()
        : Opaque(left) * Opaque(right);

    [MethodImpl(Inline)]
    public static float F32Div(float left, float right) => Sse.IsSupported
        ? Sse.DivideScalar(Vector128.CreateScalarUnsafe(left), Vector128.CreateScalarUnsafe(right)).ToScalar()
        : AdvSimd.IsSupported ? AdvSimd.DivideScalar(Vector64.CreateScalarUnsafe(left), Vector64.CreateScalarUnsafe(right)).ToScalar()
        : Opaque(left) / Opaque(right);

    [MethodImpl(Inline)]
    public static double F64Add(double left, double right) => Sse2.IsSupported
        ? Sse2.AddScalar(Vector128.CreateScalarUnsafe(left), Vector128.CreateScalarUnsafe(right)).ToScalar()
        : AdvSimd.IsSupported ? AdvSimd.AddScalar(Vector64.Create(left), Vector64.Create(right)).ToScalar()
        : Opaque(left) + Opaque(right);

    [MethodImpl(Inline)]
    public static double F64Sub(double left, double right) => Sse2.IsSupported
        ? Sse2.SubtractScalar(Vector128.CreateScalarUnsafe(left), Vector128.CreateScalarUnsafe(right)).ToScalar()
        : AdvSimd.IsSupported ? AdvSimd.SubtractScalar(Vector64.Create(left), Vector64.Create(right)).ToScalar()
        : Opaque(left) - Opaque(right);

    [MethodImpl(Inline)]
    public static double F64Mul(double left, double right) => Sse2.IsSupported
        ? Sse2.MultiplyScalar(Vector128.CreateScalarUnsafe(left), Vector128.CreateScalarUnsafe(right)).ToScalar()
        : AdvSimd.IsSupported ? AdvSimd.MultiplyScalar(Vector64.Create(left), Vector64.Create(right)).ToScalar()
        : Opaque(left) * Opaque(right);

    [MethodImpl(Inline)]
    public static double F64Div(double left, double right) => Sse2.IsSupported
        ? Sse2.DivideScalar(Vector128.CreateScalarUnsafe(left), Vector128.CreateScalarUnsafe(right)).ToScalar()
        : AdvSimd.IsSupported ? AdvSimd.DivideScalar(Vector64.Create(left), Vector64.Create(right)).ToScalar()
        : Opaque(left) / Opaque(right);

    // Where there are no such instructions.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Opaque(float value) => value;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double Opaque(double value) => value;

    // Math.Min and Math.Max give NaN back as it came; a signalling NaN has to become quiet, which an addition does.
    // A NaN has to become quiet by adding something; not the other operand, for the JIT compiler leaves out the addition of a constant negative zero.
    [MethodImpl(Inline)]
    public static float F32Min(float left, float right) => float.IsNaN(left) ? left + left : float.IsNaN(right) ? right + right : Smaller(left, right);

    [MethodImpl(Inline)]
    public static float F32Max(float left, float right) => float.IsNaN(left) ? left + left : float.IsNaN(right) ? right + right : Math.Max(left, right);

    [MethodImpl(Inline)]
    public static double F64Min(double left, double right) => double.IsNaN(left) ? left + left : double.IsNaN(right) ? right + right : Smaller(left, right);

    [MethodImpl(Inline)]
    public static double F64Max(double left, double right) => double.IsNaN(left) ? left + left : double.IsNaN(right) ? right + right : Math.Max(left, right);

    // Of Math.Min with a constant negative zero the JIT compiler makes one instruction. The processor's minimum of two zeros
    // is the second of them: both orders together have the sign of either.
    [MethodImpl(Inline)]
    private static float Smaller(float left, float right) => !Sse.IsSupported ? MathF.Min(left, right)
        : (Sse.MinScalar(Vector128.CreateScalarUnsafe(left), Vector128.CreateScalarUnsafe(right))
            | Sse.MinScalar(Vector128.CreateScalarUnsafe(right), Vector128.CreateScalarUnsafe(left))).ToScalar();

    [MethodImpl(Inline)]
    private static double Smaller(double left, double right) => !Sse2.IsSupported ? Math.Min(left, right)
        : (Sse2.MinScalar(Vector128.CreateScalarUnsafe(left), Vector128.CreateScalarUnsafe(right))
            | Sse2.MinScalar(Vector128.CreateScalarUnsafe(right), Vector128.CreateScalarUnsafe(left))).ToScalar();

    [MethodImpl(Inline)]
    public static float F32Nearest(float value) => MathF.Round(value, MidpointRounding.ToEven);

    [MethodImpl(Inline)]
    public static double F64Nearest(double value) => Math.Round(value, MidpointRounding.ToEven);

    // Not BitConverter: of a load of one or two bytes that becomes a float, the JIT compiler makes a load of four, which
    // gives the wrong bits, and those behind the memory's end. And a constant would become an f64 on the way, see below; this instruction is never folded.
    [MethodImpl(Inline)]
    public static float F32ReinterpretI32(int bits) => Sse2.IsSupported ? Sse2.ConvertScalarToVector128Int32(bits).AsSingle().ToScalar()
        : (bits & int.MaxValue) > 0x7F80_0000 ? OpaqueF32(bits)
        : Vector128.CreateScalarUnsafe(bits).AsSingle().ToScalar();

    // Not inlined: the JIT compiler keeps f32 constants as f64, which changes the bits of a signalling NaN.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float OpaqueF32(int bits) => BitConverter.Int32BitsToSingle(bits);

    [MethodImpl(Inline)]
    public static long I64Add128(long lowA, long highA, long lowB, long highB, out long high)
    {
        ulong low = (ulong)lowA + (ulong)lowB;
        high = highA + highB + (low < (ulong)lowA ? 1 : 0);
        return (long)low;
    }

    [MethodImpl(Inline)]
    public static long I64Sub128(long lowA, long highA, long lowB, long highB, out long high)
    {
        high = highA - highB - ((ulong)lowA < (ulong)lowB ? 1 : 0);
        return lowA - lowB;
    }

    [MethodImpl(Inline)]
    public static long I64MulWideS(long a, long b, out long high)
    {
        high = Math.BigMul(a, b, out long low);
        return low;
    }

    [MethodImpl(Inline)]
    public static long I64MulWideU(long a, long b, out long high)
    {
        high = (long)Math.BigMul((ulong)a, (ulong)b, out ulong low);
        return (long)low;
    }

    // Bounds of truncation: the first values on either side that do not fit. Where the lower one is exact, it is excluded by > of the next.
    [MethodImpl(Inline)]
    public static int I32TruncF32S(float value) =>
        value >= -2147483648f && value < 2147483648f ? (int)value : TruncationTrap(float.IsNaN(value));

    [MethodImpl(Inline)]
    public static int I32TruncF32U(float value) =>
        value > -1f && value < 4294967296f ? (int)(uint)(long)value : TruncationTrap(float.IsNaN(value));

    [MethodImpl(Inline)]
    public static int I32TruncF64S(double value) =>
        value > -2147483649d && value < 2147483648d ? (int)value : TruncationTrap(double.IsNaN(value));

    [MethodImpl(Inline)]
    public static int I32TruncF64U(double value) =>
        value > -1d && value < 4294967296d ? (int)(uint)(long)value : TruncationTrap(double.IsNaN(value));

    [MethodImpl(Inline)]
    public static long I64TruncF32S(float value) =>
        value >= -9223372036854775808f && value < 9223372036854775808f ? (long)value : TruncationTrap(float.IsNaN(value));

    [MethodImpl(Inline)]
    public static long I64TruncF32U(float value) =>
        value > -1f && value < 18446744073709551616f ? (long)(ulong)value : TruncationTrap(float.IsNaN(value));

    [MethodImpl(Inline)]
    public static long I64TruncF64S(double value) =>
        value >= -9223372036854775808d && value < 9223372036854775808d ? (long)value : TruncationTrap(double.IsNaN(value));

    [MethodImpl(Inline)]
    public static long I64TruncF64U(double value) =>
        value > -1d && value < 18446744073709551616d ? (long)(ulong)value : TruncationTrap(double.IsNaN(value));

    // .NET's own conversions saturate and send NaN to 0 (since .NET 9), as trunc_sat does.
    [MethodImpl(Inline)]
    public static int I32TruncSatF32S(float value) => (int)value;

    [MethodImpl(Inline)]
    public static int I32TruncSatF32U(float value) => (int)(uint)value;

    [MethodImpl(Inline)]
    public static int I32TruncSatF64S(double value) => (int)value;

    [MethodImpl(Inline)]
    public static int I32TruncSatF64U(double value) => (int)(uint)value;

    [MethodImpl(Inline)]
    public static long I64TruncSatF32S(float value) => (long)value;

    [MethodImpl(Inline)]
    public static long I64TruncSatF32U(float value) => (long)(ulong)value;

    [MethodImpl(Inline)]
    public static long I64TruncSatF64S(double value) => (long)value;

    [MethodImpl(Inline)]
    public static long I64TruncSatF64U(double value) => (long)(ulong)value;

    [MethodImpl(Inline)]
    public static float F32ConvertI32U(int value) => (float)(uint)value;

    [MethodImpl(Inline)]
    public static float F32ConvertI64U(long value) => (float)(ulong)value;

    // By intrinsic, because a demotion of a promotion would be folded away, and a signalling NaN with it.
    [MethodImpl(Inline)]
    public static float F32DemoteF64(double value) => Sse2.IsSupported
        ? Sse2.ConvertScalarToVector128Single(default, Vector128.CreateScalarUnsafe(value)).ToScalar()
        : (float)value;

    [MethodImpl(Inline)]
    public static double F64ConvertI32U(int value) => (uint)value;

    [MethodImpl(Inline)]
    public static double F64ConvertI64U(long value) => (ulong)value;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int TruncationTrap(bool isNaN) =>
        throw new TrapException(isNaN ? TrapKind.InvalidConversionToInteger : TrapKind.IntegerOverflow);
}
