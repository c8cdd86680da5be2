using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atoll.Components;
using Atoll.Components.Types;

namespace Atoll.Extensions.Functions;

/// <summary>Component values as JSON. docs/bindings.md has the table.</summary>
internal static class JsonValues
{
    /// <summary>Integers that every JSON reader keeps; larger ones are written as strings.</summary>
    private const long MaxSafeInteger = (1L << 53) - 1;

    /// <summary>Whether values of a type have a form in JSON.</summary>
    public static bool CanHold(ComponentValueType type) => type switch
    {
        PrimitiveType => type.Kind != ComponentValueKind.ErrorContext,
        RecordType record => record.Fields.All(field => CanHold(field.Type)),
        VariantType variant => variant.Cases.All(item => item.Type is null || CanHold(item.Type)),
        ListType list => CanHold(list.Element),
        TupleType tuple => tuple.Elements.All(CanHold),
        EnumType or FlagsType => true,
        OptionType option => option.Value is not OptionType && CanHold(option.Value),
        ResultType result => (result.Ok is null || CanHold(result.Ok)) && (result.Error is null || CanHold(result.Error)),
        _ => false,
    };

    /// <exception cref="JsonException">The JSON is not a value of the type; the message says where.</exception>
    public static ComponentValue Read(ComponentValueType type, JsonElement json, string path)
    {
        switch (type)
        {
            case PrimitiveType:
                return ReadPrimitive(type.Kind, json, path);
            case RecordType record:
                Expect(json, JsonValueKind.Object, path);
                return ComponentValue.Record([.. record.Fields.Select(field => (field.Name, Member(json, field, path)))]);
            case VariantType variant:
                return ReadCase(variant, json, path);
            case ListType { Element.Kind: ComponentValueKind.U8, Length: null } when json.ValueKind == JsonValueKind.String:
                return json.TryGetBytesFromBase64(out byte[]? bytes) ? ComponentValue.List(bytes.AsSpan()) : throw Wrong(path, "text in base64");
            case ListType list:
                Expect(json, JsonValueKind.Array, path);
                return list.Length is { } length && length != json.GetArrayLength()
                    ? throw Wrong(path, $"{length} elements")
                    : ComponentValue.List([.. json.EnumerateArray().Select((item, i) => Read(list.Element, item, $"{path}[{i}]"))]);
            case TupleType tuple:
                Expect(json, JsonValueKind.Array, path);
                return json.GetArrayLength() != tuple.Elements.Length
                    ? throw Wrong(path, $"{tuple.Elements.Length} elements")
                    : ComponentValue.Tuple([.. tuple.Elements.Select((element, i) => Read(element, json[i], $"{path}[{i}]"))]);
            case EnumType cases:
                string name = Text(json, path);
                return cases.Names.Contains(name) ? ComponentValue.Enum(name) : throw Wrong(path, $"one of {string.Join(", ", cases.Names)}");
            case FlagsType flags:
                Expect(json, JsonValueKind.Array, path);
                string[] set = [.. json.EnumerateArray().Select(item => Text(item, path)).Distinct()];
                return set.All(flag => flags.Names.Contains(flag)) ? ComponentValue.Flags(set) : throw Wrong(path, $"only {string.Join(", ", flags.Names)}");
            case OptionType option:
                return json.ValueKind == JsonValueKind.Null ? ComponentValue.None : ComponentValue.Some(Read(option.Value, json, path));
            case ResultType result:
                (bool isError, JsonElement payload) = Single(json, path) switch
                {
                    ("ok", var value) => (false, value),
                    ("error", var value) => (true, value),
                    _ => throw Wrong(path, "an object with `ok` or `error`"),
                };
                ComponentValueType? side = isError ? result.Error : result.Ok;
                ComponentValue? inner = side is null ? null : Read(side, payload, path);
                return isError ? ComponentValue.Error(inner) : ComponentValue.Ok(inner);
            default:
                throw Wrong(path, $"a {type.Kind}, which has no form in JSON");
        }
    }

    public static JsonNode? Write(ComponentValueType type, ComponentValue value)
    {
        switch (type)
        {
            case PrimitiveType:
                return WritePrimitive(value);
            case RecordType record:
                return new JsonObject(value.AsRecord().Select((field, i) => KeyValuePair.Create(field.Key, Write(record.Fields[i].Type, field.Value))));
            case VariantType variant:
                (string name, ComponentValue? payload) = value.AsCase();
                return new JsonObject { [name] = payload is { } held ? Write(variant.Cases.First(item => item.Name == name).Type!, held) : null };
            case ListType { Element.Kind: ComponentValueKind.U8, Length: null }:
                return Convert.ToBase64String(value.AsBytes().Span);
            case ListType list:
                return new JsonArray([.. value.AsList().Select(item => Write(list.Element, item))]);
            case TupleType tuple:
                return new JsonArray([.. value.AsList().Select((item, i) => Write(tuple.Elements[i], item))]);
            case EnumType:
                return value.AsCase().Item1;
            case FlagsType:
                return new JsonArray([.. value.AsFlags().Select(flag => (JsonNode)flag)]);
            case OptionType option:
                return value.AsCase().Item2 is { } some ? Write(option.Value, some) : null;
            case ResultType result:
                (string side, ComponentValue? outcome) = value.AsCase();
                bool isError = side != "ok";
                return new JsonObject { [isError ? "error" : "ok"] = outcome is { } given ? Write((isError ? result.Error : result.Ok)!, given) : null };
            default:
                throw new JsonException($"a {type.Kind} has no form in JSON");
        }
    }

