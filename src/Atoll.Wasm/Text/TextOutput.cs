using System.Globalization;
using System.Text;

namespace Atoll.Wasm.Text;

/// <summary>Writes tokens of the text format to a writer, through a buffer of its own.</summary>
/// <remarks>Lines end in LF on every system and numbers do not depend on a culture, so the same module always gives the same text.</remarks>
internal sealed class TextOutput(TextWriter writer)
{
    /// <summary>Deeper lines are not indented further: otherwise nested blocks would cost the square of their number.</summary>
    private const int MaxIndentation = 40;

    private readonly char[] _buffer = new char[16 * 1024];
    private int _length;
    private int _flushedInLine;
    private int _lineStart;
    private int _indentation;

    /// <summary>Characters in the current line.</summary>
    public int Column => _flushedInLine + _length - _lineStart;

    public void Write(char value)
    {
        if (_length == _buffer.Length)
        {
            Drain();
        }

        _buffer[_length++] = value;
    }

    public void Write(ReadOnlySpan<char> value)
    {
        while (value.Length > _buffer.Length - _length)
        {
            int part = _buffer.Length - _length;
            value[..part].CopyTo(_buffer.AsSpan(_length));
            _length += part;
            value = value[part..];
            Drain();
        }

        value.CopyTo(_buffer.AsSpan(_length));
        _length += value.Length;
    }

    /// <summary>Ends the line and indents the next one.</summary>
    public void Line(int depth)
    {
        Write('\n');
        _flushedInLine = 0;
        _lineStart = _length;
        _indentation = 2 * Math.Min(depth, MaxIndentation);
        for (int left = _indentation; left > 0; left--)
        {
            Write(' ');
        }
    }

    /// <summary>Writes a space, unless only indentation stands in the line.</summary>
    public void Space()
    {
        if (Column > _indentation)
        {
            Write(' ');
        }
    }

    public void Unsigned(ulong value)
    {
        Span<char> digits = Room(20);
        value.TryFormat(digits, out int written, provider: CultureInfo.InvariantCulture);
        _length += written;
    }

    public void Signed(long value)
    {
        Span<char> digits = Room(20);
        value.TryFormat(digits, out int written, provider: CultureInfo.InvariantCulture);
        _length += written;
    }

    /// <summary>A number as <c>0x</c> and at least <paramref name="digits"/> digits.</summary>
    public void Hexadecimal(ulong value, int digits)
    {
        Write("0x");
        Span<char> room = Room(16);
        value.TryFormat(room, out int written, digits switch { 8 => "x8", 16 => "x16", _ => "x" }, CultureInfo.InvariantCulture);
        _length += written;
    }

    /// <summary>A binary32 number: the shortest decimal that gives the same bits, or a NaN with its payload ("Text Format / Floating-Point").</summary>
    public void F32(uint bits)
    {
        if ((bits & 0x7F80_0000) == 0x7F80_0000)
        {
            NotFinite(bits >> 31 != 0, bits & 0x007F_FFFF, 0x0040_0000);
            return;
        }

        Span<char> room = Room(32);
        BitConverter.UInt32BitsToSingle(bits).TryFormat(room, out int written, provider: CultureInfo.InvariantCulture);
        _length += written;
    }

    /// <summary>A binary64 number, as <see cref="F32"/>.</summary>
    public void F64(ulong bits)
    {
        if ((bits & 0x7FF0_0000_0000_0000) == 0x7FF0_0000_0000_0000)
        {
            NotFinite(bits >> 63 != 0, bits & 0x000F_FFFF_FFFF_FFFF, 0x0008_0000_0000_0000);
            return;
        }

        Span<char> room = Room(40);
        BitConverter.UInt64BitsToDouble(bits).TryFormat(room, out int written, provider: CultureInfo.InvariantCulture);
        _length += written;
    }

    /// <summary>A name in quotation marks. Characters that a terminal or a reader could misunderstand are escaped.</summary>
    public void Name(string name)
    {
        Write('"');
        foreach (Rune rune in name.EnumerateRunes())
        {
            if (rune.IsAscii)
            {
                Byte((byte)rune.Value);
            }
            else if (IsPlain(rune))
            {
                Span<char> room = Room(2);
                _length += rune.EncodeToUtf16(room);
            }
            else
            {
                Write("\\u{");
                Span<char> room = Room(8);
                rune.Value.TryFormat(room, out int written, "x", CultureInfo.InvariantCulture);
                _length += written;
                Write('}');
            }
        }

        Write('"');
    }

    /// <summary>Any bytes in quotation marks: what is no plain ASCII is escaped.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Write('"');
        foreach (byte value in bytes)
        {
            Byte(value);
        }

        Write('"');
    }

    public void Flush()
    {
        Drain();
        writer.Flush();
    }

    private void NotFinite(bool negative, ulong payload, ulong canonical)
    {
        if (negative)
        {
            Write('-');
        }

        Write(payload == 0 ? "inf" : "nan");
        if (payload != 0 && payload != canonical)
        {
            Write(':');
            Hexadecimal(payload, 0);
        }
    }

    private void Byte(byte value)
    {
        switch (value)
        {
            case (byte)'"': Write("\\\""); break;
            case (byte)'\\': Write("\\\\"); break;
            case (byte)'\n': Write("\\n"); break;
            case (byte)'\t': Write("\\t"); break;
            case (byte)'\r': Write("\\r"); break;
            case >= 0x20 and < 0x7F: Write((char)value); break;
            default:
                Write('\\');
                Write(Digit(value >> 4));
                Write(Digit(value & 15));
                break;
        }
    }

    private static char Digit(int value) => (char)(value < 10 ? '0' + value : 'a' + value - 10);

    /// <summary>Not: controls, marks of direction and other invisible characters, and what Unicode has not assigned.</summary>
    private static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    private Span<char> Room(int count)
    {
        if (_buffer.Length - _length < count)
        {
            Drain();
        }

        return _buffer.AsSpan(_length, count);
    }

    private void Drain()
    {
        writer.Write(_buffer, 0, _length);
        _flushedInLine += _length - _lineStart;
        _lineStart = 0;
        _length = 0;
    }
}
