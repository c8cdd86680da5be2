namespace Atoll.Components.Types;

/// <summary>What makes one resource type different from all others. Two resource types are the same when they have the same object of this class.</summary>
/// <remarks>Each definition, each import and each instantiation of a component that exports one makes a new object ("Explainer", "Type Definitions").</remarks>
public sealed class ResourceIdentity
{
    internal ResourceIdentity(Wasm.ValueType? representation = null) => Representation = representation;

    /// <summary>Type of the representation, <c>i32</c> or <c>i64</c>; null where it is unknown because the resource is defined elsewhere.</summary>
    public Wasm.ValueType? Representation { get; }
}

/// <summary>A resource type under one of its names.</summary>
public sealed class ResourceType : DefinableType
{
    internal ResourceType(ResourceIdentity identity)
    {
        Identity = identity;
        Include(TypeTraits.Resource | TypeTraits.Named);
    }

    /// <summary>What it is compared by.</summary>
    public ResourceIdentity Identity { get; }

    /// <summary><c>resource</c>.</summary>
    public override string ToString() => "resource";
}
