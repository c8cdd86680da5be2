using Atoll.Wasm.Execution;

namespace Atoll.Wasm;

/// <summary>A memory that guests of several stores, and so of several threads, use at the same time (the proposal for threads).</summary>
/// <remarks>
/// Thread-safe. It is no item of a store: <see cref="Linker.Define(string, string, SharedMemory)"/> or <see cref="Memory(Store, SharedMemory)"/> makes it one.
/// Its bytes live as long as a store that uses them or, for the one who made it with the constructor, until <see cref="Dispose"/>; disposing a store while
/// others run is harmless. A store pays, out of its limit, for the size at the time when it begins to use the memory and for what its guests add.
/// Atomic instructions of guests order each other; what a host reads or writes through a span is ordered by nothing, so agree with the guests on a lock or a flag.
/// </remarks>
public sealed class SharedMemory : IDisposable
{
    private int _owned;

    /// <summary>Makes a shared memory.</summary>
    /// <param name="engine">The engine of the stores that will use it.</param>
    /// <param name="type">Its type, which must be shared and have a maximum.</param>
    /// <exception cref="ArgumentException">The type is not shared, or none that a module could have.</exception>
    /// <exception cref="LimitExceededException">The minimum is over the engine's limit, or the system has no memory for it.</exception>
    public SharedMemory(WasmEngine engine, MemoryType type)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(type);
        if (!type.IsShared)
        {
            throw new ArgumentException($"the type '{type}' is not shared");
        }

        Engine = engine;
        DeclaredType = type;
        Mapping = MemoryMapping.Create(engine, type, ulong.MaxValue);
        _owned = 1;
    }

    /// <summary>A guest's own: its store is the first user.</summary>
    internal SharedMemory(WasmEngine engine, MemoryType type, MemoryMapping mapping)
    {
        Engine = engine;
        DeclaredType = type;
        Mapping = mapping;
    }

    /// <summary>The engine that it was made for.</summary>
    public WasmEngine Engine { get; }

    /// <summary>The type, with the current size as its minimum while somebody uses the memory.</summary>
    public MemoryType Type
    {
        get
        {
            // The length lies in the mapping, so nobody may give that back meanwhile.
            if (!Mapping.Retain())
            {
                return DeclaredType;
            }

            try
            {
                return DeclaredType with { Minimum = Mapping.Length / Mapping.PageBytes };
            }
            finally
            {
                Mapping.Dispose();
            }
        }
    }

    internal MemoryType DeclaredType { get; }

    internal MemoryMapping Mapping { get; }

    /// <summary>Lets go of the memory: its bytes are gone when no store uses them either. Twice is harmless.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _owned, 0) == 1)
        {
            Mapping.Dispose();
        }
    }
}
