using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>Structures, arrays and small integers as references (specification, "Aggregate Instructions").</content>
internal sealed partial class FunctionCompiler
{
    private void CompileHeap(ref WasmReader reader, Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.StructNew or Opcode.StructNewDefault: NewStruct((int)reader.ReadVarU32(), opcode == Opcode.StructNewDefault); break;
            case Opcode.StructGet or Opcode.StructGetS or Opcode.StructGetU:
                DefinedType type = _definition.Types[(int)reader.ReadVarU32()];
                GetField(type, (int)reader.ReadVarU32(), isSigned: opcode == Opcode.StructGetS);
                break;
            case Opcode.StructSet:
                type = _definition.Types[(int)reader.ReadVarU32()];
                SetField(type, (int)reader.ReadVarU32());
                break;
            case >= Opcode.ArrayNew and <= Opcode.ArrayInitElem: CompileArray(ref reader, opcode); break;
            case Opcode.RefTest or Opcode.RefTestNull: CompileTest(ref reader, opcode == Opcode.RefTestNull); break;
            case Opcode.RefCast or Opcode.RefCastNull: CompileCast(ref reader, opcode == Opcode.RefCastNull); break;
            case Opcode.BrOnCast or Opcode.BrOnCastFail: CompileCastBranch(ref reader, opcode == Opcode.BrOnCastFail); break;
            case Opcode.AnyConvertExtern or Opcode.ExternConvertAny: break; // Both hierarchies hold the same objects.
            case Opcode.RefI31: CallOnOperands(nameof(GuestRuntime.MakeI31), 1, LocalKind.Reference); break;
            case Opcode.I31GetS: CallOnOperands(nameof(GuestRuntime.I31GetS), 1, LocalKind.I32); break;
            case Opcode.I31GetU: CallOnOperands(nameof(GuestRuntime.I31GetU), 1, LocalKind.I32); break;
            default: throw new System.Diagnostics.UnreachableException($"no code for {opcode}");
        }
    }

    private void NewStruct(int typeIndex, bool areDefault)
    {
        DefinedType type = _definition.Types[typeIndex];
        StructLayout layout = StructLayout.Of(type);
        SpillAll();
        LoadContext();
        _il.LoadInt32(typeIndex);
        _il.LoadInt32(layout.Bytes);
        CallHelper(layout.Level > HeapStruct.Levels ? nameof(GuestRuntime.NewStructMany) : $"NewStruct{layout.Level}");
        if (areDefault || type.Fields.IsEmpty)
        {
            PushStack(LocalKind.Reference);
            return;
        }

        int made = AllocateTemp(LocalKind.Reference);
        _il.StoreLocal(made);
        int first = _stack.Count - type.Fields.Length;
        for (int i = 0; i < type.Fields.Length; i++)
        {
            Entry value = _stack[first + i];
            if (value is { Kind: EntryKind.Const, Bits: 0 } && !type.Fields[i].Storage.IsVector)
            {
                // What .NET makes is zero and null.
                continue;
            }

            EmitFieldStore(type, i, () => _il.LoadLocal(made), () => Peek(value));
        }

        Truncate(first);
        PushTemp(LocalKind.Reference, made);
    }

    private void SetField(DefinedType type, int field)
    {
        Entry value = PopOffStack();
        SpillAll();
        int target = AllocateTemp(LocalKind.Reference);
        LoadOperands(1);
        CallHelper(nameof(GuestRuntime.NotNullStruct));
        _il.StoreLocal(target);
        EmitFieldStore(type, field, () => _il.LoadLocal(target), () => Peek(value));
        Release(value);
        FreeTemp(LocalKind.Reference, target);
    }

    /// <summary>Stores to a field; both actions may be used twice.</summary>
    private void EmitFieldStore(DefinedType type, int field, Action loadTarget, Action loadValue)
    {
        ValueType storage = type.Fields[field].Storage;
        StructLayout.Place place = StructLayout.Of(type).Places[field];
        if (storage.IsReference)
        {
            loadTarget();
            if (place.Slot < HeapStruct.Levels)
            {
                loadValue();
                _il.Emit(Il.Stfld, SlotField("R", place.Slot));
                return;
            }

            _il.Emit(Il.Ldfld, _module.Field(typeof(HeapStructMany), nameof(HeapStructMany.References)));
            _il.LoadInt32(place.Slot - HeapStruct.Levels);
            loadValue();
            _il.Emit(Il.StelemRef);
            return;
        }

        if (storage.IsVector)
        {
            loadTarget();
            EmitWordAddress(place);
            loadValue();
            CallHelper(nameof(GuestRuntime.LowWord));
            _il.Emit(Il.StindI8);
            loadTarget();
            EmitWordAddress(place with { Slot = place.Slot + 1 });
            loadValue();
            CallHelper(nameof(GuestRuntime.HighWord));
            _il.Emit(Il.StindI8);
            return;
        }

        loadTarget();
        EmitWordAddress(place);
        loadValue();
        _il.Emit(storage.Code switch
        {
            0x78 => Il.StindI1,
            0x77 => Il.StindI2,
            _ => StoreIndirect(LocalKinds.Of(storage)),
        });
    }

    private void GetField(DefinedType type, int field, bool isSigned)
    {
        ValueType storage = type.Fields[field].Storage;
        StructLayout.Place place = StructLayout.Of(type).Places[field];
        int depth = LoadOperands(1);
        CallHelper(nameof(GuestRuntime.NotNullStruct));
        if (storage.IsReference)
        {
            LoadReferenceField(place.Slot);
        }
        else if (storage.IsVector)
        {
            int target = AllocateTemp(LocalKind.Reference);
            _il.StoreLocal(target);
            _il.LoadLocal(target);
            EmitWordAddress(place);
            _il.Emit(Il.LdindI8);
            _il.LoadLocal(target);
            EmitWordAddress(place with { Slot = place.Slot + 1 });
            _il.Emit(Il.LdindI8);
            CallHelper(nameof(GuestRuntime.JoinWords));
            FreeTemp(LocalKind.Reference, target);
        }
        else
        {
            EmitWordAddress(place);
            _il.Emit(storage.Code switch
            {
                0x78 => isSigned ? Il.LdindI1 : Il.LdindU1,
                0x77 => isSigned ? Il.LdindI2 : Il.LdindU2,
                0x7F => Il.LdindI4,
                0x7E => Il.LdindI8,
                0x7D => Il.LdindR4,
                _ => Il.LdindR8,
            });
        }

        PushStack(LocalKinds.Of(storage.Unpacked), depth + 1);
    }

    private void LoadReferenceField(int slot)
    {
        if (slot < HeapStruct.Levels)
        {
            _il.Emit(Il.Ldfld, SlotField("R", slot));
            return;
        }

        _il.Emit(Il.Ldfld, _module.Field(typeof(HeapStructMany), nameof(HeapStructMany.References)));
        _il.LoadInt32(slot - HeapStruct.Levels);
        _il.Emit(Il.LdelemRef);
    }

    /// <summary>Replaces the structure on IL's stack by the address of one of its numbers.</summary>
    private void EmitWordAddress(StructLayout.Place place)
    {
        if (place.Slot < HeapStruct.Levels)
        {
            _il.Emit(Il.Ldflda, SlotField("D", place.Slot));
        }
        else
        {
            _il.Emit(Il.Ldfld, _module.Field(typeof(HeapStructMany), nameof(HeapStructMany.Words)));
            _il.LoadInt32(place.Slot - HeapStruct.Levels);
            _il.Emit(Il.Ldelema, _module.TypeToken(typeof(ulong)));
        }

        if (place.Offset != 0)
        {
            _il.LoadInt32(place.Offset);
            _il.Emit(Il.Add);
        }
    }

    private int SlotField(string letter, int slot) => _module.Field(SlotClasses[slot], $"{letter}{slot}");

    private static readonly Type[] SlotClasses =
    [
        typeof(HeapStruct1), typeof(HeapStruct2), typeof(HeapStruct3), typeof(HeapStruct4),
        typeof(HeapStruct5), typeof(HeapStruct6), typeof(HeapStruct7), typeof(HeapStruct8),
    ];

    private void CompileArray(ref WasmReader reader, Opcode opcode)
    {
        if (opcode == Opcode.ArrayLen)
        {
            CallOnOperands(nameof(GuestRuntime.ArrayLength), 1, LocalKind.I32);
            return;
        }

        int type = (int)reader.ReadVarU32();
        ValueType storage = _definition.Types[type].Element.Storage;
        string suffix = ArraySuffix(storage);
        switch (opcode)
        {
            case Opcode.ArrayGet: CallOnOperands($"ArrayGet{suffix}", 2, LocalKinds.Of(storage)); break;
            case Opcode.ArrayGetS: CallOnOperands($"ArrayGetS{suffix}", 2, LocalKind.I32); break;
            case Opcode.ArrayGetU: CallOnOperands($"ArrayGetU{suffix}", 2, LocalKind.I32); break;
            case Opcode.ArraySet: CallOnOperands($"ArraySet{suffix}", 3, null); break;
            case Opcode.ArrayNew: RuntimeCall($"NewArray{suffix}", 2, LocalKind.Reference, type); break;
            case Opcode.ArrayNewDefault: RuntimeCall(nameof(GuestRuntime.NewArrayDefault), 1, LocalKind.Reference, type); break;
            case Opcode.ArrayNewFixed: NewFixedArray(type, (int)reader.ReadVarU32(), $"ArraySet{suffix}"); break;
            case Opcode.ArrayNewData: RuntimeCall(nameof(GuestRuntime.NewArrayData), 2, LocalKind.Reference, type, (int)reader.ReadVarU32()); break;
            case Opcode.ArrayNewElem: RuntimeCall(nameof(GuestRuntime.NewArrayElements), 2, LocalKind.Reference, type, (int)reader.ReadVarU32()); break;
            case Opcode.ArrayFill: RuntimeCall($"ArrayFill{suffix}", 4, null); break;
            case Opcode.ArrayCopy:
                reader.ReadVarU32();
                RuntimeCall(nameof(GuestRuntime.ArrayCopy), 5, null);
                break;
            case Opcode.ArrayInitData: RuntimeCall(nameof(GuestRuntime.ArrayInitData), 4, null, (int)reader.ReadVarU32()); break;
            default: RuntimeCall(nameof(GuestRuntime.ArrayInitElements), 4, null, (int)reader.ReadVarU32()); break;
        }
    }

    private void NewFixedArray(int type, int count, string set)
    {
        SpillAll();
        FlushFuel();
        SaveFuel();
        LoadContext();
        _il.LoadInt32(count);
        _il.LoadInt32(type);
        CallHelper(nameof(GuestRuntime.NewArrayDefault));
        ReloadFuel();
        int made = AllocateTemp(LocalKind.Reference);
        _il.StoreLocal(made);
        int first = _stack.Count - count;
        for (int i = 0; i < count; i++)
        {
            _il.LoadLocal(made);
            _il.LoadInt32(i);
            Peek(_stack[first + i]);
            CallHelper(set);
        }

        Truncate(first);
        PushTemp(LocalKind.Reference, made);
    }

    /// <summary>The end of the names of the methods that work on arrays of a storage type.</summary>
    private static string ArraySuffix(ValueType storage) => storage.Code switch
    {
        0x78 => "I8",
        0x77 => "I16",
        0x7F => "I32",
        0x7E => "I64",
        0x7D => "F32",
        0x7C => "F64",
        0x7B => "V128",
        _ => "Ref",
    };
}
