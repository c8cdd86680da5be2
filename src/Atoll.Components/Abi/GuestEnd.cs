using System.Runtime.CompilerServices;
using Atoll.Components.Binary;
using Atoll.Wasm;

namespace Atoll.Components.Abi;

/// <summary>One end of a call that lies in a guest: the canonical options as they stand in one instance (CanonicalABI.md, "Canonical ABI Options").</summary>
internal sealed unsafe class GuestEnd
{
    /// <summary>Longest string or list, in bytes (<c>MAX_STRING_BYTE_LENGTH</c>).</summary>
    public const uint MaxByteLength = int.MaxValue;

    // Read by generated code.
    public readonly ComponentState State;
    public readonly StringEncoding Encoding;
    public readonly Function? Realloc;
    public readonly Function? PostReturn;
    private readonly Memory? _memory;
    private readonly byte* _base;

    public GuestEnd(ComponentState state, StringEncoding encoding, Memory? memory, Function? realloc, Function? postReturn)
    {
        State = state;
        Encoding = encoding;
        Realloc = realloc;
        PostReturn = postReturn;
        _memory = memory;

        // The bytes of a memory never move, and the store lives as long as a call into it runs.
        _base = memory is null ? null : memory.Base;
    }

    /// <summary>Bytes of the memory now. The length lies just before the first byte.</summary>
    private ulong Length => _base is null ? 0 : *(ulong*)(_base - sizeof(ulong));

    /// <summary>Address of bytes that must lie in the memory, aligned.</summary>
    /// <exception cref="TrapException">They do not.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Range(uint pointer, uint size, uint alignment)
    {
        if ((pointer & (alignment - 1)) != 0 || (ulong)pointer + size > Length)
        {
            throw OutOfRange(pointer, alignment);
        }

        return _base + pointer;
    }

    /// <summary>Address of bytes, if they lie in the memory.</summary>
    public bool TryRange(uint pointer, uint size, out byte* address)
    {
        address = _base + pointer;
        return (ulong)pointer + size <= Length;
    }

    /// <summary>Address of the elements of a list that must lie in the memory (<c>load_list_from_range</c>).</summary>
    /// <exception cref="TrapException">They do not.</exception>
    public byte* Elements(uint pointer, uint count, uint elementSize, uint alignment)
    {
        ulong bytes = (ulong)count * elementSize;
        if ((pointer & (alignment - 1)) != 0 || bytes > MaxByteLength || pointer + bytes > Length)
        {
            throw bytes > MaxByteLength ? AbiTraps.Make("a list is longer than 2 GiB") : OutOfRange(pointer, alignment);
        }

        return _base + pointer;
    }

    /// <summary>Room in the guest's memory, made by its own <c>realloc</c>.</summary>
    /// <exception cref="TrapException">The guest gave an address that is not aligned or out of its memory.</exception>
    public byte* Allocate(uint size, uint alignment, out uint pointer) => Reallocate(0, 0, alignment, size, out pointer);

    /// <summary>Room for the elements of a list.</summary>
    public byte* AllocateElements(uint count, uint elementSize, uint alignment, out uint pointer)
    {
        ulong bytes = (ulong)count * elementSize;
        return bytes > MaxByteLength ? throw AbiTraps.Make("a list is longer than 2 GiB") : Reallocate(0, 0, alignment, (uint)bytes, out pointer);
    }

    public byte* Reallocate(uint old, uint oldSize, uint alignment, uint size, out uint pointer)
    {
        // A lowering that needs memory has the option: validation has seen to it.
        Function realloc = Realloc!;

        // Lists may lie within lists within lists on the same bytes: what is copied can be far more than the caller's memory, so it counts as work.
        State.Work(size);
        pointer = (uint)((delegate*<int, int, int, int, object, int>)realloc.Code)((int)old, (int)oldSize, (int)alignment, (int)size, realloc.Context);
        if ((pointer & (alignment - 1)) != 0)
        {
            throw AbiTraps.Make("realloc return: result not aligned");
        }

        return (ulong)pointer + size > Length ? throw AbiTraps.Make("realloc return: beyond end of memory") : _base + pointer;
    }

    /// <summary>Keeps the memory reachable.</summary>
    public Memory? Memory => _memory;

    private static TrapException OutOfRange(uint pointer, uint alignment) =>
        AbiTraps.Make((pointer & (alignment - 1)) != 0 ? "unaligned pointer" : "pointer out of bounds of the memory");
}
