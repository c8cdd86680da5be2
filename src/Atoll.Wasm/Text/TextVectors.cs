using System.Buffers.Binary;

namespace Atoll.Wasm.Text;

/// <summary>Constants and lanes of vectors (specification, "Text Format / Instructions / Vector Instructions").</summary>
internal static class TextVectors
{
    /// <summary>Shape of a constant: the bits of a lane, and whether it is a float.</summary>
    public static (int Bits, bool IsFloat) Shape(TextCursor cursor) =>
        cursor.TryKeyword("i8x16"u8) ? (8, false)
        : cursor.TryKeyword("i16x8"u8) ? (16, false)
        : cursor.TryKeyword("i32x4"u8) ? (32, false)
        : cursor.TryKeyword("i64x2"u8) ? (64, false)
        : cursor.TryKeyword("f32x4"u8) ? (32, true)
        : cursor.TryKeyword("f64x2"u8) ? (64, true)
        : throw cursor.Unexpected("the shape of a vector, as in i32x4");

    /// <summary>A shape and its lanes, as the sixteen bytes of the vector.</summary>
    public static byte[] Constant(TextCursor cursor)
    {
        (int bits, bool isFloat) = Shape(cursor);
        CheckCount(cursor, 128 / bits, "wrong number of lane literals");

        byte[] bytes = new byte[16];
        for (int i = 0; i < 16; i += bits / 8)
        {
            Span<byte> lane = bytes.AsSpan(i);
            ulong value = !isFloat ? cursor.ExpectInteger(bits) : bits == 32 ? cursor.ExpectF32() : cursor.ExpectF64();
            switch (bits)
            {
                case 8: lane[0] = (byte)value; break;
                case 16: BinaryPrimitives.WriteUInt16LittleEndian(lane, (ushort)value); break;
                case 32: BinaryPrimitives.WriteUInt32LittleEndian(lane, (uint)value); break;
                default: BinaryPrimitives.WriteUInt64LittleEndian(lane, value); break;
            }
        }

        return bytes;
    }

    /// <summary>The sixteen lanes of a shuffle.</summary>
    public static byte[] Shuffle(TextCursor cursor)
    {
        CheckCount(cursor, 16, "invalid lane length");
        byte[] lanes = new byte[16];
        for (int i = 0; i < lanes.Length; i++)
        {
            lanes[i] = cursor.At(TokenKind.Nat) ? Lane(cursor) : throw cursor.ErrorAt("i8 constant out of range", cursor.Position);
        }

        return lanes;
    }

    /// <summary>The number of a lane; whether the vector has it is a matter of validation.</summary>
    public static byte Lane(TextCursor cursor)
    {
        int position = cursor.Position;
        ulong lane = cursor.ExpectNat(32);
        return lane <= byte.MaxValue ? (byte)lane : throw cursor.ErrorAt("i8 constant out of range", position);
    }

    /// <summary>Too few numbers before a parenthesis, or too many. Something else among them is an error of its own.</summary>
    private static void CheckCount(TextCursor cursor, int expected, string message)
    {
        int count = 0;
        while (count <= expected && cursor.Peek(count).Kind is TokenKind.Nat or TokenKind.Int or TokenKind.Float)
        {
            count++;
        }

        if (count > expected || (count < expected && cursor.Peek(count).Kind is TokenKind.Open or TokenKind.Close or TokenKind.End))
        {
            throw cursor.ErrorAt(message, cursor.Position);
        }
    }
}
