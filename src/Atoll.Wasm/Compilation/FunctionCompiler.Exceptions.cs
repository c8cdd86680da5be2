using System.Collections.Immutable;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>
/// Exceptions. A block that catches is a try region of IL whose filter compares tags, so that nothing is unwound for an exception that nobody
/// here wants, and that traps and limits pass. Its handler only notes the exception and leaves: the guest's handlers run outside, with the
/// stack unwound.
/// </content>
internal sealed partial class FunctionCompiler
{
    /// <summary>Regions within regions. The JIT compiler's work grows with the square of it.</summary>
    private const int MaximumTryNesting = 200;

    /// <summary>Try regions of one function.</summary>
    private const int MaximumTries = 1_000;

    /// <summary>Clauses that are searched for the one that catches a throw of the same function.</summary>
    private const int MaximumSearch = 64;

    private TryRegion? _region;
    private int _tries;

    /// <summary>A try region of IL, while its code is being written.</summary>
    private sealed class TryRegion
    {
        public required TryRegion? Outer { get; init; }

        public required int Depth { get; init; }

        public required Frame Frame { get; init; }

        /// <summary>Place of the frame among those around the code.</summary>
        public required int FrameIndex { get; init; }

        public required int Start { get; init; }

        public required ColdLabels OuterCold { get; init; }

        public int End { get; set; } = -1;

        /// <summary>Whether an exception of a guest can come out of it; otherwise it needs no handler.</summary>
        public bool Throws { get; set; }

        /// <summary>Where inner regions send what they delegate to this one: a label, and a temporary with the exception.</summary>
        public int DelegateLabel { get; set; } = -1;

        public int DelegateTemp { get; set; } = -1;
    }

    /// <summary>What a frame that catches knows beyond others.</summary>
    private sealed class TryPart
    {
        /// <summary>The region, also after its end.</summary>
        public required TryRegion Region { get; init; }

        /// <summary>Temporary with the exception that was caught.</summary>
        public required int Exception { get; init; }

        /// <summary>try_table: the clauses that can ever be chosen.</summary>
        public List<CatchClause> Clauses { get; init; } = [];

        /// <summary>What is known of loops where the block starts, and so where a handler starts.</summary>
        public required int SeenAtStart { get; init; }

        /// <summary>try: tags of its handlers, in order.</summary>
        public List<int> Tags { get; } = [];

        /// <summary>try: whether there is a catch_all.</summary>
        public bool CatchesAll { get; set; }

        /// <summary>try: where its first handler is chosen, and where the search goes on after the last handler so far.</summary>
        public int FirstLabel { get; set; } = -1;

        public int NextLabel { get; set; } = -1;

        public int FilterLabel { get; set; }
    }

    private void ResetExceptions()
    {
        _region = null;
        _tries = 0;
        ResetDeferred();
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
            case Opcode.Rethrow:
                SpillAll();
                EmitRethrow(Target((int)reader.ReadVarU32()).Try!.Exception);
                _reachable = false;
                return true;
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
            OpenRegion(frame, clauses);
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
        OpenRegion(PushFrame(FrameKind.Try, type), []);
    }

    /// <summary>Begins a region for the body of a frame. IL's stack is empty, as it must be there.</summary>
    private void OpenRegion(Frame frame, List<CatchClause> clauses)
    {
        int depth = (_region?.Depth ?? 0) + 1;
        if (depth > MaximumTryNesting || ++_tries > MaximumTries)
        {
            throw new InvalidModuleException(
                $"the function has more than {MaximumTryNesting} blocks that catch within each other, or more than {MaximumTries} in all; split it", 0);
        }

        _region = new TryRegion { Outer = _region, Depth = depth, Frame = frame, FrameIndex = _frames.Count - 1, Start = _il.DefineLabel(), OuterCold = _cold };
        frame.Try = new TryPart { Region = _region, Exception = AllocateTemp(LocalKind.Reference), Clauses = clauses, SeenAtStart = _seenDepth };
        _cold = new ColdLabels();
        _il.MarkLabel(_region.Start);
    }

    /// <summary>Ends the region of a frame's body: whatever still has to lie within, then back to the region around. Control does not fall out of it.</summary>
    private void CloseRegion(Frame frame)
    {
        TryRegion region = frame.Try!.Region;
        EmitColdBlocks();
        if (region.DelegateLabel >= 0)
        {
            _il.MarkLabel(region.DelegateLabel);
            EmitThrowOf(region.DelegateTemp);
            FreeTemp(LocalKind.Reference, region.DelegateTemp);
        }

        region.End = _il.DefineLabel();
        _il.MarkLabel(region.End);
        _region = region.Outer;
        _cold = region.OuterCold;
    }

    /// <summary>A guest's exception can come out of the code that follows.</summary>
    private void NoteThrow()
    {
        for (TryRegion? region = _region; region is { Throws: false }; region = region.Outer)
        {
            region.Throws = true;
        }
    }

