using Atoll.Wasm.Binary;
using Atoll.Wasm.Compilation;

namespace Atoll.Wasm.Interpretation;

/// <content>Instructions without control.</content>
internal sealed partial class ColdTranslator
{
    /// <summary>Number of operands of the numeric instructions with a code of one byte.</summary>
    private static readonly byte[] OperandCounts = CountOperands();

    /// <summary>What <see cref="Skip"/> can step over.</summary>
    private static readonly HashSet<Opcode> Known = [.. CoreInstructions.Rows.Select(row => row.Opcode)];

    private static byte[] CountOperands()
    {
        byte[] counts = new byte[256];
        foreach (Instruction row in CoreInstructions.Rows)
        {
            if (row.Opcode is >= Opcode.I32Eqz and <= Opcode.I64Extend32S)
            {
                counts[(int)row.Opcode] = (byte)row.Signature.IndexOf('>');
            }
        }

        return counts;
    }

    private void Translate(ref WasmReader reader, Opcode opcode)
    {
        switch (opcode)
        {
            case >= Opcode.I32Eqz and <= Opcode.I64Extend32S: TranslateNumeric(opcode); break;
            case >= Opcode.I32Load and <= Opcode.I64Store32: TranslateAccess(ref reader, opcode); break;
            case Opcode.LocalGet: PushLocal((int)reader.ReadVarU32()); break;
            case Opcode.LocalSet: SetLocal((int)reader.ReadVarU32(), tee: false); break;
            case Opcode.LocalTee: SetLocal((int)reader.ReadVarU32(), tee: true); break;
            case Opcode.I32Const: PushConst(reader.ReadVarS32()); break;
            case Opcode.I64Const: PushConst(reader.ReadVarS64()); break;
            case Opcode.F32Const: PushConst(reader.ReadF32Bits()); break;
            case Opcode.F64Const: PushConst((long)reader.ReadF64Bits()); break;
            case Opcode.GlobalGet: GetGlobal((int)reader.ReadVarU32()); break;
            case Opcode.GlobalSet: SetGlobal((int)reader.ReadVarU32()); break;
            case Opcode.Drop: Truncate(_stack.Count - 1); break;
            case Opcode.Nop: break;
            case Opcode.Select: TranslateSelect(); break;
            case Opcode.SelectT:
                reader.SkipImmediate(ImmediateKind.SelectTypes);
                TranslateSelect();
                break;
            case >= Opcode.I32TruncSatF32S and <= Opcode.I64TruncSatF64U:
                EmitResult((int)ColdOp.FirstSaturating + (opcode - Opcode.I32TruncSatF32S), Pop());
                break;
            case <= Opcode.CallIndirect: TranslateControl(ref reader, opcode); break;
            default: TranslateMemory(ref reader, opcode); break;
        }
    }

    private void TranslateNumeric(Opcode opcode)
    {
        if (OperandCounts[(int)opcode] == 1)
        {
            EmitResult((int)opcode, Pop());
            MakeCanonical(opcode);
            return;
        }

        Entry right = _stack[^1];
        if (opcode is Opcode.I32Add or Opcode.I64Add && right.Kind == EntryKind.Const && right.Value == (int)right.Value)
        {
            Truncate(_stack.Count - 1);
            EmitResult((int)(opcode == Opcode.I32Add ? ColdOp.I32AddConst : ColdOp.I64AddConst), Pop(), (int)right.Value);
            return;
        }

        int second = Pop();
        int first = Pop();
        EmitResult((int)opcode, first, second);
        MakeCanonical(opcode);
    }

    /// <summary>In the deterministic profile (specification, "Profiles"): the result of an instruction that makes NaNs has the canonical one only.</summary>
    private void MakeCanonical(Opcode opcode)
    {
        if (!_deterministic)
        {
            return;
        }

        if (opcode is (>= Opcode.F32Ceil and <= Opcode.F32Max) or Opcode.F32DemoteF64)
        {
            EmitResult((int)ColdOp.CanonicalF32, Pop());
        }
        else if (opcode is (>= Opcode.F64Ceil and <= Opcode.F64Max) or Opcode.F64PromoteF32)
        {
            EmitResult((int)ColdOp.CanonicalF64, Pop());
        }
    }

