using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Atoll.Components.Types;
using Atoll.Wasm;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Components.Validation;

/// <summary>The core types that values are passed as ("Canonical ABI", "Flattening").</summary>
internal static class Flattening
{
    public const int MaxParameters = 16;
    public const int MaxAsyncParameters = 4;
    public const int MaxResults = 1;

    /// <summary>The flat types of a value type; of one that has more than fit into parameters, the first <see cref="MaxParameters"/> and one more.</summary>
    public static ImmutableArray<ValueType> Flatten(ComponentValueType type, bool is64)
    {
        // Racing threads make equal ones.
        ImmutableArray<ValueType> flat = type.Flat[is64 ? 1 : 0];
        if (flat.IsDefault)
        {
            List<ValueType> types = [];
            Append(type, types, is64);
            types.RemoveRange(Math.Min(types.Count, MaxParameters + 1), Math.Max(0, types.Count - MaxParameters - 1));
            flat = ImmutableCollectionsMarshal.AsImmutableArray(types.ToArray());
            type.Flat[is64 ? 1 : 0] = flat;
        }

        return flat;
    }

    /// <summary>The flat types of several values, or null when there are more than the limit.</summary>
    public static List<ValueType>? Flatten(IEnumerable<ComponentValueType> types, int limit, bool is64)
    {
        List<ValueType> result = [];
        foreach (ComponentValueType type in types)
        {
            foreach (ValueType flat in Flatten(type, is64))
            {
                result.Add(flat);
            }

            if (result.Count > limit)
            {
                return null;
            }
        }

        return result;
    }

    private static void Append(ComponentValueType type, List<ValueType> flat, bool is64)
    {
        ValueType pointer = is64 ? ValueType.I64 : ValueType.I32;
        switch (type)
        {
            case PrimitiveType { Kind: ComponentValueKind.String }:
            case ListType { Length: null }:
            case MapType:
                flat.Add(pointer);
                flat.Add(pointer);
                break;
            case PrimitiveType:
                flat.Add(OfPrimitive(type.Kind));
                break;
            case RecordType record:
                AppendAll(record.Fields.Select(f => f.Type), flat, is64);
                break;
            case TupleType tuple:
                AppendAll(tuple.Elements, flat, is64);
                break;
            case ListType list:
                AppendAll(Enumerable.Repeat(list.Element, (int)Math.Min(list.Length!.Value, MaxParameters + 1)), flat, is64);
                break;
            case VariantType variant:
                AppendVariant(variant.Cases.Select(c => c.Type), flat, is64);
                break;
            case OptionType option:
                AppendVariant([null, option.Value], flat, is64);
                break;
            case ResultType result:
                AppendVariant([result.Ok, result.Error], flat, is64);
                break;
            default:
                // Flags, enums, handles, streams and futures.
                flat.Add(ValueType.I32);
                break;
        }
    }

    private static ValueType OfPrimitive(ComponentValueKind kind) => kind switch
    {
        ComponentValueKind.S64 or ComponentValueKind.U64 => ValueType.I64,
        ComponentValueKind.F32 => ValueType.F32,
        ComponentValueKind.F64 => ValueType.F64,
        _ => ValueType.I32,
    };

    private static void AppendAll(IEnumerable<ComponentValueType> types, List<ValueType> flat, bool is64)
    {
        foreach (ComponentValueType type in types)
        {
            flat.AddRange(Flatten(type, is64));
            if (flat.Count > MaxParameters)
            {
                return;
            }
        }
    }

    /// <summary>A discriminant, then places wide enough for the values of all cases.</summary>
    private static void AppendVariant(IEnumerable<ComponentValueType?> cases, List<ValueType> flat, bool is64)
    {
        flat.Add(ValueType.I32);
        foreach (ComponentValueType? type in cases)
        {
            if (type is null)
            {
                continue;
            }

            ImmutableArray<ValueType> values = Flatten(type, is64);
            for (int i = 0; i < values.Length; i++)
            {
                if (i + 1 < flat.Count)
                {
                    flat[i + 1] = Join(flat[i + 1], values[i]);
                }
                else
                {
                    flat.Add(values[i]);
                }
            }
        }
    }

    private static ValueType Join(ValueType a, ValueType b)
    {
        if (a == b)
        {
            return a;
        }

        bool fits32 = (a == ValueType.I32 && b == ValueType.F32) || (a == ValueType.F32 && b == ValueType.I32);
        return fits32 ? ValueType.I32 : ValueType.I64;
    }
}
