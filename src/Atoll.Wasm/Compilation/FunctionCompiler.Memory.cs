using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>Memory accesses, globals, select, and the instructions that are calls into the runtime.</content>
internal sealed partial class FunctionCompiler
{
    private int MemoryBase(int memory)
    {
        if (_memoryBases[memory] < 0)
        {
            _memoryBases[memory] = AddLocal(LocalKind.Pointer);
        }

        return _memoryBases[memory];
    }

    private void LoadMemoryLength(int memory)
    {
        if (IsLengthKept(memory))
        {
            _il.LoadLocal(MemoryLength(memory));
        }
        else
        {
            EmitMemoryLength(_il, MemoryBase(memory), _definition.Memories[memory].IsShared);
        }
    }

    /// <summary>The complement of the length, or its lower half, from which a carry tells what is out of bounds.</summary>
    private void LoadMemoryBound(int memory, bool isNarrow)
    {
        if (IsLengthKept(memory))
        {
            _il.LoadLocal(MemoryLength(memory));
            _il.Emit(Il.Not);
            if (isNarrow)
            {
                _il.Emit(Il.ConvI4);
            }
        }
        else
        {
            EmitHeader(_il, MemoryBase(memory), 16, _definition.Memories[memory].IsShared, isNarrow ? Il.LdindI4 : Il.LdindI8);
        }
    }

    /// <summary>
    /// Nobody else can grow a memory while a function runs that calls nothing. A local spares the load that each store would force. But another
    /// thread can grow a shared memory at any time, and what it wrote there must be in reach of who learned of it.
    /// </summary>
    private bool IsLengthKept(int memory) => !_hasCalls && !_definition.Memories[memory].IsShared;

    private int MemoryLength(int memory)
    {
        if (_memoryLengths[memory] < 0)
        {
            MemoryBase(memory);
            _memoryLengths[memory] = AddLocal(LocalKind.I64);
        }

        return _memoryLengths[memory];
    }

    private static void EmitMemoryLength(IlBuffer il, int address, bool isVolatile = false) => EmitHeader(il, address, 8, isVolatile, Il.LdindI8);

    /// <summary>The length and its complement lie before the first byte (MemoryMapping).</summary>
    private static void EmitHeader(IlBuffer il, int address, int distance, bool isVolatile, Il load)
    {
        il.LoadLocal(address);
        il.LoadInt32(distance);
        il.Emit(Il.Sub);
        if (isVolatile)
        {
            il.Emit(Il.Volatile);
        }

        il.Emit(load);
    }

    private void CompileMemoryGrow(int memory)
    {
        bool wide = _definition.Memories[memory].Is64;
        RuntimeCall(wide ? nameof(GuestRuntime.MemoryGrowWide) : nameof(GuestRuntime.MemoryGrow), 1, wide ? LocalKind.I64 : LocalKind.I32, memory);
        if (!_hasCalls)
        {
            // Two imported memories may be one and the same.
            for (int i = 0; i < _memoryLengths.Length; i++)
            {
                EmitMemoryLength(_il, MemoryBase(i));
                _il.StoreLocal(MemoryLength(i));
            }
        }
    }

    private void CompileAccess(ref WasmReader reader, Opcode opcode)
    {
        (_, uint memoryIndex, ulong offset) = reader.ReadMemoryArgument();
        int memory = (int)memoryIndex;
        MemoryAccess access = MemoryAccess.Of(opcode);
        if (access.IsStore)
        {
            CompileStore(access, memory, offset);
            return;
        }

        PopAddress(memory, offset, access.Size, isWhole: access.Size == 1);
        if (_definition.Memories[memory].IsShared)
        {
            _il.EmitSharedPrefix();
        }

        _il.Emit(access.Load);
        if (access.Widen != 0)
        {
            _il.Emit(access.Widen);
        }

        PushStack(access.Type, 3);
        Hide(access.Type is LocalKind.F32 or LocalKind.F64 ? Hidden.All : Hidden.Nothing);
        Annotate(0, access.Range);
    }

    private void CompileStore(MemoryAccess access, int memory, ulong offset)
    {
        Entry value = Pop();
        if (value.Kind == EntryKind.Stack)
        {
            SpillTop(ref value);
        }

        PopAddress(memory, offset, access.Size, isWhole: true);
        Load(value);
        if (IsGuarded(memory))
        {
            // Else the JIT compiler makes one store of several that lie side by side: of two of which the second traps, the first must be seen.
            _il.Emit(Il.Volatile);
        }

        _il.Emit(access.Store);
    }

