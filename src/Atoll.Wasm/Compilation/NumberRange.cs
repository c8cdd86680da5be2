using System.Numerics;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Compilation;

/// <summary>
/// Between what an integer surely lies, taken as unsigned: from <see cref="Low"/> on and below <see cref="End"/>. An end of zero means that nothing is known.
/// Nothing is said of numbers of 2^62 and more, so that sums of ends are numbers.
/// </summary>
internal readonly record struct NumberRange(long Low, long End)
{
    /// <summary>Ends of what is known of each type of operands.</summary>
    public const long Limit32 = 1L << 32;
    public const long Limit64 = 1L << 62;

    public bool IsKnown => End > 0;

    public bool IsConstant => End == Low + 1;

    /// <summary>The largest number; there must be one.</summary>
    public long Most => End - 1;

    public static NumberRange Below(long end) => new(0, end);

    public static NumberRange Constant(LocalKind kind, long bits)
    {
        long value = kind == LocalKind.I32 ? (uint)bits : bits;
        return value is >= 0 and < Limit64 ? new NumberRange(value, value + 1) : default;
    }

    /// <summary>What holds of a number that lies in one or in the other.</summary>
    public NumberRange Or(NumberRange other) =>
        IsKnown && other.IsKnown ? new NumberRange(Math.Min(Low, other.Low), Math.Max(End, other.End)) : default;

    /// <summary>The result of an operation with two operands.</summary>
    /// <param name="opcode">The instruction, as the one for i32.</param>
    /// <param name="a">The first operand.</param>
    /// <param name="b">The second one.</param>
    /// <param name="kind">Type of operands and result.</param>
    public static NumberRange Of(Opcode opcode, NumberRange a, NumberRange b, LocalKind kind)
    {
        if (kind == LocalKind.I32)
        {
            a = a.IsKnown ? a : Below(Limit32);
            b = b.IsKnown ? b : Below(Limit32);
        }

        bool both = a.IsKnown && b.IsKnown;
        NumberRange result = opcode switch
        {
            Opcode.I32And => Below(both ? Math.Min(a.End, b.End) : Math.Max(a.End, b.End)),
            Opcode.I32Or or Opcode.I32Xor when both => Below(1L << BitsOf(a.Most | b.Most)),
            Opcode.I32Add when both => Sum(a, b, kind),
            Opcode.I32Sub when both && a.Low >= b.Most => new NumberRange(a.Low - b.Most, a.End - b.Low),
            Opcode.I32Mul when both && BitsOf(a.Most) + BitsOf(b.Most) < 62 => new NumberRange(a.Low * b.Low, (a.Most * b.Most) + 1),

            // Past a division the divisor was not zero.
            Opcode.I32RemU when b.IsKnown => Below(Math.Min(Math.Max(b.Most, 1), a.IsKnown ? a.End : long.MaxValue)),
            Opcode.I32DivU when a.IsKnown => Below(a.End),
            Opcode.I32ShrU when b.IsConstant => ShiftRight(a, (int)b.Low, kind),
            Opcode.I32Shl when both && b.IsConstant => ShiftLeft(a, (int)b.Low, kind),
            _ => default,
        };
        return result.End <= LimitOf(kind) && result != Below(Limit32) ? result : default;
    }

    /// <summary>The result of a conversion between i32 and i64.</summary>
    public static NumberRange Converted(Opcode opcode, NumberRange value) => opcode switch
    {
        Opcode.I64ExtendI32U => value.IsKnown ? value : Below(Limit32),
        Opcode.I64ExtendI32S when value.End <= Limit32 / 2 => value,
        Opcode.I32WrapI64 when value.End <= Limit32 => value,
        _ => default,
    };

    private static NumberRange Sum(NumberRange a, NumberRange b, LocalKind kind)
    {
        NumberRange sum = new(a.Low + b.Low, a.Most + b.End);

        // All sums wrap around, or none does, or it is not known.
        return kind == LocalKind.I32 && sum.Low >= Limit32 ? new NumberRange(sum.Low - Limit32, sum.End - Limit32) : sum;
    }

    private static NumberRange ShiftRight(NumberRange a, int count, LocalKind kind)
    {
        int bits = kind == LocalKind.I32 ? 32 : 64;
        count &= bits - 1;
        return a.IsKnown ? new NumberRange(a.Low >> count, (a.Most >> count) + 1) : count >= 2 ? Below(1L << (bits - count)) : default;
    }

    private static NumberRange ShiftLeft(NumberRange a, int count, LocalKind kind)
    {
        count &= kind == LocalKind.I32 ? 31 : 63;
        return BitsOf(a.Most) + count < 62 ? new NumberRange(a.Low << count, (a.Most << count) + 1) : default;
    }

    private static int BitsOf(long number) => 64 - BitOperations.LeadingZeroCount((ulong)number);

    private static long LimitOf(LocalKind kind) => kind == LocalKind.I32 ? Limit32 : Limit64;
}
