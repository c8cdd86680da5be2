using System.Globalization;
using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;

namespace Atoll.Sdk.Bindgen.AssemblyScript;

/// <summary>
/// Writes <c>load</c> and <c>store</c> of values in memory ("Canonical ABI", "Loading", "Storing"). Loading takes over memory of strings and lists and frees it;
/// storing takes memory from an arena that is emptied when the other side has read it.
/// </summary>
internal sealed class ScriptAbi(BindingPlan plan, ScriptNames names)
{
    public static string At(string pointer, uint offset) => offset == 0 ? pointer : $"{pointer} + {offset.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>An expression for the value at an address.</summary>
    public string Load(PlannedType type, string address, string abi = "")
    {
        switch (type.Kind)
        {
            case ComponentValueKind.Bool:
                return $"load<u8>({address}) != 0";
            case ComponentValueKind.Char:
                return $"load<u32>({address})";
            case ComponentValueKind.Enum:
                return $"<{names.Type(type)}>load<u{type.Size * 8}>({address})";
            case < ComponentValueKind.String or ComponentValueKind.Flags:
                return $"load<{names.Type(type)}>({address})";
            case ComponentValueKind.Own or ComponentValueKind.Borrow:
                return Handle(type, $"load<i32>({address})");
            default:
                return $"{abi}load{type.Number.ToString(CultureInfo.InvariantCulture)}({address})";
        }
    }

    /// <summary>A statement that puts a value at an address.</summary>
    public string Store(PlannedType type, string address, string value, string abi = "")
    {
        switch (type.Kind)
        {
            case ComponentValueKind.Bool:
                return $"store<u8>({address}, {value} ? 1 : 0);";
            case ComponentValueKind.Char:
                return $"store<u32>({address}, {value});";
            case ComponentValueKind.Enum:
                return $"store<u{type.Size * 8}>({address}, <u{type.Size * 8}>{value});";
            case < ComponentValueKind.String or ComponentValueKind.Flags:
                return $"store<{names.Type(type)}>({address}, {value});";
            case ComponentValueKind.Own or ComponentValueKind.Borrow:
                return $"store<i32>({address}, {Core(type, value)});";
            default:
                return $"{abi}store{type.Number.ToString(CultureInfo.InvariantCulture)}({address}, {value});";
        }
    }

    /// <summary>The core value of a handle. An owned one is gone from its object then.</summary>
    public static string Core(PlannedType type, string value) => type switch
    {
        { Kind: ComponentValueKind.Own } => $"{value}.take()",
        { Resource.IsExported: true } => $"<i32>changetype<usize>({value})",
        _ => $"{value}.handle",
    };

    /// <summary>The object for a handle.</summary>
    public string Handle(PlannedType type, string core) => type is { Kind: ComponentValueKind.Borrow, Resource.IsExported: true }
        ? $"changetype<{names.Type(type)}>(<usize>{core})"
        : $"new {names.Type(type)}({core})";

