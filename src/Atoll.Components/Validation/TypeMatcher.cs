using System.Collections.Immutable;
using Atoll.Components.Types;
using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Components.Validation;

/// <summary>Whether something of one type can stand where another type is wanted ("Subtyping").</summary>
/// <remarks>
/// The wanted type may speak of resources that are still open; the first type that it meets there fills the place. What was learned stays in the
/// mapping, with which the rest of the wanted type is read. Value types match when they are equal.
/// </remarks>
internal sealed class TypeMatcher(TypeMapping mapping, IEnumerable<ResourceIdentity> open, TypeBudget budget)
{
    private readonly HashSet<ResourceIdentity> _open = new(open, ReferenceEqualityComparer.Instance);
    private readonly HashSet<(TypeNode Type, TypeNode Wanted)> _equal = [];

    /// <summary>What is wrong, or null.</summary>
    public string? Match(ComponentExternType type, ComponentExternType wanted)
    {
        budget.Spend();
        if (type.Kind != wanted.Kind)
        {
            return $"expected {Describe(wanted.Kind)}, found {Describe(type.Kind)}";
        }

        return type.Kind switch
        {
            ComponentExternKind.CoreModule => Match((CoreModuleType)type.Type, (CoreModuleType)wanted.Type),
            ComponentExternKind.Function => Match((ComponentFunctionType)type.Type, (ComponentFunctionType)wanted.Type),
            ComponentExternKind.Value => Match((ComponentValueType)type.Type, (ComponentValueType)wanted.Type),
            ComponentExternKind.Type => MatchTypes((DefinableType)type.Type, (DefinableType)wanted.Type),
            ComponentExternKind.Instance => Match((InstanceType)type.Type, (InstanceType)wanted.Type),
            _ => Match((ComponentType)type.Type, (ComponentType)wanted.Type),
        };
    }

    private static string Describe(ComponentExternKind kind) => kind == ComponentExternKind.CoreModule ? "module" : kind.ToString().ToLowerInvariant();

    /// <summary>Types themselves: the wanted one says which type it must be, or any resource.</summary>
    private string? MatchTypes(DefinableType type, DefinableType wanted)
    {
        if (wanted is ResourceType resource)
        {
            return MatchResource(type, resource);
        }

        string? problem = (type, wanted) switch
        {
            (ResourceType, _) => "expected defined type, found resource",
            (ComponentValueType a, ComponentValueType b) => Match(a, b),
            (ComponentFunctionType a, ComponentFunctionType b) => Match(a, b),
            (InstanceType a, InstanceType b) => Equal(a, b, a.Resources, b.Resources),
            (ComponentType a, ComponentType b) => Equal(a, b, [], []),
            _ => $"expected {Describe(wanted)}, found {Describe(type)}",
        };
        if (problem is null)
        {
            mapping.Add(wanted, type);
        }

        return problem;
    }

    private string? MatchResource(DefinableType type, ResourceType wanted)
    {
        if (type is not ResourceType resource)
        {
            return "expected resource, found defined type";
        }

        if (_open.Contains(wanted.Identity) && mapping.Find(wanted.Identity) is null)
        {
            mapping.Add(wanted.Identity, resource);
        }
        else if (!ReferenceEquals(mapping.Resolve(wanted.Identity), resource.Identity))
        {
            return "resource types are not the same";
        }

        mapping.Add(wanted, resource);
        return null;
    }

    /// <summary>Equal is what matches in both directions.</summary>
    private string? Equal(DefinableType type, DefinableType wanted, ImmutableArray<ResourceIdentity> typeResources, ImmutableArray<ResourceIdentity> wantedResources)
    {
        DefinableType closed = new Substitution(mapping, budget).Apply(wanted);
        ComponentExternKind kind = type is InstanceType ? ComponentExternKind.Instance : ComponentExternKind.Component;
        ComponentExternType left = new(kind, type);
        ComponentExternType right = new(kind, closed);
        return new TypeMatcher(new TypeMapping(), wantedResources, budget).Match(left, right)
            ?? new TypeMatcher(new TypeMapping(), typeResources, budget).Match(right, left);
    }

