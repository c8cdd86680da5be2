using System.Globalization;
using System.Text;
using Atoll.Components.Types;

namespace Atoll.Components.Waves;

/// <summary>Values to text. What a terminal would not show as it is, is escaped.</summary>
internal sealed class WaveWriter(int maxLength)
{
    // Types nest less; a value that a program put together could nest without end.
    private const int MaxDepth = 256;
    private readonly StringBuilder _text = new();

    public override string ToString() => _text.ToString();

    public void Value(ComponentValue value, int depth)
    {
        if (depth > MaxDepth || _text.Length > maxLength)
        {
            throw new InvalidOperationException(depth > MaxDepth ? $"the value nests deeper than {MaxDepth}" : $"the value takes more than {maxLength} characters");
        }

        switch (value.Kind)
        {
            case ComponentValueKind.Bool:
                _text.Append(value.AsBool() ? "true" : "false");
                break;
            case ComponentValueKind.S8 or ComponentValueKind.S16 or ComponentValueKind.S32 or ComponentValueKind.S64:
                _text.Append(CultureInfo.InvariantCulture, $"{value.AsInt64()}");
                break;
            case ComponentValueKind.U8 or ComponentValueKind.U16 or ComponentValueKind.U32 or ComponentValueKind.U64:
                _text.Append(CultureInfo.InvariantCulture, $"{value.AsUInt64()}");
                break;
            case ComponentValueKind.F32:
                Float(value.AsF32(), value.AsF32().ToString("R", CultureInfo.InvariantCulture));
                break;
            case ComponentValueKind.F64:
                Float(value.AsF64(), value.AsF64().ToString("R", CultureInfo.InvariantCulture));
                break;
            case ComponentValueKind.Char:
                _text.Append('\'');
                Character(value.AsChar(), '\'');
                _text.Append('\'');
                break;
            case ComponentValueKind.String:
                String(value.AsString());
                break;
            default:
                Composite(value, depth + 1);
                break;
        }
    }

    private void Composite(ComponentValue value, int depth)
    {
        switch (value.Kind)
        {
            case ComponentValueKind.List or ComponentValueKind.Map:
                Sequence('[', value.AsList(), ']', depth);
                break;
            case ComponentValueKind.Tuple:
                Sequence('(', value.AsList(), ')', depth);
                break;
            case ComponentValueKind.Record:
                Record(value.AsRecord(), depth);
                break;
            case ComponentValueKind.Flags:
                _text.Append('{').AppendJoin(", ", value.AsFlags()).Append('}');
                break;
            case ComponentValueKind.Variant or ComponentValueKind.Enum:
                Case(value.AsCase(), escape: true, depth);
                break;
            case ComponentValueKind.Option or ComponentValueKind.Result:
                Case(value.AsCase(), escape: false, depth);
                break;
            default:
                throw new InvalidOperationException($"a value of the kind {value.Kind} has no text");
        }
    }

    private void Sequence(char open, IReadOnlyList<ComponentValue> elements, char close, int depth)
    {
        _text.Append(open);
        for (int i = 0; i < elements.Count; i++)
        {
            _text.Append(i == 0 ? "" : ", ");
            Value(elements[i], depth);
        }

        _text.Append(close);
    }

    // As wasm-wave has it, fields that are none are left out.
    private void Record(IReadOnlyList<KeyValuePair<string, ComponentValue>> fields, int depth)
    {
        _text.Append('{');
        bool any = false;
        foreach ((string name, ComponentValue field) in fields)
        {
            if (field != ComponentValue.None)
            {
                _text.Append(any ? ", " : "").Append(name).Append(": ");
                Value(field, depth);
                any = true;
            }
        }

        _text.Append(any ? "}" : ":}");
    }

    private void Case((string Name, ComponentValue? Payload) value, bool escape, int depth)
    {
        _text.Append(escape && WaveReader.IsKeyword(value.Name) ? "%" : "").Append(value.Name);
        if (value.Payload is { } payload)
        {
            _text.Append('(');
            Value(payload, depth);
            _text.Append(')');
        }
    }

    private void Float(double value, string shortest)
    {
        if (!double.IsFinite(value))
        {
            _text.Append(double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf");
            return;
        }

        // .NET writes 1E-05, and no exponent of WAVE begins with 0.
        int exponent = shortest.IndexOf('E', StringComparison.Ordinal);
        _text.Append(exponent < 0 ? shortest : $"{shortest[..exponent]}e{int.Parse(shortest.AsSpan(exponent + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)}");
    }

    private void String(string value)
    {
        _text.Append('"');
        foreach (Rune rune in value.EnumerateRunes())
        {
            Character(rune, '"');
            if (_text.Length > maxLength)
            {
                throw new InvalidOperationException($"the value takes more than {maxLength} characters");
            }
        }

        _text.Append('"');
    }

    private void Character(Rune rune, char quote)
    {
        switch (rune.Value)
        {
            case '\\':
                _text.Append(@"\\");
                break;
            case '\t':
                _text.Append(@"\t");
                break;
            case '\n':
                _text.Append(@"\n");
                break;
            case '\r':
                _text.Append(@"\r");
                break;
            case int c when c == quote:
                _text.Append('\\').Append(quote);
                break;
            default:
                if (IsShown(Rune.GetUnicodeCategory(rune)))
                {
                    _text.Append(rune.ToString());
                }
                else
                {
                    _text.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
                }

                break;
        }
    }

    private static bool IsShown(UnicodeCategory category) => category is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
