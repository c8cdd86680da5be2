using System.Globalization;
using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;

namespace Atoll.Sdk.Bindgen.C;

/// <summary>
/// Declares types. On wasm32 a struct of C lies in memory as the canonical ABI wants the value ("Alignment", "Element Size", "Storing"): a case is a small integer
/// before a union, which C pads the same way. So values in memory need no conversion; the source asserts the sizes.
/// </summary>
internal sealed class CTypes(BindingPlan plan, CNames names)
{
    /// <summary>Whether C passes the value itself rather than a pointer to it.</summary>
    public static bool IsScalar(PlannedType type) => type.Kind
        is not (ComponentValueKind.String or ComponentValueKind.List or ComponentValueKind.Record or ComponentValueKind.Tuple or ComponentValueKind.Variant
        or ComponentValueKind.Option or ComponentValueKind.Result);

    /// <summary>Whether a value has something to free.</summary>
    public static bool NeedsFree(PlannedType type) => type.HoldsMemory || type.HoldsOwn;

    public static void Docs(IndentingWriter writer, string? docs)
    {
        string[] lines = [.. IndentingWriter.DocLines(docs).Select(line => line.Replace("*/", "* /", StringComparison.Ordinal).Replace("/*", "/ *", StringComparison.Ordinal))];
        if (lines.Length == 1)
        {
            writer.Line($"/** {lines[0].Trim()} */");
        }
        else if (lines.Length > 1)
        {
            writer.Line("/**");
            writer.Lines(lines.Select(line => $" * {line}".TrimEnd()));
            writer.Line(" */");
        }
    }

    public void Declare(IndentingWriter writer)
    {
        foreach (PlannedResource resource in plan.Resources.Where(resource => resource.IsExported))
        {
            writer.Separate();
            Docs(writer, resource.Definition.Annotations.Docs);
            string name = names.Resource(resource);
            writer.Line($"typedef struct {name} {name}_t; // Defined by you.");
        }

        foreach (PlannedType type in plan.Types.Where(type => type.Kind > ComponentValueKind.ErrorContext))
        {
            writer.Separate();
            Docs(writer, type.Definition?.Annotations.Docs ?? (type.Resource is { IsExported: false } resource ? resource.Definition.Annotations.Docs : null));
            Declare(writer, type);
        }

        foreach (PlannedAlias alias in plan.Aliases)
        {
            writer.Separate();
            Docs(writer, alias.Definition.Annotations.Docs);
            writer.Line($"typedef {names.Type(alias.Type)} {names.Alias(alias)};");
        }
    }

    public void DeclareFrees(IndentingWriter writer)
    {
        foreach (PlannedType type in plan.Types.Where(type => NeedsFree(type) && !IsScalar(type) && type.Kind != ComponentValueKind.String))
        {
            writer.Line($"void {names.Free(type)}({names.Type(type)} *value);");
        }
    }

    public void DefineFrees(IndentingWriter writer)
    {
        foreach (PlannedType type in plan.Types.Where(type => NeedsFree(type) && !IsScalar(type) && type.Kind != ComponentValueKind.String))
        {
            writer.Separate();
            DefineFree(writer, type, names.Free(type), withHandles: true);
            if (type is { HoldsMemory: true, HoldsOwn: true })
            {
                writer.Separate();
                DefineFree(writer, type, "__attribute__((unused)) static void " + names.Release(type), withHandles: false);
            }
        }
    }

