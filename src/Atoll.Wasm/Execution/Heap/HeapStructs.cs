namespace Atoll.Wasm.Execution;

/// <summary>Structures as those see them who know their type only at run time: constant expressions and the host.</summary>
internal static class HeapStructs
{
    public static HeapStruct New(InstanceContext context, int type)
    {
        StructLayout layout = StructLayout.Of(context.Types[type]);
        return layout.Level switch
        {
            0 => GuestRuntime.NewStruct0(context, type, layout.Bytes),
            1 => GuestRuntime.NewStruct1(context, type, layout.Bytes),
            2 => GuestRuntime.NewStruct2(context, type, layout.Bytes),
            3 => GuestRuntime.NewStruct3(context, type, layout.Bytes),
            4 => GuestRuntime.NewStruct4(context, type, layout.Bytes),
            5 => GuestRuntime.NewStruct5(context, type, layout.Bytes),
            6 => GuestRuntime.NewStruct6(context, type, layout.Bytes),
            7 => GuestRuntime.NewStruct7(context, type, layout.Bytes),
            8 => GuestRuntime.NewStruct8(context, type, layout.Bytes),
            _ => GuestRuntime.NewStructMany(context, type, layout.Bytes),
        };
    }

    /// <summary>Sets a field to a value of its type.</summary>
    public static void Set(HeapStruct target, int field, Value value)
    {
        DefinedType type = target.Token.Type;
        ValueType storage = type.Fields[field].Storage;
        StructLayout.Place place = StructLayout.Of(type).Places[field];
        if (storage.IsReference)
        {
            Reference(target, place.Slot) = value.Reference;
            return;
        }

        if (storage.IsVector)
        {
            Word(target, place.Slot) = value.Low;
            Word(target, place.Slot + 1) = value.High;
            return;
        }

        int size = StructLayout.SizeOf(storage);
        ulong mask = size == 8 ? ulong.MaxValue : (1UL << (size * 8)) - 1;
        ref ulong word = ref Word(target, place.Slot);
        word = (word & ~(mask << (place.Offset * 8))) | ((value.Low & mask) << (place.Offset * 8));
    }

    private static ref object? Reference(HeapStruct target, int slot)
    {
        switch (slot)
        {
            case 0: return ref ((HeapStruct1)target).R0;
            case 1: return ref ((HeapStruct2)target).R1;
            case 2: return ref ((HeapStruct3)target).R2;
            case 3: return ref ((HeapStruct4)target).R3;
            case 4: return ref ((HeapStruct5)target).R4;
            case 5: return ref ((HeapStruct6)target).R5;
            case 6: return ref ((HeapStruct7)target).R6;
            case 7: return ref ((HeapStruct8)target).R7;
            default: return ref ((HeapStructMany)target).References[slot - HeapStruct.Levels];
        }
    }

    private static ref ulong Word(HeapStruct target, int slot)
    {
        switch (slot)
        {
            case 0: return ref ((HeapStruct1)target).D0;
            case 1: return ref ((HeapStruct2)target).D1;
            case 2: return ref ((HeapStruct3)target).D2;
            case 3: return ref ((HeapStruct4)target).D3;
            case 4: return ref ((HeapStruct5)target).D4;
            case 5: return ref ((HeapStruct6)target).D5;
            case 6: return ref ((HeapStruct7)target).D6;
            case 7: return ref ((HeapStruct8)target).D7;
            default: return ref ((HeapStructMany)target).Words[slot - HeapStruct.Levels];
        }
    }
}
