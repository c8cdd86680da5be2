using System.Runtime.ConstrainedExecution;
using Atoll.Wasm.Platform;

namespace Atoll.Wasm;

/// <summary>A linear memory: bytes that a guest can read and write, in pages of 64 KiB, zeroed at first.</summary>
/// <remarks>
/// Used by one thread at a time, like its store. The address range is reserved up to the largest size that the memory may ever have, so the
/// bytes never move; only committed pages cost memory. Released when the store is disposed or collected.
/// </remarks>
public sealed unsafe class Memory : Extern
{
    private readonly MemoryMapping _mapping;
    private readonly ulong _maximumPages;

    /// <summary>Makes a memory.</summary>
    /// <param name="store">The store that owns it and whose limits bind it.</param>
    /// <param name="type">Its type.</param>
    /// <exception cref="LimitExceededException">The minimum is over a limit of the store or engine, or the system has no memory for it.</exception>
    public Memory(Store store, MemoryType type)
        : base(store)
    {
        Type = type;
        ulong limit = Math.Min(store.Engine.Options.MaxMemoryBytes, store.MaxMemoryBytes) / MemoryType.PageSize;
        _maximumPages = Math.Min(type.Maximum ?? 65536, Math.Min(limit, 65536));
        if (type.Minimum > _maximumPages || !store.TryCharge(type.Minimum * MemoryType.PageSize))
        {
            throw new LimitExceededException(LimitKind.Memory, $"a memory of {type.Minimum} pages is over the limit of {limit} pages");
        }

        _mapping = new MemoryMapping(store.Engine.Pages, _maximumPages * MemoryType.PageSize);
        if (!_mapping.Commit(type.Minimum * MemoryType.PageSize))
        {
            throw new LimitExceededException(LimitKind.Memory, $"the system has no memory for {type.Minimum} pages");
        }

        store.Own(_mapping);
    }

    /// <inheritdoc/>
    public override ExternKind Kind => ExternKind.Memory;

    /// <summary>The type, with the current size as its minimum.</summary>
    public MemoryType Type
    {
        get => field with { Minimum = Math.Max(field.Minimum, _mapping is null ? 0 : Pages) };
    }

    /// <summary>Size in pages of 64 KiB.</summary>
    public ulong Pages => ByteLength / MemoryType.PageSize;

    /// <summary>Size in bytes.</summary>
    public ulong ByteLength => _mapping.Length;

    /// <summary>Address of byte 0. The length lies just before it (see <see cref="MemoryMapping"/>).</summary>
    internal byte* Base => _mapping.Base;

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
    public long Grow(ulong pages)
    {
        ulong old = Pages;
        if (pages > _maximumPages || old + pages > _maximumPages || !Store.TryCharge(pages * MemoryType.PageSize))
        {
            return -1;
        }

        if (!_mapping.Commit((old + pages) * MemoryType.PageSize))
        {
            Store.Discharge(pages * MemoryType.PageSize);
            return -1;
        }

        return (long)old;
    }
}

/// <summary>
/// The address range of a memory. Layout: one page of header, then the bytes of the memory; the last eight bytes of the header hold the
/// length. Compiled code keeps the base in a local and finds the length next to it, whoever grew the memory.
/// </summary>
internal sealed unsafe class MemoryMapping : CriticalFinalizerObject, IDisposable
{
    private readonly PageAllocator _pages;
    private readonly nuint _reserved;
    private byte* _base;

    public MemoryMapping(PageAllocator pages, ulong maximumBytes)
    {
        _pages = pages;
        _reserved = Header + (nuint)maximumBytes;
        byte* start = pages.Reserve(_reserved);
        if (start == null)
        {
            GC.SuppressFinalize(this);
            throw new LimitExceededException(LimitKind.Memory, $"the system has no address space for a memory of up to {maximumBytes} bytes; lower MaxMemoryBytes or the memory's maximum");
        }

        _base = start + Header;
        if (!pages.Commit(start, Header))
        {
            Dispose();
            throw new LimitExceededException(LimitKind.Memory, "the system has no memory left");
        }

        LengthCell = 0;
    }

    ~MemoryMapping() => Release();

    private static nuint Header => PageAllocator.Granularity;

    public byte* Base
    {
        get
        {
            ObjectDisposedException.ThrowIf(_base == null, typeof(Store));
            return _base;
        }
    }

    public ulong Length => *(ulong*)(Base - 8);

    private ulong LengthCell
    {
        set => Volatile.Write(ref *(ulong*)(_base - 8), value);
    }

    /// <summary>Commits the first <paramref name="bytes"/> bytes, then publishes the length.</summary>
    public bool Commit(ulong bytes)
    {
        ulong length = Length;
        if (bytes > length)
        {
            if (!_pages.Commit(_base + length, (nuint)(bytes - length)))
            {
                return false;
            }

            LengthCell = bytes;
        }

        return true;
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (_base != null)
        {
            _pages.Release(_base - Header, _reserved);
            _base = null;
        }
    }
}
