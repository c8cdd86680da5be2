using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Atoll.Wit;

namespace Atoll.Mcp.Components;

/// <summary>
/// JSON Schemas of functions of components, in the words that the APIs of models accept: type, properties, required, additionalProperties, items, minItems,
/// maxItems, enum, anyOf, minimum, maximum, description. The forms are those of <see cref="Atoll.Components.ComponentJson"/>.
/// </summary>
internal sealed class WitSchema
{
    /// <summary>The member that holds a result that is no record; MCP wants an object.</summary>
    public const string ResultMember = "result";

    // What all tools of a server say goes into a model's context with every conversation.
    private const int MaxBytes = 64 << 10;
    private readonly Utf8JsonWriter _writer;

    private WitSchema(Utf8JsonWriter writer) => _writer = writer;

    /// <summary>Schema of the arguments: an object with a member for each parameter.</summary>
    /// <exception cref="NotSupportedException">There can be none; the message says why.</exception>
    public static JsonElement OfParameters(WitFunction function) => Write(schema => schema.Members(
        function.Parameters.Select(parameter => (parameter.Name, parameter.Type, (string?)null)), null));

    /// <summary>Schema of the structured result.</summary>
    /// <exception cref="NotSupportedException">There can be none; the message says why.</exception>
    public static JsonElement OfResult(WitFunction function) => Write(schema =>
    {
        WitType? type = Answer(function.Result);
        if (type is not null && IsRecord(type))
        {
            schema.Type(type, null);
        }
        else
        {
            schema.Members(type is null ? [] : [(ResultMember, type, null)], null, requireAll: true);
        }
    });

    /// <summary>What a successful call answers: of a result, its value of success.</summary>
    public static WitType? Answer(WitType? type) => type is not null && Resolve(type) is WitResult result ? result.Ok : type;

    private static bool IsRecord(WitType type) => Resolve(type) is WitNamed { Definition.Target.Body: WitRecord };

    /// <summary>The type behind aliases.</summary>
    private static WitType Resolve(WitType type)
    {
        while (type is WitNamed { Definition.Target.Body: WitAlias alias })
        {
            type = alias.Type;
        }

        return type;
    }

    private static JsonElement Write(Action<WitSchema> content)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            content(new WitSchema(writer));
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private void Members(IEnumerable<(string Name, WitType Type, string? Docs)> members, string? description, bool requireAll = false)
    {
        List<string> required = [];
        _writer.WriteStartObject();
        _writer.WriteString("type"u8, "object"u8);
        Describe(description);
        _writer.WriteStartObject("properties"u8);
        foreach ((string name, WitType type, string? docs) in members)
        {
            if (name.Length > 64)
            {
                throw new NotSupportedException($"the name `{name}` is longer than the 64 characters that the APIs of models accept");
            }

            _writer.WritePropertyName(name);
            Type(type, docs);
            if (requireAll || Resolve(type) is not WitOption)
            {
                required.Add(name);
            }
        }

        _writer.WriteEndObject();
        _writer.WriteStartArray("required"u8);
        foreach (string name in required)
        {
            _writer.WriteStringValue(name);
        }

        _writer.WriteEndArray();
        _writer.WriteBoolean("additionalProperties"u8, false);
        _writer.WriteEndObject();
    }

