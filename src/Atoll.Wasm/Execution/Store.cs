using System.Runtime.CompilerServices;
using Atoll.Wasm.Execution;
using Atoll.Wasm.Platform;

namespace Atoll.Wasm;

/// <summary>Options of a <see cref="Store"/>.</summary>
public sealed record StoreOptions
{
    /// <summary>Largest size of all memories of the store together, in bytes; null for the engine's limit alone.</summary>
    public ulong? MaxMemoryBytes { get; init; }

    /// <summary>Largest number of elements of one table; null for the engine's limit alone.</summary>
    public uint? MaxTableElements { get; init; }

    /// <summary>Fuel to begin with, about one unit for each instruction; null for as much as there is. Needs <see cref="WasmEngineOptions.ConsumeFuel"/>.</summary>
    public ulong? Fuel { get; init; }

    /// <summary>Time from the making of the store until its guests are stopped; null for no deadline. Needs <see cref="WasmEngineOptions.Interruptible"/>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Stops the guests of the store. Needs <see cref="WasmEngineOptions.Interruptible"/>.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>First value of <see cref="Store.State"/>.</summary>
    public object? State { get; init; }
}

/// <summary>Holds instances that can reach each other; the unit of lifetime, of limits and of threading.</summary>
/// <remarks>
/// Used by one thread at a time: a call while another thread is inside is an <see cref="InvalidOperationException"/>, not a race. Different stores
/// run in parallel. Disposing twice is harmless; disposing during a call is an <see cref="InvalidOperationException"/>; a store that is never
/// disposed gives its memories back when it is collected. After a limit or cancellation stopped a guest the store may be inspected, not called.
/// </remarks>
public sealed unsafe class Store : IDisposable
{
    /// <summary>Stack kept free below the guest's limit: for one frame of permitted size, the JIT compiler and host functions.</summary>
    internal const int StackHeadroom = 256 * 1024;

    private readonly StoreControl[] _control = GC.AllocateArray<StoreControl>(1, pinned: true);
    private readonly List<MemoryMapping> _owned = [];
    private readonly List<Instance> _instances = [];
    private readonly List<Memory> _attached = [];
    private readonly Lock _interruptLock = new();
    private CancellationTokenSource? _interruption;
    private CancellationTokenRegistration _registration;
    private ulong _memoryBytes;
    private long _deadline;
    private nuint _stackLimit;
    private int _owner;
    private int _depth;
    private long _callId;
    private Exception? _interruptError;
    private bool _watched;
    private bool _disposed;

    /// <summary>Makes an empty store.</summary>
    /// <param name="engine">The engine of the modules that will be instantiated in it.</param>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <exception cref="ArgumentException">An option needs a feature that the engine was made without.</exception>
    public Store(WasmEngine engine, StoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        options ??= new StoreOptions();
        if (options.Fuel is not null && !engine.Options.ConsumeFuel)
        {
            throw new ArgumentException("the engine does not count fuel; make it with ConsumeFuel = true");
        }

        Engine = engine;
        MaxMemoryBytes = options.MaxMemoryBytes ?? ulong.MaxValue;
        MaxTableElements = options.MaxTableElements ?? uint.MaxValue;
        State = options.State;
        CancellationToken = options.CancellationToken;
        Control->Go = (nint)Control;
        Control->Fuel = (long)Math.Min(options.Fuel ?? long.MaxValue, long.MaxValue);
        SetDeadline(options.Timeout);
    }

    /// <summary>The engine that it was made with.</summary>
    public WasmEngine Engine { get; }

    /// <summary>The host's own data.</summary>
    public object? State { get; set; }

    /// <summary>Fuel that is left; meaningful when the engine counts it.</summary>
    /// <exception cref="InvalidOperationException">Set: the engine does not count fuel.</exception>
    public ulong Fuel
    {
        get => (ulong)Math.Max(0, Control->Fuel);
        set
        {
            if (!Engine.Options.ConsumeFuel)
            {
                throw new InvalidOperationException("the engine does not count fuel; make it with ConsumeFuel = true");
            }

            Control->Fuel = (long)Math.Min(value, long.MaxValue);
        }
    }

