using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Atoll.Sdk.Toml;

internal sealed partial class TomlReader
{
    private const string Digits = "[0-9](?:_?[0-9])*";
    private const string Decimal = "[+-]?(?:0|[1-9](?:_?[0-9])*)";

    [GeneratedRegex($@"\A{Decimal}\z")]
    private static partial Regex DecimalForm();

    [GeneratedRegex(@"\A0(?:x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|o[0-7](?:_?[0-7])*|b[01](?:_?[01])*)\z")]
    private static partial Regex PrefixedForm();

    [GeneratedRegex($@"\A{Decimal}(?:\.{Digits})?(?:[eE][+-]?{Digits})?\z")]
    private static partial Regex FloatForm();

    // The parts are those of RFC 3339; between date and time stands a T or one space.
    [GeneratedRegex(@"\A(?:([0-9]{4})-([0-9]{2})-([0-9]{2}))?(?:(?:(?<=[0-9])[Tt ]|\A)([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?\z")]
    private static partial Regex DateTimeForm();

    private TomlValue ReadValue(int depth)
    {
        int start = _at;
        switch (Peek())
        {
            case '"':
                string basic = StartsWith("\"\"\"") ? ReadMultiLine('"') : ReadBasicString();
                return new TomlString(new TextSpan(start, _at), basic);
            case '\'':
                string literal = StartsWith("'''") ? ReadMultiLine('\'') : ReadLiteralString();
                return new TomlString(new TextSpan(start, _at), literal);
            case '[' or '{' when depth >= MaxDepth:
                throw Fail($"values are nested more than {MaxDepth} deep", Here());
            case '[':
                return ReadArray(depth + 1);
            case '{':
                return ReadInlineTable(depth + 1);
            default:
                return ReadBare();
        }
    }

    private TomlArray ReadArray(int depth)
    {
        int start = _at++;
        List<TomlValue> items = [];
        while (true)
        {
            SkipBlank();
            if (Peek() == ']')
            {
                break;
            }

            Unfinished("an array", "]", start);
            Count(Here());
            items.Add(ReadValue(depth));
            SkipBlank();
            if (Peek() == ',')
            {
                _at++;
            }
            else if (Peek() != ']')
            {
                Unfinished("an array", "]", start);
                throw Fail("a `,` or `]` is missing in the array", Here());
            }
        }

        _at++;
        return new TomlArray(new TextSpan(start, _at), items);
    }

    private TomlTable ReadInlineTable(int depth)
    {
        int start = _at++, section = ++_section;
        TomlTable table = new(new TextSpan(start, start + 1));
        SkipSpaces();
        while (Peek() != '}')
        {
            Unfinished("a table in braces", "}", start);
            ReadPair(table, section, depth);
            SkipSpaces();
            if (Peek() == '}')
            {
                break;
            }

            Unfinished("a table in braces", "}", start);
            if (Peek() != ',')
            {
                throw Fail("a `,` or `}` is missing in the table", Here(), "A table in braces stands on one line; for several lines give it a [header].");
            }

            _at++;
            SkipSpaces();
            if (Peek() == '}')
            {
                throw Fail("after the `,` another key must come", Here(), "A table in braces has no comma at its end.");
            }
        }

        _at++;
        _section++;
        table.IsInline = true;
        return table;
    }

    private void Unfinished(string what, string end, int start)
    {
        if (_at >= _text.Length)
        {
            throw Fail($"{what} begins here and never ends", new TextSpan(start, start + 1), $"A `{end}` is missing.");
        }

        if (end == "}" && Peek() is '\n' or '\r')
        {
            throw Fail("a table in braces stands on one line", Here(), "Give it a [header] to write it on several lines.");
        }
    }

