using System.Buffers.Binary;

namespace Atoll.Wasm.Text;

/// <summary>Growing bytes with the encodings of the binary format (specification, "Binary Format / Values").</summary>
internal sealed class ByteBuffer
{
    private byte[] _bytes = new byte[64];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public byte[] ToArray() => Span.ToArray();

    /// <summary>Forgets everything from <paramref name="length"/> on.</summary>
    public void Truncate(int length) => Length = length;

    public void Byte(byte value) => Reserve(1)[0] = value;

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    public void Unsigned(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    public void Signed(long value)
    {
        while (value is < -0x40 or >= 0x40)
        {
            Byte((byte)((value & 0x7F) | 0x80));
            value >>= 7;
        }

        Byte((byte)(value & 0x7F));
    }

    public void Fixed32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Reserve(4), value);

    public void Fixed64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);

    /// <summary>A length and that many bytes.</summary>
    public void Vector(ReadOnlySpan<byte> value)
    {
        Unsigned((uint)value.Length);
        Bytes(value);
    }

    public void Name(string value) => Vector(System.Text.Encoding.UTF8.GetBytes(value));

    private Span<byte> Reserve(int count)
    {
        int length = checked(Length + count);
        if (length > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max((long)length, _bytes.Length * 2L)));
        }

        Span<byte> span = _bytes.AsSpan(Length, count);
        Length = length;
        return span;
    }
}
