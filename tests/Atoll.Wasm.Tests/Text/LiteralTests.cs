using System.Globalization;
using System.Numerics;
using System.Text;
using Atoll.Wasm.Text;

namespace Atoll.Wasm.Tests.Text;

/// <summary>Number literals: each is rounded once, to nearest, ties to even.</summary>
public sealed class LiteralTests
{
    [Theory]
    [InlineData("0", 0u)]
    [InlineData("-0", 0x80000000u)]
    [InlineData("-0x0p0", 0x80000000u)]
    [InlineData("1", 0x3F800000u)]
    [InlineData("0x1.8p+1", 0x40400000u)]
    [InlineData("inf", 0x7F800000u)]
    [InlineData("-inf", 0xFF800000u)]
    [InlineData("nan", 0x7FC00000u)]
    [InlineData("-nan:0x1", 0xFF800001u)]
    [InlineData("nan:0x7f_ffff", 0x7FFFFFFFu)]
    // Ties to even, and a hair above.
    [InlineData("0x1.000001p0", 0x3F800000u)]
    [InlineData("0x1.000003p0", 0x3F800002u)]
    [InlineData("0x1.00000100000000000000000001p0", 0x3F800001u)]
    [InlineData("16777217", 0x4B800000u)]
    [InlineData("16777219", 0x4B800002u)]
    [InlineData("16777217.00000000000000000000000000000000000000001", 0x4B800001u)]
    // Rounding to binary64 first would give the tie, and then the even neighbour.
    [InlineData("1.00000005960464477540", 0x3F800001u)]
    [InlineData("1.00000005960464477539062500000000000000000000000000000001", 0x3F800001u)]
    [InlineData("1.000000059604644775390625", 0x3F800000u)]
    // Subnormal numbers.
    [InlineData("0x1p-149", 1u)]
    [InlineData("0x1p-150", 0u)]
    [InlineData("0x1.000002p-150", 1u)]
    [InlineData("0x1.8p-149", 2u)]
    [InlineData("0x0.fffffep-126", 0x007FFFFFu)]
    [InlineData("0x0.ffffffp-126", 0x00800000u)]
    [InlineData("1.4e-45", 1u)]
    [InlineData("7.006492321624085e-46", 0u)]
    [InlineData("7.006492321624086e-46", 1u)]
    // The largest number, and what still rounds down to it.
    [InlineData("0x1.fffffep127", 0x7F7FFFFFu)]
    [InlineData("0x1.fffffefffffffffffffp127", 0x7F7FFFFFu)]
    [InlineData("340282356779733661637539395458142568447", 0x7F7FFFFFu)]
    // Exponents far out that the digits bring back, or not.
    [InlineData("0e999999999999999999999", 0u)]
    [InlineData("1e-999999999999999999999", 0u)]
    [InlineData("0x0p999999999999999999999", 0u)]
    [InlineData("0x1p-999999999999999999999", 0u)]
    [InlineData("0x0.00000000000000000000000000000001p128", 0x3F800000u)]
    [InlineData("0x100000000000000000000000000000000p-128", 0x3F800000u)]
    [InlineData("1_0.2_5e+0_1", 0x42CD0000u)]
    public void F32(string literal, uint bits)
    {
        Assert.True(TextNumbers.TryF32(Encoding.ASCII.GetBytes(literal), out uint actual));
        Assert.Equal(bits.ToString("x8", CultureInfo.InvariantCulture), actual.ToString("x8", CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("0x1.00000000000008p0", 0x3FF0000000000000ul)]
    [InlineData("0x1.00000000000018p0", 0x3FF0000000000002ul)]
    [InlineData("0x1.000000000000080000000000000001p0", 0x3FF0000000000001ul)]
    [InlineData("9007199254740993", 0x4340000000000000ul)]
    [InlineData("0x1p-1074", 1ul)]
    [InlineData("0x1p-1075", 0ul)]
    [InlineData("0x1.0000000000001p-1075", 1ul)]
    [InlineData("4.9e-324", 1ul)]
    [InlineData("2.4703282292062327e-324", 0ul)]
    [InlineData("2.4703282292062328e-324", 1ul)]
    [InlineData("2.2250738585072011e-308", 0x000FFFFFFFFFFFFFul)]
    [InlineData("1.7976931348623157e308", 0x7FEFFFFFFFFFFFFFul)]
    [InlineData("nan:0xf_ffff_ffff_ffff", 0x7FFFFFFFFFFFFFFFul)]
    public void F64(string literal, ulong bits)
    {
        Assert.True(TextNumbers.TryF64(Encoding.ASCII.GetBytes(literal), out ulong actual));
        Assert.Equal(bits.ToString("x16", CultureInfo.InvariantCulture), actual.ToString("x16", CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("0x1.ffffffp127")]
    [InlineData("0x1p128")]
    [InlineData("340282356779733661637539395458142568448")]
    [InlineData("1e39")]
    [InlineData("1e999999999999999999999")]
    [InlineData("0x1p999999999999999999999")]
    [InlineData("nan:0x0")]
    [InlineData("nan:0x800000")]
    public void F32_out_of_range(string literal) => Assert.False(TextNumbers.TryF32(Encoding.ASCII.GetBytes(literal), out _));

    [Fact]
    public void A_sticky_digit_beyond_all_significant_ones_decides_a_tie()
    {
        string tie = "1.000000059604644775390625" + new string('0', 5000);
        Assert.True(TextNumbers.TryF32(Encoding.ASCII.GetBytes(tie), out uint even));
        Assert.True(TextNumbers.TryF32(Encoding.ASCII.GetBytes(tie + "1"), out uint up));
        Assert.Equal((0x3F800000u, 0x3F800001u), (even, up));
    }

    [Fact]
    public void Random_literals_agree_with_exact_arithmetic()
    {
        const int Seed = 20260101;
        Random random = new(Seed);
        for (int i = 0; i < 3000; i++)
        {
            // Near a midpoint of two binary32 numbers, where one rounding and two rounds differ.
            uint low = (uint)random.Next(0, 0x7F7FFFFF);
            BigInteger numerator = Scaled(low) + Scaled(low + 1);
            int nudge = random.Next(-1, 2);
            string literal = Decimal((numerator * 2) + nudge, 149 + 2);
            Assert.True(TextNumbers.TryF32(Encoding.ASCII.GetBytes(literal), out uint actual), literal);
            uint expected = nudge < 0 ? low : nudge > 0 ? low + 1 : low + (low & 1);
            Assert.True(expected == actual, $"seed {Seed}, step {i}: {literal} gave {actual:x8}, not {expected:x8}");
        }
    }

    /// <summary>A binary32 number times 2^149.</summary>
    private static BigInteger Scaled(uint bits)
    {
        int exponent = (int)(bits >> 23);
        BigInteger significand = bits & 0x7FFFFF;
        return exponent == 0 ? significand : (significand + 0x800000) << (exponent - 1);
    }

    /// <summary>Exact decimal digits of <paramref name="numerator"/> / 2^<paramref name="power"/>.</summary>
    private static string Decimal(BigInteger numerator, int power)
    {
        string digits = (numerator * BigInteger.Pow(5, power)).ToString(CultureInfo.InvariantCulture);
        return $"{digits}e-{power}";
    }
}
