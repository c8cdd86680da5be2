using Atoll.Components.Types;

namespace Atoll.Components.Validation;

/// <summary>Which resources types speak of.</summary>
internal static class Resources
{
    /// <summary>Whether a type speaks of a resource that it does not itself introduce.</summary>
    public static bool HasFree(DefinableType type, TypeBudget budget)
    {
        HashSet<ResourceIdentity> found = new(ReferenceEqualityComparer.Instance);
        HashSet<ResourceIdentity> bound = new(ReferenceEqualityComparer.Instance);
        Collect(type, found, bound, new HashSet<TypeNode>(ReferenceEqualityComparer.Instance), budget);
        return !found.IsSubsetOf(bound);
    }

    /// <summary>Resources that exports give a name to, directly or within instances; those that are known already are left out.</summary>
    public static void CollectExported(IEnumerable<ComponentItem> exports, HashSet<ResourceIdentity> known, List<ResourceIdentity> found, TypeBudget budget)
    {
        HashSet<TypeNode> seen = new(ReferenceEqualityComparer.Instance);
        CollectExported(exports, known, found, seen, budget);
    }

    private static void CollectExported(
        IEnumerable<ComponentItem> exports, HashSet<ResourceIdentity> known, List<ResourceIdentity> found, HashSet<TypeNode> seen, TypeBudget budget)
    {
        foreach (ComponentItem export in exports)
        {
            budget.Spend();
            switch (export.Type)
            {
                case { Kind: ComponentExternKind.Type, Type: ResourceType resource } when known.Add(resource.Identity):
                    found.Add(resource.Identity);
                    break;
                case { Kind: ComponentExternKind.Instance, Type: InstanceType instance } when instance.Has(TypeTraits.Resource) && seen.Add(instance):
                    CollectExported(instance.Exports, known, found, seen, budget);
                    break;
            }
        }
    }

    private static void Collect(TypeNode? type, HashSet<ResourceIdentity> found, HashSet<ResourceIdentity> bound, HashSet<TypeNode> seen, TypeBudget budget)
    {
        if (type is null || !type.Has(TypeTraits.Resource) || !seen.Add(type))
        {
            return;
        }

        budget.Spend();
        switch (type)
        {
            case ResourceType resource:
                found.Add(resource.Identity);
                break;
            case InstanceType instance:
                bound.UnionWith(instance.Resources);
                break;
            case ComponentType component:
                bound.UnionWith(component.ImportedResources);
                bound.UnionWith(component.DefinedResources);
                break;
        }

        foreach (TypeNode part in Parts.Of(type))
        {
            Collect(part, found, bound, seen, budget);
        }
    }
}

/// <summary>The types directly within a type.</summary>
internal static class Parts
{
    public static IEnumerable<TypeNode> Of(TypeNode type) => type switch
    {
        RecordType record => record.Fields.Select(f => f.Type),
        VariantType variant => variant.Cases.Where(c => c.Type is not null).Select(c => c.Type!),
        TupleType tuple => tuple.Elements,
        ListType list => [list.Element],
        OptionType option => [option.Value],
        ResultType result => Some(result.Ok, result.Error),
        OwnType own => [own.Resource],
        BorrowType borrow => [borrow.Resource],
        StreamType stream => Some(stream.Element, null),
        FutureType future => Some(future.Element, null),
        MapType map => [map.Key, map.Value],
        ComponentFunctionType function => function.Parameters.Select(p => (TypeNode)p.Type).Concat(Some(function.Result, null)),
        InstanceType instance => instance.Exports.Select(e => e.Type.Type),
        ComponentType component => component.Imports.Concat(component.Exports).Select(e => e.Type.Type),
        _ => [],
    };

    private static IEnumerable<TypeNode> Some(TypeNode? first, TypeNode? second)
    {
        if (first is not null)
        {
            yield return first;
        }

        if (second is not null)
        {
            yield return second;
        }
    }
}
