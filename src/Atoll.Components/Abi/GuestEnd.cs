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

    public GuestEnd(ComponentState state, StringEncoding encoding, Memory? memory, Function? realloc, Function? postReturn, bool is64)
    {
        State = state;
        Encoding = encoding;
        Realloc = realloc;
        PostReturn = postReturn;
        Is64 = is64;
        _memory = memory;

        // The bytes of a memory never move, and the store lives as long as a call into it runs.
        _base = memory is null ? null : memory.Base;
    }

    /// <summary>Whether pointers and lengths have 64 bits, as addresses of the memory have then (<c>ptr_type</c>).</summary>
    public bool Is64 { get; }

    /// <summary>Marks the length of a string that is UTF-16 where it could be Latin-1 (<c>utf16_tag</c>).</summary>
    public ulong Utf16Tag => Is64 ? 1ul << 63 : 1ul << 31;

    /// <summary>Bytes of the memory now. The length lies just before the first byte.</summary>
    private ulong Length => _base is null ? 0 : *(ulong*)(_base - sizeof(ulong));

    /// <summary>Address of bytes that must lie in the memory, aligned.</summary>
    /// <exception cref="TrapException">They do not.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Range(ulong pointer, uint size, uint alignment)
    {
        if ((pointer & (alignment - 1)) != 0 || !Holds(pointer, size))
        {
            throw OutOfRange(pointer, alignment);
        }

        return _base + pointer;
    }

    /// <summary>Address of bytes, if they lie in the memory.</summary>
    public bool TryRange(ulong pointer, uint size, out byte* address)
    {
        address = _base + pointer;
        return Holds(pointer, size);
    }

    /// <summary>Address of the elements of a list that must lie in the memory (<c>load_list_from_range</c>).</summary>
    /// <exception cref="TrapException">They do not.</exception>
    public byte* Elements(ulong pointer, ulong length, uint elementSize, uint alignment, out int count)
    {
        if (length > MaxByteLength / elementSize)
        {
            throw AbiTraps.Make("a list is longer than 2 GiB");
        }

        count = (int)length;
        return Range(pointer, (uint)length * elementSize, alignment);
    }

    /// <summary>Room in the guest's memory, made by its own <c>realloc</c>.</summary>
    /// <exception cref="TrapException">The guest gave an address that is not aligned or out of its memory.</exception>
    public byte* Allocate(uint size, uint alignment, out ulong pointer) => Reallocate(0, 0, alignment, size, out pointer);

    /// <summary>Room for the elements of a list.</summary>
    public byte* AllocateElements(uint count, uint elementSize, uint alignment, out ulong pointer)
    {
        ulong bytes = (ulong)count * elementSize;
        return bytes > MaxByteLength ? throw AbiTraps.Make("a list is longer than 2 GiB") : Reallocate(0, 0, alignment, (uint)bytes, out pointer);
    }

    public byte* Reallocate(ulong old, uint oldSize, uint alignment, uint size, out ulong pointer)
    {
        // A lowering that needs memory has the option: validation has seen to it, and to its type.
        Function realloc = Realloc!;

        // Lists may lie within lists within lists on the same bytes: what is copied can be far more than the caller's memory, so it counts as work.
        State.Work(size);
        pointer = Is64
            ? (ulong)((delegate*<long, long, long, long, object, long>)realloc.Code)((long)old, oldSize, alignment, size, realloc.Context)
            : (uint)((delegate*<int, int, int, int, object, int>)realloc.Code)((int)old, (int)oldSize, (int)alignment, (int)size, realloc.Context);
        if ((pointer & (alignment - 1)) != 0)
        {
            throw AbiTraps.Make("realloc return: result not aligned");
        }

        return Holds(pointer, size) ? _base + pointer : throw AbiTraps.Make("realloc return: beyond end of memory");
    }

    /// <summary>Keeps the memory reachable.</summary>
    public Memory? Memory => _memory;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Holds(ulong pointer, uint size)
    {
        ulong length = Length;
        return pointer <= length && size <= length - pointer;
    }

    private static TrapException OutOfRange(ulong pointer, uint alignment) =>
        AbiTraps.Make((pointer & (alignment - 1)) != 0 ? "unaligned pointer" : "pointer out of bounds of the memory");
}
