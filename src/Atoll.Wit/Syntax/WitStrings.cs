using System.Globalization;
using System.Text;

namespace Atoll.Wit.Syntax;

/// <summary>String literals: the <c>name</c> of the core text format (WIT.md, "String Literals"; core specification, "Text Format: Names").</summary>
internal static class WitStrings
{
    /// <summary>Reads the literal whose opening quote stands at <paramref name="position"/>, and moves behind its closing quote.</summary>
    public static string Read(WitSource source, ref int position)
    {
        string text = source.Text;
        int start = position++;
        List<byte> bytes = [];
        while (position < text.Length && text[position] != '"')
        {
            char c = text[position];
            if (c < ' ')
            {
                break;
            }

            if (c == '\\')
            {
                ReadEscape(source, ref position, bytes);
                continue;
            }

            int length = char.IsHighSurrogate(c) ? 2 : 1;
            bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(position, length)));
            position += length;
        }

        if (position >= text.Length || text[position] != '"')
        {
            throw new WitException(source.Error("the string is not closed on its line", new WitSpan(start, position)));
        }

        position++;
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.ToArray());
        }
        catch (ArgumentException)
        {
            throw new WitException(source.Error("the bytes of the string are not UTF-8", new WitSpan(start, position)));
        }
    }

    /// <summary>The literal for a text, quotes included.</summary>
    public static string Write(string value)
    {
        StringBuilder text = new("\"");
        foreach (char c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                _ when char.IsControl(c) => text.Append("\\u{").Append(((int)c).ToString("x", CultureInfo.InvariantCulture)).Append('}'),
                _ => text.Append(c),
            };
        }

        return text.Append('"').ToString();
    }

    private static void ReadEscape(WitSource source, ref int position, List<byte> bytes)
    {
        string text = source.Text;
        int start = position++;
        char c = position < text.Length ? text[position] : '\0';
        int simple = "tnr\"'\\".IndexOf(c);
        if (simple >= 0)
        {
            bytes.Add((byte)"\t\n\r\"'\\"[simple]);
            position++;
            return;
        }

        if (position + 1 < text.Length && IsHex(c) && IsHex(text[position + 1]))
        {
            bytes.Add(byte.Parse(text.Substring(position, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            position += 2;
            return;
        }

        int end = c == 'u' && position + 1 < text.Length && text[position + 1] == '{' ? text.IndexOf('}', position) : -1;
        string digits = end > position + 2 && end - position <= 10 ? text.Substring(position + 2, end - position - 2) : "";
        if (digits.Length == 0 || !digits.All(IsHex) || !TryScalar(digits, out string scalar))
        {
            throw new WitException(source.Error("unknown escape in a string", new WitSpan(start, Math.Min(start + 2, text.Length)),
                "escapes are \\t \\n \\r \\\" \\' \\\\, two hexadecimal digits, and \\u{…}"));
        }

        bytes.AddRange(Encoding.UTF8.GetBytes(scalar));
        position = end + 1;
    }

    private static bool TryScalar(string digits, out string scalar)
    {
        int value = int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        bool isScalar = value is (>= 0 and < 0xD800) or (> 0xDFFF and <= 0x10FFFF);
        scalar = isScalar ? char.ConvertFromUtf32(value) : "";
        return isScalar;
    }

    private static bool IsHex(char c) => c is (>= '0' and <= '9') or (>= 'a' and <= 'f') or (>= 'A' and <= 'F');
}
