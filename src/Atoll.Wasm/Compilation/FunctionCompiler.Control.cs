using System.Collections.Immutable;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>Control instructions.</content>
internal sealed partial class FunctionCompiler
{
    private readonly List<Frame> _frames = [];
    private bool _reachable;
    private int _skipDepth;

    private enum FrameKind
    {
        Function,
        Block,
        Loop,
        If,
        Else,
        TryTable,

        /// <summary>The body of an older <c>try</c>.</summary>
        Try,

        /// <summary>A handler of an older <c>try</c>.</summary>
        Catch,
    }

    private sealed class Frame
    {
        public required FrameKind Kind { get; set; }

        public required FunctionType Type { get; init; }

        /// <summary>Where a branch to the frame goes: its start for a loop, its end for others.</summary>
        public required int Label { get; init; }

        /// <summary>Height of the operand stack below the parameters.</summary>
        public required int Height { get; init; }

        /// <summary>Temporaries that carry the values of branches: parameters of a loop, else results.</summary>
        public int[] Values { get; set; } = [];

        /// <summary>If: temporaries with the parameters, for both arms.</summary>
        public int[] Parameters { get; set; } = [];

        public int ElseLabel { get; set; } = -1;

        /// <summary>Units of fuel that are executed and not counted yet where branches arrive; see <see cref="_fuel"/>. -1: no branch has come.</summary>
        public long Fuel { get; set; } = -1;

        /// <summary>If: the same where its arms start.</summary>
        public long FuelAtStart { get; set; }

        /// <summary>Number of the block, or of its arm.</summary>
        public int Arm { get; set; }

        /// <summary>A loop: what is known of it, and the loop around it.</summary>
        public LoopScan.Loop? Loop { get; set; }
        public Frame? OuterLoop { get; set; }

        /// <summary>A loop: whether vectors that it changes were hidden before it.</summary>
        public bool HidesVectors { get; set; }

        /// <summary>A loop: how many loops there are around its body, itself included.</summary>
        public int LoopDepth { get; set; }

        /// <summary>A loop that ends soon by itself.</summary>
        public bool IsBrief { get; set; }

        /// <summary>How often such a loop goes round whenever it is entered; 0: not known.</summary>
        public long Rounds { get; set; }

        /// <summary>What all branches to the end know of loops; see <see cref="_seenDepth"/>.</summary>
        public int SeenDepth { get; set; } = int.MaxValue;

        /// <summary>If: what is known where its arms start.</summary>
        public int SeenAtStart { get; set; }

        /// <summary>What all branches to the end know of locals.</summary>
        public KnownLocal[]? KnownAtEnd { get; set; }

        /// <summary>If: what is known where its arms start.</summary>
        public KnownLocal[] KnownAtStart { get; set; } = [];

        /// <summary>The block around it that catches.</summary>
        public TryBlock? OuterTry { get; init; }

        /// <summary>What a block that catches needs; null for others.</summary>
        public TryBlock? Try { get; set; }

        /// <summary>Whether anything branches to the label.</summary>
        public bool Branched { get; set; }

        public ImmutableArray<ValueType> BranchTypes => Kind == FrameKind.Loop ? Type.Parameters : Type.Results;
    }

    private void PushFunctionFrame() =>
        _frames.Add(new Frame { Kind = FrameKind.Function, Type = _type, Label = -1, Height = 0, Arm = ++_arm });