    /// <summary>Pops the address of an access and checks it; the native address ends up on IL's stack.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="offset">The constant that is added to the address.</param>
    /// <param name="size">Bytes that are accessed.</param>
    /// <param name="isWhole">Whether the access touches all of its bytes, or faults before it touches one, whatever becomes of its value.</param>
    private void PopAddress(int memory, ulong offset, int size, bool isWhole = false)
    {
        Entry address = Pop();
        bool isNowhere = offset >= MemoryMapping.LargestBytes;
        long extent = (long)offset + size;
        bool isGuarded = !isNowhere && IsGuarded(memory) && address.Kind != EntryKind.Const && extent <= MostProbed;
        bool isKnown = !isNowhere && (KnownExtent(address, memory) >= extent || IsCovered(address, memory, extent, isGuarded));
        if (!isNowhere && !isKnown && !(isGuarded && isWhole) && WidenCheck(address, memory, extent))
        {
            isKnown = true;
            NoteExtent(address, memory, extent);
        }

        if (isKnown && LoadByPointer(address, memory, extent))
        {
            AddDistance((long)offset);
            return;
        }

        if (address.Kind == EntryKind.Stack && !isKnown && !isGuarded && (isNowhere || _tracesMemory || IsLengthKept(memory)))
        {
            // The check will be a branch, and IL's stack has to be empty there.
            address = PopToTemp(address);
        }

        if (isNowhere)
        {
            EmitTrapAlways(memory);
        }
        else if (!isKnown && isGuarded)
        {
            EmitProbe(address, memory, extent, isWhole);
        }
        else if (!isKnown)
        {
            EmitCheck(address, memory, extent);
            if (KeepPointer(address, memory))
            {
                AddDistance((long)offset);
                return;
            }
        }

        EmitAddress(address, memory, offset);
    }

    /// <summary>Adds to the native address on IL's stack.</summary>
    private void AddDistance(long distance)
    {
        if (distance != 0)
        {
            _il.LoadInt64(distance);
            _il.Emit(Il.Add);
        }
    }

    /// <summary>Moves an address, popped already, to a temporary of 64 bits.</summary>
    private Entry PopToTemp(Entry address)
    {
        Load(address);
        int temp = AllocateTemp(LocalKind.I64);
        if (address.Type == LocalKind.I32)
        {
            _il.Emit(Il.ConvU8);
        }

        _il.StoreLocal(temp);
        return new Entry { Kind = EntryKind.Temp, Type = LocalKind.I64, Index = temp, Root = address.Root, Place = address.Place };
    }

    /// <summary>Loads an address, widened, without letting go of it. It is none on IL's stack.</summary>
    private void LoadAddressValue(in Entry address)
    {
        if (address.Kind == EntryKind.Const)
        {
            _il.LoadInt64(ConstantAddress(address));
            return;
        }

        Peek(address);
        if (address.Type == LocalKind.I32)
        {
            _il.Emit(Il.ConvU8);
        }
    }

    private static long ConstantAddress(in Entry address) => address.Type == LocalKind.I32 ? (uint)address.Bits : address.Bits;

    private void EmitAddress(in Entry address, int memory, ulong offset)
    {
        if (address.Kind == EntryKind.Const)
        {
            // Wraps around only where the check has trapped.
            _il.LoadLocal(MemoryBase(memory));
            offset += (ulong)ConstantAddress(address);
        }
        else
        {
            bool isBelow = address.Kind == EntryKind.Stack;
            if (!isBelow)
            {
                _il.LoadLocal(MemoryBase(memory));
            }

            Load(address);
            if (address.Type == LocalKind.I32)
            {
                _il.Emit(Il.ConvU8);
            }

            if (isBelow)
            {
                _il.LoadLocal(MemoryBase(memory));
            }

            _il.Emit(Il.Add);
        }

        AddDistance((long)offset);
    }

    private void CompileGlobalGet(int index)
    {
        GlobalType type = _definition.Globals[index].Type;
        LocalKind kind = LocalKinds.Of(type.Type);
        LoadContext();
        _il.Emit(Il.Ldfld, _module.GlobalField(index));
        if (_module.IsGlobalCell(index))
        {
            if (kind == LocalKind.Reference)
            {
                _il.Emit(Il.Ldfld, _module.Field(typeof(Global), nameof(Global.Reference)));
            }
            else if (kind == LocalKind.V128)
            {
                _il.Emit(Il.Call, _module.Vector(nameof(Vectors.GetGlobal)));
            }
            else
            {
                _il.Emit(Il.Ldflda, _module.Field(typeof(Global), nameof(Global.Low)));
                _il.Emit(LoadIndirect(kind));
            }
        }

        PushStack(kind, 2);
    }

    private void CompileGlobalSet(int index)
    {
        LocalKind kind = LocalKinds.Of(_definition.Globals[index].Type.Type);
        Entry value = Pop();
        if (value.Kind == EntryKind.Stack)
        {
            SpillTop(ref value);
        }

        LoadContext();
        if (!_module.IsGlobalCell(index))
        {
            Load(value);
            _il.Emit(Il.Stfld, _module.GlobalField(index));
            return;
        }

        _il.Emit(Il.Ldfld, _module.GlobalField(index));
        if (kind == LocalKind.Reference)
        {
            Load(value);
            _il.Emit(Il.Stfld, _module.Field(typeof(Global), nameof(Global.Reference)));
        }
        else if (kind == LocalKind.V128)
        {
            Load(value);
            _il.Emit(Il.Call, _module.Vector(nameof(Vectors.SetGlobal)));
        }
        else
        {
            _il.Emit(Il.Ldflda, _module.Field(typeof(Global), nameof(Global.Low)));
            Load(value);
            _il.Emit(StoreIndirect(kind));
        }
    }

