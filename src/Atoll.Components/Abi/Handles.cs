using Atoll.Wasm;

namespace Atoll.Components.Abi;

/// <summary>Lifting and lowering of handles, and the built-in functions on resources (CanonicalABI.md, from <c>lift_own</c> on). Called by generated code.</summary>
internal static unsafe class Handles
{
    /// <summary>Moves an owned resource from one table to another.</summary>
    public static int TransferOwn(ComponentState from, ResourceKind kind, int index, ComponentState to) => LowerOwn(to, kind, LiftOwn(from, kind, index));

    /// <summary>Takes an owned resource out of a table (<c>lift_own</c>).</summary>
    public static Handle LiftOwn(ComponentState from, ResourceKind kind, int index)
    {
        Handle handle = from.Handles.Get(index, kind);
        if (!handle.IsOwn)
        {
            throw AbiTraps.Make("cannot lift own resource from a borrow");
        }

        if (handle.Lends != 0)
        {
            throw AbiTraps.Make("cannot remove owned resource while borrowed");
        }

        from.Handles.Remove(index);
        return handle;
    }

    /// <summary>Puts an owned resource into a table (<c>lower_own</c>).</summary>
    public static int LowerOwn(ComponentState to, ResourceKind kind, Handle resource) =>
        to.Handles.Add(new Handle { Kind = kind, Representation = resource.Representation, Object = resource.Object, IsOwn = true });

    /// <summary>Looks at a resource for the time of a call (<c>lift_borrow</c>).</summary>
    public static Handle LiftBorrow(ComponentState from, ResourceKind kind, int index, CallScope scope)
    {
        Handle handle = from.Handles.Get(index, kind);
        if (handle.IsOwn)
        {
            scope.Lend(from.Handles, index, kind);
        }

        return handle;
    }

    /// <summary>Lends a resource for the time of a call (<c>lower_borrow</c>). Its own implementation gets the representation itself.</summary>
    public static int LowerBorrow(ComponentState to, ResourceKind kind, Handle resource, CallScope scope)
    {
        if (kind.Implementation == to)
        {
            // Handles are passed as `i32`, whatever represents the resource.
            return (int)resource.Representation;
        }

        scope.Borrows++;
        return to.Handles.Add(new Handle { Kind = kind, Representation = resource.Representation, Object = resource.Object, Scope = scope });
    }

    public static int TransferBorrow(ComponentState from, ResourceKind kind, int index, ComponentState to, CallScope scope) =>
        LowerBorrow(to, kind, LiftBorrow(from, kind, index, scope), scope);

    /// <summary><c>canon resource.new</c></summary>
    public static int New(ComponentState state, ResourceKind kind, long representation)
    {
        ComponentState.CheckLeave(state);
        return state.Handles.Add(new Handle { Kind = kind, Representation = representation, IsOwn = true });
    }

    /// <summary><c>canon resource.rep</c></summary>
    public static long Rep(ComponentState state, ResourceKind kind, int index) => state.Handles.Get(index, kind).Representation;

    /// <summary><c>canon resource.drop</c></summary>
    public static void Drop(ComponentState state, ResourceKind kind, int index)
    {
        ComponentState.CheckLeave(state);
        Handle handle = state.Handles.Get(index, kind);
        if (handle.Lends != 0)
        {
            throw AbiTraps.Make("cannot remove owned resource while borrowed");
        }

        state.Handles.Remove(index);
        if (handle.IsOwn)
        {
            Destroy(handle, state);
        }
        else if (handle.Scope is { } scope)
        {
            scope.Borrows--;
        }
    }

    /// <summary>
    /// The instance ends: disposes of the host's objects that it owns. Resources of guests end with the guests. All of them are disposed of, whatever one throws.
    /// </summary>
    public static void ReleaseAll(HandleTable handles)
    {
        if (handles.Count == 0)
        {
            return;
        }

        List<Exception> failures = [];
        foreach (Handle handle in handles.Clear())
        {
            try
            {
                handle.Kind!.Dispose?.Invoke(handle.Object!);
            }
            catch (Exception exception)
            {
                failures.Add(exception);
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException("objects of the host that a guest owned could not be disposed of", failures);
        }
    }

    /// <summary>Runs the destructor of a resource that nobody owns any more.</summary>
    /// <param name="handle">The last handle.</param>
    /// <param name="caller">The instance that drops it, or null for the host.</param>
    public static void Destroy(Handle handle, ComponentState? caller)
    {
        ResourceKind kind = handle.Kind!;
        if (kind.Implementation is not { } implementation)
        {
            DisposeOf(handle, caller);
            return;
        }

        if (kind.Destructor is not { } destructor)
        {
            return;
        }

        bool isOwn = implementation == caller;
        if (!isOwn)
        {
            ComponentState.Enter(implementation);
        }

        RunDestructor(destructor, kind.IsWide, handle.Representation);
        if (!isOwn)
        {
            implementation.MayEnter = true;
        }
    }

    private static void RunDestructor(Function destructor, bool isWide, long representation)
    {
        try
        {
            if (isWide)
            {
                ((delegate*<long, object, void>)destructor.Code)(representation, destructor.Context);
            }
            else
            {
                ((delegate*<int, object, void>)destructor.Code)((int)representation, destructor.Context);
            }

            return;
        }
        catch (GuestThrownException)
        {
            // Thrown anew outside of the handler: within it the guest's frames would still take up stack.
        }

        AbiTraps.UncaughtException();
    }

    /// <summary>A guest drops an object of the host: what its disposal throws is an error of a host function.</summary>
    private static void DisposeOf(Handle handle, ComponentState? caller)
    {
        if (handle.Kind!.Dispose is not { } dispose)
        {
            return;
        }

        Exception failure;
        try
        {
            dispose(handle.Object!);
            return;
        }
        catch (Exception exception) when (caller is not null && exception is not WasmException && !(exception is OperationCanceledException && caller.Store.IsStopped))
        {
            failure = exception;
        }

        throw new HostFunctionException($"[resource-drop]{handle.Kind.Name}", failure);
    }
}
