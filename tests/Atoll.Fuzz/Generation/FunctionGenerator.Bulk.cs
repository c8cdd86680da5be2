using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Generation;

/// <content>Instructions on whole memories and tables, on segments, and code that is never reached.</content>
internal sealed partial class FunctionGenerator
{
    private int? TableFor(ValueType type) => PickIndex(_plan.Tables, table => table.Element == type, _ => true);

    private int? ElementsFor(ValueType type) => PickIndex(_plan.Elements, segment => segment.Type == type, _ => true);

    /// <summary>An index into a table, mostly one inside.</summary>
    private void Index(TableType table)
    {
        Expression(table.IndexType);
        if (_choices.Pick(20) != 19)
        {
            ulong mask = System.Numerics.BitOperations.RoundUpToPowerOf2(table.Minimum + 1) / 2;
            _code.Opcode(table.Is64 ? Opcode.I64Const : Opcode.I32Const).Signed((long)Math.Max(mask, 1) - 1);
            _code.Opcode(table.Is64 ? Opcode.I64And : Opcode.I32And);
        }
    }

    /// <summary>A number of bytes or elements: mostly a small one.</summary>
    private void Count(ValueType type, int bound)
    {
        if (_choices.OneIn(20))
        {
            Expression(type);
            return;
        }

        _code.Opcode(type == ValueType.I64 ? Opcode.I64Const : Opcode.I32Const).Signed(_choices.Pick(bound));
        Push(type);
    }

    private void BulkAddress(int memory)
    {
        MemoryType type = _plan.Memories[memory];
        Expression(type.IndexType);
        if (_choices.Pick(20) != 19)
        {
            And(type, Mask(type));
        }
    }

    private void MemoryStatement()
    {
        if (_plan.Memories.Count == 0)
        {
            return;
        }

        int memory = _choices.Pick(_plan.Memories.Count);
        MemoryType type = _plan.Memories[memory];
        switch (_choices.Pick(5))
        {
            case 0:
                BulkAddress(memory);
                Expression(ValueType.I32);
                Count(type.IndexType, 300);
                _code.Opcode(Opcode.MemoryFill).Unsigned((uint)memory);
                Pop(3);
                break;
            case 1:
                MemoryCopy(memory);
                break;
            case 2 when _plan.Data.Count > 0:
                BulkAddress(memory);
                int segment = _choices.Pick(_plan.Data.Count);
                Count(ValueType.I32, 4);
                Count(ValueType.I32, _plan.Data[segment].Length + 1);
                _code.Opcode(Opcode.MemoryInit).Unsigned((uint)segment).Unsigned((uint)memory);
                Pop(3);
                break;
            case 3 when _plan.Data.Count > 0 && _choices.OneIn(4):
                _code.Opcode(Opcode.DataDrop).Unsigned((uint)_choices.Pick(_plan.Data.Count));
                break;
            case 4 when _plan.Has(WasmFeatures.Threads):
                Wait(memory);
                break;
            default:
                RowWithoutResult();
                break;
        }
    }

    private void MemoryCopy(int memory)
    {
        int source = _choices.Pick(_plan.Memories.Count);
        bool isWide = _plan.Memories[memory].Is64 && _plan.Memories[source].Is64;
        BulkAddress(memory);
        BulkAddress(source);
        Count(isWide ? ValueType.I64 : ValueType.I32, 300);
        _code.Opcode(Opcode.MemoryCopy).Unsigned((uint)memory).Unsigned((uint)source);
        Pop(3);
    }

    /// <summary>Waits, with a time-out that is over at once; or a fence.</summary>
    private void Wait(int memory)
    {
        if (_choices.OneIn(3))
        {
            _code.Opcode(Opcode.AtomicFence).Byte(0);
            return;
        }

        bool isWide = _choices.OneIn(2);
        BulkAddress(memory);
        if (_choices.Pick(8) != 7)
        {
            And(_plan.Memories[memory], ~7UL);
        }

        Expression(isWide ? ValueType.I64 : ValueType.I32);
        _code.Opcode(Opcode.I64Const).Signed(_choices.Pick(2));
        _code.Opcode(isWide ? Opcode.MemoryAtomicWait64 : Opcode.MemoryAtomicWait32).Unsigned((uint)((isWide ? 3 : 2) | (memory > 0 ? 0x40 : 0)));
        if (memory > 0)
        {
            _code.Unsigned((uint)memory);
        }

        _code.Unsigned(_choices.Pick(8) switch
        {
            6 => 8,
            7 => _choices.Next(),
            _ => 0,
        });
        Pop();
        _stack[^1] = ValueType.I32;
        Drop();
    }