    private void Type(WitType type, string? docs)
    {
        if (_writer.BytesCommitted + _writer.BytesPending > MaxBytes)
        {
            throw new NotSupportedException($"its types take more than {MaxBytes} bytes as a JSON Schema");
        }

        docs = Description(docs ?? ((type as WitNamed)?.Definition.Target.Annotations.Docs));
        switch (Resolve(type))
        {
            case WitPrimitive primitive:
                Primitive(primitive.Kind, docs);
                break;
            case WitList { Element: var element, Length: null } when Resolve(element) is WitPrimitive { Kind: WitPrimitiveKind.U8 }:
                AnyOf(docs ?? "Bytes: base64, or an array of numbers.", () => Simple("string", null), () => Array(element, null, null));
                break;
            case WitList list:
                Array(list.Element, list.Length, docs);
                break;
            case WitTuple tuple:
                Tuple(tuple.Items, docs);
                break;
            case WitOption option when Resolve(option.Element) is WitOption:
                AnyOf(docs, () => Tagged("none", null, null), () => Tagged("some", option.Element, null));
                break;
            case WitOption option:
                AnyOf(docs, () => Type(option.Element, null), () => Simple("null", null));
                break;
            case WitResult result:
                AnyOf(docs, () => Tagged("ok", result.Ok, null), () => Tagged("err", result.Error, null));
                break;
            case WitMap { Key.Kind: WitPrimitiveKind.String } map:
                _writer.WriteStartObject();
                _writer.WriteString("type"u8, "object"u8);
                Describe(docs);
                _writer.WritePropertyName("additionalProperties"u8);
                Type(map.Value, null);
                _writer.WriteEndObject();
                break;
            case WitMap map:
                Pairs(map, docs);
                break;
            case WitNamed named:
                Named(named.Definition.Target, docs);
                break;
            case var other:
                throw new NotSupportedException($"a {(other is WitHandle ? "handle to a resource" : other.ToString())} cannot be given as JSON");
        }
    }

    private void Named(WitTypeDefinition definition, string? docs)
    {
        switch (definition.Body)
        {
            case WitRecord record:
                Members(record.Fields.Select(field => (field.Name, field.Type, field.Docs)), docs);
                break;
            case WitVariant variant:
                AnyOf(docs, [.. variant.Cases.Select(item => (Action)(() => Tagged(item.Name, item.Type, item.Docs)))]);
                break;
            case WitEnum names:
                Names(names.Cases, docs);
                break;
            case WitFlags flags:
                _writer.WriteStartObject();
                _writer.WriteString("type"u8, "array"u8);
                Describe(docs);
                _writer.WritePropertyName("items"u8);
                Names(flags.Flags, null);
                _writer.WriteEndObject();
                break;
            default:
                throw new NotSupportedException($"`{definition.Name}` is a resource, which cannot be given as JSON");
        }
    }

    private void Primitive(WitPrimitiveKind kind, string? docs)
    {
        switch (kind)
        {
            case WitPrimitiveKind.Bool:
                Simple("boolean", docs);
                break;
            case WitPrimitiveKind.S8:
                Integer(sbyte.MinValue, sbyte.MaxValue, docs);
                break;
            case WitPrimitiveKind.U8:
                Integer(0, byte.MaxValue, docs);
                break;
            case WitPrimitiveKind.S16:
                Integer(short.MinValue, short.MaxValue, docs);
                break;
            case WitPrimitiveKind.U16:
                Integer(0, ushort.MaxValue, docs);
                break;
            case WitPrimitiveKind.S32:
                Integer(int.MinValue, int.MaxValue, docs);
                break;
            case WitPrimitiveKind.U32:
                Integer(0, uint.MaxValue, docs);
                break;
            case WitPrimitiveKind.S64 or WitPrimitiveKind.U64:
                string range = kind == WitPrimitiveKind.U64 ? "An integer from 0 to 18446744073709551615" : "A 64-bit integer";
                AnyOf(docs ?? $"{range}; beyond ±9007199254740991 as a string of digits.", () => Simple("integer", null), () => Simple("string", null));
                break;
            case WitPrimitiveKind.F32 or WitPrimitiveKind.F64:
                AnyOf(docs, () => Simple("number", null), () => Strings(["nan", "inf", "-inf"], null));
                break;
            case WitPrimitiveKind.Char:
                Simple("string", docs ?? "One character.");
                break;
            case WitPrimitiveKind.String:
                Simple("string", docs);
                break;
            default:
                throw new NotSupportedException("an error-context cannot be given as JSON");
        }
    }

    private void Simple(string type, string? docs)
    {
        _writer.WriteStartObject();
        _writer.WriteString("type"u8, type);
        Describe(docs);
        _writer.WriteEndObject();
    }

