using System.Numerics;
using Atoll.Wasm;

namespace Atoll.Reference.Numerics;

/// <summary>Conversions between integers and floating-point numbers (specification, "Numerics / Conversions").</summary>
internal static class Conversions
{
    /// <summary>A number without its fraction as an integer of N bits; a trap when there is none.</summary>
    public static ulong Trunc(double value, int bits, bool signed)
    {
        if (double.IsNaN(value))
        {
            throw new ReferenceTrapException(TrapKind.InvalidConversionToInteger);
        }

        if (double.IsInfinity(value))
        {
            throw new ReferenceTrapException(TrapKind.IntegerOverflow);
        }

        BigInteger whole = new(value);
        (BigInteger low, BigInteger high) = Range(bits, signed);
        return whole >= low && whole <= high ? Wrap(whole, bits) : throw new ReferenceTrapException(TrapKind.IntegerOverflow);
    }

    /// <summary>The same, but what does not fit becomes the nearest integer that does, and NaN becomes zero.</summary>
    public static ulong TruncSat(double value, int bits, bool signed)
    {
        (BigInteger low, BigInteger high) = Range(bits, signed);
        if (double.IsNaN(value))
        {
            return 0;
        }

        if (double.IsInfinity(value))
        {
            return Wrap(value < 0 ? low : high, bits);
        }

        BigInteger whole = new(value);
        return Wrap(whole < low ? low : whole > high ? high : whole, bits);
    }

    public static double ToF64(Int128 value) => Round(value, 53);

    /// <summary>All results have at most 24 significant bits and lie in the range of f32, so that the step from f64 is exact.</summary>
    public static float ToF32(Int128 value) => (float)Round(value, 24);

    /// <summary>The nearest number with so many significant bits; of two equally near ones the even one.</summary>
    private static double Round(Int128 value, int precision)
    {
        UInt128 magnitude = (UInt128)(value < 0 ? -value : value);
        int shift = 0;
        while (magnitude >> shift >= (UInt128)1 << precision)
        {
            shift++;
        }

        UInt128 kept = magnitude >> shift;
        UInt128 rest = magnitude - (kept << shift);
        UInt128 half = shift == 0 ? 1 : (UInt128)1 << (shift - 1);
        if (rest > half || (rest == half && (kept & 1) == 1))
        {
            kept++;
        }

        double result = (ulong)kept;
        for (int i = 0; i < shift; i++)
        {
            result *= 2;
        }

        return value < 0 ? -result : result;
    }

    private static (BigInteger Low, BigInteger High) Range(int bits, bool signed) => signed
        ? (-(BigInteger.One << (bits - 1)), (BigInteger.One << (bits - 1)) - 1)
        : (BigInteger.Zero, (BigInteger.One << bits) - 1);

    private static ulong Wrap(BigInteger value, int bits) => (ulong)(value & ((BigInteger.One << bits) - 1));
}
