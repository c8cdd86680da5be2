using Atoll.Wasm;

namespace Atoll.Wasi.Preview2;

/// <summary>An object that a guest knows by handles. It lives until the guest drops the handle that owns it, at most as long as its run.</summary>
/// <remarks>Used on the thread of the run only, unless a class derived from it says otherwise.</remarks>
internal abstract class WasiResource
{
    private readonly WasiResource? _parent;
    private int _children;
    private bool _isClosed;

    /// <param name="context">The run that it belongs to.</param>
    /// <param name="parent">What it must not outlive: a guest that drops the parent first traps. Null for nothing.</param>
    /// <exception cref="TrapException">The guest has too many resources already.</exception>
    protected WasiResource(WasiContext context, WasiResource? parent = null)
    {
        Context = context;
        context.Resources.Add(this);
        _parent = parent;
        if (parent is not null)
        {
            parent._children++;
        }
    }

    /// <summary>The run that it belongs to.</summary>
    public WasiContext Context { get; }

    /// <summary>Whether something was made from it that must be dropped first.</summary>
    protected bool HasChildren => _children != 0;

    /// <summary>Whether it was dropped, or ended with the run.</summary>
    protected bool IsClosed => _isClosed;

    // Neighbours in the list of the run.
    internal WasiResource? Following { get; set; }

    internal WasiResource? Preceding { get; set; }

    /// <summary>The guest has dropped it, or given it to the host, which has no use for it any more.</summary>
    /// <exception cref="TrapException">It has children.</exception>
    public void Drop()
    {
        if (_isClosed)
        {
            // The run is over: what is left of the guest's handles may come in any order.
            return;
        }

        if (_children != 0)
        {
            throw new TrapException(TrapKind.Host, $"a {GetType().Name} was dropped while {_children} resources made from it exist");
        }

        if (_parent is not null)
        {
            _parent._children--;
        }

        Context.Resources.Remove(this);
        Close();
    }

    /// <summary>Releases what it holds; at the end of the run also when it has children.</summary>
    internal void Close()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            Release();
        }
    }

    /// <summary>Gives back what it holds of the system. Called once.</summary>
    protected virtual void Release()
    {
    }
}
