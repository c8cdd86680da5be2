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

    /// <summary>Bytes of structures and arrays that the guests of the store may hold; null for the engine's limit alone.</summary>
    public long? MaxHeapBytes { get; init; }

    /// <summary>Fuel to begin with, one unit for each instruction and more for bulk instructions; null for as much as there is. Needs <see cref="WasmEngineOptions.ConsumeFuel"/>.</summary>
    public ulong? Fuel { get; init; }

    /// <summary>Time from the making of the store until its guests are stopped; null for no deadline. Needs <see cref="WasmEngineOptions.Interruptible"/>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Stops the guests of the store. Needs <see cref="WasmEngineOptions.Interruptible"/>.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Whether <see cref="Store.LastCall"/> tells what each call used; costs about a microsecond a call.</summary>
    public bool CollectStats { get; init; }

    /// <summary>What samples the guests of the store; null for nobody. Needs <see cref="WasmEngineOptions.Profiling"/>.</summary>
    public GuestProfiler? Profiler { get; init; }

    /// <summary>
    /// Whether functions of the host may wait on whatever thread calls a guest: for input, for a time, for the network. Otherwise they may on threads of a
    /// <see cref="GuestThreadPool"/> alone, and elsewhere the guest traps (<see cref="TrapKind.WouldBlock"/>).
    /// </summary>
    /// <value>Default: false, so that no guest holds up a thread of an application.</value>
    public bool MayBlock { get; init; }

    /// <summary>First value of <see cref="Store.State"/>.</summary>
    public object? State { get; init; }
}

/// <summary>Holds instances that can reach each other; the unit of lifetime, of limits and of threading.</summary>
/// <remarks>
/// Used by one thread at a time: a call while another thread is inside is an <see cref="InvalidOperationException"/>, not a race. Different stores
/// run in parallel. Disposing twice is harmless; disposing during a call is an <see cref="InvalidOperationException"/>; a store that is never
/// disposed gives its memories back when it is collected. After a limit or cancellation stopped a guest the store may be inspected, not called.
/// </remarks>
public sealed unsafe partial class Store : IDisposable
{
    /// <summary>Stack kept free below the guest's limit: for one frame of permitted size, the JIT compiler and host functions.</summary>
    internal const int StackHeadroom = 256 * 1024;

    private readonly StopSignal _signal = new();
    private readonly bool _mayBlock;
    private readonly List<MemoryMapping> _owned = [];
    private readonly List<Instance> _instances = [];
    private readonly List<Memory> _attached = [];
    private List<IStoreResident>? _residents;
    private ulong _memoryBytes;
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

        if (options.Profiler is not null && !engine.Options.Profiling)
        {
            throw new ArgumentException("the engine's code does not look for samples; make it with Profiling = true");
        }

        Engine = engine;
        Control = _signal.Control;
        _meter = options.CollectStats ? new CallMeter() : null;
        _stackBudget = (nuint)engine.Options.StackBudgetBytes;
        MaxMemoryBytes = options.MaxMemoryBytes ?? ulong.MaxValue;
        MaxTableElements = options.MaxTableElements ?? uint.MaxValue;
        Heap = new GuestHeap(this, Math.Min(options.MaxHeapBytes ?? long.MaxValue, engine.Options.MaxHeapBytes));
        State = options.State;
        _mayBlock = options.MayBlock;
        CancellationToken = options.CancellationToken;
        Control->Fuel = (long)Math.Min(options.Fuel ?? long.MaxValue, long.MaxValue);
        SetDeadline(options.Timeout);
        _profiler = options.Profiler;
        _profiler?.Add(_signal);
    }

    /// <summary>The engine that it was made with.</summary>
    public WasmEngine Engine { get; }

    /// <summary>The host's own data.</summary>
    public object? State { get; set; }

    /// <summary>
    /// Whether a function of the host that the calling thread runs may wait: <see cref="StoreOptions.MayBlock"/>, or the thread is one of a
    /// <see cref="GuestThreadPool"/>. A function that may not, and would have to, throws a <see cref="TrapException"/> of kind <see cref="TrapKind.WouldBlock"/>.
    /// </summary>
    public bool MayBlock => _mayBlock || GuestThreadPool.IsGuestThread;

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

            long fuel = (long)Math.Min(value, long.MaxValue);
            _meter?.Fuel += fuel - Control->Fuel;
            Control->Fuel = fuel;
        }
    }

    /// <summary>Bytes of all memories of the store together.</summary>
    public ulong MemoryBytes => _memoryBytes;

    /// <summary>Whether nobody may use it: it was disposed, or lies in a pool.</summary>
    internal bool IsDisposed => _disposed || _isParked;

    internal ulong MaxMemoryBytes { get; }

    internal uint MaxTableElements { get; }

    /// <summary>What the guests' structures and arrays are charged to.</summary>
    internal GuestHeap Heap { get; }

    /// <summary>What compiled code reads; lives as long as the store.</summary>
    internal StoreControl* Control { get; }

    /// <summary>Gives the memories of the store back. Twice is harmless.</summary>
    /// <exception cref="InvalidOperationException">A call is running.</exception>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        Close();
        try
        {
            ReleaseResidents();
        }
        finally
        {
            foreach (MemoryMapping mapping in _owned)
            {
                mapping.Dispose();
            }

            _owned.Clear();
            _attached.Clear();
            _instances.Clear();
            Heap.Dispose();
        }
    }

    internal void Own(MemoryMapping mapping) => _owned.Add(mapping);

    /// <summary>Whether a guest has touched what lies outside of a guarded memory since the last time that somebody asked.</summary>
    internal bool TakeFault()
    {
        bool isNoted = false;
        foreach (MemoryMapping mapping in _owned)
        {
            isNoted |= mapping.TakeFault();
        }

        return isNoted;
    }

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

    /// <summary>Has something told when the store ends, or goes to another user.</summary>
    internal void Own(IStoreResident resident) => (_residents ??= []).Add(resident);

    /// <summary>What was said to be told.</summary>
    internal IReadOnlyList<IStoreResident> Residents => _residents ?? [];

    /// <summary>Has everything in the store give back what it holds of the host.</summary>
    internal void ReleaseResidents()
    {
        foreach (IStoreResident resident in _residents ?? [])
        {
            resident.Release();
        }
    }

    /// <summary>The instances in it, in the order in which they were made.</summary>
    internal IReadOnlyList<Instance> Instances => _instances;

    /// <summary>The code of all instances, each once.</summary>
    internal Compilation.CompiledModule[] CodeInUse() => [.. _instances.Select(instance => instance.Module.Code).Distinct()];

    internal bool TryCharge(ulong bytes)
    {
        if (bytes > MaxMemoryBytes || _memoryBytes > MaxMemoryBytes - bytes)
        {
            return false;
        }

        _memoryBytes += bytes;
        _meter?.Peak = Math.Max(_meter.Peak, _memoryBytes);
        return true;
    }

    internal void Discharge(ulong bytes) => _memoryBytes -= bytes;

    internal void CheckValue(in Value value, ValueType type)
    {
        if (value.Type == type && !type.IsReference)
        {
            return;
        }

        ValueType actual = value.Type;
        bool fits = actual == type || (type.IsReference && actual.IsReference && Subtyping.TopOf(actual) == Subtyping.TopOf(type));
        if (!fits || (type.IsReference && !References.IsOf(value.Reference, type)))
        {
            throw new ArgumentException($"a value of type {actual} was given where {type} is needed");
        }

        if (References.StoreOf(value.Reference) is { } store && store != this)
        {
            throw new ArgumentException("the function, object or exception belongs to another store");
        }
    }
}