    private string? Match(ComponentFunctionType type, ComponentFunctionType wanted)
    {
        if (type.IsAsync != wanted.IsAsync)
        {
            return wanted.IsAsync ? "expected async function, found sync function" : "expected sync function, found async function";
        }

        if (type.Parameters.Length != wanted.Parameters.Length)
        {
            return $"expected {wanted.Parameters.Length} parameters, found {type.Parameters.Length}";
        }

        budget.Spend(type.Parameters.Length);
        for (int i = 0; i < type.Parameters.Length; i++)
        {
            LabeledType parameter = type.Parameters[i];
            LabeledType expected = wanted.Parameters[i];
            if (parameter.Name != expected.Name)
            {
                return $"expected parameter named `{expected.Name}`, found `{parameter.Name}`";
            }

            if (Match(parameter.Type, expected.Type) is { } problem)
            {
                return $"type mismatch in function parameter `{parameter.Name}`: {problem}";
            }
        }

        if (type.Result is null || wanted.Result is null)
        {
            return type.Result is null && wanted.Result is null ? null : wanted.Result is null ? "expected no result, found one" : "expected a result, found none";
        }

        return Match(type.Result, wanted.Result) is { } mismatch ? $"type mismatch with result type: {mismatch}" : null;
    }

    private string? Match(InstanceType type, InstanceType wanted)
    {
        foreach (ComponentItem export in wanted.Exports)
        {
            budget.Spend();
            if (type.Find(export.Name) is not { } found)
            {
                return $"missing expected export `{export.Name}`";
            }

            if (Match(found.Type, export.Type) is { } problem)
            {
                return $"type mismatch in instance export `{export.Name}`: {problem}";
            }
        }

        return null;
    }

    /// <summary>A component can stand for another when the imports of the other suffice for it and its exports suffice then.</summary>
    private string? Match(ComponentType type, ComponentType wanted)
    {
        ComponentType closed = new Substitution(mapping, budget).Apply(wanted);
        TypeMapping given = new();
        TypeMatcher imports = new(given, type.ImportedResources, budget);
        Dictionary<string, ComponentItem> offered = closed.Imports.ToDictionary(i => i.Name, StringComparer.Ordinal);
        budget.Spend(closed.Imports.Length);
        foreach (ComponentItem import in type.Imports)
        {
            if (!offered.TryGetValue(import.Name, out ComponentItem? item))
            {
                return $"missing expected import `{import.Name}`";
            }

            if (imports.Match(item.Type, import.Type) is { } problem)
            {
                return $"type mismatch in import `{import.Name}`: {problem}";
            }
        }

        InstanceType exported = new(new Substitution(given, budget).Apply(type.Exports), []);
        InstanceType expected = new(closed.Exports, []);
        return new TypeMatcher(new TypeMapping(), closed.DefinedResources, budget).Match(exported, expected);
    }

    private string? Match(CoreModuleType type, CoreModuleType wanted)
    {
        foreach (ImportDefinition import in type.ImportDefinitions)
        {
            budget.Spend();
            if (!wanted.ImportsByName.TryGetValue((import.Module, import.Name), out ImportDefinition? offered))
            {
                return $"type mismatch: missing expected import `{import.Module}::{import.Name}`";
            }

            if (CoreMismatch(import.Type, offered.Type) is { } problem)
            {
                return $"type mismatch in import `{import.Module}::{import.Name}`: {problem}";
            }
        }

        foreach (CoreItem export in wanted.ExportItems)
        {
            budget.Spend();
            if (!type.ExportsByName.TryGetValue(export.Name, out CoreItem? found))
            {
                return $"type mismatch: missing expected export `{export.Name}`";
            }

            if (CoreMismatch(export.Type, found.Type) is { } problem)
            {
                return $"type mismatch in export `{export.Name}`: {problem}";
            }
        }

        return null;
    }

    /// <summary>What is wrong when something of core WebAssembly has one type and another is wanted, or null.</summary>
    internal static string? CoreMismatch(object wanted, object type) =>
        ImportMatching.Fits(wanted, type) ? null : $"expected {wanted}, found {type}";

    private static string Describe(TypeNode type) => type switch
    {
        PrimitiveType primitive => $"primitive `{primitive}`",
        ComponentValueType value => value.Kind.ToString().ToLowerInvariant(),
        ComponentFunctionType => "func",
        InstanceType => "instance",
        ComponentType => "component",
        _ => "resource",
    };

    private string? Match(ComponentValueType type, ComponentValueType wanted)
    {
        if ((ReferenceEquals(type, wanted) && !type.Has(TypeTraits.Resource)) || _equal.Contains((type, wanted)))
        {
            return null;
        }

        budget.Spend();
        string? problem = type.Kind == wanted.Kind ? MatchParts(type, wanted) : $"expected {Describe(wanted)} found {Describe(type)}";
        if (problem is null && type is not PrimitiveType)
        {
            _equal.Add((type, wanted));
        }

        return problem;
    }

