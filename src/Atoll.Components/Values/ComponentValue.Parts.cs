using Atoll.Components.Types;

namespace Atoll.Components;

/// <content>The parts as generated code makes and reads them.</content>
public readonly partial struct ComponentValue
{
    internal ulong Bits => _bits;

    internal object? Object => _object;

    /// <summary>The elements of a list, tuple or map.</summary>
    internal ComponentValue[] Elements => _object is byte[] bytes ? Array.ConvertAll(bytes, U8) : (ComponentValue[])_object!;

    /// <summary>A number, character or truth value by its bits.</summary>
    internal static ComponentValue OfBits(ComponentValueKind kind, ulong bits) => new(kind, bits);

    internal static ComponentValue OfList(ComponentValue[] elements) => new(ComponentValueKind.List, 0, elements);

    internal static ComponentValue OfBytes(byte[] bytes) => new(ComponentValueKind.List, 0, bytes);

    internal static ComponentValue OfMap(ComponentValue[] pairs) => new(ComponentValueKind.Map, 0, pairs);

    internal static ComponentValue OfTuple(ComponentValue[] elements) => new(ComponentValueKind.Tuple, 0, elements);

    internal static ComponentValue OfRecord(FieldNames names, ComponentValue[] values) => new(ComponentValueKind.Record, 0, new RecordValue(names, values));

    internal static ComponentValue OfFlags(string[] names) => new(ComponentValueKind.Flags, 0, names);

    internal ComponentValue Expect(ComponentValueKind kind) => Kind == kind ? this : throw Wrong(kind);

    internal InvalidOperationException Wrong(ComponentValueKind wanted) => new($"the value is a {Name(Kind)}, not a {Name(wanted)}");

    private ComponentValue ExpectInteger() => Kind is >= ComponentValueKind.S8 and <= ComponentValueKind.U64 ? this : throw Wrong(ComponentValueKind.S64);

    private static bool IsSigned(ComponentValueKind kind) =>
        kind is ComponentValueKind.S8 or ComponentValueKind.S16 or ComponentValueKind.S32 or ComponentValueKind.S64;

    private static string Name(ComponentValueKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>Names of the fields of a record; one object for all values of a type.</summary>
    internal sealed class FieldNames(string[] names)
    {
        public string[] Names { get; } = names;
    }

    internal sealed class RecordValue(FieldNames names, ComponentValue[] values)
    {
        public FieldNames Names { get; } = names;

        public ComponentValue[] Values { get; } = values;

        public bool Equals(RecordValue other)
        {
            if (Values.Length != other.Values.Length)
            {
                return false;
            }

            for (int i = 0; i < Values.Length; i++)
            {
                int index = other.Names.Names[i] == Names.Names[i] ? i : Array.IndexOf(other.Names.Names, Names.Names[i]);
                if (index < 0 || Values[i] != other.Values[index])
                {
                    return false;
                }
            }

            return true;
        }
    }

    internal sealed record CaseValue(string Name, Box? Payload);

    internal sealed record Box(ComponentValue Value);
}
