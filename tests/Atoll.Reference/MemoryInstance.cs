using Atoll.Wasm;

namespace Atoll.Reference;

/// <summary>A linear memory. It is kept in blocks that are made when they are first written, so that a large memory costs what it uses.</summary>
internal sealed class MemoryInstance
{
    public const int BlockBytes = 65536;
    private readonly Dictionary<ulong, byte[]> _blocks = [];
    private readonly ulong _limit;

    /// <param name="type">The type.</param>
    /// <param name="limit">Bytes that it may never exceed, whatever its type says.</param>
    public MemoryInstance(MemoryType type, ulong limit)
    {
        Type = type;
        _limit = limit;
        Pages = type.Minimum;
        if (Pages > limit / type.PageBytes)
        {
            throw new ReferenceLimitException($"a memory of {Pages} pages is too large");
        }
    }

    public MemoryType Type { get; }

    public ulong Pages { get; private set; }

    public ulong Length => Pages * Type.PageBytes;

    /// <summary>Blocks that were written, by number; all others are zero.</summary>
    public IReadOnlyDictionary<ulong, byte[]> Blocks => _blocks;

    /// <summary>Adds pages ("Growing memories"). False when the type or the limit does not allow it.</summary>
    public bool TryGrow(ulong pages)
    {
        ulong bound = Math.Min(Type.Maximum ?? ulong.MaxValue, _limit / Type.PageBytes);
        if (pages > bound || Pages > bound - pages)
        {
            return false;
        }

        Pages += pages;
        return true;
    }

    /// <summary>Whether the bytes lie inside of the memory; the sum is exact.</summary>
    public bool Contains(UInt128 address, UInt128 count) => address + count <= Length;

    public byte this[ulong address]
    {
        get => _blocks.TryGetValue(address / BlockBytes, out byte[]? block) ? block[address % BlockBytes] : (byte)0;
        set
        {
            if (!_blocks.TryGetValue(address / BlockBytes, out byte[]? block))
            {
                if (value == 0)
                {
                    return;
                }

                _blocks.Add(address / BlockBytes, block = new byte[BlockBytes]);
            }

            block[address % BlockBytes] = value;
        }
    }

    /// <summary>Reads a number in little-endian order; who calls has looked at the bounds.</summary>
    public UInt128 Read(ulong address, int bytes)
    {
        UInt128 value = 0;
        for (int i = bytes - 1; i >= 0; i--)
        {
            value = (value << 8) | this[address + (ulong)i];
        }

        return value;
    }

    /// <summary>Writes a number in little-endian order; who calls has looked at the bounds.</summary>
    public void Write(ulong address, int bytes, UInt128 value)
    {
        for (int i = 0; i < bytes; i++)
        {
            this[address + (ulong)i] = (byte)(value >> (8 * i));
        }
    }
}
