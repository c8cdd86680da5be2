using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Atoll.Components.Types;

namespace Atoll.Components.Json;

/// <summary>JSON to values. The depth of recursion is that of the type, which is limited; what is made is bounded by the length of the JSON.</summary>
internal sealed class ComponentJsonReader(string root)
{
    private readonly List<string> _path = [root];

    public ComponentValue Value(JsonElement json, ComponentValueType type)
    {
        switch (type)
        {
            case PrimitiveType:
                return Primitive(json, type.Kind);
            case ListType { Element.Kind: ComponentValueKind.U8, Length: null } when json.ValueKind == JsonValueKind.String:
                return json.TryGetBytesFromBase64(out byte[]? bytes) ? ComponentValue.OfBytes(bytes) : throw Error("bytes as a string must be base64");
            case ListType list:
                return List(json, list);
            case TupleType tuple:
                return ComponentValue.OfTuple(Elements(json, tuple.Elements));
            case RecordType record:
                ComponentValue[] values = Members(json, record.Fields, "field");
                return ComponentValue.Record([.. record.Fields.Select((field, i) => (field.Name, values[i]))]);
            case VariantType variant:
                return Variant(json, variant);
            case EnumType names:
                return ComponentValue.Enum(names.Names[Find(Text(json, "one of the names"), names.Names.Length, i => names.Names[i], "case")]);
            case FlagsType flags:
                return Flags(json, flags);
            case OptionType option:
                return Option(json, option);
            case ResultType result:
                (string tag, ComponentValue? payload) = Tagged(json, [new("ok", result.Ok), new("err", result.Error)]);
                return tag == "ok" ? ComponentValue.Ok(payload) : ComponentValue.Error(payload);
            case MapType map:
                return Map(json, map);
            default:
                throw Error($"a {TypeText.Of(type)} cannot be given as JSON");
        }
    }

    /// <summary>An object with a member for each label, in the order of the labels.</summary>
    public ComponentValue[] Members(JsonElement json, ImmutableArray<LabeledType> labels, string what)
    {
        Expect(json, JsonValueKind.Object, "an object");
        ComponentValue?[] values = new ComponentValue?[labels.Length];
        foreach (JsonProperty member in json.EnumerateObject())
        {
            string name = Name(member);
            int index = Find(name, labels.Length, i => labels[i].Name, what);
            _path.Add("." + name);
            if (values[index] is not null)
            {
                throw Error("stands twice");
            }

            values[index] = Value(member.Value, labels[index].Type);
            _path.RemoveAt(_path.Count - 1);
        }

        return [.. labels.Select((label, i) => values[i] ?? (label.Type is OptionType
            ? ComponentValue.None
            : throw Error($"the {what} \"{label.Name}\" ({TypeText.Of(label.Type)}) is missing")))];
    }

    private ComponentValue Primitive(JsonElement json, ComponentValueKind kind) => kind switch
    {
        ComponentValueKind.Bool => json.ValueKind switch
        {
            JsonValueKind.True => ComponentValue.Bool(true),
            JsonValueKind.False => ComponentValue.Bool(false),
            _ => throw Expected("true or false", json),
        },
        ComponentValueKind.S8 => ComponentValue.S8((sbyte)Integer(json, sbyte.MinValue, (ulong)sbyte.MaxValue)),
        ComponentValueKind.U8 => ComponentValue.U8((byte)Integer(json, 0, byte.MaxValue)),
        ComponentValueKind.S16 => ComponentValue.S16((short)Integer(json, short.MinValue, (ulong)short.MaxValue)),
        ComponentValueKind.U16 => ComponentValue.U16((ushort)Integer(json, 0, ushort.MaxValue)),
        ComponentValueKind.S32 => ComponentValue.S32((int)Integer(json, int.MinValue, int.MaxValue)),
        ComponentValueKind.U32 => ComponentValue.U32((uint)Integer(json, 0, uint.MaxValue)),
        ComponentValueKind.S64 => ComponentValue.S64((long)Integer(json, long.MinValue, long.MaxValue)),
        ComponentValueKind.U64 => ComponentValue.U64((ulong)Integer(json, 0, ulong.MaxValue)),
        ComponentValueKind.F32 => ComponentValue.F32((float)Float(json, single: true)),
        ComponentValueKind.F64 => ComponentValue.F64(Float(json, single: false)),
        ComponentValueKind.Char => Char(json),
        ComponentValueKind.String => ComponentValue.String(Text(json, "a string")),
        _ => throw Error("an error-context cannot be given as JSON"),
    };

