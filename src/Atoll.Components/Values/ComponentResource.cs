using Atoll.Components.Abi;

namespace Atoll.Components;

/// <summary>A resource in the hands of the host: one that a guest made, or an object of the host that guests know by handles.</summary>
/// <remarks>
/// Who owns it disposes of it: then the guest's destructor runs. Passing it to a guest as an owned value ends the ownership. A resource that was only lent
/// is valid during the call.
/// </remarks>
public sealed class ComponentResource : IDisposable
{
    private readonly int _generation;
    private bool _isGone;

    internal ComponentResource(Handle handle, bool isOwned)
    {
        Handle = handle;
        _generation = GenerationNow;
        IsOwned = isOwned;
    }

    /// <summary>Whether the host has to dispose of it, or pass it on.</summary>
    public bool IsOwned { get; private set; }

    /// <summary>The object that it stands for, of a resource of the host; otherwise null.</summary>
    public object? Object => Handle.Object;

    internal Handle Handle { get; }

    internal ResourceKind Kind => Handle.Kind!;

    /// <summary>Ends a resource that is owned; runs the guest's destructor.</summary>
    public void Dispose()
    {
        if (!IsOwned)
        {
            return;
        }

        IsOwned = false;
        bool isLost = _generation != GenerationNow;
        _isGone = true;
        if (isLost)
        {
            return;
        }

        if (Kind.Implementation is { Store: var store })
        {
            Wasm.Execution.ThreadBias? entered = store.Enter();
            try
            {
                Handles.Destroy(Handle, caller: null);
            }
            finally
            {
                store.Exit(entered);
            }
        }
        else
        {
            Handles.Destroy(Handle, caller: null);
        }
    }

    /// <summary>Gives the resource away.</summary>
    internal Handle Take()
    {
        Handle handle = Look();
        if (!IsOwned)
        {
            throw new InvalidOperationException("the resource is only lent: it cannot be given away");
        }

        IsOwned = false;
        _isGone = true;
        return handle;
    }

    internal Handle Look() => _isGone || _generation != GenerationNow
        ? throw new InvalidOperationException("the resource was disposed of or given away, or its instance went back to its pool")
        : Handle;

    private int GenerationNow => Kind.Implementation?.Generation ?? 0;

    /// <summary>Ends a loan.</summary>
    internal void Expire() => _isGone = true;
}
