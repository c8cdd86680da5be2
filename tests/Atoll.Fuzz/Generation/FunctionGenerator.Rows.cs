using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Generation;

/// <content>Instructions of the instruction table, with operands of fixed types.</content>
internal sealed partial class FunctionGenerator
{
    private const Opcode V128And = (Opcode)(VectorInstructions.Prefix | 0x4E);
    private readonly Dictionary<int, int> _pointers = [];

    /// <summary>An instruction with operands made for it.</summary>
    private void RowExpression(Instruction row)
    {
        int memory = UsesMemory(row) ? _choices.Pick(_plan.Memories.Count) : -1;
        string operands = Letters.Operands(row);
        for (int i = 0; i < operands.Length; i++)
        {
            if (operands[i] == 'a')
            {
                Address(memory, row);
            }
            else
            {
                Operand(row, i, Letters.TypeOf(operands[i], default));
            }
        }

        Emit(row, memory);
    }

    /// <summary>A store or the like, if the module has a memory.</summary>
    private void RowWithoutResult()
    {
        if (Rows('-') is { Length: > 0 } rows)
        {
            RowExpression(_choices.Pick(rows));
        }
    }

    /// <summary>Applies some instruction to what is on the stack, if one fits.</summary>
    private void ApplyToStack()
    {
        for (int attempt = 0; attempt < 12; attempt++)
        {
            Instruction[] rows = Rows(_choices.Pick("ilfdv".ToCharArray()));
            if (rows.Length == 0)
            {
                continue;
            }

            Instruction row = _choices.Pick(rows);
            string operands = Letters.Operands(row);
            bool fits = !UsesMemory(row) && operands.Length <= _stack.Count - Floor
                && operands.Select(letter => Letters.TypeOf(letter, default)).SequenceEqual(_stack.TakeLast(operands.Length));
            if (fits && !(MayTrap(row) && _choices.Pick(3) != 2))
            {
                Emit(row, -1);
                return;
            }
        }
    }

    private static bool UsesMemory(Instruction row) => row.Immediate is ImmediateKind.Memory or ImmediateKind.MemoryLane or ImmediateKind.AtomicMemory;

    private static bool IsDivision(Instruction row) => row.Mnemonic.Contains(".div_", StringComparison.Ordinal) || row.Mnemonic.Contains(".rem_", StringComparison.Ordinal);

    private static bool IsTruncation(Instruction row) => row.Mnemonic.Contains(".trunc_f", StringComparison.Ordinal);

    private static bool MayTrap(Instruction row) => IsDivision(row) || IsTruncation(row);

    /// <summary>An operand. Divisors and numbers to truncate are mostly such that the instruction does not trap.</summary>
    private void Operand(Instruction row, int position, ValueType type)
    {
        if (IsDivision(row) && position == 1 && _choices.Pick(4) != 3)
        {
            Expression(type);
            _code.Opcode(type == ValueType.I32 ? Opcode.I32Const : Opcode.I64Const).Signed(1 + _choices.Pick(100));
            _code.Opcode(type == ValueType.I32 ? Opcode.I32Or : Opcode.I64Or);
        }
        else if (IsTruncation(row) && _choices.Pick(8) != 7)
        {
            Expression(ValueType.I32);
            bool isNarrow = type == ValueType.F32;
            _code.Opcode(Opcode.I32Const).Signed(1 + _choices.Pick(30)).Opcode(Opcode.I32ShrU);
            _code.Opcode(isNarrow ? Opcode.F32ConvertI32U : Opcode.F64ConvertI32U);
            Pop();
            Push(type);
        }
        else
        {
            Expression(type);
        }
    }

    /// <summary>Writes an instruction whose operands are on the stack.</summary>
    private void Emit(Instruction row, int memory)
    {
        string operands = Letters.Operands(row);
        if (Letters.ShowsNan(row))
        {
            Canonicalize(_stack[^1], isWide: false, keepsQuietBit: false);
        }

        _code.Opcode(row.Opcode);
        Immediates(row, memory);
        Pop(operands.Length);
        string results = row.Signature.Split('>')[1];
        if (results.Length > 0)
        {
            Push(Letters.TypeOf(results[0], default));
        }

        if (Letters.GivesNanLanes(row, out bool isWide))
        {
            // What a relaxed minimum makes of a signalling NaN is open too.
            bool isRelaxed = row.Mnemonic.Contains("relaxed_m", StringComparison.Ordinal);
            Canonicalize(ValueType.V128, isWide, keepsQuietBit: !isRelaxed && _choices.OneIn(2));
        }
    }

