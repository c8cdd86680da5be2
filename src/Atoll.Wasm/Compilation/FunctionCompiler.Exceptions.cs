using System.Collections.Immutable;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>Blocks that catch, and their handlers. How they become IL's is in the part on the try region.</content>
internal sealed partial class FunctionCompiler
{
    /// <summary>The innermost block that would catch what the next instruction throws.</summary>
    private TryBlock? _try;

    /// <summary>A block that catches: <c>try_table</c>, or <c>try</c>.</summary>
    private sealed class TryBlock
    {
        /// <summary>From 1; while control is in the block, <see cref="_stateLocal"/> holds it.</summary>
        public required int Number { get; init; }

        /// <summary>The block around it.</summary>
        public required TryBlock? Outer { get; init; }

        /// <summary>Place of its frame among those around the code.</summary>
        public required int FrameIndex { get; init; }

        /// <summary>Where its handlers are tried, with the exception in <see cref="_caughtLocal"/>.</summary>
        public required int Handlers { get; init; }

        /// <summary>What is known of loops where the block starts, and so where a handler starts.</summary>
        public required int SeenAtStart { get; init; }

        /// <summary>Temporaries of operands below the block, and their copies for the handlers.</summary>
        public required List<SavedTemp> Saved { get; init; }

        /// <summary>try_table: the clauses that can ever be chosen. try: null.</summary>
        public required List<CatchClause>? Clauses { get; init; }

        /// <summary>Whether an exception can come out of the body; otherwise its handlers are never reached.</summary>
        public bool Throws { get; set; }

        /// <summary>try: temporary with the exception, for <c>rethrow</c>.</summary>
        public int Exception { get; set; }

        /// <summary>try: tags of its handlers, in order.</summary>
        public List<int> Tags { get; } = [];

        /// <summary>try: whether there is a catch_all.</summary>
        public bool CatchesAll { get; set; }

        /// <summary>try: where the search goes on after the last handler so far.</summary>
        public int NextHandler { get; set; }
    }

