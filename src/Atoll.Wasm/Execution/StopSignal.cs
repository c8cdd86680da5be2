using System.Runtime.CompilerServices;

namespace Atoll.Wasm.Execution;

/// <summary>
/// Through which other threads make a store's guest look up. It knows nothing of the store, so that neither a token that lives as long as the process
/// nor a deadline far away keeps a dropped store alive.
/// </summary>
internal sealed unsafe class StopSignal
{
    public readonly StoreControl* Control;

    // What Control points to.
    private readonly StoreControl[] _block = GC.AllocateArray<StoreControl>(1, pinned: true);
    private readonly Lock _lock = new();
    private CancellationTokenSource? _waits;
    private int _generation;

    public StopSignal()
    {
        Control = (StoreControl*)Unsafe.AsPointer(ref _block[0]);
        Control->Go = (nint)Control;
    }

    /// <summary>What a callback threw that a host function had registered for a stop.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Fires when the guest should stop; for host functions that wait.</summary>
    public CancellationToken Waits
    {
        get
        {
            lock (_lock)
            {
                if (_waits is null)
                {
                    _waits = new CancellationTokenSource();
                    if (Control->IsInterrupted)
                    {
                        _waits.Cancel();
                    }
                }

                return _waits.Token;
            }
        }
    }

    /// <summary>Begins anew: what was asked for so far, or is still on its way, no longer counts. Returns the number that requests must carry.</summary>
    public int Renew()
    {
        lock (_lock)
        {
            Volatile.Write(ref Control->Go, (nint)Control);
            _waits = null;
            Error = null;
            return ++_generation;
        }
    }

    /// <summary>Called by any thread: makes the guest look up, now or when it is next entered.</summary>
    public void Request(int generation)
    {
        CancellationTokenSource? waits;
        lock (_lock)
        {
            if (generation != _generation)
            {
                return;
            }

            // Who enters writes the limit, then reads Go, without a barrier. After this one it has either written its limit, which is raised here, or will
            // find that Go is zero.
            Volatile.Write(ref Control->Go, 0);
            Interlocked.MemoryBarrierProcessWide();
            Volatile.Write(ref Control->StackLimit, nuint.MaxValue);
            waits = _waits;
        }

        try
        {
            waits?.Cancel();
        }
        catch (AggregateException exception)
        {
            // What a host function registered failed; its guest's thread, not this one, has to say so.
            Error = exception;
        }
    }
}

/// <summary>Ties a signal to a cancellation token until it is disposed or collected: the token may outlive both by far.</summary>
internal sealed class CancellationLease : IDisposable
{
    private readonly CancellationTokenRegistration _registration;

    public CancellationLease(CancellationToken token, StopSignal signal, int generation) =>
        _registration = token.UnsafeRegister(static state => ((Request)state!).Send(), new Request(signal, generation));

    ~CancellationLease() => _registration.Unregister();

    /// <summary>Lets go without waiting for a request that is on its way; its number is an old one by then.</summary>
    public void Dispose()
    {
        _registration.Unregister();
        GC.SuppressFinalize(this);
    }

    private sealed record Request(StopSignal Signal, int Generation)
    {
        public void Send() => Signal.Request(Generation);
    }
}
