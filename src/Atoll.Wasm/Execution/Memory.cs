using Atoll.Wasm.Execution;

namespace Atoll.Wasm;

/// <summary>A linear memory: bytes that a guest can read and write, zeroed at first.</summary>
/// <remarks>
/// Used by one thread at a time, like its store; the bytes of a shared memory may change under the reader's hands, because guests of other
/// stores may use them at the same time (<see cref="SharedMemory"/>). The address range is reserved up to the largest size that the memory may
/// ever have, so the bytes never move; only committed pages cost memory. Released when the store is disposed or collected.
/// </remarks>
public sealed unsafe class Memory : Extern
{
    private readonly MemoryMapping _mapping;

    /// <summary>Makes a memory.</summary>
    /// <param name="store">The store that owns it and whose limits bind it.</param>
    /// <param name="type">Its type; a shared one makes a <see cref="SharedMemory"/> too.</param>
    /// <exception cref="ArgumentException">The type is none that a module could have.</exception>
    /// <exception cref="LimitExceededException">The minimum is over a limit of the store or engine, or the system has no memory for it.</exception>
    public Memory(Store store, MemoryType type)
        : base(store)
    {
        _mapping = MemoryMapping.Create(store.Engine, type, store.MaxMemoryBytes);
        Type = type;
        Shared = type.IsShared ? new SharedMemory(store.Engine, type, _mapping) : null;
        Own(type.MinimumBytes);
    }

    /// <summary>Makes a shared memory usable in a store. Its size counts for the store's limit, as do the pages that the store's guests add.</summary>
    /// <param name="store">The store.</param>
    /// <param name="shared">The shared memory; it lives at least as long as the store.</param>
    /// <exception cref="ArgumentException">Store and memory are of different engines.</exception>
    /// <exception cref="LimitExceededException">The memory is over the store's limit.</exception>
    /// <exception cref="ObjectDisposedException">Nobody uses the shared memory any more, so that its bytes are gone; or the store was disposed.</exception>
    public Memory(Store store, SharedMemory shared)
        : base(store)
    {
        ArgumentNullException.ThrowIfNull(shared);
        if (shared.Engine != store.Engine)
        {
            throw new ArgumentException("the store and the shared memory must belong to the same engine");
        }

        ObjectDisposedException.ThrowIf(store.IsDisposed, store);
        _mapping = shared.Mapping;
        ObjectDisposedException.ThrowIf(!_mapping.Retain(), shared);
        Type = shared.DeclaredType;
        Shared = shared;
        Own(_mapping.Length);
    }

    /// <inheritdoc/>
    public override ExternKind Kind => ExternKind.Memory;

    /// <summary>The type, with the current size as its minimum.</summary>
    public MemoryType Type
    {
        get => field with { Minimum = Math.Max(field.Minimum, Pages) };
    }

    /// <summary>What other stores need to use the same bytes; null unless the type is shared.</summary>
    public SharedMemory? Shared { get; }

    /// <summary>Size in pages of the memory's type, usually 64 KiB.</summary>
    public ulong Pages => ByteLength / _mapping.PageBytes;

    /// <summary>Size in bytes.</summary>
    public ulong ByteLength => Mapping.Length;

    /// <summary>Address of byte 0. The length lies just before it (see <see cref="MemoryMapping"/>).</summary>
    internal byte* Base => Mapping.Base;

    /// <summary>The bytes; a shared memory may outlive the store, but not for those who use it through the store.</summary>
    internal MemoryMapping Mapping
    {
        get
        {
            ObjectDisposedException.ThrowIf(Store.IsDisposed, typeof(Store));
            return _mapping;
        }
    }

    /// <summary>A view of some bytes; valid until the store is disposed.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes.</param>
    /// <exception cref="TrapException">The range lies outside of the memory (<see cref="TrapKind.MemoryOutOfBounds"/>).</exception>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public Span<byte> GetSpan(ulong offset, int length)
    {
        ulong size = ByteLength;
        if (length < 0 || (ulong)length > size || offset > size - (ulong)length)
        {
            throw new TrapException(TrapKind.MemoryOutOfBounds);
        }

        return new Span<byte>(Base + offset, length);
    }

    /// <summary>A view of some bytes, with a guest's unsigned 32-bit numbers as they come.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes.</param>
    /// <exception cref="TrapException">The range lies outside of the memory (<see cref="TrapKind.MemoryOutOfBounds"/>) or is longer than 2 GiB.</exception>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public Span<byte> GetSpan(uint offset, uint length) =>
        length > int.MaxValue ? throw new TrapException(TrapKind.MemoryOutOfBounds) : GetSpan((ulong)offset, (int)length);

    /// <summary>Adds pages.</summary>
    /// <param name="pages">Number of pages to add.</param>
    /// <returns>The size before, in pages; -1 when a limit or the system does not allow it.</returns>
    /// <exception cref="LimitExceededException">The system has no memory, and the engine is deterministic (<see cref="WasmEngineOptions.Deterministic"/>).</exception>
    public long Grow(ulong pages)
    {
        MemoryMapping mapping = Mapping;
        if (pages > mapping.MaximumBytes / mapping.PageBytes)
        {
            return -1;
        }

        ulong bytes = pages * mapping.PageBytes;
        if (!Store.TryCharge(bytes))
        {
            return -1;
        }

        if (!mapping.TryGrow(bytes, out ulong old))
        {
            Store.Discharge(bytes);
            return Store.GrowthFailed(bytes <= mapping.MaximumBytes - old);
        }

        return (long)(old / mapping.PageBytes);
    }

    private void Own(ulong bytes)
    {
        if (!Store.TryCharge(bytes))
        {
            _mapping.Dispose();
            throw new LimitExceededException(LimitKind.Memory, $"a memory of {bytes} bytes is over the limit of the store, {Store.MaxMemoryBytes} bytes");
        }

        Store.Own(_mapping);
    }
}
