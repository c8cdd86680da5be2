using System.Globalization;
using System.Text.Json;
using Atoll.Wasm;
using Atoll.Wasm.Text;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Spec.Tests;

/// <summary>Reads the suites' JSON form (wast2json and its supersets) into the commands that scripts in text give.</summary>
internal sealed class JsonScript(string folder)
{
    public static List<WastCommand> Read(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
        JsonScript script = new(Path.GetDirectoryName(file)!);
        return [.. document.RootElement.GetProperty("commands").EnumerateArray().Select(script.Command)];
    }

    private WastCommand Command(JsonElement command)
    {
        int line = command.GetProperty("line").GetInt32();
        string type = command.GetProperty("type").GetString()!;
        return type switch
        {
            "module" => new WastModuleCommand(line, Id(command, "name"), Module(command, preferBinary: true), IsDefinition: false),
            "module_definition" => new WastModuleCommand(line, Id(command, "name"), Module(command, preferBinary: true), IsDefinition: true),
            "module_instance" => new WastInstanceCommand(line, Id(command, "instance"), Id(command, "module")),
            "register" => new WastRegisterCommand(line, Text(command, "as")!, Id(command, "name")),
            "action" => new WastActionCommand(line, Action(command)),
            "assert_return" => new WastAssertReturn(line, Action(command), Values(command.GetProperty("expected"))),
            "assert_trap" => Failure(command, line, WastFailureKind.Trap),
            "assert_uninstantiable" => Failure(command, line, WastFailureKind.Trap),
            "assert_exhaustion" => Failure(command, line, WastFailureKind.Exhaustion),
            "assert_exception" => new WastAssertFailure(line, WastFailureKind.Exception, Action(command), null, ""),
            "assert_malformed" => Failure(command, line, WastFailureKind.Malformed),
            "assert_invalid" => Failure(command, line, WastFailureKind.Invalid),
            "assert_malformed_custom" => Failure(command, line, WastFailureKind.MalformedCustom),
            "assert_invalid_custom" => Failure(command, line, WastFailureKind.InvalidCustom),
            "assert_unlinkable" => Failure(command, line, WastFailureKind.Unlinkable),
            "thread" => new WastThreadCommand(
                line, Id(command, "name")!, Id(command, "shared_module") is { } shared ? [shared] : [], [.. command.GetProperty("commands").EnumerateArray().Select(Command)]),
            "wait" => new WastWaitCommand(line, Id(command, "thread")!),
            _ => new WastUnknownCommand(line, type),
        };
    }

