using System.Collections.Immutable;
using System.Globalization;
using Atoll.Components.Types;
using Atoll.Components.Validation;

namespace Atoll.Components.Waves;

/// <summary>Text to values, guided by types. The depth of recursion is that of the type, which is limited; lists grow with what was read.</summary>
internal sealed partial class WaveReader
{
    private readonly string _text;
    private int _position;

    public WaveReader(string text)
    {
        _text = text;
        if (text.Length > Wave.MaxLength)
        {
            throw new WaveException($"the text has {text.Length} characters; at most {Wave.MaxLength} are read", text, 0);
        }
    }

    public static bool IsKeyword(string label) => label is "true" or "false" or "inf" or "nan" or "some" or "none" or "ok" or "err";

    public void End()
    {
        SkipBlanks();
        if (_position < _text.Length)
        {
            throw Error($"the value ends before {Found()}");
        }
    }

    public ComponentValue[] Arguments(ImmutableArray<LabeledType> parameters)
    {
        Expect('(', "the arguments");
        List<ComponentValue> values = [];
        while (!TryTake(')'))
        {
            if (values.Count == parameters.Length)
            {
                throw Error($"the function takes {Count(parameters.Length, "argument")}, and there are more");
            }

            values.Add(Value(parameters[values.Count].Type));
            Separate(')');
        }

        foreach (LabeledType missing in parameters.Skip(values.Count))
        {
            values.Add(missing.Type is OptionType
                ? ComponentValue.None
                : throw Error($"the argument `{missing.Name}: {TypeText.Of(missing.Type)}` is missing", _position - 1));
        }

        return [.. values];
    }

    public ComponentValue Value(ComponentValueType type)
    {
        SkipBlanks();
        switch (type)
        {
            case PrimitiveType:
                return Primitive(type.Kind);
            case ListType { Element.Kind: ComponentValueKind.U8, Length: null }:
                return ComponentValue.List(Bytes().ToArray());
            case ListType list:
                return List(list);
            case TupleType tuple:
                return Tuple(tuple);
            case RecordType record:
                return Record(record);
            case VariantType variant:
                return Variant(variant);
            case EnumType names:
                return Enum(names);
            case FlagsType flags:
                return Flags(flags);
            case OptionType option:
                return Option(option);
            case ResultType result:
                return Result(result);
            case MapType map:
                return Map(map);
            default:
                throw Error($"a {TypeText.Of(type)} cannot be written as text");
        }
    }

    private ComponentValue Primitive(ComponentValueKind kind) => kind switch
    {
        ComponentValueKind.Bool => Bool(),
        ComponentValueKind.S8 => ComponentValue.S8((sbyte)Integer(kind, sbyte.MinValue, (ulong)sbyte.MaxValue)),
        ComponentValueKind.U8 => ComponentValue.U8((byte)Integer(kind, 0, byte.MaxValue)),
        ComponentValueKind.S16 => ComponentValue.S16((short)Integer(kind, short.MinValue, (ulong)short.MaxValue)),
        ComponentValueKind.U16 => ComponentValue.U16((ushort)Integer(kind, 0, ushort.MaxValue)),
        ComponentValueKind.S32 => ComponentValue.S32((int)Integer(kind, int.MinValue, int.MaxValue)),
        ComponentValueKind.U32 => ComponentValue.U32((uint)Integer(kind, 0, uint.MaxValue)),
        ComponentValueKind.S64 => ComponentValue.S64((long)Integer(kind, long.MinValue, long.MaxValue)),
        ComponentValueKind.U64 => ComponentValue.U64((ulong)Integer(kind, 0, ulong.MaxValue)),
        ComponentValueKind.F32 => ComponentValue.F32((float)Float(kind)),
        ComponentValueKind.F64 => ComponentValue.F64(Float(kind)),
        ComponentValueKind.Char => Char(),
        ComponentValueKind.String => ComponentValue.String(String()),
        _ => throw Error("an error-context cannot be written as text"),
    };

    private ComponentValue Bool()
    {
        int start = _position;
        return TryLabel() switch
        {
            "true" => ComponentValue.Bool(true),
            "false" => ComponentValue.Bool(false),
            _ => throw Error("expected `true` or `false`", start),
        };
    }