    private void Integer(long minimum, long maximum, string? docs)
    {
        _writer.WriteStartObject();
        _writer.WriteString("type"u8, "integer"u8);
        Describe(docs);
        _writer.WriteNumber("minimum"u8, minimum);
        _writer.WriteNumber("maximum"u8, maximum);
        _writer.WriteEndObject();
    }

    private void Strings(IEnumerable<string> values, string? docs)
    {
        _writer.WriteStartObject();
        _writer.WriteString("type"u8, "string"u8);
        Describe(docs);
        _writer.WriteStartArray("enum"u8);
        foreach (string value in values)
        {
            _writer.WriteStringValue(value);
        }

        _writer.WriteEndArray();
        _writer.WriteEndObject();
    }

    /// <summary>Names, with what is said about each of them.</summary>
    private void Names(IReadOnlyList<WitCase> cases, string? docs)
    {
        string[] notes = [.. cases.Where(item => item.Docs is not null).Select(item => $"{item.Name}: {item.Docs}")];
        Strings(cases.Select(item => item.Name), Description(string.Join('\n', notes.Prepend(docs).OfType<string>())));
    }

    private void Array(WitType element, int? length, string? docs)
    {
        StartArray(length, docs);
        Type(element, null);
        _writer.WriteEndObject();
    }

    // Items that differ by place have no keyword that all models' APIs accept; which stands where is said in words.
    private void Tuple(IReadOnlyList<WitType> items, string? docs)
    {
        StartArray(items.Count, docs ?? $"In this order: {string.Join(", ", items)}.");
        List<WitType> different = [.. items.DistinctBy(item => item.ToString())];
        if (different is [var only])
        {
            Type(only, null);
        }
        else
        {
            AnyOf(null, [.. different.Select(item => (Action)(() => Type(item, null)))]);
        }

        _writer.WriteEndObject();
    }

    private void Pairs(WitMap map, string? docs)
    {
        StartArray(null, docs);
        Tuple([map.Key, map.Value], "A key and its value.");
        _writer.WriteEndObject();
    }

    private void StartArray(int? length, string? docs)
    {
        _writer.WriteStartObject();
        _writer.WriteString("type"u8, "array"u8);
        Describe(docs);
        if (length is { } count)
        {
            _writer.WriteNumber("minItems"u8, count);
            _writer.WriteNumber("maxItems"u8, count);
        }

        _writer.WritePropertyName("items"u8);
    }

    private void Tagged(string tag, WitType? payload, string? docs)
    {
        _writer.WriteStartObject();
        _writer.WriteString("type"u8, "object"u8);
        Describe(Description(docs));
        _writer.WriteStartObject("properties"u8);
        _writer.WritePropertyName("tag"u8);
        Strings([tag], null);
        if (payload is not null)
        {
            _writer.WritePropertyName("val"u8);
            Type(payload, null);
        }

        _writer.WriteEndObject();
        _writer.WriteStartArray("required"u8);
        _writer.WriteStringValue("tag"u8);
        if (payload is not null)
        {
            _writer.WriteStringValue("val"u8);
        }

        _writer.WriteEndArray();
        _writer.WriteBoolean("additionalProperties"u8, false);
        _writer.WriteEndObject();
    }

    private void AnyOf(string? docs, params ReadOnlySpan<Action> forms)
    {
        _writer.WriteStartObject();
        Describe(docs);
        _writer.WriteStartArray("anyOf"u8);
        foreach (Action form in forms)
        {
            form();
        }

        _writer.WriteEndArray();
        _writer.WriteEndObject();
    }

    private void Describe(string? docs)
    {
        if (docs is { Length: > 0 })
        {
            _writer.WriteString("description"u8, docs);
        }
    }

    private static string? Description(string? docs) => docs is not { Length: > 0 } ? null : docs.Length <= 2000 ? docs : docs[..2000] + "…";
}
