using System.Buffers.Binary;
using System.Text;

namespace Atoll.Wasm.Debugging;

/// <summary>A cursor over DWARF data, which a module carries in custom sections. What runs past the end is an <see cref="EndOfStreamException"/>.</summary>
internal ref struct DwarfReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; set; }

    public readonly bool AtEnd => Position >= _bytes.Length;

    public byte Byte() => Take(1)[0];

    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>An offset or length of a unit: 32 bits, or 64 in the wide format (DWARF 5, 7.4).</summary>
    public ulong Offset(bool isWide) => isWide ? U64() : U32();

    public ulong Unsigned()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = Byte();
            value |= shift < 64 ? (ulong)(next & 0x7F) << shift : 0;
            if ((next & 0x80) == 0)
            {
                return value;
            }
        }
    }

    public long Signed()
    {
        long value = 0;
        int shift = 0;
        byte next;
        do
        {
            next = Byte();
            value |= shift < 64 ? (long)(next & 0x7F) << shift : 0;
            shift += 7;
        }
        while ((next & 0x80) != 0);
        return shift < 64 && (next & 0x40) != 0 ? value | (-1L << shift) : value;
    }

    /// <summary>A string that ends with a zero byte.</summary>
    public string Text()
    {
        int length = _bytes[Math.Min(Position, _bytes.Length)..].IndexOf((byte)0);
        if (length < 0)
        {
            throw new EndOfStreamException();
        }

        string text = Encoding.UTF8.GetString(_bytes.Slice(Position, length));
        Position += length + 1;
        return text;
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _bytes.Length - Position)
        {
            throw new EndOfStreamException();
        }

        ReadOnlySpan<byte> taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }
}