    private string? MatchParts(ComponentValueType type, ComponentValueType wanted) => (type, wanted) switch
    {
        (RecordType a, RecordType b) => MatchRecord(a, b),
        (VariantType a, VariantType b) => MatchVariant(a, b),
        (ListType a, ListType b) => a.Length == b.Length ? Match(a.Element, b.Element) : $"expected a list of length {b.Length}, found {a.Length}",
        (TupleType a, TupleType b) => MatchTuple(a, b),
        (FlagsType a, FlagsType b) => a.Names.AsSpan().SequenceEqual(b.Names.AsSpan()) ? null : "mismatch in flags elements",
        (EnumType a, EnumType b) => MatchEnum(a, b),
        (OptionType a, OptionType b) => Match(a.Value, b.Value),
        (ResultType a, ResultType b) => Optional(a.Ok, b.Ok, "ok type", "ok variant") ?? Optional(a.Error, b.Error, "err type", "err variant"),
        (OwnType a, OwnType b) => Same(a.Resource, b.Resource),
        (BorrowType a, BorrowType b) => Same(a.Resource, b.Resource),
        (StreamType a, StreamType b) => Optional(a.Element, b.Element, "stream type", "stream"),
        (FutureType a, FutureType b) => Optional(a.Element, b.Element, "future type", "future"),
        (MapType a, MapType b) => Match(a.Key, b.Key) ?? Match(a.Value, b.Value),
        _ => null,
    };

    private string? Same(ResourceType type, ResourceType wanted) =>
        ReferenceEquals(mapping.Resolve(wanted.Identity), type.Identity) ? null : "resource types are not the same";

    private string? Optional(ComponentValueType? type, ComponentValueType? wanted, string absent, string within)
    {
        if (type is null || wanted is null)
        {
            return type is null && wanted is null ? null : wanted is null ? $"expected {absent} to not be present" : $"expected {absent}, but found none";
        }

        return Match(type, wanted) is { } problem ? $"type mismatch in {within}: {problem}" : null;
    }

    private string? MatchEnum(EnumType type, EnumType wanted)
    {
        budget.Spend(wanted.Names.Length);
        return type.Names.AsSpan().SequenceEqual(wanted.Names.AsSpan()) ? null : "mismatch in enum elements";
    }

    private string? MatchRecord(RecordType type, RecordType wanted)
    {
        if (type.Fields.Length != wanted.Fields.Length)
        {
            return $"expected {wanted.Fields.Length} fields, found {type.Fields.Length}";
        }

        budget.Spend(type.Fields.Length);
        for (int i = 0; i < type.Fields.Length; i++)
        {
            if (type.Fields[i].Name != wanted.Fields[i].Name)
            {
                return $"expected field name `{wanted.Fields[i].Name}`, found `{type.Fields[i].Name}`";
            }

            if (Match(type.Fields[i].Type, wanted.Fields[i].Type) is { } problem)
            {
                return $"type mismatch in record field `{type.Fields[i].Name}`: {problem}";
            }
        }

        return null;
    }

    private string? MatchVariant(VariantType type, VariantType wanted)
    {
        if (type.Cases.Length != wanted.Cases.Length)
        {
            return $"expected {wanted.Cases.Length} cases, found {type.Cases.Length}";
        }

        budget.Spend(type.Cases.Length);
        for (int i = 0; i < type.Cases.Length; i++)
        {
            VariantCase expected = wanted.Cases[i];
            if (type.Cases[i].Name != expected.Name)
            {
                return $"expected case named `{expected.Name}`, found `{type.Cases[i].Name}`";
            }

            if (Optional(type.Cases[i].Type, expected.Type, $"the type of case `{expected.Name}`", $"variant case `{expected.Name}`") is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private string? MatchTuple(TupleType type, TupleType wanted)
    {
        if (type.Elements.Length != wanted.Elements.Length)
        {
            return $"expected {wanted.Elements.Length} types, found {type.Elements.Length}";
        }

        budget.Spend(type.Elements.Length);
        for (int i = 0; i < type.Elements.Length; i++)
        {
            if (Match(type.Elements[i], wanted.Elements[i]) is { } problem)
            {
                return $"type mismatch in tuple field {i}: {problem}";
            }
        }

        return null;
    }
}