    /// <summary>Stops the guests of the store; looked at when a call begins.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Bytes of all memories of the store together.</summary>
    public ulong MemoryBytes => _memoryBytes;

    /// <summary>Whether a limit or cancellation stopped a guest: the store may be inspected, not called.</summary>
    public bool IsStopped { get; private set; }

    internal bool IsDisposed => _disposed;

    internal ulong MaxMemoryBytes { get; }

    internal uint MaxTableElements { get; }

    internal StoreControl* Control => (StoreControl*)Unsafe.AsPointer(ref _control[0]);

    /// <summary>Fires when the guest should stop; for host functions that wait.</summary>
    internal CancellationToken Interruption
    {
        get
        {
            lock (_interruptLock)
            {
                if (_interruption is null)
                {
                    _interruption = new CancellationTokenSource();
                    if (Control->IsInterrupted)
                    {
                        _interruption.Cancel();
                    }
                }

                return _interruption.Token;
            }
        }
    }

    /// <summary>Time stamp at which guests are stopped, <see cref="long.MaxValue"/> for never (<see cref="Watchdog.Now"/>).</summary>
    internal long Deadline => _deadline;

    /// <summary>Sets the time at which guests of the store are stopped; takes effect with the next outermost call.</summary>
    /// <param name="fromNow">Time from now, or null for no deadline.</param>
    /// <exception cref="ArgumentException">The engine cannot be interrupted.</exception>
    public void SetDeadline(TimeSpan? fromNow)
    {
        if (fromNow is { } span)
        {
            if (!Engine.Options.Interruptible)
            {
                throw new ArgumentException("the engine cannot stop a guest at a deadline; make it with Interruptible = true");
            }

            _deadline = span >= TimeSpan.FromDays(3650) ? long.MaxValue : Watchdog.Now + Math.Max(0, (long)span.TotalMicroseconds);
        }
        else
        {
            _deadline = long.MaxValue;
        }
    }

    /// <summary>Gives the memories of the store back. Twice is harmless.</summary>
    /// <exception cref="InvalidOperationException">A call is running.</exception>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        // Taking the owner's place for good keeps every later call out.
        if (Interlocked.CompareExchange(ref _owner, -1, 0) != 0)
        {
            throw new InvalidOperationException("the store cannot be disposed while a call into it is running");
        }

        _disposed = true;
        foreach (MemoryMapping mapping in _owned)
        {
            mapping.Dispose();
        }

