using Atoll.Components.Abi;
using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Wasm;

namespace Atoll.Components.Instantiation;

/// <summary>The index spaces of one component instance while it is made, and the resource types behind the identities that its types speak of.</summary>
internal sealed class Environment(Component component, Environment? outer, Store store)
{
    private readonly List<Extern>?[] _core = new List<Extern>?[(int)Sort.CoreTag + 1];
    private Dictionary<ResourceIdentity, ResourceKind>? _kinds;

    public Component Component { get; } = component;

    public Environment? Outer { get; } = outer;

    public ComponentState State { get; } = new(store);

    public List<Extern> CoreItems(Sort sort) => _core[(int)sort] ??= [];

    public List<WasmModule> CoreModules { get; } = [];

    /// <summary>Exports of core instances by name.</summary>
    public List<CoreExports> CoreInstances { get; } = [];

    public List<RuntimeFunction> Functions { get; } = [];

    public List<ComponentClosure> Components { get; } = [];

    public List<RuntimeInstance> Instances { get; } = [];

    /// <summary>Resource types of the type index space; null for others.</summary>
    public List<ResourceKind?> Types { get; } = [];

    /// <summary>The resource type that stands behind an identity here.</summary>
    public ResourceKind KindOf(ResourceIdentity identity) =>
        _kinds is not null && _kinds.TryGetValue(identity, out ResourceKind? kind) ? kind : throw new InvalidOperationException("a resource type is not bound: the component was not validated");

    public void Bind(ResourceIdentity identity, ResourceKind kind) => (_kinds ??= new(ReferenceEqualityComparer.Instance))[identity] = kind;

    /// <summary>Binds the resources that a type speaks of to those of the thing that has the type.</summary>
    public void Bind(ComponentExternType type, object? item)
    {
        if (!type.Type.Has(TypeTraits.Resource))
        {
            return;
        }

        switch (type.Type, item)
        {
            case (ResourceType resource, ResourceKind kind):
                Bind(resource.Identity, kind);
                break;
            case (InstanceType instance, RuntimeInstance exports):
                foreach (ComponentItem export in instance.Exports)
                {
                    if (exports.Exports.TryGetValue(export.Name, out object? exported))
                    {
                        Bind(export.Type, exported);
                    }
                }

                break;
        }
    }
}
