using Atoll.Components.Writing;
using Atoll.Wit;

namespace Atoll.Sdk.Bindgen.Plan;

/// <summary>A resource that is imported or exported.</summary>
internal sealed class PlannedResource(WitTypeDefinition definition, PlannedScope scope)
{
    public WitTypeDefinition Definition { get; } = definition;

    public PlannedScope Scope { get; } = scope;

    public bool IsExported => Scope.Side == Side.Export;

    public string Name => Definition.Name;

    /// <summary>The type of owned handles.</summary>
    public PlannedType Own { get; internal set; } = null!;

    /// <summary>The type of borrowed handles; of an exported resource, functions get the representation instead (<c>lower_borrow</c>).</summary>
    public PlannedType Borrow { get; internal set; } = null!;

    /// <summary>Module name of the imports below.</summary>
    public string CoreModule => IsExported ? Scope.ExportModule : Scope.ImportModule;

    /// <summary><c>(i32 handle)</c>: gives a handle back (<c>canon_resource_drop</c>).</summary>
    public string DropName => "[resource-drop]" + Name;

    /// <summary><c>(i32 representation) → i32 handle</c>: makes a handle of what the guest has; exported resources only (<c>canon_resource_new</c>).</summary>
    public string NewName => "[resource-new]" + Name;

    /// <summary><c>(i32 handle) → i32 representation</c>; exported resources only (<c>canon_resource_rep</c>).</summary>
    public string RepName => "[resource-rep]" + Name;

    /// <summary>Name of the guest's export that is called with the representation when the last handle is gone; exported resources only.</summary>
    public string DestructorName => CoreNames.Destructor(Scope.ExternName!, Name)[0];

    /// <summary>Constructor, methods and static functions.</summary>
    public IEnumerable<PlannedFunction> Functions => Scope.Functions.Where(function => function.Resource == this);
}
