using Atoll.Wasm;

namespace Atoll.Reference.Numerics;

/// <summary>Operations on integers of N bits, held in the low bits of a 64-bit number (specification, "Numerics / Integer Operations").</summary>
internal static class Integers
{
    public static ulong Mask(int bits) => ulong.MaxValue >> (64 - bits);

    /// <summary>The signed interpretation.</summary>
    public static long Signed(ulong value, int bits) => (long)(value << (64 - bits)) >> (64 - bits);

    public static ulong Clz(ulong value, int bits)
    {
        ulong count = 0;
        for (int i = bits - 1; i >= 0 && ((value >> i) & 1) == 0; i--)
        {
            count++;
        }

        return count;
    }

    public static ulong Ctz(ulong value, int bits)
    {
        ulong count = 0;
        for (int i = 0; i < bits && ((value >> i) & 1) == 0; i++)
        {
            count++;
        }

        return count;
    }

    public static ulong Popcnt(ulong value, int bits)
    {
        ulong count = 0;
        for (int i = 0; i < bits; i++)
        {
            count += (value >> i) & 1;
        }

        return count;
    }

    public static ulong DivU(ulong left, ulong right) => right == 0 ? throw new ReferenceTrapException(TrapKind.IntegerDivideByZero) : left / right;

    public static ulong RemU(ulong left, ulong right) => right == 0 ? throw new ReferenceTrapException(TrapKind.IntegerDivideByZero) : left % right;

    public static ulong DivS(ulong left, ulong right, int bits)
    {
        if (right == 0)
        {
            throw new ReferenceTrapException(TrapKind.IntegerDivideByZero);
        }

        // Wide enough for the quotient that does not fit.
        Int128 quotient = (Int128)Signed(left, bits) / Signed(right, bits);
        return quotient < (Int128)1 << (bits - 1) ? (ulong)quotient & Mask(bits) : throw new ReferenceTrapException(TrapKind.IntegerOverflow);
    }

    public static ulong RemS(ulong left, ulong right, int bits) => right == 0
        ? throw new ReferenceTrapException(TrapKind.IntegerDivideByZero)
        : (ulong)((Int128)Signed(left, bits) % Signed(right, bits)) & Mask(bits);

    public static ulong Shl(ulong value, ulong count, int bits) => (value << (int)(count % (ulong)bits)) & Mask(bits);

    public static ulong ShrU(ulong value, ulong count, int bits) => value >> (int)(count % (ulong)bits);

    public static ulong ShrS(ulong value, ulong count, int bits) => (ulong)(Signed(value, bits) >> (int)(count % (ulong)bits)) & Mask(bits);

    public static ulong Rotl(ulong value, ulong count, int bits)
    {
        for (ulong left = count % (ulong)bits; left > 0; left--)
        {
            value = ((value << 1) | (value >> (bits - 1))) & Mask(bits);
        }

        return value;
    }

    public static ulong Rotr(ulong value, ulong count, int bits) => Rotl(value, (ulong)bits - (count % (ulong)bits), bits);

    /// <summary>Extends the low bits by their sign.</summary>
    public static ulong ExtendS(ulong value, int from, int bits) => (ulong)Signed(value, from) & Mask(bits);

    public static ulong SaturateS(Int128 value, int bits)
    {
        Int128 limit = (Int128)1 << (bits - 1);
        return (ulong)(value < -limit ? -limit : value >= limit ? limit - 1 : value) & Mask(bits);
    }

    public static ulong SaturateU(Int128 value, int bits) => value < 0 ? 0 : value > Mask(bits) ? Mask(bits) : (ulong)value;
}