    /// <summary>An integer as a number (<c>5</c>, and <c>5.0</c> too), or exactly as decimal digits in a string.</summary>
    private BigInteger Integer(JsonElement json, long minimum, ulong maximum)
    {
        string wanted = $"an integer from {minimum} to {maximum}";
        string digits = json.ValueKind switch
        {
            JsonValueKind.Number => json.GetRawText(),
            JsonValueKind.String => Text(json, wanted),
            _ => throw Expected(wanted, json),
        };

        // A decimal keeps 28 digits, which is more than any integer here has; longer texts and exponents end in an error, not in work.
        NumberStyles style = json.ValueKind == JsonValueKind.Number ? NumberStyles.Float : NumberStyles.AllowLeadingSign;
        if (digits.Length > 40 || !decimal.TryParse(digits, style, CultureInfo.InvariantCulture, out decimal value) || decimal.Truncate(value) != value)
        {
            throw Error($"expected {wanted}, found {Shorten(digits)}");
        }

        return value >= minimum && value <= maximum ? new BigInteger(value) : throw Error($"{Shorten(digits)} is not {wanted}");
    }

    private double Float(JsonElement json, bool single)
    {
        if (json.ValueKind == JsonValueKind.Number)
        {
            double number = single ? json.GetSingle() : json.GetDouble();
            return double.IsFinite(number) ? number : throw Error("the number is too large; infinity is \"inf\"");
        }

        return json.ValueKind != JsonValueKind.String ? throw Expected("a number", json) : Text(json, "a number") switch
        {
            "nan" => double.NaN,
            "inf" => double.PositiveInfinity,
            "-inf" => double.NegativeInfinity,
            _ => throw Error("expected a number, or one of \"nan\", \"inf\", \"-inf\""),
        };
    }

    private ComponentValue Char(JsonElement json)
    {
        string text = Text(json, "a string of one character");
        return Rune.DecodeFromUtf16(text, out Rune rune, out int length) == System.Buffers.OperationStatus.Done && length == text.Length
            ? ComponentValue.Char(rune)
            : throw Error("expected a string of exactly one character");
    }

    private ComponentValue List(JsonElement json, ListType type)
    {
        Expect(json, JsonValueKind.Array, "an array");
        int count = json.GetArrayLength();
        if (type.Length is { } length && length != count)
        {
            throw Error($"the list must have {length} elements, not {count}");
        }

        ComponentValue[] elements = new ComponentValue[count];
        int index = 0;
        foreach (JsonElement item in json.EnumerateArray())
        {
            elements[index] = Within(index, item, type.Element);
            index++;
        }

        return type is { Element.Kind: ComponentValueKind.U8, Length: null }
            ? ComponentValue.OfBytes(Array.ConvertAll(elements, element => (byte)element.Bits))
            : ComponentValue.OfList(elements);
    }

    private ComponentValue[] Elements(JsonElement json, ImmutableArray<ComponentValueType> types)
    {
        Expect(json, JsonValueKind.Array, "an array");
        if (json.GetArrayLength() != types.Length)
        {
            throw Error($"the tuple must have {types.Length} elements, not {json.GetArrayLength()}");
        }

        ComponentValue[] elements = new ComponentValue[types.Length];
        int index = 0;
        foreach (JsonElement item in json.EnumerateArray())
        {
            elements[index] = Within(index, item, types[index]);
            index++;
        }

        return elements;
    }

    private ComponentValue Within(int index, JsonElement json, ComponentValueType type)
    {
        _path.Add($"[{index}]");
        ComponentValue value = Value(json, type);
        _path.RemoveAt(_path.Count - 1);
        return value;
    }

    private ComponentValue Flags(JsonElement json, FlagsType type)
    {
        Expect(json, JsonValueKind.Array, "an array of names");
        bool[] isSet = new bool[type.Names.Length];
        foreach (JsonElement item in json.EnumerateArray())
        {
            isSet[Find(Text(item, "the name of a flag"), type.Names.Length, i => type.Names[i], "flag")] = true;
        }

        return ComponentValue.OfFlags([.. type.Names.Where((_, i) => isSet[i])]);
    }

