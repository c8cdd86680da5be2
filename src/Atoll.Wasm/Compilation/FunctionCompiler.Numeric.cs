using System.Numerics;
using System.Runtime.InteropServices;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Compilation;

/// <summary>Comparisons, as far as IL tells them apart.</summary>
internal enum CompareOperator : byte
{
    IntEq, IntNe, IntLtS, IntLtU, IntGtS, IntGtU, IntLeS, IntLeU, IntGeS, IntGeU,
    FloatEq, FloatNe, FloatLt, FloatGt, FloatLe, FloatGe,
    Eqz32, Eqz64, IsNull,
}

/// <content>Numeric instructions.</content>
internal sealed partial class FunctionCompiler
{
    /// <param name="Value">Instruction that computes the truth value.</param>
    /// <param name="Inverted">Whether it computes the opposite.</param>
    /// <param name="WhenTrue">Branch that is taken when it holds.</param>
    /// <param name="WhenFalse">Branch that is taken when it does not; for floats that includes NaN.</param>
    private readonly record struct Comparison(Il Value, bool Inverted, Il WhenTrue, Il WhenFalse);

    private static readonly Comparison[] Comparisons =
    [
        new(Il.Ceq, false, Il.Beq, Il.BneUn),
        new(Il.Ceq, true, Il.BneUn, Il.Beq),
        new(Il.Clt, false, Il.Blt, Il.Bge),
        new(Il.CltUn, false, Il.BltUn, Il.BgeUn),
        new(Il.Cgt, false, Il.Bgt, Il.Ble),
        new(Il.CgtUn, false, Il.BgtUn, Il.BleUn),
        new(Il.Cgt, true, Il.Ble, Il.Bgt),
        new(Il.CgtUn, true, Il.BleUn, Il.BgtUn),
        new(Il.Clt, true, Il.Bge, Il.Blt),
        new(Il.CltUn, true, Il.BgeUn, Il.BltUn),
        new(Il.Ceq, false, Il.Beq, Il.BneUn),
        new(Il.Ceq, true, Il.BneUn, Il.Beq),
        new(Il.Clt, false, Il.Blt, Il.BgeUn),
        new(Il.Cgt, false, Il.Bgt, Il.BleUn),
        new(Il.CgtUn, true, Il.Ble, Il.BgtUn),
        new(Il.CltUn, true, Il.Bge, Il.BltUn),
        new(Il.Ceq, false, Il.BrFalse, Il.BrTrue),
        new(Il.Ceq, false, Il.BrFalse, Il.BrTrue),
        new(Il.Ceq, false, Il.BrFalse, Il.BrTrue),
    ];

