using Atoll.Wasm;
using Atoll.Wasm.Execution;

namespace Atoll.Reference.Comparison;

/// <summary>Values of the one side as values of the other.</summary>
internal static class Values
{
    /// <summary>An engine's value; of references to functions it is only kept whether they are null.</summary>
    public static Slot FromEngine(Value value)
    {
        if (value.Type.IsReference)
        {
            return Slot.Ref(value.Reference);
        }

        return new Slot(Slot.KindOf(value.Type), new UInt128(value.High, value.Low));
    }

    /// <summary>A value for the engine. References are null or an object of the host.</summary>
    public static Value ToEngine(Slot slot, Wasm.ValueType type) => slot.Kind switch
    {
        SlotKind.I32 => Value.I32((int)slot.AsI32),
        SlotKind.I64 => Value.I64((long)slot.AsI64),
        SlotKind.F32 => Value.F32Bits(slot.AsI32),
        SlotKind.F64 => Value.F64Bits(slot.AsI64),
        SlotKind.V128 => Value.V128((ulong)slot.Bits, (ulong)(slot.Bits >> 64)),
        _ when slot.Reference is null => Value.Default(type),
        _ when slot.Reference is SmallInteger number => new Value(type, 0, 0, I31.Of((int)number.Bits)),
        _ when slot.Reference is FunctionInstance or StructObject or ArrayObject or ExceptionObject =>
            throw new ArgumentException("an object of the interpreter is none for the engine"),
        _ => new Value(type, 0, 0, slot.Reference),
    };

    /// <summary>Same bits. Sign and payload of a NaN are open (specification, "NaN Propagation"), but not whether it is signalling.</summary>
    public static bool Same(Slot reference, Slot engine)
    {
        if (reference.Kind != engine.Kind)
        {
            return false;
        }

        return reference.Kind switch
        {
            SlotKind.F32 => SameFloat((ulong)reference.Bits, (ulong)engine.Bits, 32),
            SlotKind.F64 => SameFloat((ulong)reference.Bits, (ulong)engine.Bits, 64),
            SlotKind.V128 => reference.Bits == engine.Bits || SameLanes(reference.Bits, engine.Bits, 32) || SameLanes(reference.Bits, engine.Bits, 64),
            SlotKind.Reference => SameReference(reference.Reference, engine.Reference),
            _ => reference.Bits == engine.Bits,
        };
    }

    /// <summary>Both null, both functions, objects or exceptions of the same type, equal small integers, or the same object of the host.</summary>
    public static bool SameReference(object? reference, object? engine) => reference switch
    {
        FunctionInstance function => engine is Function other && other.Defined == function.Defined,
        SmallInteger number => engine is I31 other && ((uint)other.Value & 0x7FFF_FFFF) == number.Bits,
        StructObject made => engine is HeapStruct other && other.Token.Type == made.Type,
        ArrayObject made => engine is HeapArray other && other.Token.Type == made.Type && SameElements(made, other),
        ExceptionObject thrown => engine is ExceptionInstance other && thrown.Values.Length == other.Values.Length
            && thrown.Values.Zip(other.Values, (left, right) => Same(left, FromEngine(right))).All(same => same),
        _ => Equals(reference, engine),
    };

    /// <summary>Numbers only: what references lead to may be a circle.</summary>
    private static bool SameElements(ArrayObject reference, HeapArray engine) => reference.Elements.Length == engine.Length
        && (reference.Type.Element.Storage.IsReference || Enumerable.Range(0, engine.Length).All(i => Same(reference.Elements[i], FromEngine(engine.ValueAt(i)))));

    private static bool SameLanes(UInt128 reference, UInt128 engine, int bits) =>
        Numerics.Lanes.Split(reference, bits).Zip(Numerics.Lanes.Split(engine, bits)).All(pair => SameFloat(pair.First, pair.Second, bits));

    private static bool SameFloat(ulong reference, ulong engine, int bits)
    {
        ulong quiet = bits == 32 ? 0x40_0000UL : 0x8_0000_0000_0000UL;
        return reference == engine || (IsNaN(reference, bits) && IsNaN(engine, bits) && (reference & quiet) == (engine & quiet));
    }

    private static bool IsNaN(ulong value, int bits) =>
        bits == 32 ? float.IsNaN(Numerics.Lanes.F32(value)) : double.IsNaN(Numerics.Lanes.F64(value));
}
