using System.Text.Json;
using Atoll.Components.Types;

namespace Atoll.Components.Json;

/// <summary>Values to JSON.</summary>
internal sealed class ComponentJsonWriter(Utf8JsonWriter writer, long maxBytes)
{
    // What every reader of JSON keeps exactly (RFC 8259 §6).
    private const long MaxExact = (1L << 53) - 1;

    public void Value(ComponentValue value, ComponentValueType type)
    {
        if (writer.BytesCommitted + writer.BytesPending > maxBytes)
        {
            throw new InvalidOperationException($"the value takes more than {maxBytes} bytes as JSON");
        }

        switch (type)
        {
            case PrimitiveType:
                Primitive(value);
                break;
            case ListType { Element.Kind: ComponentValueKind.U8, Length: null }:
                Bytes(value.AsBytes());
                break;
            case ListType list:
                Array(value, _ => list.Element);
                break;
            case TupleType tuple:
                Array(value, i => tuple.Elements[i]);
                break;
            case RecordType record:
                Record(value, record);
                break;
            case EnumType:
                writer.WriteStringValue(value.AsCase().Name);
                break;
            case FlagsType:
                writer.WriteStartArray();
                foreach (string name in value.AsFlags())
                {
                    writer.WriteStringValue(name);
                }

                writer.WriteEndArray();
                break;
            default:
                Cases(value, type);
                break;
        }
    }

    private void Cases(ComponentValue value, ComponentValueType type)
    {
        switch (type)
        {
            case VariantType variant:
                (string name, ComponentValue? payload) = value.AsCase();
                Tagged(name, payload, variant.Cases.First(item => item.Name == name).Type);
                break;
            case ResultType result:
                (string outcome, ComponentValue? carried) = value.AsCase();
                Tagged(outcome, carried, outcome == "ok" ? result.Ok : result.Error);
                break;
            case OptionType option when ComponentJson.CanBeNull(option.Value):
                (string presence, ComponentValue? inner) = value.AsCase();
                Tagged(presence, inner, option.Value);
                break;
            case OptionType option:
                if (value.AsCase().Payload is { } some)
                {
                    Value(some, option.Value);
                }
                else
                {
                    writer.WriteNullValue();
                }

                break;
            case MapType { Key.Kind: ComponentValueKind.String } map:
                writer.WriteStartObject();
                foreach (ComponentValue pair in LastOfEachKey(value))
                {
                    writer.WritePropertyName(pair.Elements[0].AsString());
                    Value(pair.Elements[1], map.Value);
                }

                writer.WriteEndObject();
                break;
            case MapType map:
                Array(value, _ => map.Entry);
                break;
            default:
                throw new InvalidOperationException($"a {TypeText.Of(type)} has no JSON");
        }
    }

    /// <summary>Of equal keys the last one counts, and an object must not have a member twice.</summary>
    private static IEnumerable<ComponentValue> LastOfEachKey(ComponentValue map)
    {
        Dictionary<string, ComponentValue> pairs = new(StringComparer.Ordinal);
        foreach (ComponentValue pair in map.AsList())
        {
            pairs[pair.Elements[0].AsString()] = pair;
        }

        return pairs.Values;
    }

    private void Primitive(ComponentValue value)
    {
        switch (value.Kind)
        {
            case ComponentValueKind.Bool:
                writer.WriteBooleanValue(value.AsBool());
                break;
            case ComponentValueKind.U64 when value.AsUInt64() > MaxExact:
                writer.WriteStringValue(value.AsUInt64().ToString(System.Globalization.CultureInfo.InvariantCulture));
                break;
            case ComponentValueKind.S64 when value.AsInt64() is > MaxExact or < -MaxExact:
                writer.WriteStringValue(value.AsInt64().ToString(System.Globalization.CultureInfo.InvariantCulture));
                break;
            case >= ComponentValueKind.S8 and <= ComponentValueKind.U64:
                writer.WriteNumberValue(value.AsInt64());
                break;
            case ComponentValueKind.F32 when float.IsFinite(value.AsF32()):
                writer.WriteNumberValue(value.AsF32());
                break;
            case ComponentValueKind.F64 when double.IsFinite(value.AsF64()):
                writer.WriteNumberValue(value.AsF64());
                break;
            case ComponentValueKind.F32 or ComponentValueKind.F64:
                double number = value.Kind == ComponentValueKind.F32 ? value.AsF32() : value.AsF64();
                writer.WriteStringValue(double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf");
                break;
            case ComponentValueKind.Char:
                writer.WriteStringValue(value.AsChar().ToString());
                break;
            case ComponentValueKind.String:
                Room(value.AsString().Length);
                writer.WriteStringValue(value.AsString());
                break;
            default:
                throw new InvalidOperationException($"a value of the kind {value.Kind} has no JSON");
        }
    }

    private void Bytes(ReadOnlyMemory<byte> bytes)
    {
        Room((bytes.Length / 3L * 4) + 4);
        writer.WriteBase64StringValue(bytes.Span);
    }

    private void Room(long bytes)
    {
        if (writer.BytesCommitted + writer.BytesPending + bytes > maxBytes)
        {
            throw new InvalidOperationException($"the value takes more than {maxBytes} bytes as JSON");
        }
    }

    private void Array(ComponentValue value, Func<int, ComponentValueType> typeOf)
    {
        IReadOnlyList<ComponentValue> elements = value.AsList();
        writer.WriteStartArray();
        for (int i = 0; i < elements.Count; i++)
        {
            Value(elements[i], typeOf(i));
        }

        writer.WriteEndArray();
    }

    private void Record(ComponentValue value, RecordType type)
    {
        IReadOnlyList<KeyValuePair<string, ComponentValue>> fields = value.AsRecord();
        writer.WriteStartObject();
        for (int i = 0; i < type.Fields.Length; i++)
        {
            LabeledType field = type.Fields[i];
            writer.WritePropertyName(field.Name);

            // Values that the host made may have their fields in any order.
            Value(i < fields.Count && fields[i].Key == field.Name ? fields[i].Value : fields.First(known => known.Key == field.Name).Value, field.Type);
        }

        writer.WriteEndObject();
    }

    private void Tagged(string tag, ComponentValue? payload, ComponentValueType? type)
    {
        writer.WriteStartObject();
        writer.WriteString("tag"u8, tag);
        if (payload is { } value)
        {
            writer.WritePropertyName("val"u8);
            Value(value, type!);
        }

        writer.WriteEndObject();
    }
}
