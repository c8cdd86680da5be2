using System.Runtime.ConstrainedExecution;
using Atoll.Wasm.Platform;

namespace Atoll.Wasm.Execution;

/// <summary>
/// The address range of a memory. Layout: one page of header, then the bytes of the memory; the last eight bytes of the header hold the
/// length, those before its complement, and before that is a table for checks of addresses. Compiled code keeps the base in a local and finds
/// all this next to it, whoever grew the memory.
/// </summary>
/// <remarks>
/// Counts its users: stores, and whoever made a shared memory. The range is given back by the last one that lets go, or by the collector when
/// nobody can reach it.
/// </remarks>
internal sealed unsafe partial class MemoryMapping : CriticalFinalizerObject, IDisposable
{
    /// <summary>The table has a number for each extent from 1 to this; with the rest of the header it fills the smallest page.</summary>
    public const int TabledExtents = 1_000;

    /// <summary>No memory is larger, whatever the limits say: more address space than processors give to a process.</summary>
    public const ulong LargestBytes = 1UL << 47;

    /// <summary>
    /// No memory with 32-bit addresses is larger: it never gets its last page, so that compiled code may take sums of an address and a small number for numbers
    /// of 32 bits.
    /// </summary>
    public const ulong LargestNarrowBytes = (1UL << 32) - MemoryType.PageSize;

    private readonly PageAllocator _pages;
    private readonly nuint _reserved;
    private readonly Lock _growth = new();
    private byte* _base;
    private ulong _committed;
    private bool _isImageMapped;
    private int _users = 1;

    private MemoryMapping(PageAllocator pages, ulong maximumBytes, ulong pageBytes)
    {
        _pages = pages;
        MaximumBytes = maximumBytes;
        PageBytes = pageBytes;
        _reserved = Header + (nuint)WholePages(maximumBytes);
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

    /// <summary>Largest length.</summary>
    public ulong MaximumBytes { get; }

    /// <summary>Bytes in a page of the memory's type.</summary>
    public ulong PageBytes { get; }

    /// <summary>Those who wait for a change of the memory.</summary>
    public MemoryWaiters Waiters { get; } = new();

    public byte* Base
    {
        get
        {
            ObjectDisposedException.ThrowIf(_base == null, typeof(Store));
            return _base;
        }
    }

    public ulong Length => Volatile.Read(ref *(ulong*)(Base - 8));

    private static nuint Header => PageAllocator.Granularity;

    private ulong LengthCell
    {
        set
        {
            // Before the length: who has seen that must find room in the others.
            uint* table = (uint*)(_base - DistanceOfExtent(TabledExtents));
            for (uint i = 0; i < TabledExtents; i++)
            {
                table[i] = (uint)~value + TabledExtents - i;
            }

            Volatile.Write(ref *(ulong*)(_base - 16), ~value);
            Volatile.Write(ref *(ulong*)(_base - 8), value);
        }
    }

    /// <summary>
    /// How far before the base the number for an extent lies: 2^32 - length + extent - 1, modulo 2^32. For an extent that the memory has, the sum with a
    /// 32-bit address overflows exactly when so many bytes from the address on do not fit.
    /// </summary>
    public static int DistanceOfExtent(int extent) => 16 + (4 * extent);

    /// <summary>Reserves what a memory of the type may become within the limits, and commits its minimum.</summary>
    /// <exception cref="ArgumentException">The type is none that a module could have.</exception>
    /// <exception cref="LimitExceededException">The minimum is over a limit, or the system has no memory for it.</exception>
    public static MemoryMapping Create(WasmEngine engine, MemoryType type, ulong limit)
    {
        ArgumentNullException.ThrowIfNull(type);
        if ((type.IndexType != ValueType.I32 && !type.Is64) || type.PageBytes is not (1 or MemoryType.PageSize)
            || type.Maximum > type.PageBound || type.Minimum > (type.Maximum ?? type.PageBound) || (type.IsShared && type.Maximum is null))
        {
            throw new ArgumentException($"no memory can have the type '{type}' (specification, \"Memory Types\")");
        }

        limit = Math.Min(Math.Min(engine.Options.MaxMemoryBytes, limit), type.Is64 ? LargestBytes : LargestNarrowBytes);
        limit -= limit % type.PageBytes;
        if (type.MinimumBytes > limit)
        {
            throw new LimitExceededException(LimitKind.Memory, $"a memory of {type.Minimum} pages is over the limit of {limit / type.PageBytes} pages");
        }

        PageAllocator pages = type.CanBeGuarded && engine.GuardedPages is { } guarded ? guarded : engine.Pages;
        MemoryMapping mapping = new(pages, Math.Min(type.BytesOf(type.Maximum ?? type.PageBound), limit), type.PageBytes);
        if (!mapping.TryGrow(type.MinimumBytes, out _))
        {
            mapping.Dispose();
            throw new LimitExceededException(LimitKind.Memory, $"the system has no memory for {type.Minimum} pages");
        }

        return mapping;
    }

    /// <summary>Adds bytes: commits, then publishes the length. Any number of threads may do it at once.</summary>
    public bool TryGrow(ulong bytes, out ulong old)
    {
        lock (_growth)
        {
            old = Length;
            if (bytes > MaximumBytes - old)
            {
                return false;
            }

            ulong needed = WholePages(old + bytes);
            if (needed > _committed)
            {
                if (!_pages.Commit(_base + _committed, (nuint)(needed - _committed)))
                {
                    return false;
                }

                _committed = needed;
            }

            if (bytes > 0)
            {
                LengthCell = old + bytes;
            }

            return true;
        }
    }

    /// <summary>One user more; false when the last one is gone already.</summary>
    public bool Retain()
    {
        int users = Volatile.Read(ref _users);
        while (users > 0)
        {
            int seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                return true;
            }

            users = seen;
        }

        return false;
    }

    /// <summary>One user less; the last one gives the range back.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Release();
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>Whether an access outside of the memory has faulted since the last time that somebody asked.</summary>
    public bool TakeFault()
    {
        if (!_pages.IsGuarded)
        {
            return false;
        }

        ref ulong note = ref *(ulong*)(Base - Header + FaultHandler.NoteOffset);
        bool isNoted = note != 0;
        note = 0;
        return isNoted;
    }

    private static ulong WholePages(ulong bytes) => (bytes + Header - 1) / Header * Header;

    private void Release()
    {
        if (_base != null)
        {
            _pages.Release(_base - Header, _reserved);
            _base = null;
        }
    }
}