    private void TranslateAccess(ref WasmReader reader, Opcode opcode)
    {
        (_, uint memory, ulong offset) = reader.ReadMemoryArgument();
        if (memory != 0 || !HasPlainMemory())
        {
            _failed = true;
        }
        else if (opcode >= Opcode.I32Store)
        {
            int value = Pop();
            Emit((int)opcode, value, Pop(), (int)(uint)offset);
        }
        else
        {
            EmitResult((int)opcode, Pop(), (int)(uint)offset);
        }
    }

    /// <summary>Whether memory 0 has addresses of 32 bits, pages of the usual size, and one user at a time.</summary>
    private bool HasPlainMemory() => _definition.Memories is [{ Is64: false, IsShared: false, PageBytes: MemoryType.PageSize }, ..];

    private void TranslateSelect()
    {
        int first = _stack.Count - 3;
        Settle(first);
        int condition = SlotOf(first + 2);
        int second = SlotOf(first + 1);
        Truncate(first + 1);
        Emit(ColdOp.Select, _locals + first, second, condition);
    }

    private void GetGlobal(int index)
    {
        ValueType type = _definition.Globals[index].Type.Type;
        if (_isCell(index) && IsNumber(type))
        {
            EmitResult((int)ColdOp.CellGet, index);
        }
        else if (index < _places && IsNumber(type))
        {
            EmitResult((int)(IsWide(type) ? ColdOp.GlobalGet64 : ColdOp.GlobalGet32), index);
        }
        else
        {
            _failed = true;
        }
    }

    private void SetGlobal(int index)
    {
        ValueType type = _definition.Globals[index].Type.Type;
        if (_isCell(index) && IsNumber(type))
        {
            Emit(IsWide(type) ? ColdOp.CellSet64 : ColdOp.CellSet32, index, Pop());
        }
        else if (index < _places && IsNumber(type))
        {
            Emit(IsWide(type) ? ColdOp.GlobalSet64 : ColdOp.GlobalSet32, index, Pop());
        }
        else
        {
            _failed = true;
        }
    }

    private static bool IsWide(ValueType type) => LocalKinds.Of(type) is LocalKind.I64 or LocalKind.F64;

    private void TranslateMemory(ref WasmReader reader, Opcode opcode)
    {
        uint segment = opcode is Opcode.MemoryInit or Opcode.DataDrop ? reader.ReadVarU32() : 0;
        if (opcode == Opcode.DataDrop)
        {
            Emit(ColdOp.DataDrop, (int)segment);
            return;
        }

        if (opcode is not (Opcode.MemorySize or Opcode.MemoryGrow or Opcode.MemoryFill or Opcode.MemoryCopy or Opcode.MemoryInit)
            || reader.ReadVarU32() != 0 || (opcode == Opcode.MemoryCopy && reader.ReadVarU32() != 0) || !HasPlainMemory())
        {
            _failed = true;
            return;
        }

        if (opcode == Opcode.MemorySize)
        {
            EmitResult((int)ColdOp.MemorySize, 0);
        }
        else if (opcode == Opcode.MemoryGrow)
        {
            EmitResult((int)ColdOp.MemoryGrow, Pop());
        }
        else
        {
            ColdOp operation = opcode == Opcode.MemoryFill ? ColdOp.MemoryFill : opcode == Opcode.MemoryCopy ? ColdOp.MemoryCopy : ColdOp.MemoryInit;
            Emit(operation, SettleTop(3), (int)segment);
            Truncate(_stack.Count - 3);
        }
    }

    /// <summary>Puts the top operands into their slots; returns the first of these.</summary>
    private int SettleTop(int count)
    {
        for (int i = _stack.Count - count; i < _stack.Count; i++)
        {
            Settle(i);
        }

        return _locals + _stack.Count - count;
    }
}
