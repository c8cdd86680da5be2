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
            case Opcode.MemorySize:
                ReadMemory();
                Push(I32);
                break;
            case Opcode.MemoryGrow:
                ReadMemory();
                Pop(I32);
                Push(I32);
                break;
            case Opcode.RefNull:
                Push(_reader.ReadHeapType().Code);
                break;
            case Opcode.RefIsNull:
                StepIsNull();
                break;
            case Opcode.RefFunc:
                StepRefFunc();
                break;
            case Opcode.MemoryInit:
                ReadDataIndex();
                ReadMemory();
                PopThree(I32);
                break;
            case Opcode.DataDrop:
                ReadDataIndex();
                break;
            case Opcode.MemoryCopy:
                ReadMemory();
                ReadMemory();
                PopThree(I32);
                break;
            case Opcode.MemoryFill:
                ReadMemory();
                PopThree(I32);
                break;
            default:
                StepTable(opcode);
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
                int element = ReadTable().Element.Code;
                Pop(I32);
                Push(element);
                break;
            case Opcode.TableSet:
                Pop(ReadTable().Element.Code);
                Pop(I32);
                break;
            case Opcode.TableSize:
                ReadTable();
                Push(I32);
                break;
            case Opcode.TableGrow:
                element = ReadTable().Element.Code;
                Pop(I32);
                Pop(element);
                Push(I32);
                break;
            case Opcode.TableFill:
                element = ReadTable().Element.Code;
                Pop(I32);
                Pop(element);
                Pop(I32);
                break;
            case Opcode.TableInit:
                StepTableInit();
                break;
            case Opcode.ElemDrop:
                ReadIndex(_module.Elements.Length, "elem segment");
                break;
            case Opcode.TableCopy:
                ValueType destination = ReadTable().Element;
                CheckElementTypes(ReadTable().Element, destination);
                PopThree(I32);
                break;
            default:
                throw new InvalidOperationException($"the validator has no rule for {opcode}");
        }
    }

    private void StepTableInit()
    {
        // The table is judged first although the segment comes first in the bytes: the order of the specification's rule.
        uint segment = _reader.ReadVarU32();
        ValueType destination = ReadTable().Element;
        if (segment >= (uint)_module.Elements.Length)
        {
            throw Invalid($"unknown elem segment {segment}");
        }

        CheckElementTypes(_module.Elements[segment].Type, destination);
        PopThree(I32);
    }

    private void StepSelect()
    {
        Pop(I32);
        int second = PopAny();
        int first = PopAny();
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
        int type = Bottom;
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

    private void StepIsNull()
    {
        int type = PopAny();
        if (type != Bottom && !IsReference(type))
        {
            throw Invalid($"type mismatch: ref.is_null takes a reference, the stack has {Name(type)}");
        }

        Push(I32);
    }

    private void StepRefFunc()
    {
        int function = ReadIndex(_module.Functions.Length, "function");
        if (!_declared.Contains(function))
        {
            throw Invalid($"undeclared function reference {function}");
        }

        Push(ValueType.FuncRef.Code);
    }

    private void CheckMemoryArgument(int natural)
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

        if (offset > uint.MaxValue)
        {
            throw Invalid("offset out of range");
        }
    }

    /// <summary>Immediates of vector instructions that name lanes ("Vector Instructions").</summary>
    private void CheckLanes(in OperatorRow row)
    {
        if (row.Immediate == ImmediateKind.Shuffle)
        {
            for (int i = 0; i < 16; i++)
            {
                CheckLane(32);
            }

            return;
        }

        if (row.Immediate == ImmediateKind.MemoryLane)
        {
            CheckMemoryArgument(row.NaturalAlignment);
        }

        CheckLane(16 >> row.NaturalAlignment);
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
        if (source != destination)
        {
            throw Invalid($"type mismatch: {source} into a table of {destination}");
        }
    }

    private int ReadLocal()
    {
        uint index = _reader.ReadVarU32();
        return index < (uint)_locals.Count ? _locals[(int)index] : throw Invalid($"unknown local {index}");
    }

    private GlobalType ReadGlobal() => _module.Globals[ReadIndex(_module.Globals.Length, "global")].Type;

    private TableType ReadTable() => _module.Tables[ReadIndex(_module.Tables.Length, "table")].Type;

    private void ReadMemory() => ReadIndex(_module.Memories.Length, "memory");

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

    private void PopThree(int type)
    {
        Pop(type);
        Pop(type);
        Pop(type);
    }

    private static bool IsReference(int type) => type != Bottom && new ValueType(type).IsReference;

    private static string Name(int type) => type == Bottom ? "any" : new ValueType(type).ToString();
}