    private Int128 Integer(ComponentValueKind kind, long minimum, ulong maximum)
    {
        int start = _position;
        ReadOnlySpan<char> number = Number();
        if (number.IsEmpty || number.ContainsAny(".eE"))
        {
            throw Error($"expected an integer ({Name(kind)})", start);
        }

        // 40 digits are more than any has; the text itself may be long.
        return number.Length <= 40 && Int128.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out Int128 value) && value >= minimum && value <= maximum
            ? value
            : throw Error($"{number[..Math.Min(number.Length, 40)]} does not fit into {Name(kind)}, which goes from {minimum} to {maximum}", start);
    }

    private double Float(ComponentValueKind kind)
    {
        int start = _position;
        ReadOnlySpan<char> number = Number();
        if (number.IsEmpty)
        {
            bool negative = TryTake('-');
            return TryLabel() switch
            {
                "inf" => negative ? double.NegativeInfinity : double.PositiveInfinity,
                "nan" when !negative => double.NaN,
                _ => throw Error($"expected a number, `nan`, `inf` or `-inf` ({Name(kind)})", start),
            };
        }

        // Rounded once: a float is not read by way of a double.
        double value = kind == ComponentValueKind.F32 ? float.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture) : double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(value) ? value : throw Error($"the number is too large for {Name(kind)}; infinity is `inf`", start);
    }

    /// <summary>A number as JSON writes it; empty, and nothing is taken, where there is none.</summary>
    private ReadOnlySpan<char> Number()
    {
        int start = _position;
        int end = start + (Peek(start) == '-' ? 1 : 0);
        int digits = end;
        end = Digits(end);
        if (end == digits)
        {
            return default;
        }

        if (_text[digits] == '0' && end > digits + 1)
        {
            throw Error("a number must not begin with 0", digits);
        }

        if (Peek(end) == '.')
        {
            int fraction = Digits(end + 1);
            end = fraction > end + 1 ? fraction : throw Error("expected a digit after the point", end + 1);
        }

        if (Peek(end) is 'e' or 'E')
        {
            int exponent = end + (Peek(end + 1) is '+' or '-' ? 2 : 1);
            end = Digits(exponent) is var after && after > exponent ? after : throw Error("expected the digits of an exponent", exponent);
        }

        _position = end;
        return _text.AsSpan(start, end - start);
    }

    private int Digits(int at)
    {
        while (char.IsAsciiDigit(Peek(at)))
        {
            at++;
        }

        return at;
    }

    private char Peek(int at) => at < _text.Length ? _text[at] : '\0';

    /// <summary>A word of letters, digits and hyphens, without <c>%</c>; null, and nothing is taken, where there is none.</summary>
    private string? TryLabel()
    {
        SkipBlanks();
        int end = _position;
        while (char.IsAsciiLetterOrDigit(Peek(end)) || Peek(end) == '-')
        {
            end++;
        }

        if (end == _position || !char.IsAsciiLetter(_text[_position]))
        {
            return null;
        }

        string label = _text[_position..end];
        _position = end;
        return label;
    }

    /// <summary>A name, which <c>%</c> may mark as no keyword.</summary>
    private string Label(string what, bool mayBeKeyword, out int start)
    {
        SkipBlanks();
        start = _position;
        bool marked = TryTake('%');
        string? label = TryLabel();
        if (label is null || !ParsedName.IsKebab(label))
        {
            throw Error($"expected {what}, found {(label is null ? Found() : $"`{label}`, which is no name")}", start);
        }

        return marked || mayBeKeyword || !IsKeyword(label) ? label : throw Error($"`{label}` is a keyword; for {what} of this name write `%{label}`", start);
    }

    private void SkipBlanks()
    {
        while (_position < _text.Length)
        {
            if (_text[_position] is ' ' or '\t' or '\n' or '\r')
            {
                _position++;
            }
            else if (_text[_position] == '/' && Peek(_position + 1) == '/')
            {
                int end = _text.IndexOf('\n', _position);
                _position = end < 0 ? _text.Length : end;
            }
            else
            {
                return;
            }
        }
    }

    private bool TryTake(char c)
    {
        SkipBlanks();
        if (Peek(_position) != c || _position >= _text.Length)
        {
            return false;
        }

        _position++;
        return true;
    }

    private void Expect(char c, string what)
    {
        if (!TryTake(c))
        {
            throw Error($"expected `{c}` for {what}, found {Found()}");
        }
    }

    /// <summary>Between two items, and after the last: a comma, or what closes.</summary>
    private void Separate(char close)
    {
        SkipBlanks();
        if (!TryTake(',') && Peek(_position) != close)
        {
            throw Error($"expected `,` or `{close}`, found {Found()}");
        }
    }

    private string Found()
    {
        if (_position >= _text.Length)
        {
            return "the end";
        }

        int length = char.IsHighSurrogate(_text[_position]) && _position + 1 < _text.Length ? 2 : 1;
        return char.IsControl(_text[_position]) ? $"U+{(int)_text[_position]:X4}" : $"`{_text.AsSpan(_position, length)}`";
    }

    private WaveException Error(string problem) => Error(problem, _position);

    private WaveException Error(string problem, int offset) => new(problem, _text, Math.Min(offset, _text.Length));

    private static string Name(ComponentValueKind kind) => PrimitiveType.Of(kind).ToString();

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