    private ComponentValue Option(JsonElement json, OptionType type)
    {
        if (!ComponentJson.CanBeNull(type.Value))
        {
            return json.ValueKind == JsonValueKind.Null ? ComponentValue.None : ComponentValue.Some(Value(json, type.Value));
        }

        (string tag, ComponentValue? payload) = Tagged(json, [new("none", null), new("some", type.Value)]);
        return tag == "none" ? ComponentValue.None : ComponentValue.Some(payload!.Value);
    }

    private ComponentValue Variant(JsonElement json, VariantType type)
    {
        (string tag, ComponentValue? payload) = Tagged(json, type.Cases);
        return ComponentValue.Variant(tag, payload);
    }

    /// <summary><c>{"tag": "circle", "val": 2.5}</c></summary>
    private (string Tag, ComponentValue? Payload) Tagged(JsonElement json, ImmutableArray<VariantCase> cases)
    {
        Expect(json, JsonValueKind.Object, "an object with \"tag\" and \"val\"");
        JsonElement? tagged = null, payload = null;
        foreach (JsonProperty member in json.EnumerateObject())
        {
            string name = Name(member);
            if (name is not ("tag" or "val") || (name == "tag" ? tagged : payload) is not null)
            {
                throw Error($"only one \"tag\" and one \"val\" may stand here, not \"{Shorten(name)}\"");
            }

            tagged = name == "tag" ? member.Value : tagged;
            payload = name == "val" ? member.Value : payload;
        }

        string tag = Text(tagged ?? throw Error("\"tag\" is missing; it names the case"), "the name of a case");
        VariantCase found = cases[Find(tag, cases.Length, i => cases[i].Name, "case")];
        if (found.Type is null)
        {
            return payload is null or { ValueKind: JsonValueKind.Null } ? (found.Name, null) : throw Error($"the case \"{found.Name}\" comes without \"val\"");
        }

        _path.Add(".val");
        ComponentValue value = Value(payload ?? throw Error($"is missing; the case \"{found.Name}\" comes with a {TypeText.Of(found.Type)}"), found.Type);
        _path.RemoveAt(_path.Count - 1);
        return (found.Name, value);
    }

    /// <summary>With keys that are strings an object, otherwise an array of pairs.</summary>
    private ComponentValue Map(JsonElement json, MapType type)
    {
        if (type.Key.Kind != ComponentValueKind.String)
        {
            return ComponentValue.OfMap(((ComponentValue[])List(json, new ListType(type.Entry, null)).Object!));
        }

        Expect(json, JsonValueKind.Object, "an object");
        List<ComponentValue> pairs = [];
        foreach (JsonProperty member in json.EnumerateObject())
        {
            string name = Name(member);
            _path.Add($"[\"{Shorten(name)}\"]");
            pairs.Add(ComponentValue.OfTuple([ComponentValue.String(name), Value(member.Value, type.Value)]));
            _path.RemoveAt(_path.Count - 1);
        }

        return ComponentValue.OfMap([.. pairs]);
    }

    private int Find(string name, int count, Func<int, string> nameOf, string what)
    {
        for (int i = 0; i < count; i++)
        {
            if (nameOf(i) == name)
            {
                return i;
            }
        }

        string known = string.Join(", ", Enumerable.Range(0, Math.Min(count, 16)).Select(nameOf));
        throw Error($"there is no {what} \"{Shorten(name)}\"; {(count == 0 ? "there are none" : $"there {(count == 1 ? "is" : "are")} {known}{(count > 16 ? ", …" : "")}")}");
    }

    private string Text(JsonElement json, string wanted)
    {
        if (json.ValueKind != JsonValueKind.String)
        {
            throw Expected(wanted, json);
        }

        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair as an escape: JSON can write it, Unicode does not know it.
            throw Error("the string is not valid Unicode");
        }
    }

    private string Name(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            throw Error("the name of a member is not valid Unicode");
        }
    }

    private void Expect(JsonElement json, JsonValueKind kind, string wanted)
    {
        if (json.ValueKind != kind)
        {
            throw Expected(wanted, json);
        }
    }

    private ComponentJsonException Expected(string wanted, JsonElement json) => Error($"expected {wanted}, found {json.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null or JsonValueKind.Undefined => "null",
        _ => "a boolean",
    }}");

    private ComponentJsonException Error(string problem) => new(string.Concat(_path), problem);

    private static string Shorten(string text)
    {
        string clean = string.Concat(text.Take(60).Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.Surrogate ? '?' : c));
        return text.Length > 60 ? clean + "…" : clean;
    }
}
