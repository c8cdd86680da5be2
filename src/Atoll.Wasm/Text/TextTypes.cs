using System.Collections.Frozen;

namespace Atoll.Wasm.Text;

/// <summary>A value type as the binary format writes it: a prefix for long reference types, and a code.</summary>
/// <param name="Prefix">0, or 0x63 for <c>(ref null …)</c>, 0x64 for <c>(ref …)</c>.</param>
/// <param name="Code">A type index, or an abstract type as the signed number that its byte denotes.</param>
internal readonly record struct TextType(byte Prefix, long Code)
{
    public static readonly TextType FuncRef = new(0, 0x70 - 0x80);

    public bool IsReference => Prefix != 0 || Code <= 0x74 - 0x80;

    public void Write(ByteBuffer buffer)
    {
        if (Prefix != 0)
        {
            buffer.Byte(Prefix);
        }

        buffer.Signed(Code);
    }
}

/// <summary>Parameters and results as the text has them; equal when all types are.</summary>
internal sealed class TextSignature(TextType[] parameters, TextType[] results) : IEquatable<TextSignature>
{
    public TextType[] Parameters { get; } = parameters;

    public TextType[] Results { get; } = results;

    public bool IsEmpty => Parameters.Length == 0 && Results.Length == 0;

    public bool Equals(TextSignature? other) =>
        other is not null && Parameters.AsSpan().SequenceEqual(other.Parameters) && Results.AsSpan().SequenceEqual(other.Results);

    public override bool Equals(object? obj) => Equals(obj as TextSignature);

    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (TextType type in Parameters)
        {
            hash.Add(type);
        }

        hash.Add(Parameters.Length);
        foreach (TextType type in Results)
        {
            hash.Add(type);
        }

        return hash.ToHashCode();
    }
}

/// <summary>The only place that knows the words of types (specification, "Text Format / Types").</summary>
internal static class TextTypes
{
    // Words of value types and the byte of the binary format.
    private static readonly FrozenDictionary<string, byte> Values = new Dictionary<string, byte>
    {
        ["i32"] = 0x7F,
        ["i64"] = 0x7E,
        ["f32"] = 0x7D,
        ["f64"] = 0x7C,
        ["v128"] = 0x7B,
        ["funcref"] = 0x70,
        ["externref"] = 0x6F,
        ["anyref"] = 0x6E,
        ["eqref"] = 0x6D,
        ["i31ref"] = 0x6C,
        ["structref"] = 0x6B,
        ["arrayref"] = 0x6A,
        ["exnref"] = 0x69,
        ["nullref"] = 0x71,
        ["nullexternref"] = 0x72,
        ["nullfuncref"] = 0x73,
        ["nullexnref"] = 0x74,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // Words of heap types and the byte of the binary format.
    private static readonly FrozenDictionary<string, byte> Heaps = new Dictionary<string, byte>
    {
        ["func"] = 0x70,
        ["extern"] = 0x6F,
        ["any"] = 0x6E,
        ["eq"] = 0x6D,
        ["i31"] = 0x6C,
        ["struct"] = 0x6B,
        ["array"] = 0x6A,
        ["exn"] = 0x69,
        ["none"] = 0x71,
        ["noextern"] = 0x72,
        ["nofunc"] = 0x73,
        ["noexn"] = 0x74,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<long, string> ValueWords = Values.ToFrozenDictionary(pair => pair.Value - 0x80L, pair => pair.Key);

    private static readonly FrozenDictionary<long, string> HeapWords = Heaps.ToFrozenDictionary(pair => pair.Value - 0x80L, pair => pair.Key);

    public static IEnumerable<string> Words => Values.Keys.Concat(Heaps.Keys);

    public static bool TryValueType(TextCursor cursor, TextIndexSpace types, out TextType type)
    {
        if (cursor.At(TokenKind.Keyword) && Values.TryGetValue(Word(cursor), out byte code))
        {
            cursor.Position++;
            type = new TextType(0, code - 0x80);
            return true;
        }

        if (cursor.TryOpen("ref"u8))
        {
            bool nullable = cursor.TryKeyword("null"u8);
            long heap = HeapType(cursor, types);
            cursor.ExpectClose();
            // "(ref null func)" and "funcref" are one type, so that they compare equal.
            type = nullable && heap < 0 ? new TextType(0, heap) : new TextType(nullable ? (byte)0x63 : (byte)0x64, heap);
            return true;
        }

        type = default;
        return false;
    }

    public static TextType ValueType(TextCursor cursor, TextIndexSpace types) =>
        TryValueType(cursor, types, out TextType type) ? type : throw cursor.Unexpected("a value type");

    public static TextType ReferenceType(TextCursor cursor, TextIndexSpace types)
    {
        int start = cursor.Position;
        if (TryValueType(cursor, types, out TextType type) && type.IsReference)
        {
            return type;
        }

        cursor.Position = start;
        throw cursor.Unexpected("a reference type");
    }

    /// <summary>A heap type as the signed number of the binary format: a type index, or an abstract type below zero.</summary>
    public static long HeapType(TextCursor cursor, TextIndexSpace types)
    {
        if (cursor.AtIndex)
        {
            return types.Resolve(cursor);
        }

        if (cursor.At(TokenKind.Keyword) && Heaps.TryGetValue(Word(cursor), out byte code))
        {
            cursor.Position++;
            return code - 0x80;
        }

        throw cursor.Unexpected("a heap type");
    }

    /// <summary>The word for a number, a vector, a packed integer or an abstract reference type that has null.</summary>
    public static string ValueWord(long code) => code switch
    {
        0x78 - 0x80 => "i8",
        0x77 - 0x80 => "i16",
        _ => ValueWords[code],
    };

    /// <summary>The word for what an abstract reference type refers to.</summary>
    public static string HeapWord(long code) => HeapWords[code];

    private static string Word(TextCursor cursor) => System.Text.Encoding.ASCII.GetString(cursor.Source.Slice(cursor.Current));
}
