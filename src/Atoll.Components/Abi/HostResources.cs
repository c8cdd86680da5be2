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

    public static T LiftOwnObject<T>(ComponentState from, ResourceKind kind, int index)
        where T : class => As<T>(Handles.LiftOwn(from, kind, index));

    public static T LiftBorrowObject<T>(ComponentState from, ResourceKind kind, int index, CallScope scope)
        where T : class
    {
        from.Charge(64);
        return As<T>(Handles.LiftBorrow(from, kind, index, scope));
    }

    public static int LowerOwnObject<T>(ComponentState to, ResourceKind kind, T value)
        where T : class => Handles.LowerOwn(to, kind, new Handle { Kind = kind, Object = Fitting(kind, value) });

    public static int LowerBorrowObject<T>(ComponentState to, ResourceKind kind, T value, CallScope scope)
        where T : class => Handles.LowerBorrow(to, kind, new Handle { Kind = kind, Object = Fitting(kind, value) }, scope);

    /// <summary>Functions of the host have no types: a guest may say that one takes another resource than it does.</summary>
    private static T As<T>(Handle handle)
        where T : class => handle.Object as T ?? throw AbiTraps.Make($"the host's function takes another resource than a {handle.Kind!.Describe()}");

    private static object Fitting(ResourceKind kind, object value) => kind.ObjectType?.IsInstanceOfType(value) == true
        ? value
        : throw AbiTraps.Make($"the host's function gives another resource than a {kind.Describe()}");

    private static ComponentResource Check(ResourceKind kind, ComponentResource resource) =>
        resource.Kind == kind ? resource : throw new ArgumentException($"the resource is a {resource.Kind.Describe()}, not the {kind.Describe()} that the function takes");
}
