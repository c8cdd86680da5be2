using System.Collections.Immutable;
using Atoll.Components.Types;
using Atoll.Components.Validation;

namespace Atoll.Components.Abi;

/// <summary>How values lie in memory and in core values (CanonicalABI.md, "Despecialization", "Alignment", "Element Size", "Flattening").</summary>
/// <remarks>Pointers and lengths take 4 bytes or, where the memory has 64-bit addresses, 8 (<c>ptr_type</c>).</remarks>
internal static class Layout
{
    /// <summary>Fields of a record or tuple.</summary>
    public static ImmutableArray<ComponentValueType> Fields(ComponentValueType type) => type switch
    {
        RecordType record => [.. record.Fields.Select(field => field.Type)],
        TupleType tuple => tuple.Elements,
        _ => throw new InvalidOperationException($"{type.Kind} has no fields"),
    };

    /// <summary>Cases of all types that are variants when they are despecialized; null where a case has no payload.</summary>
    public static ImmutableArray<ComponentValueType?> Cases(ComponentValueType type) => type switch
    {
        VariantType variant => [.. variant.Cases.Select(item => item.Type)],
        EnumType names => [.. names.Names.Select(_ => (ComponentValueType?)null)],
        OptionType option => [null, option.Value],
        ResultType result => [result.Ok, result.Error],
        _ => throw new InvalidOperationException($"{type.Kind} has no cases"),
    };

    public static bool IsVariant(ComponentValueType type) =>
        type.Kind is ComponentValueKind.Variant or ComponentValueKind.Enum or ComponentValueKind.Option or ComponentValueKind.Result;

    public static bool IsRecord(ComponentValueType type) => type.Kind is ComponentValueKind.Record or ComponentValueKind.Tuple;

    public static uint Alignment(ComponentValueType type, bool is64 = false) => Measure(type, is64).Alignment;

    public static uint ElemSize(ComponentValueType type, bool is64 = false) => Measure(type, is64).Size;

    /// <summary>Bytes of a pointer or length (<c>ptr_size</c>).</summary>
    public static uint PointerSize(bool is64) => is64 ? 8u : 4u;

    public static uint AlignTo(uint offset, uint alignment) => (offset + alignment - 1) & ~(alignment - 1);

    /// <summary>Bytes of the number that tells the case: 1, 2 or 4.</summary>
    public static uint DiscriminantSize(int cases) => cases <= 1 << 8 ? 1u : cases <= 1 << 16 ? 2u : 4u;

    /// <summary>Bytes of flags: 1, 2 or 4.</summary>
    public static uint FlagsSize(int count) => count <= 8 ? 1u : count <= 16 ? 2u : 4u;

    /// <summary>Offset of a variant's payload.</summary>
    public static uint PayloadOffset(ImmutableArray<ComponentValueType?> cases, bool is64 = false) =>
        AlignTo(DiscriminantSize(cases.Length), cases.Max(item => item is null ? 1 : Alignment(item, is64)));

    /// <summary>The core values that a value is passed as where pointers have 32 bits (<c>flatten_type</c>).</summary>
    public static ImmutableArray<Wasm.ValueType> Flatten(ComponentValueType type) => Flattening.Flatten(type, is64: false);

    /// <summary>How many core values a value is passed as, whatever the width of pointers (<c>flatten_type</c>); of what does not fit into parameters, one more than fit.</summary>
    public static int FlatCount(ComponentValueType type) => Flatten(type).Length;

    private static (uint Size, uint Alignment) Measure(ComponentValueType type, bool is64)
    {
        // Types are immutable and shared; racing threads store the same.
        ref ulong known = ref type.Measures[is64 ? 1 : 0];
        if (known == 0)
        {
            (uint size, uint alignment) = MeasureAnew(type, is64);
            known = ((ulong)size << 32) | alignment;
        }

        return ((uint)(known >> 32), (uint)known);
    }

    private static (uint Size, uint Alignment) MeasureAnew(ComponentValueType type, bool is64)
    {
        switch (type.Kind)
        {
            case ComponentValueKind.Bool or ComponentValueKind.S8 or ComponentValueKind.U8:
                return (1, 1);
            case ComponentValueKind.S16 or ComponentValueKind.U16:
                return (2, 2);
            case ComponentValueKind.S64 or ComponentValueKind.U64 or ComponentValueKind.F64:
                return (8, 8);
            case ComponentValueKind.String or ComponentValueKind.Map:
                return (2 * PointerSize(is64), PointerSize(is64));
            case ComponentValueKind.List when ((ListType)type).Length is { } length:
                (uint elementSize, uint elementAlignment) = Measure(((ListType)type).Element, is64);
                return (checked(elementSize * length), elementAlignment);
            case ComponentValueKind.List:
                return (2 * PointerSize(is64), PointerSize(is64));
            case ComponentValueKind.Flags:
                uint flags = FlagsSize(((FlagsType)type).Names.Length);
                return (flags, flags);
            case ComponentValueKind.Record or ComponentValueKind.Tuple:
                uint end = 0;
                uint widest = 1;
                foreach (ComponentValueType field in Fields(type))
                {
                    (uint fieldSize, uint fieldAlignment) = Measure(field, is64);
                    end = checked(AlignTo(end, fieldAlignment) + fieldSize);
                    widest = Math.Max(widest, fieldAlignment);
                }

                return (AlignTo(end, widest), widest);
            case ComponentValueKind.Variant or ComponentValueKind.Enum or ComponentValueKind.Option or ComponentValueKind.Result:
                ImmutableArray<ComponentValueType?> cases = Cases(type);
                uint discriminant = DiscriminantSize(cases.Length);
                uint largest = cases.Max(item => item is null ? 0 : ElemSize(item, is64));
                uint strictest = Math.Max(discriminant, cases.Max(item => item is null ? 1 : Alignment(item, is64)));
                return (AlignTo(checked(PayloadOffset(cases, is64) + largest), strictest), strictest);
            default:
                return (4, 4);
        }
    }
}
