using System.Globalization;
using System.Text;

namespace Atoll.Components.Waves;

/// <content>Characters and strings.</content>
internal sealed partial class WaveReader
{
    private const string Fence = "\"\"\"";

    private ComponentValue Char()
    {
        int start = _position;
        if (Peek(start) != '\'')
        {
            throw Error("expected a character in single quotes, such as 'x'");
        }

        _position++;
        if (Peek(_position) is '\'' or '\n')
        {
            throw Error("a character is missing, or needs an escape: '\\'' and '\\n'");
        }

        Rune value = Character();
        if (Peek(_position) != '\'')
        {
            throw Error("expected the closing quote of a single character; a string has double quotes");
        }

        _position++;
        return ComponentValue.Char(value);
    }

    private string String()
    {
        int start = _position;
        if (Peek(start) != '"')
        {
            throw Error($"expected a string in double quotes, found {Found()}");
        }

        if (string.CompareOrdinal(_text, start, Fence, 0, 3) == 0 && Peek(start + 3) is '\n' or '\r')
        {
            return Lines();
        }

        _position++;
        StringBuilder text = new();
        while (Peek(_position) != '"')
        {
            if (_position >= _text.Length || _text[_position] == '\n')
            {
                throw Error("the string has no end: a double quote is missing; a line break is `\\n`", start);
            }

            text.Append(Character());
        }

        _position++;
        return text.ToString();
    }

    /// <summary>A string over several lines; the blanks before its end are taken from the start of each line ("Multiline Strings").</summary>
    private string Lines()
    {
        int start = _position;
        _position += 3;
        LineBreak(start);
        int indent = Indent(start);
        StringBuilder text = new();
        for (bool isFirst = true; ; isFirst = false)
        {
            // The last line holds nothing but blanks and the fence.
            int content = _position;
            while (Peek(content) == ' ')
            {
                content++;
            }

            if (string.CompareOrdinal(_text, content, Fence, 0, 3) == 0)
            {
                _position = content + 3;
                return text.ToString();
            }

            if (!isFirst)
            {
                text.Append('\n');
            }

            if (content - _position < indent)
            {
                throw Error($"the line must begin with at least {Count(indent, "blank")}, as the end of the string does");
            }

            _position += indent;
            Line(text, start);
        }
    }

    private void Line(StringBuilder text, int start)
    {
        while (Peek(_position) != '\n' && !(Peek(_position) == '\r' && Peek(_position + 1) == '\n'))
        {
            if (string.CompareOrdinal(_text, _position, Fence, 0, 3) == 0)
            {
                throw Error("three double quotes end the string, and stand on a line of their own; within it write `\"\"\\\"`");
            }

            text.Append(_position < _text.Length ? Character() : throw Error("the string has no end: `\"\"\"` on a line of its own is missing", start));
        }

        LineBreak(start);
    }

    private void LineBreak(int start) =>
        _position += Peek(_position) == '\n' ? 1
            : Peek(_position) == '\r' && Peek(_position + 1) == '\n' ? 2
            : throw Error("expected a line break", start);

    /// <summary>How many blanks stand before the fence at the end.</summary>
    private int Indent(int start)
    {
        int at = _position - 1;
        while (at >= 0 && at < _text.Length)
        {
            int line = at + 1;
            int content = line;
            while (Peek(content) == ' ')
            {
                content++;
            }

            if (string.CompareOrdinal(_text, content, Fence, 0, 3) == 0)
            {
                return content - line;
            }

            at = _text.IndexOf('\n', line);
        }

        throw Error("the string has no end: `\"\"\"` on a line of its own is missing", start);
    }

    private Rune Character()
    {
        if (Peek(_position) == '\\')
        {
            return Escape();
        }

        if (Rune.DecodeFromUtf16(_text.AsSpan(_position), out Rune rune, out int length) != System.Buffers.OperationStatus.Done)
        {
            throw Error("the text is not valid Unicode here");
        }

        _position += length;
        return rune;
    }

    private Rune Escape()
    {
        int start = _position;
        char kind = Peek(start + 1);
        _position = start + 2;
        switch (kind)
        {
            case '\'' or '"' or '\\':
                return new Rune(kind);
            case 't':
                return new Rune('\t');
            case 'n':
                return new Rune('\n');
            case 'r':
                return new Rune('\r');
            case 'u' when Peek(_position) == '{':
                int end = _text.IndexOf('}', _position);
                ReadOnlySpan<char> digits = end < 0 ? default : _text.AsSpan(_position + 1, end - _position - 1);
                if (digits.Length is 0 or > 16 || !ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
                    || value > 0x10FFFF || !Rune.IsValid((int)value))
                {
                    throw Error("expected a Unicode character as hexadecimal digits in braces, such as \\u{1F30D}", start);
                }

                _position = end + 1;
                return new Rune((int)value);
            default:
                throw Error("unknown escape; there are \\' \\\" \\\\ \\t \\n \\r and \\u{…}", start);
        }
    }
}