    private static ComponentValue ReadPrimitive(ComponentValueKind kind, JsonElement json, string path) => kind switch
    {
        ComponentValueKind.Bool => json.ValueKind is JsonValueKind.True or JsonValueKind.False ? ComponentValue.Bool(json.GetBoolean()) : throw Wrong(path, "true or false"),
        ComponentValueKind.String => ComponentValue.String(Text(json, path)),
        ComponentValueKind.Char => Text(json, path) is var text && Rune.TryGetRuneAt(text, 0, out Rune rune) && rune.Utf16SequenceLength == text.Length
            ? ComponentValue.Char(rune) : throw Wrong(path, "one character"),
        ComponentValueKind.F32 => ComponentValue.F32((float)Number(json, path)),
        ComponentValueKind.F64 => ComponentValue.F64(Number(json, path)),
        ComponentValueKind.S8 => ComponentValue.S8(Integer<sbyte>(json, path)),
        ComponentValueKind.U8 => ComponentValue.U8(Integer<byte>(json, path)),
        ComponentValueKind.S16 => ComponentValue.S16(Integer<short>(json, path)),
        ComponentValueKind.U16 => ComponentValue.U16(Integer<ushort>(json, path)),
        ComponentValueKind.S32 => ComponentValue.S32(Integer<int>(json, path)),
        ComponentValueKind.U32 => ComponentValue.U32(Integer<uint>(json, path)),
        ComponentValueKind.S64 => ComponentValue.S64(Integer<long>(json, path)),
        _ => ComponentValue.U64(Integer<ulong>(json, path)),
    };

    private static JsonNode? WritePrimitive(ComponentValue value) => value.Kind switch
    {
        ComponentValueKind.Bool => value.AsBool(),
        ComponentValueKind.String => value.AsString(),
        ComponentValueKind.Char => value.AsChar().ToString(),
        ComponentValueKind.F32 => Number(value.AsF32()),
        ComponentValueKind.F64 => Number(value.AsF64()),
        ComponentValueKind.U8 or ComponentValueKind.U16 or ComponentValueKind.U32 or ComponentValueKind.U64 =>
            value.AsUInt64() is <= MaxSafeInteger and var small ? (JsonNode)small : value.AsUInt64().ToString(CultureInfo.InvariantCulture),
        _ => value.AsInt64() is >= -MaxSafeInteger and <= MaxSafeInteger and var near ? (JsonNode)near : value.AsInt64().ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>JSON has no infinities and no NaN.</summary>
    private static JsonNode Number(double value) => double.IsFinite(value) ? value : value.ToString(CultureInfo.InvariantCulture);

    private static double Number(JsonElement json, string path) =>
        json.ValueKind == JsonValueKind.Number ? json.GetDouble()
        : json.ValueKind == JsonValueKind.String && json.GetString() is "NaN" or "Infinity" or "-Infinity" ? double.Parse(json.GetString()!, CultureInfo.InvariantCulture)
        : throw Wrong(path, "a number");

    private static T Integer<T>(JsonElement json, string path)
        where T : System.Numerics.IBinaryInteger<T>, System.Numerics.IMinMaxValue<T>
    {
        string? text = json.ValueKind switch
        {
            JsonValueKind.Number => json.GetRawText(),
            JsonValueKind.String => json.GetString(),
            _ => null,
        };
        return T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T? value) ? value : throw Wrong(path, $"an integer from {T.MinValue} to {T.MaxValue}");
    }

    private static ComponentValue ReadCase(VariantType variant, JsonElement json, string path)
    {
        (string name, JsonElement payload) = json.ValueKind == JsonValueKind.String ? (json.GetString()!, default) : Single(json, path);
        VariantCase found = variant.Cases.FirstOrDefault(item => item.Name == name) ?? throw Wrong(path, $"one of the cases {string.Join(", ", variant.Cases.Select(item => item.Name))}");
        return ComponentValue.Variant(name, found.Type is null ? null : Read(found.Type, payload, $"{path}.{name}"));
    }

    private static ComponentValue Member(JsonElement json, LabeledType field, string path) =>
        json.TryGetProperty(field.Name, out JsonElement member) ? Read(field.Type, member, $"{path}.{field.Name}")
        : field.Type is OptionType ? ComponentValue.None
        : throw new JsonException($"{path}: the field `{field.Name}` is missing");

    private static (string Name, JsonElement Value) Single(JsonElement json, string path)
    {
        Expect(json, JsonValueKind.Object, path);
        JsonProperty[] members = [.. json.EnumerateObject().Take(2)];
        return members.Length == 1 ? (members[0].Name, members[0].Value) : throw Wrong(path, "an object with one member");
    }

    private static string Text(JsonElement json, string path)
    {
        Expect(json, JsonValueKind.String, path);
        return json.GetString()!;
    }

    private static void Expect(JsonElement json, JsonValueKind kind, string path)
    {
        if (json.ValueKind != kind)
        {
            throw Wrong(path, kind == JsonValueKind.Object ? "an object" : kind == JsonValueKind.Array ? "an array" : "text");
        }
    }

    private static JsonException Wrong(string path, string wanted) => new($"{path}: expected {wanted}");
}
