namespace Atoll.Wasm.Execution;

/// <summary>
/// What the pools of this library share: so many things may be rented, so many are kept for later, each has a store of its own that is parked while it
/// waits. Thread-safe.
/// </summary>
/// <typeparam name="TItem">What is pooled.</typeparam>
internal abstract class StorePool<TItem> : IDisposable
    where TItem : class
{
    private readonly SemaphoreSlim _free;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private readonly Stack<TItem> _idle = [];
    private bool _disposed;

    protected StorePool(InstancePoolOptions? options)
    {
        Options = options ?? new InstancePoolOptions();
        ArgumentNullException.ThrowIfNull(Options.Store);
        ArgumentOutOfRangeException.ThrowIfLessThan(Options.MaxInstances, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(Options.MaxIdle);
        _free = new SemaphoreSlim(Options.MaxInstances, Options.MaxInstances);
    }

    public InstancePoolOptions Options { get; }

    public int RentedCount => Options.MaxInstances - _free.CurrentCount;

    public int IdleCount
    {
        get
        {
            lock (_lock)
            {
                return _idle.Count;
            }
        }
    }

    public TItem Rent(CancellationToken cancellationToken, object? state)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _free.Wait(0, CancellationToken.None)
            ? Lend(cancellationToken, state)
            : throw new LimitExceededException(LimitKind.Instances, $"all {Options.MaxInstances} instances of the pool are rented");
    }

    public async ValueTask<TItem> RentAsync(CancellationToken cancellationToken, object? state)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_free.Wait(0, CancellationToken.None))
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
            try
            {
                await _free.WaitAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new ObjectDisposedException(GetType().Name);
            }
        }

        return Lend(cancellationToken, state);
    }

    /// <summary>Takes an item back.</summary>
    /// <exception cref="InvalidOperationException">A call into it is running.</exception>
    public void Return(TItem item)
    {
        Store store = StoreOf(item);
        if (store.TryTakeBack())
        {
            bool isAsNew = false;
            try
            {
                isAsNew = TryRestore(item);
            }
            finally
            {
                store.Park();
                if (!isAsNew || !Keep(item))
                {
                    store.Dispose();
                }

                _free.Release();
            }

            return;
        }

        _free.Release();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        while (TryTake() is { } idle)
        {
            StoreOf(idle).Dispose();
        }

        Release();
        _closing.Cancel();
    }

    /// <summary>Makes the first item and keeps it, if it can be lent.</summary>
    protected TItem Fill()
    {
        TItem first = MakeParked();
        if (!MayLend(first) || !Keep(first))
        {
            StoreOf(first).Dispose();
        }

        return first;
    }

    /// <summary>Makes an item in a store.</summary>
    protected abstract TItem Make(Store store);

    /// <summary>The engine whose stores items live in.</summary>
    protected abstract WasmEngine Engine { get; }

    protected abstract Store StoreOf(TItem item);

    /// <summary>Makes an item as new, whatever was done with it; false when it is of no more use.</summary>
    protected abstract bool TryRestore(TItem item);

    /// <summary>Whether an item that was made for nobody in particular serves anybody.</summary>
    protected virtual bool MayLend(TItem item) => true;

    /// <summary>Whether none does: each is made for its user, with that one's state.</summary>
    protected virtual bool MakesAnew => false;

    /// <summary>What has to be done each time before an item is used.</summary>
    protected abstract void Begin(TItem item);

    /// <summary>Gives up what all items share.</summary>
    protected abstract void Release();

    private TItem Lend(CancellationToken cancellationToken, object? state)
    {
        TItem? item = null;
        state ??= Options.Store.State;
        cancellationToken = cancellationToken.CanBeCanceled ? cancellationToken : Options.Store.CancellationToken;
        try
        {
            item = TryTake() ?? TryMakeParked();
            if (item is null)
            {
                item = MakeIn(new Store(Engine, Options.Store with { State = state, CancellationToken = cancellationToken }));
            }
            else
            {
                StoreOf(item).Lend(Options.Store, state, cancellationToken);
            }

            Begin(item);
            return item;
        }
        catch
        {
            if (item is not null)
            {
                StoreOf(item).Dispose();
            }

            _free.Release();
            throw;
        }
    }

    /// <summary>An item for anybody; null when there can be none.</summary>
    private TItem? TryMakeParked()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (MakesAnew)
        {
            return null;
        }

        TItem item = MakeParked();
        if (MayLend(item))
        {
            return item;
        }

        StoreOf(item).Dispose();
        return null;
    }

    private TItem MakeParked()
    {
        object? state = Options.MakeState?.Invoke();
        try
        {
            TItem item = MakeIn(new Store(Engine, Options.MakeState is null ? Options.Store : Options.Store with { State = state }));
            StoreOf(item).Park();
            return item;
        }
        finally
        {
            (state as IDisposable)?.Dispose();
        }
    }

    private TItem MakeIn(Store store)
    {
        try
        {
            return Make(store);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private TItem? TryTake()
    {
        lock (_lock)
        {
            return _idle.TryPop(out TItem? item) ? item : null;
        }
    }

    private bool Keep(TItem item)
    {
        lock (_lock)
        {
            if (_disposed || _idle.Count >= Options.MaxIdle)
            {
                return false;
            }

            _idle.Push(item);
            return true;
        }
    }
}