        _owned.Clear();
        _attached.Clear();
        _instances.Clear();
    }

    internal void Own(MemoryMapping mapping) => _owned.Add(mapping);

    /// <summary>The store's view of a shared memory: one, however often the memory is imported.</summary>
    internal Memory Attach(SharedMemory shared)
    {
        Memory? memory = _attached.Find(known => known.Shared == shared);
        if (memory is null)
        {
            memory = new Memory(this, shared);
            _attached.Add(memory);
        }

        return memory;
    }

    internal void Own(Instance instance) => _instances.Add(instance);

    internal bool TryCharge(ulong bytes)
    {
        if (bytes > MaxMemoryBytes || _memoryBytes > MaxMemoryBytes - bytes)
        {
            return false;
        }

        _memoryBytes += bytes;
        return true;
    }

    internal void Discharge(ulong bytes) => _memoryBytes -= bytes;

    internal void CheckValue(Value value, ValueType type)
    {
        if (value.Type != type)
        {
            throw new ArgumentException($"a value of type {value.Type} was given where {type} is needed");
        }

        if (value.Reference is Function function && type == ValueType.FuncRef && function.Store != this)
        {
            throw new ArgumentException("the function belongs to another store");
        }
    }

    /// <summary>Begins a call into guest code on this thread; returns the stack limit to give back to <see cref="Exit"/>.</summary>
    internal nuint Enter()
    {
        int me = Environment.CurrentManagedThreadId;
        if (_owner != me && Interlocked.CompareExchange(ref _owner, me, 0) != 0)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            throw new InvalidOperationException("the store is in use by another thread; a store runs one call at a time");
        }

        nuint previous = _stackLimit;
        _depth++;
        try
        {
            if (IsStopped)
            {
                throw new InvalidOperationException("a limit or cancellation stopped a guest of this store; it may be inspected, not called");
            }

            // A nested call keeps what the outer one may use.
            nuint here = (nuint)(&me);
            nuint limit = Math.Max(ThreadStack.End + StackHeadroom, here - (nuint)Engine.Options.StackBudgetBytes);
            limit = Math.Max(limit, previous);
            if (here <= limit)
            {
                throw new TrapException(TrapKind.StackExhausted);
            }

            if (_depth == 1)
            {
                Watch();
            }

            PublishStackLimit(limit);
        }
        catch
        {
            Exit(previous);
            throw;
        }

        return previous;
    }

    /// <summary>Ends a call; must run on every path that <see cref="Enter"/> returned on.</summary>
    internal void Exit(nuint previous)
    {
        if (--_depth == 0)
        {
            _stackLimit = 0;
            if (_watched)
            {
                Unwatch();
            }

            Volatile.Write(ref _owner, 0);
        }
        else
        {
            PublishStackLimit(previous);
        }
    }

    /// <summary>Called by another thread: makes the guest look up, if the call that the request was meant for is still running.</summary>
    internal void RequestInterrupt(long callId)
    {
        CancellationTokenSource? waits;
        lock (_interruptLock)
        {
            if (callId != _callId)
            {
                return;
            }

            Volatile.Write(ref Control->Go, 0);
            Volatile.Write(ref Control->StackLimit, nuint.MaxValue);
            waits = _interruption;
        }

        try
        {
            waits?.Cancel();
        }
        catch (AggregateException exception)
        {
            // What a host function registered failed; its guest's thread, not this one, has to say so.
            _interruptError = exception;
        }
    }

    /// <summary>Why a function entry's stack check failed: the stack is used up, or the limit was raised to make the guest look up.</summary>
    internal Exception StackCheckFailed()
    {
        int here;
        return (nuint)(&here) < _stackLimit ? new TrapException(TrapKind.StackExhausted) : StopForInterrupt();
    }

    /// <summary>The guest was interrupted: stops it for good and says why. Interrupts carry the number of their call, so none comes for nothing.</summary>
    internal Exception StopForInterrupt()
    {
        IsStopped = true;
        return _interruptError is { } error ? new HostFunctionException("cancellation callback", error)
            : CancellationToken.IsCancellationRequested ? new OperationCanceledException("the guest was cancelled", CancellationToken)
            : new LimitExceededException(LimitKind.Time, "the guest was stopped because its time is up");
    }

    internal Exception StopForFuel()
    {
        IsStopped = true;
        return new LimitExceededException(LimitKind.Fuel, "the guest was stopped because its fuel is used up");
    }

    private void PublishStackLimit(nuint limit)
    {
        _stackLimit = limit;
        Volatile.Write(ref Control->StackLimit, limit);
        if (_watched)
        {
            // An interrupt that came between must not be lost: the writer sets the flag first, then the limit.
            Interlocked.MemoryBarrier();
            if (Control->IsInterrupted)
            {
                Volatile.Write(ref Control->StackLimit, nuint.MaxValue);
            }
        }
    }

    private void Watch()
    {
        if (CancellationToken.CanBeCanceled || _deadline != long.MaxValue)
        {
            _watched = true;
            if (_deadline != long.MaxValue)
            {
                if (Watchdog.Now >= _deadline)
                {
                    throw StopForInterrupt();
                }

                Watchdog.Shared.Add(this, _callId);
            }

            CancellationToken.ThrowIfCancellationRequested();
            _registration = CancellationToken.UnsafeRegister(static store => ((Store)store!).RequestInterrupt(((Store)store)._callId), this);
        }
    }

    /// <summary>After this no request for the call can reach the store: it carries the number of a call that is over.</summary>
    private void Unwatch()
    {
        _watched = false;
        Watchdog.Shared.Remove(this, _callId);
        _registration.Dispose();
        _registration = default;
        lock (_interruptLock)
        {
            _callId++;
            Control->Go = (nint)Control;
            _interruption = null;
        }
    }
}