    /// <summary>Reads a boolean, a number, a date or a time.</summary>
    private TomlValue ReadBare()
    {
        int start = _at;
        SkipWord();

        // A date and a time may be parted by one space.
        if (_at - start == 10 && _text[start + 4] == '-' && Peek() == ' ' && char.IsAsciiDigit(Peek(1)) && char.IsAsciiDigit(Peek(2)) && Peek(3) == ':')
        {
            _at++;
            SkipWord();
        }

        TextSpan span = new(start, _at);
        string word = _text[start.._at];
        return word switch
        {
            "" => throw Fail("a value is missing", Here(), "Write a string in quotes, a number, true, false, a date, [ … ] or { … }."),
            "true" => new TomlBoolean(span, true),
            "false" => new TomlBoolean(span, false),
            "inf" or "+inf" => new TomlFloat(span, double.PositiveInfinity),
            "-inf" => new TomlFloat(span, double.NegativeInfinity),
            "nan" or "+nan" or "-nan" => new TomlFloat(span, double.NaN),
            _ when DecimalForm().IsMatch(word) => ReadDecimal(word, span),
            _ when PrefixedForm().IsMatch(word) => ReadPrefixed(word, span),
            _ when FloatForm().IsMatch(word) => new TomlFloat(span, double.Parse(word.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)),
            _ when word.Length >= 8 && DateTimeForm().Match(word) is { Success: true } match => ReadDateTime(match, span),
            _ => throw Fail($"`{(word.Length <= 40 ? word : word[..40] + "…")}` is no value", span, HelpFor(word)),
        };

        void SkipWord()
        {
            while (Peek() is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '+' or '-' or '_' or '.' or ':')
            {
                _at++;
            }
        }
    }

