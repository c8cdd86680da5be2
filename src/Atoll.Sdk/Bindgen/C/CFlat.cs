using System.Collections.Immutable;
using System.Globalization;
using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Sdk.Bindgen.C;

/// <summary>Takes values apart into core values and puts them together again ("Flat Lifting", "Flat Lowering").</summary>
internal sealed class CFlat(CNames names, IndentingWriter writer)
{
    private int _temporaries;

    /// <summary>Types of core values in C.</summary>
    public static string CoreType(ValueType type) =>
        type == ValueType.I32 ? "int32_t" : type == ValueType.I64 ? "int64_t" : type == ValueType.F32 ? "float" : "double";

    /// <summary>Expressions for the core values of a value; what needs statements is written before.</summary>
    public ImmutableArray<string> Lower(PlannedType type, string value)
    {
        switch (type.Kind)
        {
            case ComponentValueKind.F32 or ComponentValueKind.F64:
                return [value];
            case ComponentValueKind.S64 or ComponentValueKind.U64:
                return [$"(int64_t){value}"];
            case ComponentValueKind.String or ComponentValueKind.List when type.Length is null:
                return [$"(int32_t)(uintptr_t){value}.ptr", $"(int32_t){value}.len"];
            case ComponentValueKind.List:
                return [.. Enumerable.Range(0, type.Length!.Value).SelectMany(i => Lower(type.Element!, $"{value}.items[{i.ToString(CultureInfo.InvariantCulture)}]"))];
            case ComponentValueKind.Record or ComponentValueKind.Tuple:
                return [.. type.Fields.SelectMany(field => Lower(field.Type, $"{value}.{CNames.Local(field.Name)}"))];
            case ComponentValueKind.Variant or ComponentValueKind.Option or ComponentValueKind.Result:
                return LowerCases(type, value);
            case ComponentValueKind.Borrow when type.Resource!.IsExported:
                return [$"(int32_t)(uintptr_t){value}"];
            case ComponentValueKind.Own or ComponentValueKind.Borrow:
                return [$"{value}.handle"];
            default:
                return [$"(int32_t){value}"];
        }
    }

    /// <summary>Writes the statements that make a value at a place from core values.</summary>
    public void Lift(PlannedType type, string place, ReadOnlySpan<string> flat)
    {
        switch (type.Kind)
        {
            case ComponentValueKind.String or ComponentValueKind.List when type.Length is null:
                string pointer = type.Kind == ComponentValueKind.String ? "char" : names.Type(type.Element!);
                writer.Line($"{place}.ptr = ({pointer} *)(uintptr_t){flat[0]};");
                writer.Line($"{place}.len = (size_t){flat[1]};");
                break;
            case ComponentValueKind.List:
                int width = type.Element!.Flat.Length;
                for (int i = 0; i < type.Length; i++)
                {
                    Lift(type.Element, $"{place}.items[{i.ToString(CultureInfo.InvariantCulture)}]", flat.Slice(i * width, width));
                }

                break;
            case ComponentValueKind.Record or ComponentValueKind.Tuple:
                int at = 0;
                foreach (PlannedField field in type.Fields)
                {
                    Lift(field.Type, $"{place}.{CNames.Local(field.Name)}", flat.Slice(at, field.Type.Flat.Length));
                    at += field.Type.Flat.Length;
                }

                break;
            case ComponentValueKind.Variant or ComponentValueKind.Option or ComponentValueKind.Result:
                LiftCases(type, place, flat);
                break;
            default:
                writer.Line($"{place} = {Scalar(type, flat[0])};");
                break;
        }
    }

    /// <summary>A value of a scalar type from its core value.</summary>
    public string Scalar(PlannedType type, string flat) => type.Kind switch
    {
        ComponentValueKind.Bool => $"({flat} != 0)",
        ComponentValueKind.F32 or ComponentValueKind.F64 => flat,
        ComponentValueKind.Borrow when type.Resource!.IsExported => $"({names.Type(type)})(uintptr_t){flat}",
        ComponentValueKind.Own or ComponentValueKind.Borrow => $"({names.Type(type)}){{ {flat} }}",
        _ => $"({names.Type(type)}){flat}",
    };

