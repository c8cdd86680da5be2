using System.Collections.Immutable;
using Atoll.Components.Types;
using Atoll.Components.Validation;

namespace Atoll.Components.Writing;

/// <summary>Which types are spoken of, so that imports can be cut down to what is used.</summary>
internal sealed class LiveTypes
{
    private readonly HashSet<TypeNode> _live = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<ResourceIdentity, ResourceType> _first = new(ReferenceEqualityComparer.Instance);

    /// <summary>Begins with nothing spoken of.</summary>
    /// <param name="imports">Where resources get their first names.</param>
    public LiveTypes(ImmutableArray<ComponentItem> imports)
    {
        foreach (ComponentItem item in imports)
        {
            AddFirst(item.Type);
        }
    }

    public bool Contains(TypeNode type) => _live.Contains(type);

    /// <summary>Takes in a type and all that it speaks of.</summary>
    public void Add(TypeNode type)
    {
        if (type is PrimitiveType || !_live.Add(type))
        {
            return;
        }

        if (type is ResourceType resource && _first.TryGetValue(resource.Identity, out ResourceType? first))
        {
            _live.Add(first);
        }

        AddNames((type as ComponentValueType)?.Origin);
        foreach (TypeNode part in Parts.Of(type))
        {
            Add(part);
        }
    }

    /// <summary>The part of an import that is needed: the functions that are, and the types that are spoken of; null if that is nothing.</summary>
    public ComponentItem? Cut(ComponentItem import, IReadOnlySet<string> functions)
    {
        if (import.Type.Type is not InstanceType instance || import.Type.Kind != ComponentExternKind.Instance)
        {
            return (import.Type.Kind == ComponentExternKind.Function ? functions.Contains(import.Name) : IsLive(import)) ? import : null;
        }

        ImmutableArray<ComponentItem> exports =
        [
            .. instance.Exports.Where(export => export.Type.Kind == ComponentExternKind.Function ? functions.Contains(export.Name) : IsLive(export)),
        ];
        return exports.IsEmpty ? null : import with { Type = import.Type with { Type = new InstanceType(exports, instance.Resources) } };
    }

    private bool IsLive(ComponentItem item) => item.Type.Kind != ComponentExternKind.Type || Contains(item.Type.Type);

    private void AddNames(ComponentValueType? origin)
    {
        // A loop: names of names can follow one another without a limit.
        for (; origin is not null and not PrimitiveType && _live.Add(origin); origin = origin.Origin)
        {
        }
    }

    private void AddFirst(ComponentExternType type)
    {
        if (type.Type is ResourceType resource)
        {
            _first.TryAdd(resource.Identity, resource);
        }
        else if (type.Type is InstanceType instance && type.Kind == ComponentExternKind.Instance)
        {
            foreach (ComponentItem export in instance.Exports)
            {
                AddFirst(export.Type);
            }
        }
    }
}
