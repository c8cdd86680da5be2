using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json;
using Atoll.Components.Text;
using Atoll.Wasm.Text;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Components.Tests.Text;

/// <summary>The values of a script's command beside those of the suites' JSON form.</summary>
internal static class SuiteValues
{
    /// <summary>Null when the command's arguments and expected results are those of the JSON form, else what differs.</summary>
    public static string? Compare(WastCommand command, JsonElement expected)
    {
        WastAction? action = command switch
        {
            WastActionCommand invoked => invoked.Action,
            WastAssertReturn assert => assert.Action,
            WastAssertFailure failure => failure.Action,
            _ => null,
        };
        if (action is null)
        {
            return null;
        }

        return Compare(action.Arguments, expected.GetProperty("action").GetProperty("args"))
            ?? (command is WastAssertReturn results ? Compare(results.Expected, expected.GetProperty("expected")) : null);
    }

    private static string? Compare(WastValue[] values, JsonElement expected)
    {
        JsonArray ours = [.. values.Select(value => (JsonNode)Json(value))];
        JsonNode theirs = JsonNode.Parse(expected.GetRawText())!;
        return JsonNode.DeepEquals(ours, theirs) ? null : $"values {ours.ToJsonString()} instead of {theirs.ToJsonString()}";
    }

    private static JsonObject Json(WastValue value) => value switch
    {
        { Component: ScriptValue component } => Json(component),
        { Kind: WastValueKind.Number } when value.Type == ValueType.F32 || value.Type == ValueType.F64 => Pair(value.Type.ToString()!, Text(value.Bits!.Value)),
        { Kind: WastValueKind.Number } when value.Type == ValueType.I32 => Pair("i32", Text((int)value.Bits!.Value)),
        { Kind: WastValueKind.Number } => Pair("i64", Text((long)value.Bits!.Value)),
        { Kind: WastValueKind.CanonicalNan } => Pair(value.Type.ToString()!, "nan:canonical"),
        { Kind: WastValueKind.ArithmeticNan } => Pair(value.Type.ToString()!, "nan:arithmetic"),
        _ => throw new InvalidDataException($"no JSON form of {value}"),
    };

    private static JsonObject Json(ScriptValue value)
    {
        JsonNode? payload = value.Items.Length == 1 ? Json(value.Items[0]) : null;
        return value.Kind switch
        {
            ScriptValueKind.Bool => Pair("bool", value.Bits != 0),
            ScriptValueKind.Char => Pair("char", new Rune((uint)value.Bits).ToString()),
            ScriptValueKind.String => Pair("string", value.Text),
            ScriptValueKind.List => Pair("list", Items(value)),
            ScriptValueKind.Tuple => Pair("tuple", Items(value)),
            ScriptValueKind.Record => Pair("record", Fields(value)),
            ScriptValueKind.Variant when payload is null => Pair("variant", new JsonObject { ["case"] = value.Text }),
            ScriptValueKind.Variant => Pair("variant", new JsonObject { ["case"] = value.Text, ["payload"] = payload }),
            ScriptValueKind.Enum => Pair("enum", value.Text),
            ScriptValueKind.Option => Pair("option", payload),
            ScriptValueKind.Result => Pair("result", new JsonObject { [value.Bits == 0 ? "Ok" : "Err"] = payload }),
            ScriptValueKind.Flags => Pair("flags", new JsonArray([.. value.Labels.Select(label => (JsonNode)label)])),
            ScriptValueKind.S8 or ScriptValueKind.S16 or ScriptValueKind.S32 or ScriptValueKind.S64 => Pair(Word(value), Text((long)value.Bits)),
            _ when value.Nan != ScriptNan.Exact => Pair(Word(value), $"nan:{value.Nan.ToString().ToLowerInvariant()}"),
            _ => Pair(Word(value), Text(value.Bits)),
        };
    }

    private static JsonArray Items(ScriptValue value) => new([.. value.Items.Select(item => (JsonNode)Json(item))]);

    private static JsonArray Fields(ScriptValue value) =>
        new([.. value.Labels.Zip(value.Items, (label, item) => (JsonNode)new JsonArray(label, Json(item)))]);

    private static string Word(ScriptValue value) => value.Kind.ToString().ToLowerInvariant();

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);

    private static JsonObject Pair(string type, JsonNode? value) => new() { ["type"] = type, ["value"] = value };
}