    private static string? Text(JsonElement element, string property) =>
        element.TryGetProperty(property, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A name of the script's own; some writers leave its <c>$</c> in place.</summary>
    private static string? Id(JsonElement element, string property) => Text(element, property)?.TrimStart('$');

    private WastAssertFailure Failure(JsonElement command, int line, WastFailureKind kind)
    {
        bool isAction = command.TryGetProperty("action", out _);
        return new WastAssertFailure(
            line,
            kind,
            isAction ? Action(command) : null,
            isAction ? null : Module(command, preferBinary: kind is not (WastFailureKind.Malformed or WastFailureKind.MalformedCustom)),
            Text(command, "text")!);
    }

    private WastModule Module(JsonElement command, bool preferBinary)
    {
        string? binary = preferBinary ? Text(command, "binary_filename") : null;
        string file = Path.Combine(folder, binary ?? Text(command, "filename")!);
        bool isText = binary is null && Text(command, "module_type") == "text";
        return new WastModule(() => isText ? WatText.ToBinary(File.ReadAllBytes(file)) : File.ReadAllBytes(file));
    }

    private static WastAction Action(JsonElement command)
    {
        JsonElement action = command.GetProperty("action");
        bool invoke = Text(action, "type") switch
        {
            "invoke" => true,
            "get" => false,
            string other => throw new InvalidDataException($"unknown action {other}"),
            null => throw new InvalidDataException("an action without a type"),
        };
        return new WastAction(invoke, Id(action, "module"), Text(action, "field")!, invoke ? Values(action.GetProperty("args")) : []);
    }

    private static WastValue[] Values(JsonElement values) => [.. values.EnumerateArray().Select(Value)];

    private static WastValue Value(JsonElement value)
    {
        string type = Text(value, "type")!;
        string? text = Text(value, "value");
        return type switch
        {
            "i32" => Number(ValueType.I32, (uint)long.Parse(text!, CultureInfo.InvariantCulture)),
            "i64" => Number(ValueType.I64, text!.StartsWith('-')
                ? (ulong)long.Parse(text, CultureInfo.InvariantCulture) : ulong.Parse(text, CultureInfo.InvariantCulture)),
            "f32" => Float(ValueType.F32, text!),
            "f64" => Float(ValueType.F64, text!),
            "v128" => new WastValue(WastValueKind.Vector, ValueType.V128, Alternatives: Lanes(Text(value, "lane_type")!, value.GetProperty("value"))),
            "refnull" => new WastValue(WastValueKind.RefNull, null),
            "externref" when text == "null" => new WastValue(WastValueKind.RefNull, ValueType.ExternRef),
            "externref" => new WastValue(WastValueKind.RefExtern, ValueType.ExternRef, text is null ? null : ulong.Parse(text, CultureInfo.InvariantCulture)),
            "exnref" => new WastValue(WastValueKind.RefNull, ValueType.ExnRef),
            "funcref" when text == "null" => new WastValue(WastValueKind.RefNull, ValueType.FuncRef),
            "funcref" => new WastValue(WastValueKind.RefFunc, ValueType.FuncRef),
            "anyref" or "eqref" or "i31ref" or "structref" or "arrayref" when text == "null" => new WastValue(WastValueKind.RefNull, ValueType.AnyRef),
            "anyref" when text is not null => new WastValue(WastValueKind.RefHost, ValueType.AnyRef, ulong.Parse(text, CultureInfo.InvariantCulture)),
            "anyref" => new WastValue(WastValueKind.RefOf, ValueType.AnyRef),
            "eqref" => new WastValue(WastValueKind.RefOf, ValueType.EqRef),
            "i31ref" => new WastValue(WastValueKind.RefOf, ValueType.I31Ref),
            "structref" => new WastValue(WastValueKind.RefOf, ValueType.StructRef),
            "arrayref" => new WastValue(WastValueKind.RefOf, ValueType.ArrayRef),
            "nullexnref" => new WastValue(WastValueKind.RefNull, ValueType.ExnRef),
            "nullref" => new WastValue(WastValueKind.RefNull, ValueType.AnyRef),
            "nullexternref" => new WastValue(WastValueKind.RefNull, ValueType.ExternRef),
            "nullfuncref" => new WastValue(WastValueKind.RefNull, ValueType.FuncRef),
            "either" => new WastValue(WastValueKind.Either, null, Alternatives: Values(value.GetProperty("values"))),
            _ => throw new InvalidDataException($"unknown type of value {type}"),
        };
    }

    private static WastValue[] Lanes(string type, JsonElement lanes) => [.. lanes.EnumerateArray().Select(lane => lane.GetString()!).Select(text => type switch
    {
        "f32" => Float(ValueType.F32, text),
        "f64" => Float(ValueType.F64, text),
        _ => Number(ValueType.I64, text.StartsWith('-') ? (ulong)long.Parse(text, CultureInfo.InvariantCulture) : ulong.Parse(text, CultureInfo.InvariantCulture)),
    })];

    private static WastValue Float(ValueType type, string text) => text switch
    {
        "nan:canonical" => new WastValue(WastValueKind.CanonicalNan, type),
        "nan:arithmetic" => new WastValue(WastValueKind.ArithmeticNan, type),
        _ => Number(type, ulong.Parse(text, CultureInfo.InvariantCulture)),
    };

    private static WastValue Number(ValueType type, ulong bits) => new(WastValueKind.Number, type, bits);
}
