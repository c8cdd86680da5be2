using System.Text.Json.Nodes;
using Atoll.Components.Types;

namespace Atoll.Extensions.Functions;

/// <summary>JSON Schemas of component types, in the form that <see cref="Components.ComponentJson"/> reads and writes.</summary>
internal static class JsonSchemas
{
    /// <summary>Whether values of a type have a form in JSON.</summary>
    public static bool CanHold(ComponentValueType type) => type switch
    {
        PrimitiveType => type.Kind != ComponentValueKind.ErrorContext,
        RecordType record => record.Fields.All(field => CanHold(field.Type)),
        VariantType variant => variant.Cases.All(item => item.Type is null || CanHold(item.Type)),
        ListType list => CanHold(list.Element),
        TupleType tuple => tuple.Elements.All(CanHold),
        EnumType or FlagsType => true,
        OptionType option => CanHold(option.Value),
        ResultType result => (result.Ok is null || CanHold(result.Ok)) && (result.Error is null || CanHold(result.Error)),
        MapType map => CanHold(map.Key) && CanHold(map.Value),
        _ => false,
    };

    /// <summary>Parameters as an object.</summary>
    public static JsonObject Of(IEnumerable<LabeledType> members)
    {
        LabeledType[] all = [.. members];
        return new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(all.Select(member => KeyValuePair.Create(member.Name, (JsonNode?)Of(member.Type)))),
            ["required"] = new JsonArray([.. all.Where(member => member.Type is not OptionType).Select(member => (JsonNode)member.Name)]),
            ["additionalProperties"] = false,
        };
    }

    public static JsonObject Of(ComponentValueType type) => type switch
    {
        RecordType record => Of(record.Fields),
        VariantType variant => new JsonObject { ["oneOf"] = new JsonArray([.. variant.Cases.Select(item => Case(item.Name, item.Type))]) },
        ListType { Element.Kind: ComponentValueKind.U8, Length: null } => new JsonObject { ["type"] = "string", ["contentEncoding"] = "base64" },
        ListType list => List(list),
        TupleType tuple => new JsonObject
        {
            ["type"] = "array",
            ["prefixItems"] = new JsonArray([.. tuple.Elements.Select(element => (JsonNode)Of(element))]),
            ["minItems"] = tuple.Elements.Length,
            ["maxItems"] = tuple.Elements.Length,
        },
        EnumType cases => new JsonObject { ["enum"] = Strings(cases.Names) },
        FlagsType flags => new JsonObject
        {
            ["type"] = "array",
            ["items"] = new JsonObject { ["enum"] = Strings(flags.Names) },
            ["uniqueItems"] = true,
        },
        OptionType { Value: OptionType inner } => new JsonObject { ["oneOf"] = new JsonArray(Case("some", inner), Case("none", null)) },
        OptionType option => new JsonObject { ["anyOf"] = new JsonArray(Of(option.Value), new JsonObject { ["type"] = "null" }) },
        ResultType result => new JsonObject { ["oneOf"] = new JsonArray(Case("ok", result.Ok), Case("err", result.Error)) },
        MapType { Key.Kind: ComponentValueKind.String } map => new JsonObject { ["type"] = "object", ["additionalProperties"] = Of(map.Value) },
        MapType map => new JsonObject { ["type"] = "array", ["items"] = Pair(map) },
        _ => Primitive(type.Kind),
    };

    private static JsonObject Pair(MapType map) => new()
    {
        ["type"] = "array",
        ["prefixItems"] = new JsonArray(Of(map.Key), Of(map.Value)),
        ["minItems"] = 2,
        ["maxItems"] = 2,
    };

    private static JsonObject Primitive(ComponentValueKind kind) => kind switch
    {
        ComponentValueKind.Bool => new JsonObject { ["type"] = "boolean" },
        ComponentValueKind.String => new JsonObject { ["type"] = "string" },
        ComponentValueKind.Char => new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = 2 },
        ComponentValueKind.F32 or ComponentValueKind.F64 => new JsonObject { ["type"] = "number" },
        ComponentValueKind.S8 => Range(sbyte.MinValue, (ulong)sbyte.MaxValue),
        ComponentValueKind.U8 => Range(0, byte.MaxValue),
        ComponentValueKind.S16 => Range(short.MinValue, (ulong)short.MaxValue),
        ComponentValueKind.U16 => Range(0, ushort.MaxValue),
        ComponentValueKind.S32 => Range(int.MinValue, int.MaxValue),
        ComponentValueKind.U32 => Range(0, uint.MaxValue),
        ComponentValueKind.S64 => Wide(Range(long.MinValue, long.MaxValue)),
        _ => Wide(Range(0, ulong.MaxValue)),
    };

    private static JsonObject Range(long minimum, ulong maximum) => new() { ["type"] = "integer", ["minimum"] = minimum, ["maximum"] = maximum };

    /// <summary>Integers that not every JSON reader keeps may be strings.</summary>
    private static JsonObject Wide(JsonObject integer)
    {
        integer["type"] = new JsonArray("integer", "string");
        return integer;
    }

    private static JsonObject List(ListType list)
    {
        JsonObject schema = new() { ["type"] = "array", ["items"] = Of(list.Element) };
        if (list.Length is { } length)
        {
            schema["minItems"] = length;
            schema["maxItems"] = length;
        }

        return schema;
    }

    private static JsonObject Case(string name, ComponentValueType? type)
    {
        JsonObject properties = new() { ["tag"] = new JsonObject { ["const"] = name } };
        if (type is not null)
        {
            properties["val"] = Of(type);
        }

        return new JsonObject
        {
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = type is null ? new JsonArray("tag") : new JsonArray("tag", "val"),
            ["additionalProperties"] = false,
        };
    }

    private static JsonArray Strings(IEnumerable<string> names) => new([.. names.Select(name => (JsonNode)name)]);
}
