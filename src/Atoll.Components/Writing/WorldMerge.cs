using System.Collections.Immutable;
using Atoll.Components.Types;
using Atoll.Components.Validation;

namespace Atoll.Components.Writing;

/// <summary>Two worlds to one: what both import is imported once, with the items of both, and their types become the same.</summary>
internal static class WorldMerge
{
    /// <summary>Merges two worlds.</summary>
    /// <param name="first">Its types stay as they are.</param>
    /// <param name="second">Its types take the place of equal ones of the first.</param>
    /// <param name="who">Names both in errors.</param>
    /// <exception cref="ComponentWritingException">Something has the same name in both and not the same type, or both export it.</exception>
    public static ComponentType Merge(ComponentType first, ComponentType second, string who)
    {
        TypeBudget budget = new(ComponentLimits.Default.MaxTypeWork);
        TypeMapping mapping = new();
        TypeMatcher matcher = new(mapping, second.Imports.SelectMany(OpenResources), budget);
        List<ComponentItem> imports = [.. first.Imports];
        for (int i = 0; i < second.Imports.Length; i++)
        {
            ComponentItem item = second.Imports[i];
            int place = imports.FindIndex(other => other.Name == item.Name);
            if (place >= 0)
            {
                imports[place] = Merge(imports[place], item, (matcher, mapping, budget), who);
                continue;
            }

            // Before those that come after it in its own world, because they may speak of its types.
            HashSet<string> later = [.. second.Imports.Skip(i + 1).Select(other => other.Name)];
            int before = imports.FindIndex(other => later.Contains(other.Name));
            imports.Insert(before < 0 ? imports.Count : before, new Substitution(mapping, budget).Apply(item));
        }

        ImmutableArray<ComponentItem> exports = new Substitution(mapping, budget).Apply(second.Exports);
        if (exports.FirstOrDefault(item => first.Exports.Any(other => other.Name == item.Name)) is { } twice)
        {
            throw new ComponentWritingException($"{who} both export `{twice.Name}`");
        }

        return new ComponentType([.. InOrder(imports, [first.Imports, second.Imports])], [.. first.Exports, .. exports], [], [.. first.DefinedResources, .. second.DefinedResources]);
    }

    /// <summary>The imports as they are, except that each comes after those whose types it speaks of: what comes first in one world may need what comes late in the other.</summary>
    private static IEnumerable<ComponentItem> InOrder(List<ComponentItem> imports, ImmutableArray<ComponentItem>[] worlds)
    {
        ILookup<string, string> needs = worlds.SelectMany(Needs).ToLookup(pair => pair.Name, pair => pair.Needed);
        HashSet<string> done = [];
        while (imports.Count > 0)
        {
            // The worlds are valid and agree on who owns what, so there is always one.
            int next = Math.Max(0, imports.FindIndex(item => needs[item.Name].All(done.Contains)));
            ComponentItem item = imports[next];
            imports.RemoveAt(next);
            done.Add(item.Name);
            yield return item;
        }
    }

    /// <summary>Which import of a world speaks of types that which other one was the first to name.</summary>
    private static IEnumerable<(string Name, string Needed)> Needs(ImmutableArray<ComponentItem> imports)
    {
        Dictionary<object, string> owners = new(ReferenceEqualityComparer.Instance);
        foreach (ComponentItem item in imports)
        {
            HashSet<object> parts = new(ReferenceEqualityComparer.Instance);
            AddParts(item.Type.Type, parts);
            foreach (string owner in parts.Select(part => owners.GetValueOrDefault(part)).OfType<string>().Distinct())
            {
                yield return (item.Name, owner);
            }

            IEnumerable<ComponentItem> named = item.Type is { Kind: ComponentExternKind.Instance, Type: InstanceType instance } ? instance.Exports : [item];
            foreach (ComponentItem type in named.Where(export => export.Type.Kind == ComponentExternKind.Type))
            {
                owners.TryAdd(Key(type.Type.Type), item.Name);
            }
        }
    }

    private static void AddParts(TypeNode type, HashSet<object> parts)
    {
        if (type is PrimitiveType || !parts.Add(Key(type)))
        {
            return;
        }

        for (ComponentValueType? origin = (type as ComponentValueType)?.Origin; origin is not null and not PrimitiveType && parts.Add(origin); origin = origin.Origin)
        {
            // Names of names can follow one another without a limit.
        }

        foreach (TypeNode part in Parts.Of(type))
        {
            AddParts(part, parts);
        }
    }

    private static object Key(TypeNode type) => type is ResourceType resource ? resource.Identity : type;

    // What a world lists as its resources depends on whether it was read or made; what its imports name does not.
    private static IEnumerable<ResourceIdentity> OpenResources(ComponentItem import) => import.Type switch
    {
        { Kind: ComponentExternKind.Type, Type: ResourceType resource } => [resource.Identity],
        { Kind: ComponentExternKind.Instance, Type: InstanceType instance } => instance.Exports.SelectMany(OpenResources),
        _ => [],
    };

    /// <summary>Two imports of one name.</summary>
    /// <param name="first">The one whose types stay.</param>
    /// <param name="second">The other.</param>
    /// <param name="types">Which types of the second are which of the first.</param>
    /// <param name="who">Names both in errors.</param>
    public static ComponentItem Merge(ComponentItem first, ComponentItem second, (TypeMatcher Matcher, TypeMapping Mapping, TypeBudget Budget) types, string who)
    {
        if (first.Type.Type is not InstanceType instance || second.Type.Type is not InstanceType other || first.Type.Kind != ComponentExternKind.Instance)
        {
            return types.Matcher.Match(first.Type, second.Type) is { } mismatch
                ? throw new ComponentWritingException($"{who} import `{first.Name}` with different types: {mismatch}")
                : first;
        }

        List<ComponentItem> exports = [.. instance.Exports];
        foreach (ComponentItem export in other.Exports)
        {
            if (instance.Find(export.Name) is not { } same)
            {
                exports.Add(new Substitution(types.Mapping, types.Budget).Apply(export));
            }
            else if (types.Matcher.Match(same.Type, export.Type) is { } problem)
            {
                throw new ComponentWritingException($"{who} import `{first.Name}` with different types of `{export.Name}`: {problem}");
            }
        }

        return exports.Count == instance.Exports.Length
            ? first
            : first with { Type = first.Type with { Type = new InstanceType([.. exports], instance.Resources) } };
    }
}
