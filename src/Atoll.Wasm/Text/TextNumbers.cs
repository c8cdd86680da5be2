using System.Globalization;
using System.Numerics;

namespace Atoll.Wasm.Text;

/// <summary>Number literals (specification, "Text Format / Values"): their shape and their exact, once-rounded values.</summary>
internal static class TextNumbers
{
    // More significant digits than any binary64 value (767) or midpoint between two needs: the rest counts as "not zero".
    private const int MaxSignificantDigits = 800;

    public static int HexDigit(int b) => b switch
    {
        >= '0' and <= '9' => b - '0',
        >= 'a' and <= 'f' => b - 'a' + 10,
        >= 'A' and <= 'F' => b - 'A' + 10,
        _ => -1,
    };

    /// <summary>Whether the text is digits with single underscores between them.</summary>
    public static bool IsDigits(ReadOnlySpan<byte> text, bool hexadecimal)
    {
        bool digit = false;
        foreach (byte b in text)
        {
            bool isDigit = hexadecimal ? HexDigit(b) >= 0 : char.IsAsciiDigit((char)b);
            if (!isDigit && (b != '_' || !digit))
            {
                return false;
            }

            digit = isDigit;
        }

        return digit;
    }

    /// <summary><see cref="TokenKind.Nat"/>, <see cref="TokenKind.Int"/>, <see cref="TokenKind.Float"/>, or <see cref="TokenKind.Reserved"/> for no number.</summary>
    public static TokenKind Classify(ReadOnlySpan<byte> word)
    {
        bool signed = word[0] is (byte)'+' or (byte)'-';
        ReadOnlySpan<byte> text = signed ? word[1..] : word;
        if (text.SequenceEqual("inf"u8) || text.SequenceEqual("nan"u8)
            || (text.StartsWith("nan:0x"u8) && IsDigits(text[6..], hexadecimal: true)))
        {
            return TokenKind.Float;
        }

        if (text.IsEmpty || !char.IsAsciiDigit((char)text[0]))
        {
            return TokenKind.Reserved;
        }

        bool hexadecimal = text.StartsWith("0x"u8);
        ReadOnlySpan<byte> body = hexadecimal ? text[2..] : text;
        if (IsDigits(body, hexadecimal))
        {
            return signed ? TokenKind.Int : TokenKind.Nat;
        }

        int exponent = hexadecimal ? body.IndexOfAny((byte)'p', (byte)'P') : body.IndexOfAny((byte)'e', (byte)'E');
        if (exponent >= 0)
        {
            ReadOnlySpan<byte> power = body[(exponent + 1)..];
            power = !power.IsEmpty && power[0] is (byte)'+' or (byte)'-' ? power[1..] : power;
            if (!IsDigits(power, hexadecimal: false))
            {
                return TokenKind.Reserved;
            }

            body = body[..exponent];
        }

        int point = body.IndexOf((byte)'.');
        bool wellFormed = point < 0
            ? IsDigits(body, hexadecimal)
            : IsDigits(body[..point], hexadecimal) && (point + 1 == body.Length || IsDigits(body[(point + 1)..], hexadecimal));
        return wellFormed ? TokenKind.Float : TokenKind.Reserved;
    }

    /// <summary>The value of an integer token of at most <paramref name="bits"/> bits, signed or unsigned; false when it is out of range.</summary>
    public static bool TryInteger(ReadOnlySpan<byte> token, int bits, out ulong value)
    {
        bool negative = token[0] == '-';
        ReadOnlySpan<byte> text = token[0] is (byte)'+' or (byte)'-' ? token[1..] : token;
        bool hexadecimal = text.StartsWith("0x"u8);
        uint radix = hexadecimal ? 16u : 10u;
        value = 0;
        foreach (byte b in hexadecimal ? text[2..] : text)
        {
            if (b == '_')
            {
                continue;
            }

            UInt128 next = ((UInt128)value * radix) + (uint)HexDigit(b);
            if (next > ulong.MaxValue)
            {
                return false;
            }

            value = (ulong)next;
        }

        ulong limit = negative ? 1UL << (bits - 1) : ulong.MaxValue >> (64 - bits);
        if (value > limit)
        {
            return false;
        }

        value = negative ? (0 - value) & (ulong.MaxValue >> (64 - bits)) : value;
        return true;
    }

    /// <summary>The bits of a binary32 number; false when it is out of range.</summary>
    public static bool TryF32(ReadOnlySpan<byte> token, out uint bits)
    {
        bool ok = TryFloat(token, 23, 8, out ulong wide);
        bits = (uint)wide;
        return ok;
    }

    /// <summary>The bits of a binary64 number; false when it is out of range.</summary>
    public static bool TryF64(ReadOnlySpan<byte> token, out ulong bits) => TryFloat(token, 52, 11, out bits);

