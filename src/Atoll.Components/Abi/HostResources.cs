namespace Atoll.Components.Abi;

/// <summary>Handles between a guest and the host. Called by generated code.</summary>
internal static class HostResources
{
    public static ComponentResource LiftOwn(ComponentState from, ResourceKind kind, int index)
    {
        from.Charge(128);
        return new ComponentResource(Handles.LiftOwn(from, kind, index), isOwned: true);
    }

    public static ComponentResource LiftBorrow(ComponentState from, ResourceKind kind, int index, CallScope scope)
    {
        from.Charge(128);
        ComponentResource resource = new(Handles.LiftBorrow(from, kind, index, scope), isOwned: false);
        scope.Lent.Add(resource);
        return resource;
    }

    public static int LowerOwn(ComponentState to, ResourceKind kind, ComponentResource resource) =>
        Handles.LowerOwn(to, kind, Check(kind, resource).Take());

    public static int LowerBorrow(ComponentState to, ResourceKind kind, ComponentResource resource, CallScope scope) =>
        Handles.LowerBorrow(to, kind, Check(kind, resource).Look(), scope);

    private static ComponentResource Check(ResourceKind kind, ComponentResource resource) =>
        resource.Kind == kind ? resource : throw new ArgumentException($"the resource is a {resource.Kind.Describe()}, not the {kind.Describe()} that the function takes");
}
