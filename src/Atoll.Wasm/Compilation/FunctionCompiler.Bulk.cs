using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>Instructions on whole memories and tables, and what 64-bit indices need.</content>
internal sealed partial class FunctionCompiler
{
    /// <summary>
    /// The check for a 64-bit address: address > length - extent, unsigned, which takes a length that is not below the extent. Mostly the memory's
    /// minimum promises that; otherwise a look at the length comes first.
    /// </summary>
    private void EmitWideCheck(in Entry address, int memory, long extent)
    {
        if (_definition.Memories[memory].MinimumBytes < (ulong)extent)
        {
            LoadMemoryLength(memory);
            _il.LoadInt64(extent);
            _il.Branch(Il.Blt, MemoryTrapLabel());
        }

        LoadAddressValue(address);
        LoadMemoryLength(memory);
        _il.LoadInt64(extent);
        _il.Emit(Il.Sub);
        _il.Branch(Il.BgtUn, MemoryTrapLabel());
    }

    /// <summary>No memory reaches as far as the offset. What follows is compiled all the same, but never runs.</summary>
    private void EmitTrapAlways(int memory)
    {
        SpillAll();
        LoadMemoryLength(memory);
        _il.LoadInt64(0);
        _il.Branch(Il.Bge, MemoryTrapLabel());
    }

    /// <summary>Instructions that are a call of a method of the runtime: context, operands, immediates.</summary>
    private void CompileRuntimeCall(ref WasmReader reader, Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.I64Add128 or Opcode.I64Sub128: CompileWide(opcode, 4); break;
            case Opcode.I64MulWideS or Opcode.I64MulWideU: CompileWide(opcode, 2); break;
            case Opcode.MemorySize: CompileMemorySize((int)reader.ReadVarU32()); break;
            case Opcode.MemoryGrow: CompileMemoryGrow((int)reader.ReadVarU32()); break;
            case Opcode.MemoryFill:
                int memory = (int)reader.ReadVarU32();
                bool wide = _definition.Memories[memory].Is64;
                if (IsPlain(memory))
                {
                    PlainCall(nameof(GuestRuntime.MemoryFillPlain), memory);
                    break;
                }

                RuntimeCall(wide ? nameof(GuestRuntime.MemoryFillWide) : nameof(GuestRuntime.MemoryFill), 3, null, memory);
                break;
            case Opcode.MemoryCopy:
                memory = (int)reader.ReadVarU32();
                int source = (int)reader.ReadVarU32();
                if (memory == source && IsPlain(memory))
                {
                    PlainCall(nameof(GuestRuntime.MemoryCopyPlain), memory);
                    break;
                }

                wide = WidenCopy(_definition.Memories[memory].Is64, _definition.Memories[source].Is64);
                RuntimeCall(wide ? nameof(GuestRuntime.MemoryCopyWide) : nameof(GuestRuntime.MemoryCopy), 3, null, memory, source);
                break;
            case Opcode.MemoryInit:
                int data = (int)reader.ReadVarU32();
                memory = (int)reader.ReadVarU32();
                wide = _definition.Memories[memory].Is64;
                RuntimeCall(wide ? nameof(GuestRuntime.MemoryInitWide) : nameof(GuestRuntime.MemoryInit), 3, null, memory, data);
                break;
            case Opcode.DataDrop: RuntimeCall(nameof(GuestRuntime.DataDrop), 0, null, (int)reader.ReadVarU32()); break;
            case Opcode.ElemDrop: RuntimeCall(nameof(GuestRuntime.ElemDrop), 0, null, (int)reader.ReadVarU32()); break;
            case Opcode.RefFunc: RuntimeCall(nameof(GuestRuntime.RefFunc), 0, LocalKind.Reference, (int)reader.ReadVarU32()); break;
            default: CompileTable(ref reader, opcode); break;
        }
    }

    /// <summary>Most copies are of few bytes within the one memory: they get a short way, for which the operands can stay where they are.</summary>
    private bool IsPlain(int memory) => !_definition.Memories[memory].Is64 && !_options.ConsumeFuel;

    private void PlainCall(string helper, int memory)
    {
        LoadOperands(3);
        _il.LoadLocal(MemoryBase(memory));
        LoadContext();
        _il.LoadInt32(memory);
        CallHelper(helper);
    }

    private void CompileTable(ref WasmReader reader, Opcode opcode)
    {
        int segment = opcode == Opcode.TableInit ? (int)reader.ReadVarU32() : 0;
        int table = (int)reader.ReadVarU32();
        bool wide = _definition.Tables[table].Type.Is64;
        LocalKind index = wide ? LocalKind.I64 : LocalKind.I32;
        switch (opcode)
        {
            case Opcode.TableGet: RuntimeCall(wide ? nameof(GuestRuntime.TableGetWide) : nameof(GuestRuntime.TableGet), 1, LocalKind.Reference, table); break;
            case Opcode.TableSet: RuntimeCall(wide ? nameof(GuestRuntime.TableSetWide) : nameof(GuestRuntime.TableSet), 2, null, table); break;
            case Opcode.TableSize: RuntimeCall(wide ? nameof(GuestRuntime.TableSizeWide) : nameof(GuestRuntime.TableSize), 0, index, table); break;
            case Opcode.TableGrow: RuntimeCall(wide ? nameof(GuestRuntime.TableGrowWide) : nameof(GuestRuntime.TableGrow), 2, index, table); break;
            case Opcode.TableFill: RuntimeCall(wide ? nameof(GuestRuntime.TableFillWide) : nameof(GuestRuntime.TableFill), 3, null, table); break;
            case Opcode.TableInit: RuntimeCall(wide ? nameof(GuestRuntime.TableInitWide) : nameof(GuestRuntime.TableInit), 3, null, table, segment); break;
            case Opcode.TableCopy:
                int source = (int)reader.ReadVarU32();
                wide = WidenCopy(wide, _definition.Tables[source].Type.Is64);
                RuntimeCall(wide ? nameof(GuestRuntime.TableCopyWide) : nameof(GuestRuntime.TableCopy), 3, null, table, source);
                break;
            default: throw new System.Diagnostics.UnreachableException($"{opcode} passed validation but has no code");
        }
    }

    private void CompileMemorySize(int memory)
    {
        MemoryType type = _definition.Memories[memory];
        LoadMemoryLength(memory);
        if (type.PageBytes != 1)
        {
            _il.LoadInt32(16);
            _il.Emit(Il.ShrUn);
        }

        if (!type.Is64)
        {
            _il.Emit(Il.ConvI4);
        }

        PushStack(type.Is64 ? LocalKind.I64 : LocalKind.I32);
    }

    /// <summary>Makes the three operands of a copy 64 bits wide when one of the two index types is; returns whether one is.</summary>
    private bool WidenCopy(bool destination, bool source)
    {
        if (destination == source)
        {
            return destination;
        }

        SpillAll();
        Widen(_stack.Count - 1);
        Widen(destination ? _stack.Count - 2 : _stack.Count - 3);
        return true;
    }

    /// <summary>Makes an i32 of the symbolic stack an i64, unsigned. IL's stack is empty.</summary>
    private void Widen(int position)
    {
        Entry entry = _stack[position];
        Load(entry);
        int temp = AllocateTemp(LocalKind.I64);
        _il.Emit(Il.ConvU8);
        _il.StoreLocal(temp);
        _stack[position] = new Entry { Kind = EntryKind.Temp, Type = LocalKind.I64, Index = temp };
    }
}
