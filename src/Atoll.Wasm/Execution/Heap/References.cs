namespace Atoll.Wasm.Execution;

/// <summary>What the object behind a reference is, for those who do not know its type statically: the host, and imports.</summary>
internal static class References
{
    /// <summary>Whether a reference is of a type of its own hierarchy ("Execution / Values", the types of references).</summary>
    public static bool IsOf(object? reference, ValueType type)
    {
        if (reference is null)
        {
            return type.IsNullable;
        }

        if (type.IsDefined)
        {
            return DefinedType.Find(type.DefinedId) is { } wanted && reference switch
            {
                HeapObject heap => heap.Token.Type.IsSubtypeOf(wanted),
                Function function => function.Defined.IsSubtypeOf(wanted),
                _ => false,
            };
        }

        return type.WithNull.Code switch
        {
            0x70 => reference is Function,
            0x6F or 0x6E => true,
            0x69 => reference is ExceptionInstance,
            0x6D => reference is HeapObject or I31,
            0x6C => reference is I31,
            0x6B => reference is HeapStruct,
            0x6A => reference is HeapArray,
            _ => false,
        };
    }

    /// <summary>The store that a reference must not leave; null where it may go anywhere.</summary>
    public static Store? StoreOf(object? reference) => reference switch
    {
        Function function => function.Store,
        HeapObject heap => heap.Token.Heap.Store,
        ExceptionInstance exception => exception.Tag.Store,
        _ => null,
    };
}