    /// <summary>What must be so on wasm32 for values to be where the canonical ABI says.</summary>
    public void AssertLayouts(IndentingWriter writer)
    {
        foreach (PlannedType type in plan.Types.Where(type => type.Kind > ComponentValueKind.ErrorContext))
        {
            string name = names.Type(type);
            writer.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"_Static_assert(sizeof({name}) == {type.Size} && _Alignof({name}) == {type.Alignment}, \"layout of {name}\");"));
        }
    }

    private void Declare(IndentingWriter writer, PlannedType type)
    {
        string name = names.Type(type);
        switch (type.Kind)
        {
            case ComponentValueKind.Own:
            case ComponentValueKind.Borrow when !type.Resource!.IsExported:
                writer.Line($"typedef struct {{ int32_t handle; }} {name};");
                break;
            case ComponentValueKind.Borrow:
                writer.Line($"typedef {names.Resource(type.Resource!)}_t *{name};");
                break;
            case ComponentValueKind.List when type.Length is { } length:
                writer.Line(string.Create(CultureInfo.InvariantCulture, $"typedef struct {{ {names.Type(type.Element!)} items[{length}]; }} {name};"));
                break;
            case ComponentValueKind.List:
                writer.Line($"typedef struct {{ {names.Type(type.Element!)} *ptr; size_t len; }} {name};");
                break;
            case ComponentValueKind.Record or ComponentValueKind.Tuple:
                writer.Open("typedef struct");
                foreach (PlannedField field in type.Fields)
                {
                    Docs(writer, field.Docs);
                    writer.Line($"{names.Type(field.Type)} {CNames.Local(field.Name)};");
                }

                writer.Close($"}} {name};");
                break;
            case ComponentValueKind.Flags:
                writer.Line($"typedef uint{type.Size * 8}_t {name};");
                Constants(writer, type, type.Flags, i => $"(({name})1 << {i})");
                break;
            case ComponentValueKind.Enum:
                writer.Line($"typedef uint{type.Size * 8}_t {name};");
                Constants(writer, type, type.Cases, i => i.ToString(CultureInfo.InvariantCulture));
                break;
            case ComponentValueKind.Option:
                writer.Line($"typedef struct {{ bool is_some; {names.Type(type.Cases[1].Type!)} val; }} {name};");
                break;
            default:
                DeclareCases(writer, type, name);
                break;
        }
    }

    private void DeclareCases(IndentingWriter writer, PlannedType type, string name)
    {
        bool isResult = type.Kind == ComponentValueKind.Result;
        writer.Open("typedef struct");
        writer.Line(isResult ? "bool is_err;" : $"uint{type.DiscriminantSize * 8}_t tag;");
        if (type.Cases.Any(item => item.Type is not null))
        {
            writer.Open("union");
            foreach (PlannedCase item in type.Cases.Where(item => item.Type is not null))
            {
                Docs(writer, item.Docs);
                writer.Line($"{names.Type(item.Type!)} {CNames.Local(item.Name)};");
            }

            writer.Close("} val;");
        }

        writer.Close($"}} {name};");
        if (!isResult)
        {
            Constants(writer, type, type.Cases, i => i.ToString(CultureInfo.InvariantCulture));
        }
    }

    private void Constants(IndentingWriter writer, PlannedType type, IReadOnlyList<PlannedCase> cases, Func<int, string> value)
    {
        for (int i = 0; i < cases.Count; i++)
        {
            if (type.Kind != ComponentValueKind.Variant || cases[i].Type is null)
            {
                Docs(writer, cases[i].Docs);
            }

            writer.Line($"#define {names.Constant(type, cases[i].Name)} {value(i)}");
        }
    }

    private void DefineFree(IndentingWriter writer, PlannedType type, string head, bool withHandles)
    {
        string signature = head.Contains(' ', StringComparison.Ordinal) ? head : "void " + head;
        writer.Open($"{signature}({names.Type(type)} *value)");
        switch (type.Kind)
        {
            case ComponentValueKind.List:
                FreeItems(writer, type, withHandles);

                break;
            case ComponentValueKind.Option:
                writer.Line($"if (value->is_some) {Free(type.Cases[1].Type!, "value->val", withHandles)}");
                break;
            case ComponentValueKind.Variant or ComponentValueKind.Result:
                writer.Open($"switch ({(type.Kind == ComponentValueKind.Result ? "(int)value->is_err" : "value->tag")})");
                for (int i = 0; i < type.Cases.Count; i++)
                {
                    if (type.Cases[i].Type is { } payload && Free(payload, $"value->val.{CNames.Local(type.Cases[i].Name)}", withHandles) is { } statement)
                    {
                        writer.Line($"case {i}: {statement} break;");
                    }
                }

                writer.Line("default: break;");
                writer.Close();
                break;
            default:
                writer.Lines(type.Fields.Select(field => Free(field.Type, $"value->{CNames.Local(field.Name)}", withHandles)).OfType<string>());
                break;
        }

        writer.Close();
    }

    private void FreeItems(IndentingWriter writer, PlannedType type, bool withHandles)
    {
        if (type.Length is { } length)
        {
            writer.Line(string.Create(CultureInfo.InvariantCulture, $"for (size_t i = 0; i < {length}; i++) {Free(type.Element!, "value->items[i]", withHandles)}"));
            return;
        }

        // Read once: for all that the compiler knows, freeing an item changes the list.
        string? each = Free(type.Element!, "ptr[i]", withHandles);
        if (each is not null)
        {
            writer.Line($"{names.Type(type.Element!)} *ptr = value->ptr;");
            writer.Line("size_t len = value->len;");
            writer.Line($"for (size_t i = 0; i < len; i++) {each}");
        }

        writer.Line(each is null ? "if (value->len > 0) free(value->ptr);" : "if (len > 0) free(ptr);");
    }

    /// <summary>A statement that frees what a value holds, or null where it holds nothing.</summary>
    private string? Free(PlannedType type, string place, bool withHandles)
    {
        if (type.Kind == ComponentValueKind.Own)
        {
            return withHandles ? $"{names.Free(type)}({place});" : null;
        }

        bool needed = withHandles ? NeedsFree(type) : type.HoldsMemory;
        return needed ? $"{(withHandles ? names.Free(type) : names.Release(type))}(&{place});" : null;
    }
}