    private void CompileNumeric(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.I32Eqz or Opcode.I64Eqz: CompileEqz(opcode); break;
            case <= Opcode.I32GeU: CompileCompare(LocalKind.I32, (CompareOperator)((int)CompareOperator.IntEq + (opcode - Opcode.I32Eq))); break;
            case <= Opcode.I64GeU: CompileCompare(LocalKind.I64, (CompareOperator)((int)CompareOperator.IntEq + (opcode - Opcode.I64Eq))); break;
            case <= Opcode.F32Ge: CompileCompare(LocalKind.F32, (CompareOperator)((int)CompareOperator.FloatEq + (opcode - Opcode.F32Eq))); break;
            case <= Opcode.F64Ge: CompileCompare(LocalKind.F64, (CompareOperator)((int)CompareOperator.FloatEq + (opcode - Opcode.F64Eq))); break;
            case <= Opcode.I32Rotr: CompileInteger(LocalKind.I32, opcode); break;
            case <= Opcode.I64Rotr: CompileInteger(LocalKind.I64, Opcode.I32Clz + (opcode - Opcode.I64Clz)); break;
            case <= Opcode.F32Copysign: CompileFloat(LocalKind.F32, Opcode.F32Abs, opcode); break;
            case <= Opcode.F64Copysign: CompileFloat(LocalKind.F64, Opcode.F64Abs, opcode); break;
            default: CompileConversion(opcode); break;
        }
    }

    private void CompileEqz(Opcode opcode)
    {
        if (opcode == Opcode.I32Eqz && _stack[^1].Kind == EntryKind.Compare)
        {
            ref Entry compare = ref CollectionsMarshal.AsSpan(_stack)[^1];
            compare.Flag = !compare.Flag;
            return;
        }

        SettleCompare();
        int depth = LoadOperands(1);
        HideRotation(opcode == Opcode.I32Eqz ? LocalKind.I32 : LocalKind.I64);
        PushCompare(opcode == Opcode.I32Eqz ? CompareOperator.Eqz32 : CompareOperator.Eqz64, depth);
    }

    private void CompileCompare(LocalKind kind, CompareOperator comparison)
    {
        bool commutes = comparison is CompareOperator.IntEq or CompareOperator.IntNe;
        if (comparison is CompareOperator.FloatEq or CompareOperator.FloatNe)
        {
            _comparesWithOne |= (HiddenOf(_stack[^1]) & HiddenOf(_stack[^2]) & Hidden.One) == 0;
        }

        bool withNumber = commutes && _stack[^1] is { Kind: EntryKind.Const, Bits: not 0 };
        int depth = commutes ? LoadCommutative() : LoadOperands(2);
        if (!withNumber)
        {
            // Whichever of the two it is, no comparison with zero is left.
            HideRotation(kind);
        }

        PushCompare(comparison, depth);
    }

    /// <param name="kind">i32 or i64.</param>
    /// <param name="opcode">The instruction, as the one for i32.</param>
    private void CompileInteger(LocalKind kind, Opcode opcode)
    {
        (long extent, NumberRange range) = Predict(kind, opcode);
        (int root, long place) = opcode == Opcode.I32Add && kind == LocalKind.I32 ? PlaceOfSum() : (0, 0);
        EmitInteger(kind, opcode);
        Annotate(extent, range);
        AnnotatePlace(root, place);
    }

    private void EmitInteger(LocalKind kind, Opcode opcode)
    {
        Type unsigned = kind == LocalKind.I32 ? typeof(uint) : typeof(ulong);
        switch (opcode)
        {
            case Opcode.I32Clz: Count(kind, nameof(BitOperations.LeadingZeroCount), unsigned); break;
            case Opcode.I32Ctz: Count(kind, nameof(BitOperations.TrailingZeroCount), unsigned); break;
            case Opcode.I32Popcnt: Count(kind, nameof(BitOperations.PopCount), unsigned); break;
            case Opcode.I32Add: Binary(kind, Il.Add, commutes: true); break;
            case Opcode.I32Sub: Binary(kind, Il.Sub); break;
            case Opcode.I32Mul: Binary(kind, Il.Mul, commutes: true); break;
            case Opcode.I32DivS: CompileSignedDivision(kind); break;
            case Opcode.I32DivU: Binary(kind, Il.DivUn); break;
            case Opcode.I32RemS: CompileSignedRemainder(kind); break;
            case Opcode.I32RemU: Binary(kind, Il.RemUn); break;
            case Opcode.I32And: Binary(kind, Il.And, commutes: true); break;
            case Opcode.I32Or: Binary(kind, Il.Or, commutes: true); break;
            case Opcode.I32Xor: Binary(kind, Il.Xor, commutes: true); break;
            case Opcode.I32Shl: Shift(kind, Il.Shl); break;
            case Opcode.I32ShrS: Shift(kind, Il.Shr); break;
            case Opcode.I32ShrU: Shift(kind, Il.ShrUn); break;
            case Opcode.I32Rotl: Rotate(kind, nameof(BitOperations.RotateLeft), unsigned); break;
            default: Rotate(kind, nameof(BitOperations.RotateRight), unsigned); break;
        }
    }

    private void Binary(LocalKind kind, Il instruction, bool commutes = false)
    {
        int depth = commutes ? LoadCommutative() : LoadOperands(2);
        _il.Emit(instruction);
        PushStack(kind, depth + 1);
    }

    /// <summary>Loads two operands in either order: a lazy one may come behind one that already lies on IL's stack.</summary>
    private int LoadCommutative()
    {
        Entry lower = _stack[^2];
        if (lower.Kind == EntryKind.Stack || _stack[^1].Kind != EntryKind.Stack)
        {
            return LoadOperands(2);
        }

        Entry upper = Pop();
        _stack.RemoveAt(_stack.Count - 1);
        Load(upper);
        Load(lower);
        return Math.Max(upper.Depth, lower.Depth);
    }

    private void Count(LocalKind kind, string method, Type unsigned)
    {
        int depth = LoadOperands(1);
        _il.Emit(Il.Call, _module.Method(typeof(BitOperations), method, unsigned));
        if (kind == LocalKind.I64)
        {
            _il.Emit(Il.ConvU8);
        }

        PushStack(kind, depth + 1);
    }

    private void Shift(LocalKind kind, Il instruction)
    {
        int depth = LoadShiftOperands(kind);
        _il.Emit(instruction);
        PushStack(kind, depth + 1);
    }

    private void Rotate(LocalKind kind, string method, Type unsigned)
    {
        int depth = LoadShiftOperands(kind);
        _il.Emit(Il.Call, _module.Method(typeof(BitOperations), method, unsigned, typeof(int)));
        if (kind == LocalKind.I32)
        {
            // The JIT compiler makes a constant of two, but without the sign of an i32; this gives it one, and is nothing else.
            _il.LoadInt32(0);
            _il.Emit(Il.Or);
        }

        HideResultOfRotation(kind);
        PushStack(kind, depth + 2);
    }

    /// <summary>The value and the count modulo the width, as WebAssembly defines shifts; IL leaves larger counts undefined.</summary>
    private int LoadShiftOperands(LocalKind kind)
    {
        int mask = kind == LocalKind.I32 ? 31 : 63;
        if (_stack[^1].Kind == EntryKind.Const)
        {
            int count = (int)Pop().Bits & mask;
            int depth = LoadOperands(1);
            _il.LoadInt32(count);
            return depth;
        }

        int deepest = LoadOperands(2);
        if (kind == LocalKind.I64)
        {
            _il.Emit(Il.ConvI4);
        }

        _il.LoadInt32(mask);
        _il.Emit(Il.And);
        return deepest;
    }

    private void CompileFloat(LocalKind kind, Opcode first, Opcode opcode)
    {
        bool single = kind == LocalKind.F32;
        Type math = single ? typeof(MathF) : typeof(Math);
        Type type = single ? typeof(float) : typeof(double);
        string prefix = single ? "F32" : "F64";
        switch (Opcode.F32Abs + (opcode - first))
        {
            case Opcode.F32Abs: FloatCall(kind, 1, _module.Method(typeof(Math), nameof(Math.Abs), type)); break;
            case Opcode.F32Neg:
                Hidden hidden = HiddenOfAll(1);
                int depth = LoadOperands(1);
                _il.Emit(Il.Neg);
                PushStack(kind, depth + 1);
                Hide(hidden);
                break;
            case Opcode.F32Ceil: FloatMaker(kind, 1, _module.Method(math, nameof(Math.Ceiling), type)); break;
            case Opcode.F32Floor: FloatMaker(kind, 1, _module.Method(math, nameof(Math.Floor), type)); break;
            case Opcode.F32Trunc: FloatMaker(kind, 1, _module.Method(math, nameof(Math.Truncate), type)); break;
            case Opcode.F32Nearest: FloatMaker(kind, 1, _module.Numeric(prefix + "Nearest")); break;
            case Opcode.F32Sqrt: FloatMaker(kind, 1, _module.Method(math, nameof(Math.Sqrt), type)); break;
            case Opcode.F32Add: Arithmetic(kind, Opcode.F32Add, Il.Add); break;
            case Opcode.F32Sub: Arithmetic(kind, Opcode.F32Sub, Il.Sub); break;
            case Opcode.F32Mul: Arithmetic(kind, Opcode.F32Mul, Il.Mul); break;
            case Opcode.F32Div: Arithmetic(kind, Opcode.F32Div, Il.Div); break;
            case Opcode.F32Min: FloatMaker(kind, 2, _module.Numeric(prefix + "Min")); break;
            case Opcode.F32Max: FloatMaker(kind, 2, _module.Numeric(prefix + "Max")); break;
            default: FloatCall(kind, 2, _module.Method(math, nameof(Math.CopySign), type, type)); break;
        }
    }

    private void FloatCall(LocalKind kind, int operands, int method)
    {
        Hidden hidden = HiddenOfAll(operands);
        int depth = LoadOperands(operands);
        _il.Emit(Il.Call, method);
        PushStack(kind, depth + 1);
        Hide(hidden);
    }

    private void CompileConversion(Opcode opcode)
    {
        NumberRange range = opcode is Opcode.I64ExtendI32U or Opcode.I64ExtendI32S or Opcode.I32WrapI64 ? NumberRange.Converted(opcode, KnownRange(_stack[^1])) : default;
        bool ofFloat = opcode is Opcode.F32DemoteF64 or Opcode.F64PromoteF32;
        Hidden hidden = ofFloat ? HiddenOfAll(1) : Hidden.Nothing;
        int depth = LoadOperands(1);
        LocalKind result = EmitConversion(opcode);
        if (ofFloat)
        {
            EmitCanonical(result);
        }

        PushStack(result, depth + 1);
        Hide(hidden);
        Annotate(0, range);
    }

    private LocalKind EmitConversion(Opcode opcode) => opcode switch
    {
        Opcode.I32WrapI64 => Convert(LocalKind.I32, Il.ConvI4),
        Opcode.I64ExtendI32S => Convert(LocalKind.I64, Il.ConvI8),
        Opcode.I64ExtendI32U => Convert(LocalKind.I64, Il.ConvU8),
        Opcode.F32ConvertI32S or Opcode.F32ConvertI64S => Convert(LocalKind.F32, Il.ConvR4),
        Opcode.F64ConvertI32S or Opcode.F64ConvertI64S or Opcode.F64PromoteF32 => Convert(LocalKind.F64, Il.ConvR8),
        Opcode.I32ReinterpretF32 => Reinterpret(LocalKind.I32, nameof(BitConverter.SingleToInt32Bits)),
        Opcode.I64ReinterpretF64 => Reinterpret(LocalKind.I64, nameof(BitConverter.DoubleToInt64Bits)),
        Opcode.F64ReinterpretI64 => Reinterpret(LocalKind.F64, nameof(BitConverter.Int64BitsToDouble)),
        Opcode.I32Extend8S => Convert(LocalKind.I32, Il.ConvI1),
        Opcode.I32Extend16S => Convert(LocalKind.I32, Il.ConvI2),
        Opcode.I64Extend8S => Convert(LocalKind.I64, Il.ConvI1, Il.ConvI8),
        Opcode.I64Extend16S => Convert(LocalKind.I64, Il.ConvI2, Il.ConvI8),
        Opcode.I64Extend32S => Convert(LocalKind.I64, Il.ConvI4, Il.ConvI8),

        // The rest are methods of the same name: I32TruncF32S and the like.
        _ => CallNumeric(opcode),
    };

    private LocalKind Convert(LocalKind result, Il instruction, Il then = 0)
    {
        _il.Emit(instruction);
        if (then != 0)
        {
            _il.Emit(then);
        }

        return result;
    }

    private LocalKind Reinterpret(LocalKind result, string method)
    {
        _il.Emit(Il.Call, _module.Method(typeof(BitConverter), method));
        return result;
    }

    private LocalKind CallNumeric(Opcode opcode)
    {
        string name = opcode.ToString();
        _il.Emit(Il.Call, _module.Numeric(name));
        return name[..3] switch
        {
            "I32" => LocalKind.I32,
            "I64" => LocalKind.I64,
            "F32" => LocalKind.F32,
            _ => LocalKind.F64,
        };
    }

    /// <summary>The low half is the method's result, the high half comes through a temporary.</summary>
    private void CompileWide(Opcode opcode, int operands)
    {
        int depth = LoadOperands(operands);
        int high = AllocateTemp(LocalKind.I64);
        _il.LoadLocalAddress(high);
        _il.Emit(Il.Call, _module.Numeric(opcode.ToString()));
        PushStack(LocalKind.I64, depth + 1);
        PushTemp(LocalKind.I64, high);
    }

    private void SettleCompare()
    {
        if (_stack.Count > 0 && _stack[^1].Kind == EntryKind.Compare)
        {
            EmitCompareValue(ref CollectionsMarshal.AsSpan(_stack)[^1]);
            if (_stack[^1].Depth > MaximumDepth)
            {
                SpillAll();
            }
        }
    }

    /// <summary>Turns a comparison whose operands are on IL's stack into its value, 0 or 1.</summary>
    private void EmitCompareValue(ref Entry entry)
    {
        CompareOperator comparison = (CompareOperator)entry.Index;
        switch (comparison)
        {
            case CompareOperator.Eqz32: _il.LoadInt32(0); break;
            case CompareOperator.Eqz64: _il.LoadInt64(0); break;
            case CompareOperator.IsNull: _il.Emit(Il.Ldnull); break;
        }

        Comparison row = Comparisons[(int)comparison];
        _il.Emit(row.Value);
        if (row.Inverted != entry.Flag)
        {
            _il.LoadInt32(0);
            _il.Emit(Il.Ceq);
        }

        entry = new Entry { Kind = EntryKind.Stack, Type = LocalKind.I32, Depth = (short)(entry.Depth + 1), Range = NumberRange.Below(2) };
    }

    /// <summary>Pops the condition and branches on it; nothing else is on IL's stack.</summary>
    private void EmitBranchIf(int label, bool whenTrue)
    {
        if (_stack[^1].Kind != EntryKind.Compare)
        {
            LoadOperands(1);
            HideRotation(LocalKind.I32);
            _il.Branch(whenTrue ? Il.BrTrue : Il.BrFalse, label);
            return;
        }

        Entry compare = Pop();
        _stackEntries--;
        Comparison row = Comparisons[compare.Index];
        _il.Branch(whenTrue != compare.Flag ? row.WhenTrue : row.WhenFalse, label);
    }
}