    /// <summary>Compiles an instruction on exceptions; false when it is none.</summary>
    private bool CompileException(ref WasmReader reader, Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.TryTable: BeginTryTable(ref reader); return true;
            case Opcode.Try: BeginTry(ref reader); return true;
            case Opcode.Catch: BeginCatch((int)reader.ReadVarU32()); return true;
            case Opcode.CatchAll: BeginCatch(-1); return true;
            case Opcode.Delegate: EndDelegate((int)reader.ReadVarU32()); return true;
            case Opcode.Throw: Throw((int)reader.ReadVarU32()); return true;
            case Opcode.ThrowRef: ThrowRef(); return true;
            case Opcode.Rethrow: Rethrow((int)reader.ReadVarU32()); return true;
            default: return false;
        }
    }

    private void BeginTryTable(ref WasmReader reader)
    {
        FunctionType type = ReadBlockType(ref reader);
        List<CatchClause> clauses = ReadClauses(ref reader);
        SpillForControl();
        FlushFuel();
        Frame frame = PushFrame(clauses.Count == 0 ? FrameKind.Block : FrameKind.TryTable, type);
        if (clauses.Count > 0)
        {
            EnterTry(frame, clauses);
        }
    }

    /// <summary>The clauses, without those behind one for the same tag or for all tags, which are never chosen.</summary>
    private static List<CatchClause> ReadClauses(ref WasmReader reader)
    {
        List<CatchClause> clauses = [];
        HashSet<uint> seen = [];
        bool all = false;
        for (uint left = reader.ReadCount(); left > 0; left--)
        {
            CatchClause clause = reader.ReadCatchClause();
            if (!all && (!clause.HasTag || seen.Add(clause.Tag)))
            {
                clauses.Add(clause);
                all = !clause.HasTag;
            }
        }

        return clauses;
    }

    private void BeginTry(ref WasmReader reader)
    {
        FunctionType type = ReadBlockType(ref reader);
        SpillForControl();
        FlushFuel();
        Frame frame = PushFrame(FrameKind.Try, type);
        EnterTry(frame, null);
        frame.Try!.Exception = AllocateTemp(LocalKind.Reference);
    }

    /// <summary>A guest's exception can come out of the code that follows.</summary>
    private void NoteThrow()
    {
        for (TryBlock? block = _try; block is { Throws: false }; block = block.Outer)
        {
            block.Throws = true;
        }
    }

    /// <summary>Ends a frame that catches, up to the join behind it.</summary>
    private void EndTry(Frame frame)
    {
        TryBlock block = frame.Try!;
        LeaveArm(frame);
        if (frame.Kind != FrameKind.Catch)
        {
            LeaveTry(block);
        }

        if (block.Throws && frame.Kind == FrameKind.TryTable)
        {
            EmitClauses(block);
        }
        else if (block.Throws)
        {
            EndHandlers(frame);
        }

        if (block.Clauses is null)
        {
            FreeTemp(LocalKind.Reference, block.Exception);
        }
    }

    /// <summary>Ends the body, or one handler, of a frame: its values go to the frame's temporaries, and control goes to the frame's end.</summary>
    private void LeaveArm(Frame frame)
    {
        if (_reachable)
        {
            MoveToTemps(frame.Values);
            Jump(frame);
            _reachable = false;
        }

        Truncate(frame.Height);
    }

    /// <summary>Sends an exception where the clause for it says. Clauses with one label share the code for it.</summary>
    private void EmitClauses(TryBlock block)
    {
        NoteCatch(block, [.. block.Clauses!.Where(c => c.HasTag).Select(c => (int)c.Tag)], !block.Clauses![^1].HasTag);
        EnterHandlers(block);
        Dictionary<(uint Label, bool HasReference), int> stubs = [];
        foreach (CatchClause clause in block.Clauses)
        {
            if (!stubs.TryGetValue((clause.Label, clause.HasReference), out int stub))
            {
                stubs.Add((clause.Label, clause.HasReference), stub = _il.DefineLabel());
            }

            if (clause.HasTag)
            {
                EmitBranchOnTag(Il.Beq, (int)clause.Tag, stub);
            }
            else
            {
                _il.Branch(Il.Br, stub);
            }
        }

        if (block.Clauses[^1].HasTag)
        {
            EmitThrowTo(block.Outer);
        }

        foreach (((uint target, bool hasReference), int stub) in stubs)
        {
            _il.MarkLabel(stub);

            // The innermost frame is the try_table itself, which its labels do not count.
            EmitCaught(Target((int)target + 1), hasReference);
        }
    }

    /// <summary>Branches to a frame with the values of the exception, and with a reference to it when the clause asks for one.</summary>
    private void EmitCaught(Frame target, bool hasReference)
    {
        ImmutableArray<ValueType> types = target.BranchTypes;
        int values = types.Length - (hasReference ? 1 : 0);
        if (target.Kind == FrameKind.Function)
        {
            EmitReturn(LoadValue);
            return;
        }

        for (int i = 0; i < types.Length; i++)
        {
            LoadValue(i);
            _il.StoreLocal(target.Values[i]);
        }

        Jump(target);

        void LoadValue(int index)
        {
            if (index == values)
            {
                _il.LoadLocal(_caughtLocal);
            }
            else
            {
                LoadPayload(index, LocalKinds.Of(types[index]));
            }
        }
    }

    /// <summary>Begins a handler of a <c>try</c>: each compares the tag, and goes on to the next when it is another.</summary>
    private void BeginCatch(int tag)
    {
        Frame frame = _frames[^1];
        TryBlock block = frame.Try!;
        LeaveArm(frame);
        bool isFirst = frame.Kind == FrameKind.Try;
        if (isFirst)
        {
            LeaveTry(block);
            frame.Kind = FrameKind.Catch;
            frame.Arm = ++_arm;
        }

        if (!block.Throws)
        {
            return;
        }

        if (isFirst)
        {
            EnterHandlers(block);
            _il.LoadLocal(_caughtLocal);
            _il.StoreLocal(block.Exception);
        }
        else
        {
            _il.MarkLabel(block.NextHandler);
            ForgetBody(block);
        }

        _reachable = true;
        if (tag < 0)
        {
            block.CatchesAll = true;
            return;
        }

        block.Tags.Add(tag);
        block.NextHandler = _il.DefineLabel();
        EmitBranchOnTag(Il.BneUn, tag, block.NextHandler);
        foreach ((int index, ValueType type) in _definition.Tags[tag].Type.Function.Parameters.Index())
        {
            LocalKind kind = LocalKinds.Of(type);
            int temp = AllocateTemp(kind);
            LoadPayload(index, kind);
            _il.StoreLocal(temp);
            PushTemp(kind, temp);
        }
    }

    /// <summary>Behind the last handler of a <c>try</c>: only now are all tags known.</summary>
    private void EndHandlers(Frame frame)
    {
        TryBlock block = frame.Try!;
        NoteCatch(block, block.Tags, block.CatchesAll);
        if (!block.CatchesAll)
        {
            _il.MarkLabel(frame.Kind == FrameKind.Try ? block.Handlers : block.NextHandler);
            EmitThrowTo(block.Outer);
        }
    }

    /// <summary>Ends a <c>try</c> whose exceptions belong to a block further out: the search goes on there.</summary>
    private void EndDelegate(int depth)
    {
        Frame frame = _frames[^1];
        TryBlock block = frame.Try!;
        LeaveArm(frame);
        LeaveTry(block);

        // The label does not count the block that ends here.
        Frame target = Target(depth + 1);
        TryBlock? outer = target.Kind is FrameKind.Try or FrameKind.TryTable ? target.Try : target.OuterTry;
        _catches[block.Number - 1] = CatchRow.None(outer);
        if (block.Throws)
        {
            _il.MarkLabel(block.Handlers);
            EmitThrowTo(outer);
        }

        FreeTemp(LocalKind.Reference, block.Exception);
        JoinFrame(frame);
    }

    private void EmitBranchOnTag(Il opcode, int tag, int label)
    {
        _il.LoadLocal(_caughtLocal);
        _il.Emit(Il.Ldfld, _module.Field(typeof(ExceptionInstance), nameof(ExceptionInstance.Identity)));
        LoadTag(tag);
        _il.Branch(opcode, label);
    }

    private void LoadPayload(int index, LocalKind kind)
    {
        _il.LoadLocal(_caughtLocal);
        _il.Emit(Il.Ldfld, _module.Field(typeof(ExceptionInstance), nameof(ExceptionInstance.Payload)));
        _il.LoadInt32(index);
        _il.Emit(Il.Ldelema, _module.TypeToken(typeof(Value)));
        if (kind == LocalKind.Reference)
        {
            _il.Emit(Il.Ldfld, _module.Field(typeof(Value), nameof(Value.Reference)));
        }
        else
        {
            _il.Emit(Il.Call, _module.HostThunk($"Unpack{kind}"));
        }
    }

    private void LoadTag(int index)
    {
        LoadContext();
        _il.Emit(Il.Ldfld, _module.TagField(index));
    }
}