    /// <summary>Ends a frame that catches, up to the join behind it.</summary>
    private void EndTry(Frame frame)
    {
        TryPart part = frame.Try!;
        LeaveArm(frame);
        if (frame.Kind != FrameKind.Catch)
        {
            CloseRegion(frame);
        }

        if (part.Region.Throws && frame.Kind == FrameKind.TryTable)
        {
            int dispatch = _il.DefineLabel();
            EmitFilter(part, [.. part.Clauses.Where(c => c.HasTag).Select(c => (int)c.Tag)], !part.Clauses[^1].HasTag);
            EmitHandler(part, part.Exception, dispatch);
            EmitDispatch(part, dispatch);
        }
        else if (part.Region.Throws && frame.Kind == FrameKind.Catch)
        {
            EndCatches(part);
        }

        FreeTemp(LocalKind.Reference, part.Exception);
    }

    /// <summary>Ends the body, or one handler, of a frame: its values go to the frame's temporaries, and control goes to the frame's end.</summary>
    private void LeaveArm(Frame frame)
    {
        if (_reachable)
        {
            FlushFuel();
            MoveToTemps(frame.Values);
            Jump(frame);
            _reachable = false;
        }

        Truncate(frame.Height);
    }

    /// <summary>The filter: whether the exception on the stack has one of the tags.</summary>
    private void EmitFilter(TryPart part, List<int> tags, bool all)
    {
        int filter = _il.DefineLabel();
        _il.MarkLabel(filter);
        if (all)
        {
            // Traps and the like have no tag.
            CallHelper(nameof(GuestRuntime.IsThrown));
        }
        else if (tags.Count == 1)
        {
            LoadTag(tags[0]);
            CallHelper(nameof(GuestRuntime.HasTag));
        }
        else
        {
            int found = _il.DefineLabel();
            int end = _il.DefineLabel();
            foreach (int tag in tags)
            {
                _il.Emit(Il.Dup);
                LoadTag(tag);
                CallHelper(nameof(GuestRuntime.HasTag));
                _il.Branch(Il.BrTrue, found);
            }

            _il.Emit(Il.Pop);
            _il.LoadInt32(0);
            _il.Branch(Il.Br, end);
            _il.MarkLabel(found);
            _il.Emit(Il.Pop);
            _il.LoadInt32(1);
            _il.MarkLabel(end);
        }

        _il.Emit(Il.EndFilter);
        part.FilterLabel = filter;
    }

    /// <summary>The handler of IL, behind its filter: notes the exception and leaves.</summary>
    private void EmitHandler(TryPart part, int temp, int target)
    {
        int start = _il.DefineLabel();
        int end = _il.DefineLabel();
        _il.MarkLabel(start);
        CallHelper(nameof(GuestRuntime.Thrown));
        _il.StoreLocal(temp);
        _il.Branch(Il.Leave, target);
        _il.MarkLabel(end);
        _il.AddHandler(part.Region.Start, part.Region.End, part.FilterLabel, start, end);
    }

    /// <summary>Behind a handler of IL: what was known before the body is still known, what was found out in it is not.</summary>
    private void EnterHandler(TryPart part)
    {
        ForgetChecks();
        ReloadFuel();
        _seenDepth = part.SeenAtStart;
        _fuel = 0;
    }

    /// <summary>Sends an exception that a try_table caught where its clause says. Clauses with one label share the code for it.</summary>
    private void EmitDispatch(TryPart part, int label)
    {
        _il.MarkLabel(label);
        EnterHandler(part);
        Dictionary<(uint Label, bool HasReference), int> stubs = [];
        for (int i = 0; i < part.Clauses.Count; i++)
        {
            CatchClause clause = part.Clauses[i];
            if (!stubs.TryGetValue((clause.Label, clause.HasReference), out int stub))
            {
                stubs.Add((clause.Label, clause.HasReference), stub = _il.DefineLabel());
            }

            if (i == part.Clauses.Count - 1)
            {
                // The filter let only these tags through.
                _il.Branch(Il.Br, stub);
            }
            else
            {
                EmitBranchOnTag(Il.Beq, part.Exception, (int)clause.Tag, stub);
            }
        }

        foreach (((uint target, bool hasReference), int stub) in stubs)
        {
            _il.MarkLabel(stub);

            // The innermost frame is the try_table itself, which its labels do not count.
            EmitCaught(Target((int)target + 1), part.Exception, hasReference);
        }
    }

    private void EmitBranchOnTag(Il opcode, int exception, int tag, int label)
    {
        _il.LoadLocal(exception);
        _il.Emit(Il.Ldfld, _module.Field(typeof(ExceptionInstance), nameof(ExceptionInstance.Identity)));
        LoadTag(tag);
        _il.Branch(opcode, label);
    }

    /// <summary>Branches to a frame with the values of an exception, and with a reference to it when the clause asks for one.</summary>
    private void EmitCaught(Frame target, int exception, bool hasReference)
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
                _il.LoadLocal(exception);
            }
            else
            {
                LoadPayload(exception, index, LocalKinds.Of(types[index]));
            }
        }
    }

    private void LoadPayload(int exception, int index, LocalKind kind)
    {
        _il.LoadLocal(exception);
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
