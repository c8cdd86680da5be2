using Atoll.Wasm;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Reference;

/// <summary>Matching of types, and the types of values (specification, "Validation / Matching" and "Execution / Values").</summary>
internal static class Matching
{
    /// <summary>The abstract heap types right above each one.</summary>
    private static readonly Dictionary<ValueType, ValueType[]> Above = new()
    {
        [ValueType.EqRef] = [ValueType.AnyRef],
        [ValueType.I31Ref] = [ValueType.EqRef],
        [ValueType.StructRef] = [ValueType.EqRef],
        [ValueType.ArrayRef] = [ValueType.EqRef],
        [ValueType.NullRef] = [ValueType.I31Ref, ValueType.StructRef, ValueType.ArrayRef],
        [ValueType.NullFuncRef] = [ValueType.FuncRef],
        [ValueType.NullExternRef] = [ValueType.ExternRef],
        [ValueType.NullExnRef] = [ValueType.ExnRef],
    };

    public static bool Matches(ValueType type, ValueType wanted) =>
        type == wanted || (type.IsReference && wanted.IsReference && (wanted.IsNullable || !type.IsNullable) && HeapMatches(type.WithNull, wanted.WithNull));

    public static bool Matches(DefinedType type, DefinedType wanted)
    {
        for (DefinedType? candidate = type; candidate is not null; candidate = candidate.Super)
        {
            if (candidate == wanted)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a reference is of a reference type. It is of the same hierarchy, because the module is valid.</summary>
    public static bool IsOf(object? reference, ValueType type) => reference is null ? type.IsNullable : HeapMatches(TypeOf(reference, type), type.WithNull);

    /// <summary>
    /// The most special type of a reference that is not null. Conversion between the hierarchies of <c>any</c> and <c>extern</c> leaves a reference what
    /// it is here, so that its static type says in which it is; in that of <c>extern</c> nothing is known of it.
    /// </summary>
    private static ValueType TypeOf(object reference, ValueType seenAs) => reference switch
    {
        _ when HeapMatches(seenAs.WithNull, ValueType.ExternRef) => ValueType.ExternRef,
        FunctionInstance function => ValueType.ReferenceTo(function.Defined, isNullable: true),
        StructObject made => ValueType.ReferenceTo(made.Type, isNullable: true),
        ArrayObject made => ValueType.ReferenceTo(made.Type, isNullable: true),
        SmallInteger => ValueType.I31Ref,
        ExceptionObject => ValueType.ExnRef,
        _ => ValueType.AnyRef,
    };

    private static bool HeapMatches(ValueType type, ValueType wanted)
    {
        if (type == wanted)
        {
            return true;
        }

        if (type.IsDefined)
        {
            DefinedType defined = DefinedType.Find(type.DefinedId)!;
            if (wanted.IsDefined)
            {
                return Matches(defined, DefinedType.Find(wanted.DefinedId)!);
            }

            return HeapMatches(Kind(defined), wanted);
        }

        if (wanted.IsDefined)
        {
            return type == (DefinedType.Find(wanted.DefinedId)!.Kind == CompositeKind.Function ? ValueType.NullFuncRef : ValueType.NullRef);
        }

        return Above.TryGetValue(type, out ValueType[]? above) && above.Any(next => HeapMatches(next, wanted));
    }

    private static ValueType Kind(DefinedType type) => type.Kind switch
    {
        CompositeKind.Function => ValueType.FuncRef,
        CompositeKind.Struct => ValueType.StructRef,
        _ => ValueType.ArrayRef,
    };
}