    private static string Tag(PlannedType type, string value) => type.Kind switch
    {
        ComponentValueKind.Option => value + ".is_some",
        ComponentValueKind.Result => value + ".is_err",
        _ => value + ".tag",
    };

    private static string Payload(PlannedType type, PlannedCase item, string value) =>
        type.Kind == ComponentValueKind.Option ? value + ".val" : $"{value}.val.{CNames.Local(item.Name)}";

    private ImmutableArray<string> LowerCases(PlannedType type, string value)
    {
        ImmutableArray<ValueType> flat = type.Flat;
        string stem = "t" + (_temporaries++).ToString(CultureInfo.InvariantCulture);
        ImmutableArray<string> temporaries = [.. Enumerable.Range(0, flat.Length).Select(i => $"{stem}_{i.ToString(CultureInfo.InvariantCulture)}")];
        writer.Line($"int32_t {temporaries[0]} = (int32_t){Tag(type, value)};");
        for (int i = 1; i < flat.Length; i++)
        {
            writer.Line($"{CoreType(flat[i])} {temporaries[i]} = 0;");
        }

        if (flat.Length > 1)
        {
            writer.Open($"switch ({temporaries[0]})");
            for (int i = 0; i < type.Cases.Count; i++)
            {
                if (type.Cases[i].Type is { } payload)
                {
                    writer.Open($"case {i.ToString(CultureInfo.InvariantCulture)}:");
                    ImmutableArray<string> values = Lower(payload, Payload(type, type.Cases[i], value));
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
        }

        return temporaries;
    }

    private void LiftCases(PlannedType type, string place, ReadOnlySpan<string> flat)
    {
        ImmutableArray<ValueType> joined = type.Flat;
        bool isBool = type.Kind is ComponentValueKind.Option or ComponentValueKind.Result;
        writer.Line(isBool ? $"{Tag(type, place)} = {flat[0]} != 0;" : $"{Tag(type, place)} = (uint{type.DiscriminantSize * 8}_t){flat[0]};");
        if (joined.Length == 1)
        {
            return;
        }

        writer.Open($"switch ({flat[0]})");
        for (int i = 0; i < type.Cases.Count; i++)
        {
            if (type.Cases[i].Type is { } payload)
            {
                writer.Open($"case {i.ToString(CultureInfo.InvariantCulture)}:");
                string[] values = new string[payload.Flat.Length];
                for (int j = 0; j < values.Length; j++)
                {
                    values[j] = Narrow(flat[j + 1], joined[j + 1], payload.Flat[j]);
                }

                Lift(payload, Payload(type, type.Cases[i], place), values);
                writer.Line("break;");
                writer.Close();
            }
        }

        writer.Line("default: break;");
        writer.Close();
    }

    /// <summary>A core value in the place that several cases share (<c>lower_flat_variant</c>).</summary>
    private static string Widen(string value, ValueType from, ValueType to)
    {
        if (from == to)
        {
            return value;
        }

        string bits = from == ValueType.F32 ? $"core_bits_of_f32({value})" : from == ValueType.F64 ? $"core_bits_of_f64({value})" : value;
        return to == ValueType.I64 && from != ValueType.F64 ? $"(int64_t)(uint32_t)({bits})" : bits;
    }

    /// <summary>The way back (<c>lift_flat_variant</c>).</summary>
    private static string Narrow(string value, ValueType from, ValueType to)
    {
        if (from == to)
        {
            return value;
        }

        return to == ValueType.F64 ? $"core_f64_of_bits({value})" : to == ValueType.F32 ? $"core_f32_of_bits((int32_t){value})" : $"(int32_t){value}";
    }
}
