using Atoll.Components.Types;

namespace Atoll.Components.Validation;

/// <summary>What an instantiation puts in the place of a component's imports: resources by identity, and named types by the object that has the name.</summary>
internal sealed class TypeMapping
{
    private readonly Dictionary<ResourceIdentity, ResourceType> _resources;
    private readonly Dictionary<DefinableType, DefinableType> _types;

    public TypeMapping()
    {
        _resources = new(ReferenceEqualityComparer.Instance);
        _types = new(ReferenceEqualityComparer.Instance);
    }

    public bool IsEmpty => _resources.Count == 0 && _types.Count == 0;

    public void Add(ResourceIdentity resource, ResourceType replacement) => _resources[resource] = replacement;

    public void Add(DefinableType type, DefinableType replacement)
    {
        if (!ReferenceEquals(type, replacement))
        {
            _types[type] = replacement;
        }
    }

    public ResourceType? Find(ResourceIdentity resource) => _resources.GetValueOrDefault(resource);

    public DefinableType? Find(DefinableType type) => _types.GetValueOrDefault(type);

    public ResourceIdentity Resolve(ResourceIdentity resource) => Find(resource)?.Identity ?? resource;
}
