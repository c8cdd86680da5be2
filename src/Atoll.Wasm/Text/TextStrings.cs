using System.Text;

namespace Atoll.Wasm.Text;

/// <summary>String literals (specification, "Text Format / Values / Strings").</summary>
internal static class TextStrings
{
    /// <summary>Length of the escape at the start of <paramref name="text"/>, or 0 when it is none.</summary>
    public static int EscapeLength(ReadOnlySpan<byte> text)
    {
        if (text.Length < 2)
        {
            return 0;
        }

        if (text[1] is (byte)'t' or (byte)'n' or (byte)'r' or (byte)'"' or (byte)'\'' or (byte)'\\')
        {
            return 2;
        }

        if (text[1] == 'u')
        {
            int close = text.Length > 3 && text[2] == '{' ? text.IndexOf((byte)'}') : -1;
            return close > 3 && Scalar(text[3..close]) >= 0 ? close + 1 : 0;
        }

        return text.Length > 2 && TextNumbers.HexDigit(text[1]) >= 0 && TextNumbers.HexDigit(text[2]) >= 0 ? 3 : 0;
    }

    /// <summary>The bytes that a string token (with its quotation marks) stands for. The lexer has checked its escapes.</summary>
    public static byte[] Decode(ReadOnlySpan<byte> token)
    {
        ReadOnlySpan<byte> text = token[1..^1];
        byte[] result = new byte[text.Length];
        int length = 0;
        for (int i = 0; i < text.Length;)
        {
            if (text[i] != '\\')
            {
                result[length++] = text[i++];
                continue;
            }

            int size = EscapeLength(text[i..]);
            if (text[i + 1] == 'u')
            {
                // An escape is never shorter than the character in UTF-8.
                length += new Rune(Scalar(text.Slice(i + 3, size - 4))).EncodeToUtf8(result.AsSpan(length));
            }
            else
            {
                result[length++] = size == 3
                    ? (byte)((TextNumbers.HexDigit(text[i + 1]) << 4) | TextNumbers.HexDigit(text[i + 2]))
                    : Simple(text[i + 1]);
            }

            i += size;
        }

        return result.AsSpan(0, length).ToArray();
    }

    private static byte Simple(byte escape) => escape switch
    {
        (byte)'t' => 9,
        (byte)'n' => 10,
        (byte)'r' => 13,
        _ => escape,
    };

    /// <summary>The Unicode scalar value of a hexadecimal number, or -1.</summary>
    private static int Scalar(ReadOnlySpan<byte> digits)
    {
        if (!TextNumbers.IsDigits(digits, hexadecimal: true))
        {
            return -1;
        }

        int value = 0;
        foreach (byte b in digits)
        {
            if (b != '_')
            {
                value = (value << 4) | TextNumbers.HexDigit(b);
                if (value > 0x10FFFF)
                {
                    return -1;
                }
            }
        }

        return Rune.IsValid(value) ? value : -1;
    }
}