    public void Write(IndentingWriter writer)
    {
        foreach (PlannedType type in plan.Types)
        {
            switch (type.Kind)
            {
                case ComponentValueKind.String:
                    WriteString(writer, type);
                    break;
                case ComponentValueKind.List:
                    WriteList(writer, type);
                    break;
                case ComponentValueKind.Record or ComponentValueKind.Tuple:
                    WriteFields(writer, type);
                    break;
                case ComponentValueKind.Variant or ComponentValueKind.Option or ComponentValueKind.Result:
                    WriteCases(writer, type);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>An expression for a value of a case.</summary>
    public string Make(PlannedType type, int index, string? payload)
    {
        string? value = type.Cases[index].Type is null ? null : payload;
        return type.Kind switch
        {
            ComponentValueKind.Option when index == 0 => $"world.Option.none<{names.Type(type.Cases[1].Type)}>()",
            ComponentValueKind.Option => $"world.Option.some<{names.Type(type.Cases[1].Type)}>({value})",
            ComponentValueKind.Result => $"world.Result.{(index == 0 ? "ok" : "err")}<{names.Type(type.Cases[0].Type)}, {names.Type(type.Cases[1].Type)}>({value ?? "0"})",
            _ => $"{names.Type(type)}.{ScriptNames.Local(type.Cases[index].Name)}({value})",
        };
    }

    /// <summary>Which case a value is.</summary>
    public static string Tag(PlannedType type, string value) => type.Kind switch
    {
        ComponentValueKind.Option => $"({value}.isSome ? 1 : 0)",
        ComponentValueKind.Result => $"({value}.isErr ? 1 : 0)",
        _ => $"{value}.tag",
    };

    /// <summary>What comes with a case.</summary>
    public static string Payload(PlannedType type, int index, string value) => type.Kind switch
    {
        ComponentValueKind.Option => $"{value}.value",
        ComponentValueKind.Result => index == 0 ? $"{value}.ok" : $"{value}.err",
        _ => $"{value}.{ScriptTypes.Getter(type.Cases[index])}",
    };

    private static string Number(PlannedType type) => type.Number.ToString(CultureInfo.InvariantCulture);

    private static void WriteString(IndentingWriter writer, PlannedType type)
    {
        string number = Number(type);
        writer.Separate();
        writer.Line($"export function load{number}(p: usize): string {{ return from{number}(load<u32>(p), load<u32>(p, 4)); }}");
        writer.Open($"export function store{number}(p: usize, v: string): void");
        writer.Lines($"store<u32>(p, <u32>to{number}(v));", "store<u32>(p, <u32>v.length, 4);");
        writer.Close();
        writer.Open($"export function from{number}(p: usize, n: usize): string");
        writer.Lines("if (n == 0) return \"\";", "const v = String.UTF16.decodeUnsafe(p, n << 1);", "heap.free(p);", "return v;");
        writer.Close();
        writer.Open($"export function to{number}(v: string): usize");
        writer.Lines("const n = <usize>v.length << 1;", "const p = alloc(n);", "memory.copy(p, changetype<usize>(v), n);", "return p;");
        writer.Close();
    }

    private void WriteList(IndentingWriter writer, PlannedType type)
    {
        string number = Number(type);
        string script = names.Type(type);
        PlannedType element = type.Element!;
        bool isFixed = type.Length is not null;
        string length = type.Length?.ToString(CultureInfo.InvariantCulture) ?? "";
        writer.Separate();
        if (isFixed)
        {
            writer.Line($"export function load{number}(p: usize): {script} {{ return read{number}(p, {length}); }}");
            writer.Open($"export function store{number}(p: usize, v: {script}): void");
            writer.Lines($"if (v.length != {length}) unreachable();", $"write{number}(p, v);");
            writer.Close();
        }
        else
        {
            writer.Line($"export function load{number}(p: usize): {script} {{ return from{number}(load<u32>(p), load<u32>(p, 4)); }}");
            writer.Open($"export function store{number}(p: usize, v: {script}): void");
            writer.Lines($"store<u32>(p, <u32>to{number}(v));", "store<u32>(p, <u32>v.length, 4);");
            writer.Close();
            writer.Open($"export function from{number}(p: usize, n: usize): {script}");
            writer.Lines($"const v = read{number}(p, n);", "if (n != 0) heap.free(p);", "return v;");
            writer.Close();
            writer.Open($"export function to{number}(v: {script}): usize");
            writer.Lines($"const p = alloc(<usize>v.length * {element.Size});", $"write{number}(p, v);", "return p;");
            writer.Close();
        }

        writer.Open($"function read{number}(p: usize, n: usize): {script}");
        writer.Line($"const v = new {script}(<i32>n);");
        bool isCopied = element.Kind is > ComponentValueKind.Bool and < ComponentValueKind.String or ComponentValueKind.Flags;
        writer.Line(isCopied
            ? $"memory.copy(v.dataStart, p, n * {element.Size});"
            : $"for (let i: i32 = 0; i < <i32>n; i++) v[i] = {Load(element, $"p + <usize>i * {element.Size}")};");
        writer.Line("return v;");
        writer.Close();
        writer.Open($"function write{number}(p: usize, v: {script}): void");
        writer.Line(isCopied
            ? $"memory.copy(p, v.dataStart, <usize>v.length * {element.Size});"
            : $"for (let i: i32 = 0; i < v.length; i++) {Store(element, $"p + <usize>i * {element.Size}", "v[i]")}");
        writer.Close();
    }

    private void WriteFields(IndentingWriter writer, PlannedType type)
    {
        string script = names.Type(type);
        writer.Separate();
        writer.Open($"export function load{Number(type)}(p: usize): {script}");
        writer.Line($"return new {script}({string.Join(", ", type.Fields.Select(field => Load(field.Type, At("p", field.Offset))))});");
        writer.Close();
        writer.Open($"export function store{Number(type)}(p: usize, v: {script}): void");
        writer.Lines(type.Fields.Select(field => Store(field.Type, At("p", field.Offset), $"v.{ScriptNames.Local(field.Name)}")));
        writer.Close();
    }

    private void WriteCases(IndentingWriter writer, PlannedType type)
    {
        string script = names.Type(type);
        string discriminant = $"u{type.DiscriminantSize * 8}";
        writer.Separate();
        writer.Open($"export function load{Number(type)}(p: usize): {script}");
        writer.Open($"switch (load<{discriminant}>(p))");
        for (int i = 0; i < type.Cases.Count; i++)
        {
            string? payload = type.Cases[i].Type is { } part ? Load(part, At("p", type.PayloadOffset)) : null;
            writer.Line($"{(i == type.Cases.Count - 1 ? "default" : $"case {i}")}: return {Make(type, i, payload)};");
        }

        writer.Close();
        writer.Close();
        writer.Open($"export function store{Number(type)}(p: usize, v: {script}): void");
        writer.Line($"store<{discriminant}>(p, <{discriminant}>{Tag(type, "v")});");
        if (type.Cases.Any(item => item.Type is not null))
        {
            writer.Open($"switch ({Tag(type, "v")})");
            for (int i = 0; i < type.Cases.Count; i++)
            {
                if (type.Cases[i].Type is { } part)
                {
                    writer.Line($"case {i}: {Store(part, At("p", type.PayloadOffset), Payload(type, i, "v"))} break;");
                }
            }

            writer.Line("default: break;");
            writer.Close();
        }

        writer.Close();
    }
}
