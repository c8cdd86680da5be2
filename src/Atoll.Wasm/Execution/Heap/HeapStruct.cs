using System.Collections.Immutable;

namespace Atoll.Wasm.Execution;

// Structures in a chain of classes: each level adds one reference and eight bytes of numbers. A field's place depends only on the fields before
// it, so that it is the same in all sub types, and a class with room for more is one further down the chain.
internal class HeapStruct(HeapToken token) : HeapObject(token)
{
    /// <summary>Levels of the chain; what does not fit lies in arrays of the last one.</summary>
    public const int Levels = 8;
}

internal class HeapStruct1(HeapToken token) : HeapStruct(token)
{
    internal object? R0;
    internal ulong D0;
}

internal class HeapStruct2(HeapToken token) : HeapStruct1(token)
{
    internal object? R1;
    internal ulong D1;
}

internal class HeapStruct3(HeapToken token) : HeapStruct2(token)
{
    internal object? R2;
    internal ulong D2;
}

internal class HeapStruct4(HeapToken token) : HeapStruct3(token)
{
    internal object? R3;
    internal ulong D3;
}

internal class HeapStruct5(HeapToken token) : HeapStruct4(token)
{
    internal object? R4;
    internal ulong D4;
}

internal class HeapStruct6(HeapToken token) : HeapStruct5(token)
{
    internal object? R5;
    internal ulong D5;
}

internal class HeapStruct7(HeapToken token) : HeapStruct6(token)
{
    internal object? R6;
    internal ulong D6;
}

internal class HeapStruct8(HeapToken token) : HeapStruct7(token)
{
    internal object? R7;
    internal ulong D7;
}

/// <summary>A structure whose fields do not fit the chain.</summary>
internal sealed class HeapStructMany(HeapToken token, int references, int words) : HeapStruct8(token)
{
    internal readonly object?[] References = references == 0 ? [] : new object?[references];
    internal readonly ulong[] Words = words == 0 ? [] : new ulong[words];
}

/// <summary>Where the fields of a structure type lie. Computed once for each type.</summary>
internal sealed class StructLayout
{
    private StructLayout(ImmutableArray<FieldType> fields)
    {
        Places = new Place[fields.Length];
        int bytes = 0;
        for (int i = 0; i < fields.Length; i++)
        {
            ValueType storage = fields[i].Storage;
            if (storage.IsReference)
            {
                Places[i] = new Place(References++, 0);
                continue;
            }

            int size = SizeOf(storage);
            int alignment = Math.Min(size, 8);
            bytes = (bytes + alignment - 1) / alignment * alignment;
            Places[i] = new Place(bytes / 8, bytes % 8);
            bytes += size;
        }

        Words = (bytes + 7) / 8;
        Level = Math.Max(References, Words);
        Bytes = 24 + (16 * Math.Min(Level, HeapStruct.Levels));
        if (Level > HeapStruct.Levels)
        {
            Bytes += 64 + (8 * (Math.Max(0, References - HeapStruct.Levels) + Math.Max(0, Words - HeapStruct.Levels)));
        }

        // A reference may keep a boxed small integer, which is nobody else's.
        Bytes += 24 * fields.Count(f => f.Storage.IsReference && ValueType.I31Ref.WithoutNull.Matches(f.Storage));
    }

    /// <param name="Slot">Number of the reference, or of the word of eight bytes.</param>
    /// <param name="Offset">Bytes into the word.</param>
    public readonly record struct Place(int Slot, int Offset);

    public Place[] Places { get; }

    public int References { get; }

    public int Words { get; }

    /// <summary>Number of the class in the chain; above <see cref="HeapStruct.Levels"/> for <see cref="HeapStructMany"/>.</summary>
    public int Level { get; }

    /// <summary>What an object is charged with.</summary>
    public int Bytes { get; }

    public static StructLayout Of(DefinedType type) => type.Layout ??= new StructLayout(type.Fields);

    public static int SizeOf(ValueType storage) => storage.Code switch
    {
        0x78 => 1,
        0x77 => 2,
        0x7F or 0x7D => 4,
        0x7B => 16,
        _ => 8,
    };
}
