using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Atoll.Components.Tests;

/// <summary>Values of scripts in their JSON form.</summary>
internal static class JsonValues
{
    public static ComponentValue Read(JsonElement value)
    {
        JsonElement content = value.TryGetProperty("value", out JsonElement found) ? found : default;
        string type = value.GetProperty("type").GetString()!;
        return type switch
        {
            "bool" => ComponentValue.Bool(content.ValueKind == JsonValueKind.True || (content.ValueKind == JsonValueKind.String && content.GetString() == "true")),
            "s8" => ComponentValue.S8((sbyte)Integer(content)),
            "u8" => ComponentValue.U8((byte)Integer(content)),
            "s16" => ComponentValue.S16((short)Integer(content)),
            "u16" => ComponentValue.U16((ushort)Integer(content)),
            "s32" => ComponentValue.S32((int)Integer(content)),
            "u32" => ComponentValue.U32((uint)Integer(content)),
            "s64" => ComponentValue.S64((long)Integer(content)),
            "u64" => ComponentValue.U64((ulong)Integer(content)),
            "f32" => ComponentValue.F32(BitConverter.UInt32BitsToSingle((uint)Integer(content))),
            "f64" => ComponentValue.F64(BitConverter.UInt64BitsToDouble((ulong)Integer(content))),
            "char" => ComponentValue.Char(Rune.GetRuneAt(content.GetString()!, 0)),
            "string" => ComponentValue.String(content.GetString()!),
            "list" => ComponentValue.List([.. content.EnumerateArray().Select(Read)]),
            "tuple" => ComponentValue.Tuple([.. content.EnumerateArray().Select(Read)]),
            "record" => ComponentValue.Record([.. content.EnumerateArray().Select(field => (field[0].GetString()!, Read(field[1])))]),
            "variant" => ComponentValue.Variant(content.GetProperty("case").GetString()!, Payload(content, "payload")),
            "enum" => ComponentValue.Enum(content.GetString()!),
            "option" => content.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? ComponentValue.None : ComponentValue.Some(Read(content)),
            "result" => Result(content),
            "flags" => ComponentValue.Flags([.. content.EnumerateArray().Select(name => name.GetString()!)]),
            _ => throw new InvalidDataException($"unknown type of value {type}"),
        };
    }

    private static Int128 Integer(JsonElement content) => Int128.Parse(content.GetString()!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static ComponentValue? Payload(JsonElement value, string name) =>
        value.TryGetProperty(name, out JsonElement payload) && payload.ValueKind == JsonValueKind.Object ? Read(payload) : null;

    private static ComponentValue Result(JsonElement content)
    {
        JsonProperty side = content.EnumerateObject().Single();
        ComponentValue? payload = side.Value.ValueKind == JsonValueKind.Object ? Read(side.Value) : null;
        return side.Name.Equals("ok", StringComparison.OrdinalIgnoreCase) ? ComponentValue.Ok(payload) : ComponentValue.Error(payload);
    }
}
