using System.Numerics;

namespace Atoll.Reference.Numerics;

/// <summary>Operations on floating-point numbers (specification, "Numerics / Floating-Point Operations"), for both widths.</summary>
/// <remarks>Sums, products, quotients and roots are those of IEEE 754, which are those of .NET; all else is spelt out.</remarks>
internal static class Floats
{
    public static T Add<T>(T left, T right)
        where T : IBinaryFloatingPointIeee754<T> => Result(left + right, left, right);

    public static T Sub<T>(T left, T right)
        where T : IBinaryFloatingPointIeee754<T> => Result(left - right, left, right);

    public static T Mul<T>(T left, T right)
        where T : IBinaryFloatingPointIeee754<T> => Result(left * right, left, right);

    public static T Div<T>(T left, T right)
        where T : IBinaryFloatingPointIeee754<T> => Result(left / right, left, right);

    public static T Sqrt<T>(T value)
        where T : IBinaryFloatingPointIeee754<T> => Result(T.Sqrt(value), value);

    public static T Min<T>(T left, T right)
        where T : IBinaryFloatingPointIeee754<T>
    {
        if (T.IsNaN(left) || T.IsNaN(right))
        {
            return Result(T.NaN, left, right);
        }

        // Of two zeros the negative one is the smaller.
        return left < right || (left == right && T.IsNegative(left)) ? left : right;
    }

    public static T Max<T>(T left, T right)
        where T : IBinaryFloatingPointIeee754<T>
    {
        if (T.IsNaN(left) || T.IsNaN(right))
        {
            return Result(T.NaN, left, right);
        }

        return left > right || (left == right && T.IsPositive(left)) ? left : right;
    }

    public static T Trunc<T>(T value)
        where T : IBinaryFloatingPointIeee754<T>
    {
        if (T.IsNaN(value))
        {
            return Quiet(value);
        }

        if (!HasFraction(value))
        {
            return value;
        }

        return WithSign(T.CreateChecked(long.CreateTruncating(value)), value);
    }

    public static T Ceil<T>(T value)
        where T : IBinaryFloatingPointIeee754<T>
    {
        T whole = Trunc(value);
        return HasFraction(value) && T.IsPositive(value) ? whole + T.One : whole;
    }

    public static T Floor<T>(T value)
        where T : IBinaryFloatingPointIeee754<T>
    {
        T whole = Trunc(value);
        return HasFraction(value) && T.IsNegative(value) ? whole - T.One : whole;
    }

    /// <summary>The nearest integer; of two equally near ones the even one.</summary>
    public static T Nearest<T>(T value)
        where T : IBinaryFloatingPointIeee754<T>
    {
        T whole = Trunc(value);
        if (!HasFraction(value))
        {
            return whole;
        }

        T half = T.One / (T.One + T.One);
        T rest = T.Abs(value - whole);
        bool isOdd = (long.CreateTruncating(whole) & 1) != 0;
        bool away = rest > half || (rest == half && isOdd);
        return WithSign(away ? T.Abs(whole) + T.One : T.Abs(whole), value);
    }

    /// <summary>From the wide format to the narrow one ("demote").</summary>
    public static float Demote(double value)
    {
        if (!double.IsNaN(value))
        {
            return (float)value;
        }

        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        return BitConverter.UInt32BitsToSingle((uint)((bits >> 32) & 0x8000_0000) | 0x7FC0_0000 | (uint)((bits & 0xF_FFFF_FFFF_FFFF) >> 29));
    }

    /// <summary>From the narrow format to the wide one ("promote").</summary>
    public static double Promote(float value)
    {
        if (!float.IsNaN(value))
        {
            return value;
        }

        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt64BitsToDouble(((ulong)(bits & 0x8000_0000) << 32) | 0x7FF8_0000_0000_0000 | ((ulong)(bits & 0x7F_FFFF) << 29));
    }

    /// <summary>A NaN with the top bit of its payload set, as arithmetic gives it.</summary>
    public static T Quiet<T>(T value) => value switch
    {
        float number => (T)(object)BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(number) | 0x0040_0000),
        double number => (T)(object)BitConverter.UInt64BitsToDouble(BitConverter.DoubleToUInt64Bits(number) | 0x0008_0000_0000_0000),
        _ => throw new ReferenceDefectException("there are two formats of numbers"),
    };

    /// <summary>The result of arithmetic: where it is no number, the specification leaves sign and payload open; this takes the first NaN among the operands.</summary>
    private static T Result<T>(T result, params ReadOnlySpan<T> operands)
        where T : IBinaryFloatingPointIeee754<T>
    {
        foreach (T operand in operands)
        {
            if (T.IsNaN(operand))
            {
                return Quiet(operand);
            }
        }

        return result;
    }

    /// <summary>Whether there may be bits behind the point: numbers from 2^52 (2^23) on have none.</summary>
    private static bool HasFraction<T>(T value)
        where T : IBinaryFloatingPointIeee754<T>
    {
        T bound = T.CreateChecked(typeof(T) == typeof(float) ? 1L << 23 : 1L << 52);
        return T.Abs(value) < bound && T.CreateChecked(long.CreateTruncating(value)) != value;
    }

    private static T WithSign<T>(T magnitude, T sign)
        where T : IBinaryFloatingPointIeee754<T> => T.IsNegative(sign) ? -T.Abs(magnitude) : T.Abs(magnitude);
}
