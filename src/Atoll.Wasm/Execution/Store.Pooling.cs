using Atoll.Wasm.Execution;

namespace Atoll.Wasm;

/// <content>Lending a store to one user after another.</content>
public sealed unsafe partial class Store
{
    private bool _isParked;

    /// <summary>Whether a call ended with an exception other than the guest's own exit.</summary>
    internal bool HasFailed { get; private set; }

    /// <summary>What the store owns now.</summary>
    internal StoreContent Content => new(_memoryBytes, _owned.Count, _instances.Count, _attached.Count);

    /// <summary>Begins to take the store back from its user: as if a call were running, so that nobody else can begin one.</summary>
    /// <returns>False when the user has disposed of the store.</returns>
    /// <exception cref="InvalidOperationException">A call is running.</exception>
    internal bool TryTakeBack()
    {
        try
        {
            Acquire(ThreadMark.Current);
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Keeps everybody out until the store is lent again.</summary>
    internal void Park()
    {
        Disarm();
        _signal.Renew();
        State = null;
        lock (_door)
        {
            // The next user may be another thread, and deserves the short way as soon as this one did.
            _bias = null;
            _owner = null;
            _row = 0;
            _patience = 1;
            _isParked = true;
            _depth = 0;
        }
    }

    /// <summary>Makes a parked store what a new one with these options would be.</summary>
    internal void Lend(StoreOptions options, object? state, CancellationToken cancellationToken)
    {
        HasFailed = false;
        _meter?.Last = null;
        State = state;
        CancellationToken = cancellationToken;
        SetDeadline(options.Timeout);
        Control->Fuel = (long)Math.Min(options.Fuel ?? long.MaxValue, long.MaxValue);
        lock (_door)
        {
            _isParked = false;
        }
    }

    /// <summary>Forgets what guests charged since; false when there is something in the store that was not there.</summary>
    internal bool TryRestore(StoreContent content)
    {
        if (IsStopped || HasFailed || Content with { MemoryBytes = content.MemoryBytes } != content)
        {
            return false;
        }

        _memoryBytes = content.MemoryBytes;
        return true;
    }

    internal void NoteFailure(Exception exception) => HasFailed |= exception is not GuestExitException;
}

/// <summary>What a store owns.</summary>
internal readonly record struct StoreContent(ulong MemoryBytes, int Mappings, int Instances, int SharedMemories);
