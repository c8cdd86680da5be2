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

    /// <summary>An owned resource as an object: the host's own, or what the bindings made for a guest's.</summary>
    public static object LiftOwnObject(ComponentState from, ResourceKind kind, int index)
    {
        from.Charge(128);
        Handle handle = Handles.LiftOwn(from, kind, index);
        return handle.Object ?? Wrap(kind, new ComponentResource(handle, isOwned: true));
    }

    public static object LiftBorrowObject(ComponentState from, ResourceKind kind, int index, CallScope scope)
    {
        if (!kind.IsHost)
        {
            return Wrap(kind, LiftBorrow(from, kind, index, scope));
        }

        from.Charge(128);
        return Handles.LiftBorrow(from, kind, index, scope).Object!;
    }

    public static int LowerOwnObject(ComponentState to, ResourceKind kind, object value) =>
        kind.IsHost ? Handles.LowerOwn(to, kind, OfHost(kind, value)) : LowerOwn(to, kind, Unwrap(value));

    public static int LowerBorrowObject(ComponentState to, ResourceKind kind, object value, CallScope scope) =>
        kind.IsHost ? Handles.LowerBorrow(to, kind, OfHost(kind, value), scope) : LowerBorrow(to, kind, Unwrap(value), scope);

    /// <exception cref="InvalidOperationException">The resource was disposed of or given away.</exception>
    public static void CheckUsable(object value) => ((value as GuestResource)?.Resource ?? value as ComponentResource)?.Look();

    private static Handle OfHost(ResourceKind kind, object value) =>
        new() { Kind = kind, Object = value ?? throw new ArgumentNullException(nameof(value), $"null is no {kind.Describe()}"), IsOwn = true };

    private static GuestResource Wrap(ResourceKind kind, ComponentResource resource) => kind.Wrap is { } wrap
        ? wrap(resource)
        : throw new InvalidOperationException($"no class stands for the {kind.Describe()}: {nameof(ComponentInstance)}.{nameof(ComponentInstance.MapResource)} has not been called");

    private static ComponentResource Unwrap(object value) =>
        value is GuestResource guest ? guest.Resource : throw new ArgumentException($"{value?.GetType().ToString() ?? "null"} is no resource of a guest");

    private static ComponentResource Check(ResourceKind kind, ComponentResource resource) =>
        resource.Kind == kind ? resource : throw new ArgumentException($"the resource is a {resource.Kind.Describe()}, not the {kind.Describe()} that the function takes");
}
