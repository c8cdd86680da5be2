using Atoll.Reference.Numerics;
using Atoll.Wasm.Text;

namespace Atoll.Reference.Scripts;

/// <summary>What scripts write for arguments and expected results.</summary>
internal static class Patterns
{
    public static Slot ToSlot(WastValue value) => value.Kind switch
    {
        WastValueKind.Number => new Slot(Slot.KindOf(value.Type!.Value), value.Bits!.Value),
        WastValueKind.Vector => Slot.V128(Lanes.Join([.. value.Alternatives!.Select(lane => lane.Bits!.Value)], 128 / value.Alternatives!.Length)),
        WastValueKind.RefNull => Slot.Null,
        WastValueKind.RefExtern or WastValueKind.RefHost => Slot.Ref(value.Bits),
        _ => throw new ArgumentException($"{value} is no value"),
    };

    public static bool Matches(Slot actual, WastValue expected) => expected.Kind switch
    {
        WastValueKind.Number => actual.Kind == Slot.KindOf(expected.Type!.Value) && actual.Bits == expected.Bits!.Value,
        WastValueKind.CanonicalNan or WastValueKind.ArithmeticNan => actual.Kind == Slot.KindOf(expected.Type!.Value) && IsNan(actual, expected.Kind),
        WastValueKind.Vector => actual.Kind == SlotKind.V128 && LanesMatch(actual.Bits, expected.Alternatives!),
        WastValueKind.RefNull => actual is { Kind: SlotKind.Reference, Reference: null },
        WastValueKind.RefExtern or WastValueKind.RefHost => actual is { Kind: SlotKind.Reference, Reference: not (null or FunctionInstance) }
            && (expected.Bits is null || expected.Bits.Equals(actual.Reference)),
        WastValueKind.RefOf => actual is { Kind: SlotKind.Reference, Reference: not null } && Matching.IsOf(actual.Reference, expected.Type!.Value),
        WastValueKind.RefFunc => actual is { Kind: SlotKind.Reference, Reference: FunctionInstance },
        WastValueKind.Either => expected.Alternatives!.Any(alternative => Matches(actual, alternative)),
        _ => false,
    };

    private static bool LanesMatch(UInt128 actual, WastValue[] expected)
    {
        int bits = 128 / expected.Length;
        return Lanes.Split(actual, bits).Zip(expected).All(pair => pair.Second.Kind == WastValueKind.Number
            ? pair.First == (pair.Second.Bits!.Value & Integers.Mask(bits))
            : Matches(new Slot(bits == 32 ? SlotKind.F32 : SlotKind.F64, pair.First), pair.Second));
    }

    /// <summary>The payload's top bit must be set; the canonical NaN has no other, and either sign.</summary>
    private static bool IsNan(Slot actual, WastValueKind kind)
    {
        (ulong quiet, ulong sign) = actual.Kind == SlotKind.F32 ? (0x7FC0_0000UL, 1UL << 31) : (0x7FF8_0000_0000_0000UL, 1UL << 63);
        return kind == WastValueKind.CanonicalNan ? ((ulong)actual.Bits & ~sign) == quiet : ((ulong)actual.Bits & quiet) == quiet;
    }
}
