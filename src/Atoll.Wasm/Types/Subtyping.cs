namespace Atoll.Wasm;

/// <summary>Matching of reference types (specification, "Matching").</summary>
internal static class Subtyping
{
    private const int Func = 0x70;
    private const int Extern = 0x6F;
    private const int Any = 0x6E;
    private const int Eq = 0x6D;
    private const int I31 = 0x6C;
    private const int Struct = 0x6B;
    private const int Array = 0x6A;
    private const int Exn = 0x69;
    private const int None = 0x71;
    private const int NoExtern = 0x72;
    private const int NoFunc = 0x73;
    private const int NoExn = 0x74;

    public static bool Matches(ValueType type, ValueType wanted)
    {
        if (!type.IsReference || !wanted.IsReference)
        {
            return type == wanted;
        }

        return (!type.IsNullable || wanted.IsNullable) && HeapMatches(type.WithNull, wanted.WithNull);
    }

    /// <summary>The type at the top of a reference type's hierarchy, null included.</summary>
    public static ValueType TopOf(ValueType type) => new(HeapOf(type.WithNull) switch
    {
        Func or NoFunc => Func,
        Extern or NoExtern => Extern,
        Exn or NoExn => Exn,
        _ => Any,
    });

    private static bool HeapMatches(ValueType type, ValueType wanted)
    {
        if (type == wanted)
        {
            return true;
        }

        if (wanted.IsDefined)
        {
            return type.IsDefined
                ? DefinedType.Find(type.DefinedId) is { } sub && DefinedType.Find(wanted.DefinedId) is { } super && sub.IsSubtypeOf(super)
                : type.Code == (HeapOf(wanted) == Func ? NoFunc : None);
        }

        int heap = HeapOf(type);
        return wanted.Code == heap || wanted.Code switch
        {
            Func => heap == NoFunc,
            Extern => heap == NoExtern,
            Exn => heap == NoExn,
            Any => heap is Eq or I31 or Struct or Array or None,
            Eq => heap is I31 or Struct or Array or None,
            I31 or Struct or Array => heap == None,
            _ => false,
        };
    }

    /// <summary>The abstract type itself, or the one that a defined type's kind stands for.</summary>
    private static int HeapOf(ValueType type) => !type.IsDefined ? (int)type.Code : DefinedType.Find(type.DefinedId)?.Kind switch
    {
        CompositeKind.Struct => Struct,
        CompositeKind.Array => Array,
        _ => Func,
    };
}