    private void TableStatement()
    {
        if (_plan.Tables.Count == 0)
        {
            return;
        }

        int table = _choices.Pick(_plan.Tables.Count);
        TableType type = _plan.Tables[table];
        switch (_choices.Pick(5))
        {
            case 0:
                Index(type);
                Expression(type.Element);
                _code.Opcode(Opcode.TableSet).Unsigned((uint)table);
                Pop(2);
                break;
            case 1:
                Index(type);
                Expression(type.Element);
                Count(type.IndexType, (int)type.Minimum + 1);
                _code.Opcode(Opcode.TableFill).Unsigned((uint)table);
                Pop(3);
                break;
            case 2:
                int source = TableFor(type.Element)!.Value;
                Index(type);
                Index(_plan.Tables[source]);
                Count(type.Is64 && _plan.Tables[source].Is64 ? ValueType.I64 : ValueType.I32, (int)type.Minimum + 1);
                _code.Opcode(Opcode.TableCopy).Unsigned((uint)table).Unsigned((uint)source);
                Pop(3);
                break;
            case 3 when ElementsFor(type.Element) is { } segment:
                Index(type);
                Count(ValueType.I32, 3);
                Count(ValueType.I32, _plan.Elements[segment].Length + 1);
                _code.Opcode(Opcode.TableInit).Unsigned((uint)segment).Unsigned((uint)table);
                Pop(3);
                break;
            default:
                if (_plan.Elements.Count > 0 && _choices.OneIn(3))
                {
                    _code.Opcode(Opcode.ElemDrop).Unsigned((uint)_choices.Pick(_plan.Elements.Count));
                }

                break;
        }
    }

    /// <summary><c>memory.size</c>, <c>memory.grow</c>, <c>table.size</c> or <c>table.grow</c>, if one has a result of the type.</summary>
    private bool SizeOrGrow(ValueType type)
    {
        bool grows = _choices.OneIn(3);
        if (_choices.OneIn(2) && PickIndex(_plan.Tables, table => table.IndexType == type, _ => true) is { } table)
        {
            if (grows)
            {
                Expression(_plan.Tables[table].Element);
                Count(type, 4);
                Pop(2);
            }

            _code.Opcode(grows ? Opcode.TableGrow : Opcode.TableSize).Unsigned((uint)table);
            Push(type);
            return true;
        }

        if (PickIndex(_plan.Memories, memory => memory.IndexType == type, _ => true) is not { } memory)
        {
            return false;
        }

        if (grows)
        {
            Count(type, 3);
            Pop();
        }

        _code.Opcode(grows ? Opcode.MemoryGrow : Opcode.MemorySize).Unsigned((uint)memory);
        Push(type);
        return true;
    }

    /// <summary>Code behind a branch, whose operands come from nowhere ("polymorphic"). It leaves nothing that the block's end could miss.</summary>
    private void DeadCode()
    {
        for (int i = _choices.Pick(4); i > 0; i--)
        {
            switch (_choices.Pick(7))
            {
                case 0 when Rows(_choices.Pick("ilfdv".ToCharArray())) is { Length: > 0 } rows:
                    Instruction row = _choices.Pick(rows);
                    _code.Opcode(row.Opcode);
                    Immediates(row, UsesMemory(row) ? _choices.Pick(_plan.Memories.Count) : -1);
                    _code.Opcode(Opcode.Drop);
                    break;
                case 1:
                    _code.Opcode(Opcode.Select).Opcode(Opcode.Drop);
                    break;
                case 2:
                    _code.Opcode(Opcode.Br).Unsigned((uint)_choices.Pick(_labels.Count));
                    break;
                case 3:
                    int depth = _choices.Pick(_labels.Count);
                    _code.Opcode(Opcode.BrIf).Unsigned((uint)depth);
                    LabelAt(depth).Types.ForEach(_ => _code.Opcode(Opcode.Drop));
                    break;
                case 4:
                    int callee = _choices.Pick(_plan.Functions.Count);
                    _code.Opcode(Opcode.Call).Unsigned((uint)callee);
                    foreach (ValueType _ in _plan.Functions[callee].Results)
                    {
                        _code.Opcode(Opcode.Drop);
                    }

                    break;
                case 5 when _locals.Count > 0:
                    _code.Opcode(Opcode.LocalSet).Unsigned((uint)_choices.Pick(_locals.Count));
                    break;
                default:
                    Expression(_choices.Pick(_plan.ValueTypes));
                    Drop();
                    break;
            }
        }
    }
}
