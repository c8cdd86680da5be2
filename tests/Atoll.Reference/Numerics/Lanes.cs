namespace Atoll.Reference.Numerics;

/// <summary>Takes vectors apart into lanes and puts them together (specification, "Numerics / Vector Operations").</summary>
internal static class Lanes
{
    /// <summary>The lanes of so many bits, lowest first.</summary>
    public static ulong[] Split(UInt128 vector, int bits)
    {
        ulong[] lanes = new ulong[128 / bits];
        for (int i = 0; i < lanes.Length; i++)
        {
            lanes[i] = (ulong)(vector >> (i * bits)) & Integers.Mask(bits);
        }

        return lanes;
    }

    public static UInt128 Join(IReadOnlyList<ulong> lanes, int bits)
    {
        UInt128 vector = 0;
        for (int i = 0; i < lanes.Count; i++)
        {
            vector |= (UInt128)(lanes[i] & Integers.Mask(bits)) << (i * bits);
        }

        return vector;
    }

    public static UInt128 Splat(ulong value, int bits) => Join([.. Enumerable.Repeat(value, 128 / bits)], bits);

    public static UInt128 Map(UInt128 a, int bits, Func<ulong, ulong> apply) => Join(Array.ConvertAll(Split(a, bits), lane => apply(lane)), bits);

    public static UInt128 Map(UInt128 a, UInt128 b, int bits, Func<ulong, ulong, ulong> apply)
    {
        ulong[] left = Split(a, bits);
        ulong[] right = Split(b, bits);
        for (int i = 0; i < left.Length; i++)
        {
            left[i] = apply(left[i], right[i]);
        }

        return Join(left, bits);
    }

    public static UInt128 Map(UInt128 a, UInt128 b, UInt128 c, int bits, Func<ulong, ulong, ulong, ulong> apply)
    {
        ulong[] first = Split(a, bits);
        ulong[] second = Split(b, bits);
        ulong[] third = Split(c, bits);
        for (int i = 0; i < first.Length; i++)
        {
            first[i] = apply(first[i], second[i], third[i]);
        }

        return Join(first, bits);
    }

    /// <summary>The lanes as signed or unsigned numbers.</summary>
    public static Int128[] Numbers(UInt128 vector, int bits, bool signed) =>
        Array.ConvertAll(Split(vector, bits), lane => signed ? (Int128)Integers.Signed(lane, bits) : lane);

    public static UInt128 FromNumbers(IEnumerable<Int128> numbers, int bits) => Join([.. numbers.Select(number => (ulong)number)], bits);

    public static float F32(ulong lane) => BitConverter.UInt32BitsToSingle((uint)lane);

    public static double F64(ulong lane) => BitConverter.UInt64BitsToDouble(lane);

    public static ulong Bits(float number) => BitConverter.SingleToUInt32Bits(number);

    public static ulong Bits(double number) => BitConverter.DoubleToUInt64Bits(number);
}