    /// <summary>Compiles a control instruction; false when it is none.</summary>
    private bool CompileControl(ref WasmReader reader, Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Unreachable:
                SpillAll();
                CallHelper(nameof(GuestRuntime.Unreachable));
                _il.Emit(Il.Throw);
                _reachable = false;
                return true;
            case Opcode.Nop: return true;
            case Opcode.Block: BeginBlock(ref reader); return true;
            case Opcode.Loop: BeginLoop(ref reader); return true;
            case Opcode.If: BeginIf(ref reader); return true;
            case Opcode.Else: BeginElse(); return true;
            case Opcode.End: EndFrame(); return true;
            case Opcode.Br: Branch((int)reader.ReadVarU32()); return true;
            case Opcode.BrIf: BranchIf((int)reader.ReadVarU32()); return true;
            case Opcode.BrTable: BranchTable(ref reader); return true;
            case Opcode.Return: Branch(_frames.Count - 1); return true;
            case Opcode.Call: Call((int)reader.ReadVarU32()); return true;
            case Opcode.CallIndirect:
                int type = (int)reader.ReadVarU32();
                CallIndirect(type, (int)reader.ReadVarU32());
                return true;
            case Opcode.ReturnCall: Call((int)reader.ReadVarU32(), isTail: true); return true;
            case Opcode.ReturnCallIndirect:
                int tailType = (int)reader.ReadVarU32();
                CallIndirect(tailType, (int)reader.ReadVarU32(), isTail: true);
                return true;
            default: return CompileException(ref reader, opcode);
        }
    }

    /// <summary>Steps over code that cannot be reached, up to the end or else of the current frame.</summary>
    private void SkipUnreachable(ref WasmReader reader, Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Block or Opcode.Loop or Opcode.If or Opcode.Try:
                reader.SkipImmediate(ImmediateKind.BlockType);
                _skipDepth++;
                break;
            case Opcode.TryTable:
                reader.SkipImmediate(ImmediateKind.TryTable);
                _skipDepth++;
                break;
            case Opcode.Delegate when _skipDepth > 0:
                reader.ReadVarU32();
                _skipDepth--;
                break;
            case (Opcode.Catch or Opcode.CatchAll or Opcode.Delegate) when _skipDepth == 0:
                CompileException(ref reader, opcode);
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
                if (Instructions.TryGet(opcode, out Instruction instruction))
                {
                    reader.SkipImmediate(instruction.Immediate);
                }

                break;
        }
    }

    private Frame PushFrame(FrameKind kind, FunctionType type)
    {
        Frame frame = new()
        {
            Kind = kind,
            Type = type,
            Label = _il.DefineLabel(),
            Height = _stack.Count - type.Parameters.Length,
            OuterTry = _try,
            Arm = ++_arm,
        };
        frame.Values = AllocateTemps(frame.BranchTypes);
        _frames.Add(frame);
        return frame;
    }

    private FunctionType ReadBlockType(ref WasmReader reader) => reader.ReadBlockType(out _)!;

    private void BeginBlock(ref WasmReader reader)
    {
        FunctionType type = ReadBlockType(ref reader);
        SpillForControl();
        PushFrame(FrameKind.Block, type);
    }

    private void BeginLoop(ref WasmReader reader)
    {
        int position = reader.Position;
        FunctionType type = ReadBlockType(ref reader);
        SpillForControl();
        FlushFuel();
        Frame frame = PushFrame(FrameKind.Loop, type);
        MoveToTemps(frame.Values);
        PushShared(type.Parameters, frame.Values);
        frame.Loop = _scan!.At(position);
        EnterLoop(frame.Loop, frame);
        HideVectors(frame, frame.Loop);
        frame.LoopDepth = _loopDepth + 1;
        frame.OuterLoop = _loop;
        _loop = frame;
        if (reader.Position == _resumeOffset)
        {
            EmitResumedOperands(frame.Label);
        }

        if (frame.IsBrief)
        {
            LookAtBriefLoop();
        }

        BeginLoopFuel(frame);
        _loopDepth++;
        _il.MarkLabel(frame.Label);
    }

    private void BeginIf(ref WasmReader reader)
    {
        FunctionType type = ReadBlockType(ref reader);
        MakeConditionOnly(keepLazyReads: false);
        int[] parameters = ShareParameters(type);
        int elseLabel = _il.DefineLabel();
        EmitBranchIf(elseLabel, whenTrue: false);
        Frame frame = PushFrame(FrameKind.If, type);
        frame.ElseLabel = elseLabel;
        frame.SeenAtStart = _seenDepth;
        frame.FuelAtStart = _fuel;
        frame.KnownAtStart = Snapshot();
        frame.Parameters = parameters;
    }

    /// <summary>Both arms of an if start from the same parameters, so these move to temporaries that the frame owns. They lie below the condition.</summary>
    private int[] ShareParameters(FunctionType type)
    {
        int[] temps = new int[type.Parameters.Length];
        int first = _stack.Count - 1 - temps.Length;
        for (int i = 0; i < temps.Length; i++)
        {
            Entry entry = _stack[first + i];
            if (entry.Kind == EntryKind.Temp && !entry.Flag)
            {
                temps[i] = entry.Index;
            }
            else
            {
                temps[i] = AllocateTemp(entry.Type);
                Peek(entry);
                _il.StoreLocal(temps[i]);
            }

            _stack[first + i] = new Entry { Kind = EntryKind.Temp, Type = entry.Type, Index = temps[i], Flag = true };
        }

        return temps;
    }

    /// <summary>Leaves the condition, and nothing else, for IL's stack: what lies below goes to temporaries first.</summary>
    private void MakeConditionOnly(bool keepLazyReads)
    {
        Entry condition = _stack[^1];
        int own = condition.Kind == EntryKind.Compare || condition.Kind == EntryKind.Stack ? 1 : 0;
        if (_stackEntries > own)
        {
            SpillAll();
        }

        for (int i = keepLazyReads ? _stack.Count : 0; i < _stack.Count - 1; i++)
        {
            if (_stack[i].Kind == EntryKind.Local)
            {
                StoreLazyRead(i);
            }
        }
    }

    private void BeginElse()
    {
        Frame frame = _frames[^1];
        if (_reachable)
        {
            MoveToTemps(frame.Values);
            Jump(frame);
        }

        Truncate(frame.Height);
        StartElseArm(frame);
        frame.Kind = FrameKind.Else;
        frame.Arm = ++_arm;
    }

    private void StartElseArm(Frame frame)
    {
        Restore(frame.KnownAtStart);
        _il.MarkLabel(frame.ElseLabel);
        PushShared(frame.Type.Parameters, frame.Parameters);
        _seenDepth = frame.SeenAtStart;
        _reachable = true;
        _fuel = frame.FuelAtStart;
    }

    private void EndFrame()
    {
        Frame frame = _frames[^1];
        if (frame.Kind == FrameKind.Function)
        {
            if (_reachable)
            {
                Return();
            }

            _frames.Clear();
            return;
        }

        if (frame.Kind == FrameKind.If)
        {
            // Without an else arm the parameters are the results, and the arm that is there counts what it executed.
            if (frame.Fuel < 0)
            {
                frame.Fuel = frame.FuelAtStart;
            }

            BeginElse();
            frame = _frames[^1];
        }

        if (frame.Kind == FrameKind.Loop)
        {
            EndLoop(frame);
            return;
        }

        if (frame.Try is not null)
        {
            EndTry(frame);
        }

        if (_reachable && !frame.Branched && frame.Parameters.Length == 0)
        {
            // Nothing joins here: the values can stay where they are.
            _frames.RemoveAt(_frames.Count - 1);
            FreeTemps(frame.Type.Results, frame.Values);
            return;
        }

        if (_reachable)
        {
            MoveToTemps(frame.Values);
        }

        JoinFrame(frame);
    }

    /// <summary>What follows the end of a block that branches go to, or that had two arms; the values are in their temporaries.</summary>
    private void JoinFrame(Frame frame)
    {
        bool reachable = _reachable || frame.Branched;
        _seenDepth = _reachable ? Math.Min(_seenDepth, frame.SeenDepth) : frame.SeenDepth;
        Truncate(frame.Height);
        if (frame.Branched)
        {
            JoinFuel(frame);
            Restore(_reachable ? Meet(frame.KnownAtEnd) : frame.KnownAtEnd);
            _il.MarkLabel(frame.Label);
        }

        _frames.RemoveAt(_frames.Count - 1);
        FreeTemps(frame.Type.Parameters, frame.Parameters);
        _reachable = reachable;
        if (reachable)
        {
            // From here on the results' temporaries belong to the stack entries.
            for (int i = 0; i < frame.Values.Length; i++)
            {
                PushTemp(LocalKinds.Of(frame.Type.Results[i]), frame.Values[i]);
            }
        }
        else
        {
            FreeTemps(frame.Type.Results, frame.Values);
        }
    }

    /// <summary>Control only falls out of a loop, so its results stay where they are; the parameters' temporaries may still be among them.</summary>
    private void EndLoop(Frame frame)
    {
        _frames.RemoveAt(_frames.Count - 1);
        _loopDepth--;
        _loop = frame.OuterLoop;
        _seenDepth = Math.Min(_seenDepth, _loopDepth);
        if (!_reachable)
        {
            Truncate(frame.Height);
            FreeTemps(frame.Type.Parameters, frame.Values);
            return;
        }

        if (frame.Values.Length > 0)
        {
            for (int i = frame.Height; i < _stack.Count; i++)
            {
                if (_stack[i].Kind == EntryKind.Temp && _stack[i].Flag && Array.IndexOf(frame.Values, _stack[i].Index) >= 0)
                {
                    int copy = AllocateTemp(_stack[i].Type);
                    _il.LoadLocal(_stack[i].Index);
                    _il.StoreLocal(copy);
                    _stack[i] = new Entry { Kind = EntryKind.Temp, Type = _stack[i].Type, Index = copy };
                }
            }

            FreeTemps(frame.Type.Parameters, frame.Values);
        }
    }

    private Frame Target(int depth) => _frames[_frames.Count - 1 - depth];

    private void Branch(int depth)
    {
        Frame target = Target(depth);
        if (target.Kind == FrameKind.Function)
        {
            Return();
        }
        else
        {
            MoveToTemps(target.Values);
            Jump(target);
        }

        _reachable = false;
    }

    private void BranchIf(int depth)
    {
        Frame target = Target(depth);
        MakeConditionOnly(keepLazyReads: true);
        if (IsPlainTarget(target))
        {
            NoteBranch(target);
            EmitBranchIf(target.Label, whenTrue: true);
            NoteRounds(target);
            return;
        }

        int next = _il.DefineLabel();
        EmitBranchIf(next, whenTrue: false);
        LeaveTo(target);
        _il.MarkLabel(next);
        NoteRounds(target);
    }

    /// <summary>Whether a conditional branch can go straight to the label: nothing is to be moved or noted on the way.</summary>
    private bool IsPlainTarget(Frame target) =>
        target.Kind != FrameKind.Function && target.Values.Length == 0 && target.OuterTry == _try && !NeedsLook(target) && !LooksAtFuel(target) && !Samples(target);

    /// <summary>Branches to a frame with copies of the top values; the stack stays as it is for the code that follows.</summary>
    private void LeaveTo(Frame target)
    {
        if (target.Kind == FrameKind.Function)
        {
            int first = _stack.Count - _type.Results.Length;
            long pending = _fuel;
            FlushFuel();
            EmitReturn(i => Peek(_stack[first + i]));
            _fuel = pending;
        }
        else
        {
            CopyToTemps(target.Values);
            Jump(target);
        }
    }

    private void BranchTable(ref WasmReader reader)
    {
        int count = (int)reader.ReadVarU32();
        MakeConditionOnly(keepLazyReads: true);
        LoadOperands(1);
        HideRotation(LocalKind.I32);
        int[] labels = new int[count];
        Dictionary<int, int> stubs = [];
        for (int i = 0; i < count; i++)
        {
            labels[i] = LabelFor((int)reader.ReadVarU32(), stubs);
        }

        int last = LabelFor((int)reader.ReadVarU32(), stubs);
        if (count > 0)
        {
            _il.Switch(labels);
        }
        else
        {
            _il.Emit(Il.Pop);
        }

        _il.Branch(Il.Br, last);
        foreach ((int depth, int label) in stubs)
        {
            _il.MarkLabel(label);
            LeaveTo(Target(depth));
        }

        _reachable = false;
    }

    /// <summary>The frame's own label when it takes no values, else a stub that moves them; one stub for each frame.</summary>
    private int LabelFor(int depth, Dictionary<int, int> stubs)
    {
        Frame target = Target(depth);
        if (IsPlainTarget(target) && (target.Fuel < 0 || target.Fuel == _fuel))
        {
            NoteBranch(target);
            return target.Label;
        }

        if (!stubs.TryGetValue(depth, out int label))
        {
            label = _il.DefineLabel();
            stubs.Add(depth, label);
        }

        return label;
    }
}
