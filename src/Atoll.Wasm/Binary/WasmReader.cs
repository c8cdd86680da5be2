using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Atoll.Wasm.Binary;

/// <summary>A cursor over the bytes of a module (specification, "Binary Format / Values"). Every read is bounds-checked.</summary>
internal ref struct WasmReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _end;

    /// <summary>Reads <paramref name="bytes"/> from <paramref name="position"/> up to (not including) <paramref name="end"/>.</summary>
    public WasmReader(ReadOnlySpan<byte> bytes, int position, int end, WasmFeatures features = WasmFeatures.All, List<DefinedType>? types = null)
    {
        Features = features;
        Types = types;
        _bytes = bytes;
        _end = end;
        Position = position;
    }

    /// <summary>What the module may use; who reads a second time what was accepted before need not say it.</summary>
    public WasmFeatures Features { get; }

    /// <summary>The types that a type index can denote here; null where none can, or where they are only stepped over.</summary>
    public List<DefinedType>? Types { get; }

    public readonly bool Has(WasmFeatures features) => (Features & features) == features;

    /// <summary>Offset of the next byte, counted from the start of the module.</summary>
    public int Position { get; set; }

    /// <summary>Offset one past the last byte that may be read.</summary>
    public readonly int End => _end;

    public readonly bool AtEnd => Position >= _end;

    public readonly int Remaining => _end - Position;

    /// <summary>Bytes left in the whole module, beyond the range that may be read.</summary>
    public readonly int ModuleRemaining => _bytes.Length - Position;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte ReadByte()
    {
        if (Position >= _end)
        {
            ThrowEnd();
        }

        return _bytes[Position++];
    }

    public readonly byte PeekByte()
    {
        if (Position >= _end)
        {
            ThrowEnd();
        }

        return _bytes[Position];
    }

    /// <summary>Reads an unsigned LEB128 number of at most 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint ReadVarU32()
    {
        if (Position < _end && _bytes[Position] < 0x80)
        {
            return _bytes[Position++];
        }

        return (uint)ReadUnsigned(32);
    }

    /// <summary>Reads the length of a vector whose elements take at least one byte each: more than there are bytes left is an error.</summary>
    public uint ReadCount()
    {
        int start = Position;
        uint count = ReadVarU32();
        if (count > (uint)Remaining)
        {
            // The same words as the reference implementation, which looks at the bytes of the whole module.
            throw new MalformedModuleException(count > (uint)ModuleRemaining ? "length out of bounds" : "unexpected end of section or function", start);
        }

        return count;
    }

    public ulong ReadVarU64() => ReadUnsigned(64);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadVarS32()
    {
        if (Position < _end && _bytes[Position] < 0x80)
        {
            return (sbyte)(_bytes[Position++] << 1) >> 1;
        }

        return (int)ReadSigned(32);
    }

    public long ReadVarS33() => ReadSigned(33);

    public long ReadVarS64() => ReadSigned(64);

    public uint ReadF32Bits() => BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(4));

    public ulong ReadF64Bits() => BinaryPrimitives.ReadUInt64LittleEndian(ReadBytes(8));

    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if (count < 0 || count > Remaining)
        {
            ThrowEnd();
        }

        ReadOnlySpan<byte> result = _bytes.Slice(Position, count);
        Position += count;
        return result;
    }

    /// <summary>Reads a name: a length and that many bytes of valid UTF-8 (specification, "Binary Format / Names").</summary>
    public string ReadName(int maximumBytes)
    {
        int start = Position;
        uint length = ReadVarU32();
        if (length > (uint)Remaining)
        {
            throw new MalformedModuleException(length > (uint)ModuleRemaining ? "length out of bounds" : "unexpected end of section or function", start);
        }

        if (length > (uint)maximumBytes)
        {
            throw new MalformedModuleException($"name of {length} bytes is longer than the limit of {maximumBytes}", start);
        }

        ReadOnlySpan<byte> bytes = ReadBytes((int)length);
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new MalformedModuleException("malformed UTF-8 encoding", start);
        }
    }

    private ulong ReadUnsigned(int bits)
    {
        int start = Position;
        ulong result = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = ReadByte();
            int left = bits - shift;
            if (left < 7 && (b & 0x7F) >> left != 0)
            {
                throw new MalformedModuleException((b & 0x80) != 0 ? "integer representation too long" : "integer too large", start);
            }

            result |= (ulong)(b & 0x7F) << shift;
            if ((b & 0x80) == 0)
            {
                return result;
            }

            if (left <= 7)
            {
                throw new MalformedModuleException("integer representation too long", start);
            }
        }
    }

    private long ReadSigned(int bits)
    {
        int start = Position;
        long result = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = ReadByte();
            int left = bits - shift;
            if (left <= 7 && (b & 0x80) != 0)
            {
                throw new MalformedModuleException("integer representation too long", start);
            }

            if (left < 7)
            {
                // The bits beyond the width must all equal the sign bit.
                int top = (sbyte)(b << 1) >> 1;
                if (top >> (left - 1) is not (0 or -1))
                {
                    throw new MalformedModuleException("integer too large", start);
                }
            }

            result |= (long)(b & 0x7F) << shift;
            if ((b & 0x80) == 0)
            {
                int used = shift + 7;
                return used < 64 && (b & 0x40) != 0 ? result | (-1L << used) : result;
            }
        }
    }

    private readonly void ThrowEnd() => throw new MalformedModuleException("unexpected end of section or function", Position);
}
