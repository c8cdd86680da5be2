using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Interpretation;

/// <content>Control instructions and calls. Where control can join, all operands are in the slots of their heights.</content>
internal sealed partial class ColdTranslator
{
    /// <summary>For each comparison of integers, in the order of their codes: the one that holds when it does not.</summary>
    private static readonly int[] Opposites = [1, 0, 8, 9, 6, 7, 4, 5, 2, 3];

    private sealed class Frame
    {
        /// <summary><see cref="Opcode.Nop"/> for the function itself.</summary>
        public required Opcode Kind { get; set; }

        public required FunctionType Type { get; init; }

        /// <summary>Number of operands below the parameters.</summary>
        public int Height { get; init; }

        /// <summary>Where a branch goes: the start of a loop, the end of others.</summary>
        public int Label { get; init; }

        public int ElseLabel { get; init; }

        /// <summary>Loop: where its first operation is.</summary>
        public int Start { get; init; }

        public bool Branched { get; set; }

        public int BranchArity => Kind == Opcode.Loop ? Type.Parameters.Length : Type.Results.Length;
    }

    private void TranslateControl(ref WasmReader reader, Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Unreachable:
                Emit(ColdOp.Unreachable);
                _reachable = false;
                break;
            case Opcode.Block or Opcode.Loop or Opcode.If: Begin(ref reader, opcode); break;
            case Opcode.Else: BeginElse(); break;
            case Opcode.End: EndFrame(); break;
            case Opcode.Br:
                Leave(Target((int)reader.ReadVarU32()));
                _reachable = false;
                break;
            case Opcode.BrIf: BranchIf(Target((int)reader.ReadVarU32())); break;
            case Opcode.BrTable: BranchTable(ref reader); break;
            case Opcode.Return:
                Leave(_frames[0]);
                _reachable = false;
                break;
            case Opcode.Call: Call((int)reader.ReadVarU32()); break;
            case Opcode.CallIndirect: CallIndirect(ref reader); break;
            default: _failed = true; break;
        }
    }

    private void Skip(ref WasmReader reader, Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Block or Opcode.Loop or Opcode.If:
                reader.SkipImmediate(ImmediateKind.BlockType);
                _skipDepth++;
                break;
            case Opcode.End when _skipDepth > 0:
                _skipDepth--;
                break;
            case Opcode.End:
                EndFrame();
                break;
            case Opcode.Else when _skipDepth == 0:
                BeginElse();
                break;
            default:
                // Blocks of instructions that this does not know would end in the wrong place.
                _failed |= !Known.Contains(opcode);
                if (Instructions.TryGet(opcode, out Instruction instruction))
                {
                    reader.SkipImmediate(instruction.Immediate);
                }

                break;
        }
    }

    private Frame Target(int depth) => _frames[_frames.Count - 1 - depth];

    private void Begin(ref WasmReader reader, Opcode opcode)
    {
        FunctionType type = reader.ReadBlockType(out _)!;
        int elseLabel = -1;
        if (opcode == Opcode.If)
        {
            int condition = Pop();
            int test = _lastResult;
            SettleAll();
            elseLabel = DefineLabel();
            JumpOn(condition, test == _lastResult ? test : -1, elseLabel, whenTrue: false);
        }
        else
        {
            SettleAll();
        }

        int label = DefineLabel();
        if (opcode == Opcode.Loop)
        {
            MarkLabel(label);
            Emit(ColdOp.LoopHead, 1, _loops.Count);
            _loops.Add(new ColdLoop { Offset = reader.Position });
        }

        _frames.Add(new Frame
        {
            Kind = opcode,
            Type = type,
            Height = _stack.Count - type.Parameters.Length,
            Label = label,
            ElseLabel = elseLabel,
            Start = _code.Count - 4,
        });
    }

    private void BeginElse()
    {
        Frame frame = _frames[^1];
        if (_reachable)
        {
            SettleAll();
            frame.Branched = true;
            EmitJump(ColdOp.Jump, frame.Label, 1);
        }

        frame.Kind = Opcode.Else;
        MarkLabel(frame.ElseLabel);
        SetStack(frame.Height, frame.Type.Parameters.Length);
        _reachable = true;
    }

    /// <summary>The stack as it is after a join: <paramref name="height"/> operands of the frame around, and some of this one.</summary>
    private void SetStack(int height, int count)
    {
        Truncate(height);
        _work += count;
        for (int i = 0; i < count; i++)
        {
            PushSlot();
        }
    }

    private void EndFrame()
    {
        Frame frame = _frames[^1];
        _frames.RemoveAt(_frames.Count - 1);
        if (frame.Kind == Opcode.Nop)
        {
            if (_reachable)
            {
                EmitReturn();
            }

            _frames.Clear();
            return;
        }

        if (_reachable)
        {
            SettleAll();
        }

        if (frame.Kind == Opcode.Loop)
        {
            // What a round costs; every branch back goes by the head.
            _code[frame.Start + 1] = (_code.Count - frame.Start) / 4;
        }
        else
        {
            if (frame.Kind == Opcode.If)
            {
                // Without an else arm the parameters are the results.
                MarkLabel(frame.ElseLabel);
                _reachable = true;
            }

            MarkLabel(frame.Label);
            _reachable |= frame.Branched;
        }

        SetStack(frame.Height, _reachable ? frame.Type.Results.Length : 0);
    }

    private void EmitReturn()
    {
        if (_type.Results.IsEmpty)
        {
            Emit(ColdOp.Return);
            return;
        }

        // A constant must not count as settled for code that this may not be the only way to.
        int top = _stack.Count - 1;
        Entry result = _stack[top];
        if (result.Kind == EntryKind.Const)
        {
            WriteTo(_locals + top, result, top);
        }

        Emit(ColdOp.ReturnValue, result.Kind == EntryKind.Local ? (int)result.Value : _locals + top);
    }

    /// <summary>Goes to a frame with copies of the top operands; the stack stays as it is for the code that follows.</summary>
    private void Leave(Frame target)
    {
        if (target.Kind == Opcode.Nop)
        {
            EmitReturn();
            return;
        }

        int arity = target.BranchArity;
        _work += arity;
        for (int i = 0; i < arity; i++)
        {
            // Downwards or in place, in order: no operand is overwritten before it is copied.
            int from = _stack.Count - arity + i;
            if (from != target.Height + i || _stack[from].Kind != EntryKind.Slot)
            {
                WriteTo(_locals + target.Height + i, _stack[from], from);
            }
        }

        target.Branched = true;
        EmitJump(ColdOp.Jump, target.Label, 1);
    }

    /// <summary>Whether the operands of a branch already are where the target wants them.</summary>
    private bool IsInPlace(Frame target)
    {
        int arity = target.BranchArity;
        _work += arity;
        bool inPlace = target.Kind != Opcode.Nop && (arity == 0 || _stack.Count - arity == target.Height);
        for (int i = 0; inPlace && i < arity; i++)
        {
            inPlace = _stack[target.Height + i].Kind == EntryKind.Slot;
        }

        return inPlace;
    }

    private void BranchIf(Frame target)
    {
        int condition = Pop();
        int test = _lastResult;
        if (IsInPlace(target))
        {
            target.Branched = true;
            JumpOn(condition, test, target.Label, whenTrue: true);
            return;
        }

        int skip = DefineLabel();
        JumpOn(condition, test, skip, whenTrue: false);
        Leave(target);
        MarkLabel(skip);
    }

    /// <summary>Jumps if a condition holds, or if it does not.</summary>
    /// <param name="condition">Its slot.</param>
    /// <param name="test">Where the operation just emitted names its result, if that may be the condition; else -1.</param>
    /// <param name="label">Target.</param>
    /// <param name="whenTrue">Whether the condition has to hold.</param>
    private void JumpOn(int condition, int test, int label, bool whenTrue)
    {
        if (test >= 0 && test == _code.Count - 3 && _code[test] == condition && condition >= _locals)
        {
            // The comparison and the jump become one operation.
            int operation = _code[test - 1];
            if (operation == (int)Opcode.I32Eqz)
            {
                int operand = _code[test + 1];
                _code.RemoveRange(test - 1, 4);
                EmitJump(whenTrue ? ColdOp.JumpUnless : ColdOp.JumpIf, label, 2, a: operand);
                return;
            }

            int first = operation >= (int)Opcode.I64Eq ? (int)Opcode.I64Eq : (int)Opcode.I32Eq;
            int comparison = operation - first;
            if (comparison is >= 0 and < 10)
            {
                ColdOp jump = first == (int)Opcode.I64Eq ? ColdOp.JumpIfI64Eq : ColdOp.JumpIfI32Eq;
                (int left, int right) = (_code[test + 1], _code[test + 2]);
                _code.RemoveRange(test - 1, 4);
                EmitJump(jump + (whenTrue ? comparison : Opposites[comparison]), label, 3, left, right);
                return;
            }
        }

        EmitJump(whenTrue ? ColdOp.JumpIf : ColdOp.JumpUnless, label, 2, a: condition);
    }

    private void BranchTable(ref WasmReader reader)
    {
        int count = (int)reader.ReadVarU32();
        Emit(ColdOp.JumpTable, Pop(), count);
        int table = _code.Count;
        Dictionary<int, int> stubs = [];
        for (int i = 0; i <= count && !IsOverLimit(); i++)
        {
            int depth = (int)reader.ReadVarU32();
            Frame target = Target(depth);
            int label = target.Label;
            if (IsInPlace(target))
            {
                target.Branched = true;
            }
            else if (!stubs.TryGetValue(depth, out label))
            {
                label = DefineLabel();
                stubs.Add(depth, label);
            }

            _jumps.Add(_code.Count);
            _code.Add(label);
        }

        while ((_code.Count - table) % 4 != 0)
        {
            _code.Add(0);
        }

        foreach ((int depth, int label) in stubs)
        {
            MarkLabel(label);
            Leave(Target(depth));
            if (IsOverLimit())
            {
                break;
            }
        }

        _failed |= IsOverLimit();
        _reachable = false;
    }

    private void Call(int function)
    {
        FunctionType type = _definition.TypeOf(function);
        if (!IsPlain(type))
        {
            _failed = true;
            return;
        }

        int first = SettleTop(type.Parameters.Length);
        Emit(ColdOp.Call, function, first);
        SetStack(_stack.Count - type.Parameters.Length, type.Results.Length);
    }

    private void CallIndirect(ref WasmReader reader)
    {
        int typeIndex = (int)reader.ReadVarU32();
        int table = (int)reader.ReadVarU32();
        FunctionType type = _definition.Types[typeIndex].Function!;
        if (!IsPlain(type) || _definition.Tables[table].Type.Is64)
        {
            _failed = true;
            return;
        }

        int operands = type.Parameters.Length + 1;
        int first = SettleTop(operands);
        Emit(ColdOp.CallIndirect, typeIndex, table, first);
        SetStack(_stack.Count - operands, type.Results.Length);
    }
}