    private void Immediates(Instruction row, int memory)
    {
        switch (row.Immediate)
        {
            case ImmediateKind.Lane:
                _code.Byte(_choices.Pick(16 >> row.NaturalAlignment));
                break;
            case ImmediateKind.Shuffle:
                for (int i = 0; i < 16; i++)
                {
                    _code.Byte(_choices.Pick(32));
                }

                break;
            case ImmediateKind.Memory or ImmediateKind.MemoryLane or ImmediateKind.AtomicMemory:
                int alignment = row.Immediate == ImmediateKind.AtomicMemory ? row.NaturalAlignment : _choices.Pick(row.NaturalAlignment + 1);
                _code.Unsigned((uint)(alignment | (memory > 0 ? 0x40 : 0)));
                if (memory > 0)
                {
                    _code.Unsigned((uint)memory);
                }

                _code.Unsigned(Offset(_plan.Memories[memory], row));
                if (row.Immediate == ImmediateKind.MemoryLane)
                {
                    _code.Byte(_choices.Pick(16 >> row.NaturalAlignment));
                }

                break;
        }
    }

    private ulong Offset(MemoryType memory, Instruction row)
    {
        ulong bytes = 1UL << row.NaturalAlignment;
        return _choices.Pick(40) switch
        {
            < 20 => 0,
            < 32 => bytes * (ulong)_choices.Pick(5),
            < 37 => row.Immediate == ImmediateKind.AtomicMemory ? bytes : (ulong)_choices.Pick(100),
            37 => 65536 - bytes,
            38 => memory.Is64 ? ulong.MaxValue - (ulong)_choices.Pick(20) : uint.MaxValue - (uint)_choices.Pick(20),
            _ => memory.Is64 ? _choices.Next64() : _choices.Next(),
        };
    }

    /// <summary>
    /// Makes a NaN on top of the stack the canonical one: sign and payload are open after arithmetic, and must not show where they can be seen.
    /// With the bit that makes a NaN quiet a vector keeps what arithmetic has to set.
    /// </summary>
    private void Canonicalize(ValueType type, bool isWide, bool keepsQuietBit)
    {
        int place = NewLocal(type);
        _hidden.Add(place);
        TeeLocal(place);
        switch (Letters.Of(type))
        {
            case 'f':
                _code.Opcode(Opcode.F32Const).F32(0x7FC0_0000);
                TwiceEqual(place, Opcode.F32Eq).Opcode(Opcode.Select);
                break;
            case 'd':
                _code.Opcode(Opcode.F64Const).F64(0x7FF8_0000_0000_0000);
                TwiceEqual(place, Opcode.F64Eq).Opcode(Opcode.Select);
                break;
            default:
                ulong nan = isWide ? 0x7FF8_0000_0000_0000UL : 0x7FC0_0000_7FC0_0000UL;
                _code.Opcode(Opcode.V128Const).F64(nan).F64(nan);
                if (keepsQuietBit)
                {
                    _code.Opcode(Opcode.LocalGet).Unsigned((uint)place).Opcode(V128And);
                }

                TwiceEqual(place, (Opcode)(VectorInstructions.Prefix | (isWide ? 0x47 : 0x41))).Opcode((Opcode)(VectorInstructions.Prefix | 0x52));
                break;
        }
    }

    private WasmWriter TwiceEqual(int place, Opcode equal) =>
        _code.Opcode(Opcode.LocalGet).Unsigned((uint)place).Opcode(Opcode.LocalGet).Unsigned((uint)place).Opcode(equal);

    /// <summary>An address, mostly one inside of the memory, and often one that a local keeps for several accesses.</summary>
    private void Address(int memory, Instruction row)
    {
        MemoryType type = _plan.Memories[memory];
        if (_choices.OneIn(2) && _pointers.TryGetValue(memory, out int pointer) && row.Immediate != ImmediateKind.AtomicMemory)
        {
            GetLocal(pointer);
            return;
        }

        Expression(type.IndexType);
        if (_choices.Pick(40) != 39)
        {
            ulong mask = Mask(type);
            if (row.Immediate == ImmediateKind.AtomicMemory && _choices.Pick(20) != 19)
            {
                mask &= ~((1UL << row.NaturalAlignment) - 1);
            }

            And(type, mask);
        }
    }

    /// <summary>Ones below the size that the memory has at first, some bytes left out.</summary>
    private static ulong Mask(MemoryType type) => (Math.Max(System.Numerics.BitOperations.RoundUpToPowerOf2(type.MinimumBytes + 1) / 2, 1) - 1) & ~32UL;

    private void And(MemoryType type, ulong mask)
    {
        _code.Opcode(type.Is64 ? Opcode.I64Const : Opcode.I32Const).Signed((long)mask).Opcode(type.Is64 ? Opcode.I64And : Opcode.I32And);
    }

    /// <summary>Sets a local that holds addresses of a memory.</summary>
    private void SetPointer()
    {
        if (_plan.Memories.Count == 0)
        {
            return;
        }

        int memory = _choices.Pick(_plan.Memories.Count);
        MemoryType type = _plan.Memories[memory];
        Expression(type.IndexType);
        And(type, Mask(type));
        if (!_pointers.TryGetValue(memory, out int pointer))
        {
            _pointers[memory] = pointer = NewLocal(type.IndexType);
        }

        SetLocal(pointer);
    }
}