    private static Il LoadIndirect(LocalKind kind) => kind switch
    {
        LocalKind.I32 => Il.LdindI4,
        LocalKind.I64 => Il.LdindI8,
        LocalKind.F32 => Il.LdindR4,
        LocalKind.F64 => Il.LdindR8,
        _ => Il.LdindRef,
    };

    /// <summary>A conditional move: a temporary gets the first value, and the second when the condition is zero.</summary>
    private void CompileSelect()
    {
        MakeConditionOnly(keepLazyReads: true);
        LocalKind kind = _stack[^2].Type;
        Hidden hidden = HiddenOf(_stack[^2]) & HiddenOf(_stack[^3]);
        int result = AllocateTemp(kind);
        Peek(_stack[^3]);
        _il.StoreLocal(result);
        int done = _il.DefineLabel();
        EmitBranchIf(done, whenTrue: true);
        LoadOperands(1);
        _il.StoreLocal(result);
        _il.MarkLabel(done);
        Release(Pop());
        PushTemp(kind, result);
        Hide(hidden == Hidden.All ? Hidden.All : Hidden.Nothing);
    }

    private void RuntimeCall(string helper, int operands, LocalKind? result, params ReadOnlySpan<int> immediates)
    {
        FlushFuel();
        SaveFuel();

        // The context is the first argument here, so operands on IL's stack have to make room for it.
        SpillAll();
        LoadContext();
        int depth = LoadOperands(operands);
        foreach (int immediate in immediates)
        {
            _il.LoadInt32(immediate);
        }

        CallHelper(helper);
        ReloadFuel();
        if (result is { } kind)
        {
            PushStack(kind, depth + 1);
        }
    }
}

/// <summary>How a load or store is done in IL.</summary>
/// <param name="Type">Type of the value.</param>
/// <param name="Size">Bytes accessed.</param>
/// <param name="Load">Load: the instruction.</param>
/// <param name="Widen">Load: conversion behind it, or 0.</param>
/// <param name="Store">Store: the instruction, or 0 for a load.</param>
internal readonly record struct MemoryAccess(LocalKind Type, int Size, Il Load, Il Widen, Il Store)
{
    /// <summary>Between what the value lies, when it is a load without sign that is narrower than the value.</summary>
    public NumberRange Range => Load is Il.LdindU1 or Il.LdindU2 or Il.LdindU4 ? NumberRange.Below(1L << (8 * Size)) : default;

    private static readonly MemoryAccess[] Table =
    [
        new(LocalKind.I32, 4, Il.LdindI4, 0, 0),
        new(LocalKind.I64, 8, Il.LdindI8, 0, 0),
        new(LocalKind.F32, 4, Il.LdindR4, 0, 0),
        new(LocalKind.F64, 8, Il.LdindR8, 0, 0),
        new(LocalKind.I32, 1, Il.LdindI1, 0, 0),
        new(LocalKind.I32, 1, Il.LdindU1, 0, 0),
        new(LocalKind.I32, 2, Il.LdindI2, 0, 0),
        new(LocalKind.I32, 2, Il.LdindU2, 0, 0),
        new(LocalKind.I64, 1, Il.LdindI1, Il.ConvI8, 0),
        new(LocalKind.I64, 1, Il.LdindU1, Il.ConvU8, 0),
        new(LocalKind.I64, 2, Il.LdindI2, Il.ConvI8, 0),
        new(LocalKind.I64, 2, Il.LdindU2, Il.ConvU8, 0),
        new(LocalKind.I64, 4, Il.LdindI4, Il.ConvI8, 0),
        new(LocalKind.I64, 4, Il.LdindU4, Il.ConvU8, 0),
        new(LocalKind.I32, 4, 0, 0, Il.StindI4),
        new(LocalKind.I64, 8, 0, 0, Il.StindI8),
        new(LocalKind.F32, 4, 0, 0, Il.StindR4),
        new(LocalKind.F64, 8, 0, 0, Il.StindR8),
        new(LocalKind.I32, 1, 0, 0, Il.StindI1),
        new(LocalKind.I32, 2, 0, 0, Il.StindI2),
        new(LocalKind.I64, 1, 0, 0, Il.StindI1),
        new(LocalKind.I64, 2, 0, 0, Il.StindI2),
        new(LocalKind.I64, 4, 0, 0, Il.StindI4),
    ];

    public bool IsStore => Store != 0;

    public static MemoryAccess Of(Opcode opcode) => Table[opcode - Opcode.I32Load];
}
