using System.Runtime.InteropServices;

namespace Atoll.Wasm.Execution;

/// <summary>
/// What all objects of one type refer to that a store allocated in a row, some kilobytes of them: their type, their store, and the charge. The
/// collector takes a token when the last of its objects is gone, which is how a store learns what its guests still hold.
/// </summary>
internal sealed class HeapToken(DefinedType type, GuestHeap heap, int left)
{
    // Read by generated code.
    internal readonly DefinedType Type = type;

    /// <summary>Bytes that may still be allocated on this token.</summary>
    internal int Left = left;

    public GuestHeap Heap { get; } = heap;
}

/// <summary>
/// The structures, arrays and exceptions of a store's guests: who pays for them and how much is held. Exact to the size of a token: an object keeps the
/// charge of those that were allocated beside it.
/// </summary>
internal sealed class GuestHeap(Store store, long limit) : IDisposable
{
    /// <summary>Bytes of a token: few, because the last object keeps them all charged; many, because each costs a weak handle.</summary>
    private const int TokenBytes = 4096;

    private readonly List<(GCHandle Token, long Bytes)> _tokens = [];
    private readonly Lock _lock = new();
    private long _charged;
    private long _untilSweep = Math.Min(limit, 1 << 20);

    /// <summary>Bytes allocated since the collector was asked to run on behalf of this store.</summary>
    private long _sinceCollection;
    private bool _disposed;

    public Store Store { get; } = store;

    /// <summary>Whether a guest ever allocated anything.</summary>
    public bool IsUsed => _charged != 0;

    /// <summary>A token on which so many bytes can be allocated.</summary>
    /// <exception cref="LimitExceededException">The store's guests hold as much as they may.</exception>
    public HeapToken NewToken(DefinedType type, long bytes)
    {
        long size = Math.Max(bytes, Math.Min(TokenBytes, limit / 64));
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, Store);
            MakeRoom(size);
            HeapToken token = new(type, this, (int)Math.Min(size, int.MaxValue));
            _tokens.Add((GCHandle.Alloc(token, GCHandleType.Weak), size));
            _charged += size;
            _sinceCollection += size;
            return token;
        }
    }

    /// <summary>Gives the handles back also where nobody disposed of the store.</summary>
    ~GuestHeap() => Free();

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach ((GCHandle token, _) in _tokens)
            {
                token.Free();
            }

            _tokens.Clear();
        }
    }

    private void MakeRoom(long size)
    {
        if (_charged + size > _untilSweep)
        {
            Sweep();

            // Geometric, so that looking at all tokens costs a constant for each.
            _untilSweep = Math.Min(limit, (_charged * 2) + (1 << 20));
        }

        if (_charged + size > limit && _sinceCollection >= limit / 8)
        {
            // The collector does not know of the limit. Asked seldom, because this stops every thread of the process.
            _sinceCollection = 0;
            GC.Collect();
            Sweep();
        }

        if (size > limit || _charged > limit - size)
        {
            // This ends the call. The next one may have let go of something.
            _sinceCollection = limit;
            throw new LimitExceededException(LimitKind.Heap, $"the guest's structures, arrays and exceptions are over the limit of {limit} bytes");
        }
    }

    private void Sweep()
    {
        int kept = 0;
        for (int i = 0; i < _tokens.Count; i++)
        {
            (GCHandle token, long bytes) = _tokens[i];
            if (token.Target is not null)
            {
                _tokens[kept++] = (token, bytes);
                continue;
            }

            token.Free();
            _charged -= bytes;
        }

        _tokens.RemoveRange(kept, _tokens.Count - kept);
    }
}
