using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>
/// Atomic instructions (the proposal for threads). All are sequentially consistent: loads are volatile and stores are exchanges, which order
/// everything around them. A narrow access works on i32 and is wrapped and widened here.
/// </content>
internal sealed partial class FunctionCompiler
{
    // The operations that read and write, in the order of their numbers, seven numbers each.
    private static readonly string[] AtomicOperations = ["Add", "Subtract", "And", "Or", "Xor", "Exchange", "CompareExchange"];

    private static readonly Il[] AtomicLoads = [Il.LdindU1, Il.LdindU2, Il.LdindI4, Il.LdindI8];

    private void CompileAtomic(ref WasmReader reader, Opcode opcode)
    {
        if (opcode == Opcode.AtomicFence)
        {
            reader.ReadByte();
            _il.Emit(Il.Call, _module.Atomic(nameof(Atomics.Fence)));
            return;
        }

        Instructions.TryGet(opcode, out Instruction row);
        (_, uint memory, ulong offset) = reader.ReadMemoryArgument();
        switch (opcode)
        {
            case Opcode.MemoryAtomicNotify: CompileWait(nameof(GuestRuntime.AtomicNotify), 2, (int)memory, offset); break;
            case Opcode.MemoryAtomicWait32: CompileWait(nameof(GuestRuntime.AtomicWait32), 3, (int)memory, offset); break;
            case Opcode.MemoryAtomicWait64: CompileWait(nameof(GuestRuntime.AtomicWait64), 3, (int)memory, offset); break;
            default: CompileAtomicAccess(row, (int)memory, offset); break;
        }
    }

    private void CompileAtomicAccess(Instruction row, int memory, ulong offset)
    {
        int number = (int)row.Opcode & OpcodeReader.MaxNumber;
        int log = row.NaturalAlignment;
        LocalKind kind = KindOf(row.Signature[^1] == '>' ? row.Signature[1] : row.Signature[^1]);
        Entry replacement = number >= AtomicInstructions.FirstCompareExchange ? PopOffStack() : default;
        Entry value = number >= AtomicInstructions.FirstStore ? PopOffStack() : default;
        Entry address = PopOffStack();
        SpillAll();
        EmitAlignmentCheck(address, offset, 1 << log);
        _stack.Add(address);
        PopAddress(memory, offset, 1 << log);
        if (number < AtomicInstructions.FirstStore)
        {
            _il.Emit(Il.Volatile);
            _il.Emit(AtomicLoads[log]);
            WidenAtomic(kind, log);
            return;
        }

        LoadNarrow(value, log);
        if (number < AtomicInstructions.FirstReadModifyWrite)
        {
            _il.Emit(Il.Call, _module.Atomic($"Exchange{8 << log}"));
            _il.Emit(Il.Pop);
            return;
        }

        if (number >= AtomicInstructions.FirstCompareExchange)
        {
            LoadNarrow(replacement, log);
        }

        _il.Emit(Il.Call, _module.Atomic($"{AtomicOperations[(number - AtomicInstructions.FirstReadModifyWrite) / 7]}{8 << log}"));
        WidenAtomic(kind, log);
    }

    /// <summary>Pops an entry that is used only after others were loaded.</summary>
    private Entry PopOffStack()
    {
        Entry entry = Pop();
        if (entry.Kind == EntryKind.Stack)
        {
            SpillTop(ref entry);
        }

        return entry;
    }

    private void LoadNarrow(in Entry value, int log)
    {
        Load(value);
        if (value.Type == LocalKind.I64 && log < 3)
        {
            _il.Emit(Il.ConvI4);
        }
    }

    private void WidenAtomic(LocalKind kind, int log)
    {
        if (kind == LocalKind.I64 && log < 3)
        {
            _il.Emit(Il.ConvU8);
        }

        PushStack(kind, 3);
    }

    /// <summary>Traps unless address + offset is a multiple of the size. IL's stack is empty.</summary>
    private void EmitAlignmentCheck(in Entry address, ulong offset, int size)
    {
        int low = (int)offset & (size - 1);
        if (size == 1 || (address.Kind == EntryKind.Const && (((int)address.Bits + low) & (size - 1)) == 0))
        {
            return;
        }

        LoadAddressValue(address);
        _il.Emit(Il.ConvI4);
        if (low != 0)
        {
            _il.LoadInt32(low);
            _il.Emit(Il.Add);
        }

        _il.LoadInt32(size - 1);
        _il.Emit(Il.And);
        _il.Branch(Il.BrTrue, ColdLabel(ref _cold.Unaligned));

        // This trap comes before that of the access, so no earlier check may stand for it.
        _run++;
    }

    /// <summary>Wait and notify: address, other operands, offset, memory.</summary>
    private void CompileWait(string helper, int operands, int memory, ulong offset)
    {
        FlushFuel();
        SaveFuel();
        SpillAll();
        if (!_definition.Memories[memory].Is64)
        {
            Widen(_stack.Count - operands);
        }

        LoadContext();
        int depth = LoadOperands(operands);
        _il.LoadInt64((long)offset);
        _il.LoadInt32(memory);
        CallHelper(helper);
        ReloadFuel();
        PushStack(LocalKind.I32, depth + 1);
    }
}
