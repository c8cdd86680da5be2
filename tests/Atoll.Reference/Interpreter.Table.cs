using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Reference;

/// <content>Table instructions (specification, "Execution / Instructions / Table Instructions").</content>
internal sealed partial class Interpreter
{
    private bool TryTable(Step step)
    {
        List<TableInstance> tables = _frame.Module.Tables;
        switch (step.Opcode)
        {
            case Opcode.TableGet:
                TableGet(tables[step.First]);
                return true;
            case Opcode.TableSet:
                TableSet(tables[step.First]);
                return true;
            case Opcode.TableSize:
                PushSize((ulong)tables[step.First].Elements.Count, tables[step.First].Type.Is64);
                return true;
            case Opcode.TableGrow:
                TableGrow(tables[step.First]);
                return true;
            case Opcode.TableFill:
                TableFill(tables[step.First]);
                return true;
            case Opcode.TableCopy:
                TableCopy(tables[step.First], tables[step.Second]);
                return true;
            case Opcode.TableInit:
                TableInit(_frame.Module.Elements[step.First], tables[step.Second]);
                return true;
            case Opcode.ElemDrop:
                _frame.Module.Elements[step.First] = [];
                return true;
            default:
                return false;
        }
    }

    private static bool Contains(TableInstance table, UInt128 index, UInt128 count) => index + count <= (UInt128)table.Elements.Count;

    private void TableGet(TableInstance table)
    {
        ulong index = PopAddress(table.Type.Is64);
        Check(Contains(table, index, 1), TrapKind.TableOutOfBounds);
        _stack.Push(Slot.Ref(table.Elements[(int)index]));
    }

    private void TableSet(TableInstance table)
    {
        object? value = _stack.PopReference();
        ulong index = PopAddress(table.Type.Is64);
        Check(Contains(table, index, 1), TrapKind.TableOutOfBounds);
        table.Elements[(int)index] = value;
    }

    private void TableGrow(TableInstance table)
    {
        ulong count = PopAddress(table.Type.Is64);
        object? value = _stack.PopReference();
        int old = table.Elements.Count;
        ulong bound = Math.Min(table.Type.Maximum ?? ulong.MaxValue, MaxTableElements);
        if ((UInt128)count + (uint)old > bound)
        {
            PushSize(ulong.MaxValue, table.Type.Is64);
            return;
        }

        Spend(count);
        table.Elements.AddRange(Enumerable.Repeat(value, (int)count));
        PushSize((ulong)old, table.Type.Is64);
    }

    private void TableFill(TableInstance table)
    {
        ulong count = PopAddress(table.Type.Is64);
        object? value = _stack.PopReference();
        ulong index = PopAddress(table.Type.Is64);
        Check(Contains(table, index, count), TrapKind.TableOutOfBounds);
        Spend(count);
        for (ulong i = 0; i < count; i++)
        {
            table.Elements[(int)(index + i)] = value;
        }
    }

    private void TableCopy(TableInstance to, TableInstance from)
    {
        ulong count = PopAddress(to.Type.Is64 && from.Type.Is64);
        ulong source = PopAddress(from.Type.Is64);
        ulong destination = PopAddress(to.Type.Is64);
        Check(Contains(from, source, count) && Contains(to, destination, count), TrapKind.TableOutOfBounds);
        Spend(count);
        for (ulong i = 0; i < count; i++)
        {
            ulong at = destination <= source ? i : count - 1 - i;
            to.Elements[(int)(destination + at)] = from.Elements[(int)(source + at)];
        }
    }

    private void TableInit(object?[] elements, TableInstance table)
    {
        uint count = _stack.PopI32();
        uint source = _stack.PopI32();
        ulong destination = PopAddress(table.Type.Is64);
        Check((ulong)source + count <= (ulong)elements.Length && Contains(table, destination, count), TrapKind.TableOutOfBounds);
        Spend(count);
        for (uint i = 0; i < count; i++)
        {
            table.Elements[(int)(destination + i)] = elements[source + i];
        }
    }
}
