using System.Collections.Immutable;
using System.Globalization;
using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Sdk.Bindgen.AssemblyScript;

/// <summary>Takes values apart into core values and puts them together again ("Flat Lifting", "Flat Lowering").</summary>
internal sealed class ScriptFlat(ScriptAbi abi, ScriptNames names, IndentingWriter writer)
{
    private int _temporaries;

    public static string CoreType(ValueType type) => type == ValueType.I32 ? "i32" : type == ValueType.I64 ? "i64" : type == ValueType.F32 ? "f32" : "f64";

    public ImmutableArray<string> Lower(PlannedType type, string value)
    {
        switch (type.Kind)
        {
            case ComponentValueKind.F32 or ComponentValueKind.F64:
                return [value];
            case ComponentValueKind.S64 or ComponentValueKind.U64:
                return [$"<i64>{value}"];
            case ComponentValueKind.String or ComponentValueKind.List when type.Length is null:
                return [$"<i32>abi.to{Text(type.Number)}({value})", $"{value}.length"];
            case ComponentValueKind.List:
                writer.Line($"if ({value}.length != {Text(type.Length!.Value)}) unreachable();");
                return [.. Enumerable.Range(0, type.Length.Value).SelectMany(i => Lower(type.Element!, $"{value}[{Text(i)}]"))];
            case ComponentValueKind.Record or ComponentValueKind.Tuple:
                return [.. type.Fields.SelectMany(field => Lower(field.Type, $"{value}.{ScriptNames.Local(field.Name)}"))];
            case ComponentValueKind.Variant or ComponentValueKind.Option or ComponentValueKind.Result:
                return LowerCases(type, value);
            case ComponentValueKind.Own or ComponentValueKind.Borrow:
                return [ScriptAbi.Core(type, value)];
            default:
                return [$"<i32>{value}"];
        }
    }

    /// <summary>An expression for a value; what needs statements is written before.</summary>
    public string Lift(PlannedType type, ReadOnlySpan<string> flat)
    {
        switch (type.Kind)
        {
            case ComponentValueKind.Bool:
                return $"{flat[0]} != 0";
            case ComponentValueKind.F32 or ComponentValueKind.F64:
                return flat[0];
            case ComponentValueKind.String or ComponentValueKind.List when type.Length is null:
                return $"abi.from{Text(type.Number)}(<usize>{flat[0]}, <usize>{flat[1]})";
            case ComponentValueKind.List:
                return LiftList(type, flat);
            case ComponentValueKind.Record or ComponentValueKind.Tuple:
                List<string> fields = [];
                foreach (PlannedField field in type.Fields)
                {
                    fields.Add(Lift(field.Type, flat[..field.Type.Flat.Length]));
                    flat = flat[field.Type.Flat.Length..];
                }

                return $"new {names.Type(type)}({string.Join(", ", fields)})";
            case ComponentValueKind.Variant or ComponentValueKind.Option or ComponentValueKind.Result:
                return LiftCases(type, flat);
            case ComponentValueKind.Own or ComponentValueKind.Borrow:
                return abi.Handle(type, flat[0]);
            default:
                return $"<{names.Type(type)}>{flat[0]}";
        }
    }

    private string LiftList(PlannedType type, ReadOnlySpan<string> flat)
    {
        string local = "$t" + Text(_temporaries++);
        writer.Line($"const {local} = new {names.Type(type)}({Text(type.Length!.Value)});");
        int width = type.Element!.Flat.Length;
        for (int i = 0; i < type.Length; i++)
        {
            writer.Line($"{local}[{Text(i)}] = {Lift(type.Element, flat.Slice(i * width, width))};");
        }

        return local;
    }

    private ImmutableArray<string> LowerCases(PlannedType type, string value)
    {
        ImmutableArray<ValueType> flat = type.Flat;
        string stem = "$t" + Text(_temporaries++);
        ImmutableArray<string> temporaries = [.. Enumerable.Range(0, flat.Length).Select(i => $"{stem}_{Text(i)}")];
        writer.Line($"const {temporaries[0]}: i32 = {ScriptAbi.Tag(type, value)};");
        for (int i = 1; i < flat.Length; i++)
        {
            writer.Line($"let {temporaries[i]}: {CoreType(flat[i])} = 0;");
        }

        if (flat.Length == 1)
        {
            return temporaries;
        }

        writer.Open($"switch ({temporaries[0]})");
        for (int i = 0; i < type.Cases.Count; i++)
        {
            if (type.Cases[i].Type is { } payload)
            {
                string local = "$t" + Text(_temporaries++);
                writer.Open($"case {Text(i)}:");
                writer.Line($"const {local} = {ScriptAbi.Payload(type, i, value)};");
                ImmutableArray<string> values = Lower(payload, local);
                for (int j = 0; j < values.Length; j++)
                {
                    writer.Line($"{temporaries[j + 1]} = {Widen(values[j], payload.Flat[j], flat[j + 1])};");
                }

                writer.Line("break;");
                writer.Close();
            }
        }

        writer.Line("default: break;");
        writer.Close();
        return temporaries;
    }

    private string LiftCases(PlannedType type, ReadOnlySpan<string> flat)
    {
        ImmutableArray<ValueType> joined = type.Flat;
        string local = "$t" + Text(_temporaries++);
        string script = names.Type(type);
        writer.Line($"let {local} = changetype<{script}>(0);");
        writer.Open($"switch ({flat[0]})");
        for (int i = 0; i < type.Cases.Count; i++)
        {
            writer.Open($"{(i == type.Cases.Count - 1 ? "default" : $"case {Text(i)}")}:");
            string? value = null;
            if (type.Cases[i].Type is { } payload)
            {
                string[] values = new string[payload.Flat.Length];
                for (int j = 0; j < values.Length; j++)
                {
                    values[j] = Narrow(flat[j + 1], joined[j + 1], payload.Flat[j]);
                }

                value = Lift(payload, values);
            }

            writer.Line($"{local} = {abi.Make(type, i, value)};");
            writer.Line("break;");
            writer.Close();
        }

        writer.Close();
        return local;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Widen(string value, ValueType from, ValueType to)
    {
        if (from == to)
        {
            return value;
        }

        string bits = from == ValueType.F32 ? $"reinterpret<i32>({value})" : from == ValueType.F64 ? $"reinterpret<i64>({value})" : $"({value})";
        return to == ValueType.I64 && from != ValueType.F64 ? $"<i64><u32>{bits}" : bits;
    }

    private static string Narrow(string value, ValueType from, ValueType to)
    {
        if (from == to)
        {
            return value;
        }

        string bits = from == ValueType.I64 && to != ValueType.F64 ? $"<i32>{value}" : value;
        return to == ValueType.I32 ? $"({bits})" : $"reinterpret<{CoreType(to)}>({bits})";
    }
}
