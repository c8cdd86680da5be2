using System.Buffers.Binary;
using System.Text;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Generation;

/// <summary>Writes the binary format (specification, "Binary Format").</summary>
internal sealed class WasmWriter
{
    private readonly List<byte> _bytes = [];

    public int Length => _bytes.Count;

    public byte[] ToArray() => [.. _bytes];

    public WasmWriter Byte(int value)
    {
        _bytes.Add((byte)value);
        return this;
    }

    public WasmWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public WasmWriter Unsigned(ulong value)
    {
        while (value >= 0x80)
        {
            _bytes.Add((byte)(value | 0x80));
            value >>= 7;
        }

        return Byte((int)value);
    }

    public WasmWriter Signed(long value)
    {
        while (value is < -64 or > 63)
        {
            _bytes.Add((byte)(value | 0x80));
            value >>= 7;
        }

        return Byte((int)(value & 0x7F));
    }

    public WasmWriter Name(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        return Unsigned((uint)bytes.Length).Bytes(bytes);
    }

    /// <summary>A value type; of defined types the number is their index in the module.</summary>
    public WasmWriter Type(ValueType type) => type.IsDefined ? Byte((int)type.Code & 0xFF).HeapType(type)
        : type.IsReference && !type.IsNullable ? Byte(ValueType.NonNullDefined).HeapType(type)
        : Byte((int)type.Code);

    /// <summary>What a reference type refers to.</summary>
    public WasmWriter HeapType(ValueType type) => type.IsDefined ? Signed(ModulePlan.IndexOf(type)) : Byte((int)type.WithNull.Code);

    public WasmWriter Opcode(Opcode opcode)
    {
        int code = (int)opcode;
        return code <= 0xFF ? Byte(code) : Byte(code >> 16).Unsigned((uint)code & 0xFFFF);
    }

    public WasmWriter F32(uint bits)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, bits);
        return Bytes(bytes);
    }

    public WasmWriter F64(ulong bits)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, bits);
        return Bytes(bytes);
    }

    /// <summary>A vector of the format: its length and the items.</summary>
    public WasmWriter Many<T>(IReadOnlyCollection<T> items, Action<WasmWriter, T> write)
    {
        Unsigned((uint)items.Count);
        foreach (T item in items)
        {
            write(this, item);
        }

        return this;
    }

    /// <summary>A part with its length in bytes before it.</summary>
    public WasmWriter Sized(byte[] part) => Unsigned((uint)part.Length).Bytes(part);

    /// <summary>A section of items; nothing when there are none.</summary>
    public WasmWriter Section<T>(int id, IReadOnlyCollection<T> items, Action<WasmWriter, T> write) =>
        items.Count == 0 ? this : Byte(id).Sized(new WasmWriter().Many(items, write).ToArray());
}
