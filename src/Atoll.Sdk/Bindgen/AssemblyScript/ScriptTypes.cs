using System.Globalization;
using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;

namespace Atoll.Sdk.Bindgen.AssemblyScript;

/// <summary>Writes the classes, enums and constants that a world's types become.</summary>
internal sealed class ScriptTypes(BindingPlan plan, ScriptNames names)
{
    /// <summary>The property of a variant that has what comes with a case.</summary>
    public static string Getter(PlannedCase item) => "as" + Identifiers.Pascal(item.Name);

    public static void Docs(IndentingWriter writer, string? docs)
    {
        string[] lines = [.. IndentingWriter.DocLines(docs).Select(line => line.Replace("*/", "* /", StringComparison.Ordinal))];
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

    /// <summary>Classes that stand for types of WIT without a name.</summary>
    public void WriteGeneral(IndentingWriter writer)
    {
        writer.Lines(ScriptTexts.General);
        foreach (int count in plan.Types.Where(type => type.Kind == ComponentValueKind.Tuple).Select(type => type.Fields.Count).Distinct().Order())
        {
            IEnumerable<string> numbers = Enumerable.Range(0, count).Select(i => i.ToString(CultureInfo.InvariantCulture)).ToArray();
            writer.Separate();
            writer.Open($"export class Tuple{count.ToString(CultureInfo.InvariantCulture)}<{string.Join(", ", numbers.Select(number => "T" + number))}>");
            writer.Line($"constructor({string.Join(", ", numbers.Select(number => $"public f{number}: T{number}"))}) {{}}");
            writer.Close();
        }
    }

    public void Write(IndentingWriter writer, PlannedScope scope)
    {
        foreach (PlannedType type in plan.Types.Where(type => type.Scope == scope))
        {
            writer.Separate();
            Docs(writer, type.Definition!.Annotations.Docs);
            Write(writer, type);
        }
    }

    private void Write(IndentingWriter writer, PlannedType type)
    {
        string name = names.Simple(type);
        switch (type.Kind)
        {
            case ComponentValueKind.Record:
                writer.Open($"export class {name}");
                writer.Open("constructor(", "");
                foreach (PlannedField field in type.Fields)
                {
                    Docs(writer, field.Docs);
                    writer.Line($"public {ScriptNames.Local(field.Name)}: {names.Type(field.Type)},");
                }

                writer.Close(") {}");
                writer.Close();
                break;
            case ComponentValueKind.Enum:
                writer.Open($"export enum {name}");
                foreach (PlannedCase item in type.Cases)
                {
                    Docs(writer, item.Docs);
                    writer.Line($"{ScriptNames.Local(item.Name)},");
                }

                writer.Close();
                break;
            case ComponentValueKind.Flags:
                writer.Open($"export namespace {name}");
                for (int i = 0; i < type.Flags.Count; i++)
                {
                    Docs(writer, type.Flags[i].Docs);
                    writer.Line($"export const {ScriptNames.Local(type.Flags[i].Name)}: {names.Type(type)} = 1 << {i.ToString(CultureInfo.InvariantCulture)};");
                }

                writer.Close();
                break;
            default:
                WriteVariant(writer, type, name);
                break;
        }
    }

    private void WriteVariant(IndentingWriter writer, PlannedType type, string name)
    {
        writer.Open($"export class {name}");
        for (int i = 0; i < type.Cases.Count; i++)
        {
            writer.Line($"static readonly {Identifiers.Upper(type.Cases[i].Name)}: i32 = {i.ToString(CultureInfo.InvariantCulture)};");
        }

        for (int i = 0; i < type.Cases.Count; i++)
        {
            if (type.Cases[i].Type is { } payload)
            {
                string script = names.Type(payload);
                bool isObject = payload.Kind >= ComponentValueKind.String && payload.Kind is not (ComponentValueKind.Enum or ComponentValueKind.Flags);
                writer.Line($"private p{i.ToString(CultureInfo.InvariantCulture)}: {script} = {(isObject ? $"changetype<{script}>(0)" : $"<{script}>0")};");
            }
        }

        writer.Line("/** Which case it is. */");
        writer.Line("constructor(public tag: i32) {}");
        for (int i = 0; i < type.Cases.Count; i++)
        {
            PlannedCase item = type.Cases[i];
            string number = i.ToString(CultureInfo.InvariantCulture);
            Docs(writer, item.Docs);
            if (item.Type is null)
            {
                writer.Line($"static {ScriptNames.Local(item.Name)}(): {name} {{ return new {name}({number}); }}");
                continue;
            }

            string script = names.Type(item.Type);
            writer.Line($"static {ScriptNames.Local(item.Name)}(value: {script}): {name} {{ const v = new {name}({number}); v.p{number} = value; return v; }}");
            writer.Line($"get {Getter(item)}(): {script} {{ if (this.tag != {number}) unreachable(); return this.p{number}; }}");
        }

        writer.Close();
    }
}