    private static bool TryFloat(ReadOnlySpan<byte> token, int fractionBits, int exponentBits, out ulong bits)
    {
        ulong sign = token[0] == '-' ? 1UL << (fractionBits + exponentBits) : 0;
        ReadOnlySpan<byte> text = token[0] is (byte)'+' or (byte)'-' ? token[1..] : token;
        ulong infinity = ((1UL << exponentBits) - 1) << fractionBits;
        bool ok = true;
        if (text.SequenceEqual("inf"u8))
        {
            bits = infinity;
        }
        else if (text.SequenceEqual("nan"u8))
        {
            bits = infinity | (1UL << (fractionBits - 1));
        }
        else if (text.StartsWith("nan:"u8))
        {
            ok = TryInteger(text[4..], 64, out ulong payload) && payload != 0 && payload < 1UL << fractionBits;
            bits = infinity | payload;
        }
        else
        {
            bits = text.StartsWith("0x"u8) ? Hexadecimal(text[2..], fractionBits, exponentBits) : Decimal(text, fractionBits);
            ok = bits < infinity;
        }

        bits |= sign;
        return ok;
    }

    /// <summary>Rounds a hexadecimal literal to the nearest value, ties to even ("Floating-Point"). Overflow gives infinity.</summary>
    private static ulong Hexadecimal(ReadOnlySpan<byte> text, int fractionBits, int exponentBits)
    {
        int marker = text.IndexOfAny((byte)'p', (byte)'P');
        long exponent = marker < 0 ? 0 : Exponent(text[(marker + 1)..]);
        ulong significand = 0;
        bool sticky = false;
        bool fraction = false;
        foreach (byte b in marker < 0 ? text : text[..marker])
        {
            if (b is (byte)'_' or (byte)'.')
            {
                fraction |= b == '.';
                continue;
            }

            if (significand >> 60 == 0)
            {
                significand = (significand << 4) | (uint)HexDigit(b);
                exponent -= fraction ? 4 : 0;
            }
            else
            {
                sticky |= b != '0';
                exponent += fraction ? 0 : 4;
            }
        }

        if (significand == 0)
        {
            return 0;
        }

        // value = significand × 2^exponent with 64 bits, the first of them set.
        int shift = BitOperations.LeadingZeroCount(significand);
        significand <<= shift;
        exponent -= shift;
        int bias = (1 << (exponentBits - 1)) - 1;
        long biased = exponent + 63 + bias;
        if (biased >= (1 << exponentBits) - 1)
        {
            return ((1UL << exponentBits) - 1) << fractionBits;
        }

        // Subnormal numbers keep fewer bits; the sum below lets a rounded-up significand carry into the exponent.
        long drop = 63 - fractionBits + (biased <= 0 ? 1 - biased : 0);
        if (drop > 64)
        {
            return 0;
        }

        ulong kept = drop == 64 ? 0 : significand >> (int)drop;
        ulong half = 1UL << (int)(drop - 1);
        bool roundUp = (significand & half) != 0 && (sticky || (significand & (half - 1)) != 0 || (kept & 1) != 0);
        ulong result = kept + (roundUp ? 1UL : 0UL);
        return biased <= 0 ? result : result + ((ulong)(biased - 1) << fractionBits);
    }

    /// <summary>Rounds a decimal literal once, directly to the wanted width. Overflow gives infinity.</summary>
    private static ulong Decimal(ReadOnlySpan<byte> text, int fractionBits)
    {
        int marker = text.IndexOfAny((byte)'e', (byte)'E');
        long exponent = marker < 0 ? 0 : Exponent(text[(marker + 1)..]);
        Span<char> digits = stackalloc char[MaxSignificantDigits + 24];
        int count = 0;
        bool fraction = false;
        bool sticky = false;
        foreach (byte b in marker < 0 ? text : text[..marker])
        {
            if (b is (byte)'_' or (byte)'.')
            {
                fraction |= b == '.';
            }
            else if (count < MaxSignificantDigits)
            {
                exponent -= fraction ? 1 : 0;
                if (count > 0 || b != '0')
                {
                    digits[count++] = (char)b;
                }
            }
            else
            {
                sticky |= b != '0';
                exponent += fraction ? 0 : 1;
            }
        }

        if (count == 0)
        {
            return 0;
        }

        if (sticky)
        {
            digits[count++] = '1';
            exponent--;
        }

        // Far outside of every exponent the result is known; inside, the number that the library sees is short.
        exponent = Math.Clamp(exponent, -2000, 2000);
        digits[count++] = 'e';
        exponent.TryFormat(digits[count..], out int written, provider: CultureInfo.InvariantCulture);
        ReadOnlySpan<char> literal = digits[..(count + written)];
        return fractionBits == 23
            ? BitConverter.SingleToUInt32Bits(float.Parse(literal, NumberStyles.Float, CultureInfo.InvariantCulture))
            : BitConverter.DoubleToUInt64Bits(double.Parse(literal, NumberStyles.Float, CultureInfo.InvariantCulture));
    }

    private static long Exponent(ReadOnlySpan<byte> text)
    {
        bool negative = text[0] == '-';
        long value = 0;
        foreach (byte b in text)
        {
            if (char.IsAsciiDigit((char)b))
            {
                // Saturates far beyond what a text of the permitted length can bring back into range.
                value = Math.Min((value * 10) + (b - '0'), long.MaxValue / 100);
            }
        }

        return negative ? -value : value;
    }
}
