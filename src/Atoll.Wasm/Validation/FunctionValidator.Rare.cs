using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Validation;

/// <summary>Instructions on references, tables and bulk memory, and the immediates that name things of the module.</summary>
internal ref partial struct FunctionValidator
{
    private void StepRare(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.ReturnCall:
                _hasCalls = true;
                ReturnResultsOf(_module.TypeOf(ReadIndex(_module.Functions.Length, "function")));
                break;
            case Opcode.ReturnCallIndirect:
                ReturnResultsOf(ReadIndirectType());
                break;
            case Opcode.Select:
                StepSelect();
                break;
            case Opcode.SelectT:
                StepTypedSelect();
                break;
            case Opcode.V128Const:
                _reader.SkipImmediate(ImmediateKind.V128);
                Push(V128);
                break;
            case >= Opcode.I64Add128 and <= Opcode.I64MulWideU:
                StepWide(opcode <= Opcode.I64Sub128 ? 4 : 2);
                break;
            case Opcode.AtomicFence:
                if (_reader.ReadByte() != 0)
                {
                    throw new MalformedModuleException("zero byte expected", _instructionOffset);
                }

                break;
            case Opcode.MemorySize:
                Push(ReadMemory());
                break;
            case Opcode.MemoryGrow:
                long index = ReadMemory();
                Pop(index);
                Push(index);
                break;
            case Opcode.MemoryInit:
                ReadDataIndex();
                PopThree(ReadMemory(), I32, I32);
                break;
            case Opcode.DataDrop:
                ReadDataIndex();
                break;
            case Opcode.MemoryCopy:
                index = ReadMemory();
                PopCopy(index, ReadMemory());
                break;
            case Opcode.MemoryFill:
                index = ReadMemory();
                PopThree(index, I32, index);
                break;
            default:
                if (!StepReference(opcode) && !StepGarbageCollected(opcode))
                {
                    StepTable(opcode);
                }

                break;
        }
    }

    private void StepWide(int operands)
    {
        while (operands-- > 0)
        {
            Pop(I64);
        }

        Push(I64);
        Push(I64);
    }

    private void StepTable(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.TableGet:
                TableType table = ReadTable();
                Pop(table.IndexType.Code);
                Push(table.Element.Code);
                break;
            case Opcode.TableSet:
                table = ReadTable();
                Pop(table.Element.Code);
                Pop(table.IndexType.Code);
                break;
            case Opcode.TableSize:
                Push(ReadTable().IndexType.Code);
                break;
            case Opcode.TableGrow:
                table = ReadTable();
                Pop(table.IndexType.Code);
                Pop(table.Element.Code);
                Push(table.IndexType.Code);
                break;
            case Opcode.TableFill:
                table = ReadTable();
                PopThree(table.IndexType.Code, table.Element.Code, table.IndexType.Code);
                break;
            case Opcode.TableInit:
                StepTableInit();
                break;
            case Opcode.ElemDrop:
                ReadIndex(_module.Elements.Length, "elem segment");
                break;
            case Opcode.TableCopy:
                table = ReadTable();
                TableType source = ReadTable();
                CheckElementTypes(source.Element, table.Element);
                PopCopy(table.IndexType.Code, source.IndexType.Code);
                break;
            default:
                throw new InvalidOperationException($"the validator has no rule for {opcode}");
        }
    }

    private void StepTableInit()
    {
        // The table is judged first although the segment comes first in the bytes: the order of the specification's rule.
        uint segment = _reader.ReadVarU32();
        TableType destination = ReadTable();
        if (segment >= (uint)_module.Elements.Length)
        {
            throw Invalid($"unknown elem segment {segment}");
        }

        CheckElementTypes(_module.Elements[segment].Type, destination.Element);
        PopThree(destination.IndexType.Code, I32, I32);
    }

    private void StepSelect()
    {
        Pop(I32);
        long second = PopAny();
        long first = PopAny();
        if (IsReference(first) || IsReference(second))
        {
            throw Invalid("type mismatch: select without a type takes numbers and vectors, not references");
        }

        if (first != second && first != Bottom && second != Bottom)
        {
            throw Invalid($"type mismatch: select between {Name(first)} and {Name(second)}");
        }

        Push(first == Bottom ? second : first);
    }

    private void StepTypedSelect()
    {
        uint count = _reader.ReadCount();
        long type = Bottom;
        for (uint i = 0; i < count; i++)
        {
            type = _reader.ReadValueType().Code;
        }

        if (count != 1)
        {
            throw Invalid($"invalid result arity: select with {count} types");
        }

        Pop(I32);
        Pop(type);
        Pop(type);
        Push(type);
    }

    /// <summary>Checks what follows the code of a memory access; returns the type of its address.</summary>
    private long CheckMemoryArgument(int natural, bool exact = false)
    {
        (int alignment, uint memory, ulong offset) = _reader.ReadMemoryArgument();
        if (memory >= (uint)_module.Memories.Length)
        {
            throw Invalid($"unknown memory {memory}");
        }

        if (alignment > natural)
        {
            throw Invalid("alignment must not be larger than natural");
        }

        if (exact && alignment != natural)
        {
            // The proposal for threads, "Alignment".
            throw Invalid("alignment of an atomic access must be natural");
        }

        long index = _module.Memories[memory].IndexType.Code;
        if (offset > uint.MaxValue && index == I32)
        {
            throw Invalid("offset out of range");
        }

        return index;
    }

    /// <summary>Immediates of atomic instructions, and of vector instructions that name lanes ("Vector Instructions"); returns the type of the first operand.</summary>
    private long CheckLanes(in OperatorRow row)
    {
        if (row.Immediate == ImmediateKind.AtomicMemory)
        {
            return CheckMemoryArgument(row.NaturalAlignment, exact: true);
        }

        if (row.Immediate == ImmediateKind.Shuffle)
        {
            for (int i = 0; i < 16; i++)
            {
                CheckLane(32);
            }

            return row.First;
        }

        long first = row.Immediate == ImmediateKind.MemoryLane ? CheckMemoryArgument(row.NaturalAlignment) : row.First;
        CheckLane(16 >> row.NaturalAlignment);
        return first;
    }

    private void CheckLane(int count)
    {
        int lane = _reader.ReadByte();
        if (lane >= count)
        {
            throw Invalid($"invalid lane index {lane} of {count}");
        }
    }

    private void CheckElementTypes(ValueType source, ValueType destination)
    {
        if (!source.Matches(destination))
        {
            throw Invalid($"type mismatch: {source} into a table of {destination}");
        }
    }

    private long ReadLocal(out int index)
    {
        uint local = _reader.ReadVarU32();
        index = (int)local;
        return local < (uint)_locals.Count ? _locals[(int)local] : throw Invalid($"unknown local {local}");
    }

    private GlobalType ReadGlobal() => _module.Globals[ReadIndex(_module.Globals.Length, "global")].Type;

    private TableType ReadTable() => _module.Tables[ReadIndex(_module.Tables.Length, "table")].Type;

    /// <summary>Reads a memory's index; returns the type of its addresses.</summary>
    private long ReadMemory() => _module.Memories[ReadIndex(_module.Memories.Length, "memory")].IndexType.Code;

    private void ReadDataIndex()
    {
        if (_module.DataCount < 0)
        {
            throw new MalformedModuleException("data count section required", _instructionOffset);
        }

        ReadIndex(_module.DataCount, "data segment");
    }

    private int ReadIndex(int count, string what)
    {
        uint index = _reader.ReadVarU32();
        return index < (uint)count ? (int)index : throw Invalid($"unknown {what} {index}");
    }

    private void PopThree(long first, long second, long third)
    {
        Pop(third);
        Pop(second);
        Pop(first);
    }

    /// <summary>The length of a copy has the smaller of the two index types.</summary>
    private void PopCopy(long destination, long source) => PopThree(destination, source, destination == source ? source : I32);

    private static bool IsReference(long type) => type != Bottom && new ValueType(type).IsReference;

    private static string Name(long type) => type == Bottom ? "any" : new ValueType(type).ToString();
}