    private static string HelpFor(string word)
    {
        string digits = word.TrimStart('+', '-');
        return word.ToLowerInvariant() switch
        {
            "true" or "false" => "Booleans are lower case: true, false.",
            "inf" or "nan" => "Write inf and nan in lower case.",
            _ when digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]) && digits.All(char.IsAsciiDigit) => "A decimal number has no leading zeros; an octal one begins with 0o.",
            _ when word.Contains('_') && char.IsAsciiDigit(digits.FirstOrDefault()) => "An underscore stands between two digits.",
            _ when digits.Length > 0 && (digits[0] == '.' || digits[^1] == '.') => "A float has digits before and after its point: 0.5, 1.0.",
            _ when char.IsAsciiDigit(digits.FirstOrDefault()) && word.Contains(':') => "A time is 07:32:00, a date-time 1979-05-27T07:32:00Z.",
            _ when digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) || digits.StartsWith("0o", StringComparison.OrdinalIgnoreCase) || digits.StartsWith("0b", StringComparison.OrdinalIgnoreCase)
                => "Write 0x, 0o or 0b in lower case, without a sign, and then digits.",
            _ => "Strings have quotes: \"text\".",
        };
    }

    private TomlInteger ReadDecimal(string word, TextSpan span) =>
        long.TryParse(word.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? new TomlInteger(span, value)
            : throw TooLarge(span);

    private TomlInteger ReadPrefixed(string word, TextSpan span)
    {
        int shift = word[1] switch { 'x' => 4, 'o' => 3, _ => 1 };
        long value = 0;
        foreach (char c in word.AsSpan(2))
        {
            if (c != '_')
            {
                value = value <= long.MaxValue >> shift ? (value << shift) | (uint)Convert.ToInt32(c.ToString(), 16) : throw TooLarge(span);
            }
        }

        return new TomlInteger(span, value);
    }

    private DiagnosticException TooLarge(TextSpan span) => Fail("the integer does not fit into 64 bits", span, $"Integers go from {long.MinValue} to {long.MaxValue}.");

    private TomlDateTime ReadDateTime(Match match, TextSpan span)
    {
        DateOnly? date = null;
        TimeOnly? time = null;
        TimeSpan? offset = null;
        try
        {
            if (match.Groups[1].Success)
            {
                date = new DateOnly(Number(1), Number(2), Number(3));
            }

            if (match.Groups[4].Success)
            {
                string fraction = match.Groups[7].Value;
                long ticks = fraction.Length == 0 ? 0 : long.Parse(fraction[..Math.Min(7, fraction.Length)].PadRight(7, '0'), CultureInfo.InvariantCulture);
                time = new TimeOnly(Number(4), Number(5), Number(6)).Add(new TimeSpan(ticks));
            }

            if (match.Groups[8] is { Success: true, ValueSpan: var zone })
            {
                offset = zone is "Z" or "z" ? TimeSpan.Zero : Zone(zone);
            }
        }
        catch (ArgumentOutOfRangeException)
        {
            throw Fail("there is no such date or time", span, "Months go from 1 to 12, hours from 0 to 23, minutes and seconds from 0 to 59.");
        }

        return offset is not null && date is null ? throw Fail("a time without a date has no time zone", span) : new TomlDateTime(span, date, time, offset);

        int Number(int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

        static TimeSpan Zone(ReadOnlySpan<char> text)
        {
            TimeOnly size = new(int.Parse(text[1..3], CultureInfo.InvariantCulture), int.Parse(text[4..6], CultureInfo.InvariantCulture));
            return text[0] == '-' ? -size.ToTimeSpan() : size.ToTimeSpan();
        }
    }

    private string ReadLiteralString()
    {
        int start = _at++;
        while (Peek() != '\'')
        {
            EndOfString(start, isMultiLine: false);
            RefuseControl("a string");
            _at++;
        }

        return _text[(start + 1).._at++];
    }

    private string ReadBasicString()
    {
        int start = _at++;
        StringBuilder value = new();
        while (Peek() != '"')
        {
            EndOfString(start, isMultiLine: false);
            if (Peek() == '\\')
            {
                ReadEscape(value);
                continue;
            }

            RefuseControl("a string");
            value.Append(_text[_at++]);
        }

        _at++;
        return value.ToString();
    }

    /// <summary>Reads a string in three quotes; its line ends become LF, and one right after the quotes is left out.</summary>
    private string ReadMultiLine(char quote)
    {
        int start = _at;
        _at += 3;
        SkipLineEnd();
        StringBuilder value = new();
        while (true)
        {
            EndOfString(start, isMultiLine: true);
            if (Peek() == quote)
            {
                int run = 1;
                while (run < 6 && Peek(run) == quote)
                {
                    run++;
                }

                // Up to two quotes may stand before the three that end it.
                _at += Math.Min(run, 5);
                value.Append(quote, run >= 3 ? Math.Min(run, 5) - 3 : run);
                if (run >= 3)
                {
                    return value.ToString();
                }
            }
            else if (Peek() == '\\' && quote == '"')
            {
                if (!SkipContinuation())
                {
                    ReadEscape(value);
                }
            }
            else if (SkipLineEnd())
            {
                value.Append('\n');
            }
            else
            {
                RefuseControl("a string");
                value.Append(_text[_at++]);
            }
        }
    }

    /// <summary>Skips a backslash that ends a line, and all blanks after it.</summary>
    private bool SkipContinuation()
    {
        int start = _at++;
        SkipSpaces();
        if (!SkipLineEnd())
        {
            _at = start;
            return false;
        }

        do
        {
            SkipSpaces();
        }
        while (SkipLineEnd());
        return true;
    }

    private void EndOfString(int start, bool isMultiLine)
    {
        if (_at >= _text.Length || (!isMultiLine && (Peek() == '\n' || StartsWith("\r\n"))))
        {
            throw Fail("a string begins here and never ends", new TextSpan(start, Math.Min(_at, _text.Length)), isMultiLine ? null : "A string of several lines has three quotes on each side.");
        }
    }

    private void ReadEscape(StringBuilder value)
    {
        char kind = Peek(1);
        int length = kind switch { 'u' => 4, 'U' => 8, _ => 0 };
        if (length > 0)
        {
            ReadOnlySpan<char> digits = _text.AsSpan(_at + 2, Math.Min(length, _text.Length - _at - 2));
            if (digits.Length < length || digits.ContainsAnyExcept("0123456789abcdefABCDEF"))
            {
                throw Fail($"after `\\{kind}` come {length} hexadecimal digits", new TextSpan(_at, _at + 2));
            }

            uint code = uint.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            value.Append(Rune.IsValid(code)
                ? new Rune(code).ToString()
                : throw Fail($"there is no character U+{code:X4}", new TextSpan(_at, _at + 2 + length), "Characters go up to U+10FFFF, without U+D800 to U+DFFF."));
        }
        else
        {
            value.Append(kind switch
            {
                'b' => '\b',
                't' => '\t',
                'n' => '\n',
                'f' => '\f',
                'r' => '\r',
                '"' => '"',
                '\\' => '\\',
                _ => throw Fail("there is no such escape", new TextSpan(_at, _at + 2), "There are \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX; in single quotes a backslash is a backslash."),
            });
        }

        _at += 2 + length;
    }
}
