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

    /// <summary>An owned resource as an object: the host's own, or what stands for a guest's (<see cref="ComponentInstance.MapResource"/>).</summary>
    public static T LiftOwnObject<T>(ComponentState from, ResourceKind kind, int index)
        where T : class => kind.IsHost ? As<T>(Handles.LiftOwn(from, kind, index)) : Wrap<T>(kind, LiftOwn(from, kind, index));

    public static T LiftBorrowObject<T>(ComponentState from, ResourceKind kind, int index, CallScope scope)
        where T : class
    {
        if (!kind.IsHost)
        {
            return Wrap<T>(kind, LiftBorrow(from, kind, index, scope));
        }

        from.Charge(64);
        return As<T>(Handles.LiftBorrow(from, kind, index, scope));
    }

    public static int LowerOwnObject<T>(ComponentState to, ResourceKind kind, T value)
        where T : class => kind.IsHost ? Handles.LowerOwn(to, kind, new Handle { Kind = kind, Object = Fitting(kind, value) }) : LowerOwn(to, kind, Unwrap(value));

    public static int LowerBorrowObject<T>(ComponentState to, ResourceKind kind, T value, CallScope scope)
        where T : class => kind.IsHost
        ? Handles.LowerBorrow(to, kind, new Handle { Kind = kind, Object = Fitting(kind, value) }, scope)
        : LowerBorrow(to, kind, Unwrap(value), scope);

    /// <exception cref="InvalidOperationException">The resource was disposed of or given away.</exception>
    public static void CheckUsable(object value) => ((value as GuestResource)?.Resource ?? value as ComponentResource)?.Look();

    /// <summary>Functions of the host have no types: a guest may say that one takes another resource than it does.</summary>
    private static T As<T>(Handle handle)
        where T : class => handle.Object as T ?? throw AbiTraps.Make($"the host's function takes another resource than a {handle.Kind!.Describe()}");

    private static object Fitting(ResourceKind kind, object value) => kind.ObjectType?.IsInstanceOfType(value) == true
        ? value
        : throw AbiTraps.Make($"the host's function gives another resource than a {kind.Describe()}");

    private static T Wrap<T>(ResourceKind kind, ComponentResource resource)
        where T : class => kind.Wrap?.Invoke(resource) as T
        ?? throw new InvalidOperationException($"no {typeof(T)} stands for the {kind.Describe()}: see {nameof(ComponentInstance)}.{nameof(ComponentInstance.MapResource)}");

    private static ComponentResource Unwrap(object value) =>
        value is GuestResource guest ? guest.Resource : throw new ArgumentException($"{value?.GetType().ToString() ?? "null"} is no resource of a guest");

    private static ComponentResource Check(ResourceKind kind, ComponentResource resource) =>
        resource.Kind == kind ? resource : throw new ArgumentException($"the resource is a {resource.Kind.Describe()}, not the {kind.Describe()} that the function takes");
}
