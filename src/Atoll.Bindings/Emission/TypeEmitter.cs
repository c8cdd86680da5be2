using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Atoll.Bindings.Naming;
using Atoll.Bindings.Planning;
using Atoll.Wit;

namespace Atoll.Bindings.Emission;

/// <summary>Writes records, variants, enumerations and flags.</summary>
internal sealed class TypeEmitter(WorldPlan plan, CodeWriter code)
{
    public void Emit(PlannedType type)
    {
        // The cases of a variant hide types of the same name.
        TypeNames names = new(plan, type.Direction, type.Definition.Body is WitVariant ? null : type.Namespace);
        code.Separate();
        switch (type.Definition.Body)
        {
            case WitRecord record:
                EmitRecord(type, record, names);
                break;
            case WitVariant variant:
                EmitVariant(type, variant, names);
                break;
            case WitEnum cases:
                Docs(type);
                code.Open($"public enum {type.Name}");
                EmitMembers(cases.Cases, new NameScope([]), _ => null);
                code.Close();
                break;
            case WitFlags flags:
                Docs(type);
                code.Line("[global::System.Flags]");
                code.Open($"public enum {type.Name} : uint");
                EmitFlags(flags.Flags);
                code.Close();
                break;
        }
    }

    private void Docs(PlannedType type) => code.Docs(type.Definition.Annotations.Docs, $"{Kind(type.Definition.Body)} {type.Definition.Name}");

    private static string Kind(WitTypeBody body) => body switch
    {
        WitRecord => "record",
        WitVariant => "variant",
        WitEnum => "enum",
        _ => "flags",
    };

    private void EmitRecord(PlannedType type, WitRecord record, TypeNames names)
    {
        NameScope scope = new(Identifiers.OfRecord.Append(type.Name), ignoreCase: true);
        HashSet<string> ambiguous = Ambiguous(record.Fields.Select(field => field.Name));
        List<string> parameters = [];
        Docs(type);
        foreach (WitField field in record.Fields)
        {
            string name = scope.Take(Identifiers.Pascal(field.Name), "Field");
            code.Element($"param name=\"{name}\"", CodeWriter.Inline(field.Docs, field.Type.ToString()));
            parameters.Add($"{Attribute("property: ", field.Name, name, ambiguous)}{names.Of(field.Type)} {name}");
        }

        string head = $"public {(TypeNames.IsSmall(record) ? "readonly record struct" : "sealed record")} {type.Name}(";
        string list = string.Join(", ", parameters);
        if (head.Length + list.Length < 120)
        {
            code.Line($"{head}{list});");
            return;
        }

        code.Line(head);
        code.Indented(parameters.Select((parameter, i) => parameter + (i + 1 < parameters.Count ? "," : ");")));
    }

    private void EmitVariant(PlannedType type, WitVariant variant, TypeNames names)
    {
        NameScope scope = new([.. Identifiers.OfRecord, type.Name, "Value"], ignoreCase: true);
        HashSet<string> ambiguous = Ambiguous(variant.Cases.Select(item => item.Name));
        Docs(type);
        code.Open($"public abstract record {type.Name}");
        code.Line($"private {type.Name}()");
        code.Line("{");
        code.Line("}");
        foreach (WitCase item in variant.Cases)
        {
            string name = scope.Take(Identifiers.Pascal(item.Name), "Case");
            code.Line();
            code.Docs(item.Docs, item.Type is null ? item.Name : $"{item.Name}({item.Type})");
            string attribute = Attribute("", item.Name, name, ambiguous).TrimEnd();
            if (attribute.Length > 0)
            {
                code.Line(attribute);
            }

            if (item.Type is null)
            {
                code.Line($"public sealed record {name} : {type.Name};");
            }
            else
            {
                code.Line($"public sealed record {name}({names.Of(item.Type)} Value) : {type.Name};");
            }
        }

        code.Close();
    }

    private void EmitFlags(IReadOnlyList<WitCase> flags)
    {
        NameScope scope = new([]);
        if (flags.All(flag => Identifiers.Pascal(flag.Name) != "None"))
        {
            code.Line("/// <summary>No flag.</summary>");
            code.Line($"{scope.Take("None", "")} = 0,");
            code.Line();
        }

        EmitMembers(flags, scope, i => $"1u << {i.ToString(CultureInfo.InvariantCulture)}");
    }

    private void EmitMembers(IReadOnlyList<WitCase> members, NameScope scope, System.Func<int, string?> value)
    {
        for (int i = 0; i < members.Count; i++)
        {
            if (i > 0)
            {
                code.Line();
            }

            code.Docs(members[i].Docs, members[i].Name);
            string? number = value(i);
            code.Line($"{scope.Take(Identifiers.Pascal(members[i].Name), "Case")}{(number is null ? "" : $" = {number}")},");
        }
    }

    /// <summary>Names that the runtime cannot tell by their Pascal case.</summary>
    private static HashSet<string> Ambiguous(IEnumerable<string> names) =>
        [.. names.GroupBy(Identifiers.Pascal, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1).SelectMany(group => group)];

    private static string Attribute(string target, string name, string given, HashSet<string> ambiguous) =>
        ambiguous.Contains(name) || given != Identifiers.Pascal(name) ? $"[{target}global::Atoll.Components.WitName(\"{name}\")] " : "";
}
