using Atoll.Wit;

namespace Atoll.Sdk.Bindgen.Plan;

/// <summary>Who implements something: the host, or another component, what a guest imports; the guest what it exports.</summary>
internal enum Side
{
    Import,
    Export,
}

/// <summary>A name space of a world: an interface that it imports or exports, or what it imports or exports itself.</summary>
internal sealed class PlannedScope(Side side, WitItemOwner owner, WitWorldItem? item)
{
    private readonly List<PlannedFunction> _functions = [];
    private readonly List<PlannedResource> _resources = [];

    public Side Side { get; } = side;

    /// <summary>The interface, or the world.</summary>
    public WitItemOwner Owner { get; } = owner;

    /// <summary>The name that components import or export it by, with its version; null for the world itself.</summary>
    public string? ExternName { get; } = item?.Name;

    /// <summary>A name for it in kebab case that need not be the only one.</summary>
    public string Label { get; } = item is null || !item.IsPlain ? owner.Name! : item.Name;

    /// <summary>Documentation of the interface, or null.</summary>
    public string? Docs => item is null ? null : Owner.Annotations.Docs;

    /// <summary>All functions, those of resources first.</summary>
    public IReadOnlyList<PlannedFunction> Functions => _functions;

    /// <summary>The resources that it defines, in the order of the text.</summary>
    public IReadOnlyList<PlannedResource> Resources => _resources;

    /// <summary>Module name of imports of its functions: the interface, or <c>$root</c>.</summary>
    public string ImportModule => ExternName ?? "$root";

    /// <summary>Module name of the canonical functions on exported resources (<c>[resource-new]</c>, <c>[resource-rep]</c>, <c>[resource-drop]</c>).</summary>
    public string ExportModule => "[export]" + ImportModule;

    internal void Add(PlannedFunction function) => _functions.Add(function);

    internal void Add(PlannedResource resource) => _resources.Add(resource);
}
