using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>
/// The try region of IL. A function has at most one, around all of its body, and a local says in which block control is: the JIT compiler's time
/// grows with the square, and worse, of the number and depth of regions. The filter looks for a handler from that block outwards, so that
/// nothing is unwound for an exception that nobody here wants, and that traps and limits pass. The handler of IL only starts the region again,
/// whose first instruction goes on to the guest's handlers: these run with the stack unwound.
/// <para>
/// The JIT compiler keeps locals on the stack that are alive where a handler of IL begins. So the guest's locals are not: each has a copy, which
/// is made where control enters a block that catches, is kept up inside of it, and is read back where the handlers begin.
/// </para>
/// </content>
internal sealed partial class FunctionCompiler
{
    /// <summary>Most copies that are made for handlers in one function: they are not worth more IL than that.</summary>
    private const int MaximumCopies = 1_000;

    private readonly List<CatchRow> _catches = [];
    private readonly Stack<int>[] _freeCopies = [.. Enumerable.Range(0, 7).Select(_ => new Stack<int>())];
    private readonly List<int> _copiedLocals = [];
    private int[] _localCopies = [];
    private bool _inRegion;
    private int _stateLocal;
    private int _resumeLocal;
    private int _caughtLocal;
    private int _startLabel;
    private int _resumeLabel;
    private int _enterLabel;
    private int _bodyLabel;
    private int _contextLocal;
    private ColdLabels _coldOutside;

    /// <summary>What a block catches, for the filter.</summary>
    /// <param name="Tags">Tags that it catches.</param>
    /// <param name="All">Whether it catches all.</param>
    /// <param name="Handlers">Where its handlers are tried; -1 when it catches nothing.</param>
    /// <param name="Outer">Number of the block where the search goes on, 0 for none.</param>
    private readonly record struct CatchRow(List<int> Tags, bool All, int Handlers, int Outer)
    {
        public static CatchRow None(TryBlock? outer) => new([], false, -1, outer?.Number ?? 0);
    }

    private readonly record struct SavedTemp(LocalKind Kind, int Temp, int Copy);

    private void BeginRegion(FunctionBody body)
    {
        _try = null;
        _inRegion = body.Tries > 0;
        _copiedLocals.Clear();
        ResetDeferred();
        if (!_inRegion)
        {
            return;
        }

        _catches.Clear();
        foreach (Stack<int> free in _freeCopies)
        {
            free.Clear();
        }

        ChooseCopies(body);
        _stateLocal = AddLocal(LocalKind.I32);
        _resumeLocal = AddLocal(LocalKind.I32);
        _caughtLocal = AddLocal(LocalKind.Reference);
        _startLabel = _il.DefineLabel();
        _resumeLabel = _il.DefineLabel();
        _enterLabel = _il.DefineLabel();
        _bodyLabel = _il.DefineLabel();
        _contextLocal = AddLocal(LocalKind.Reference);
        _coldOutside = _cold;
        _cold = new ColdLabels();
        _il.LoadInt32(0);
        _il.StoreLocal(_resumeLocal);
        _il.MarkLabel(_resumeLabel);
        SetState(null);
        _il.MarkLabel(_startLabel);
        _il.Branch(Il.Br, _enterLabel);
        _il.MarkLabel(_bodyLabel);
        foreach (int local in _copiedLocals)
        {
            BeginLocal(local);
        }
    }

    /// <summary>
    /// Gives a local its first value in the region, although it had one before: for all that the JIT compiler knows, the handler of IL leads here
    /// too, and what would be read here would be alive there.
    /// </summary>
    private void BeginLocal(int local)
    {
        if (_homes[local] < 0)
        {
            LoadWasmLocal(local);
            _homes[local] = AddLocal(_wasmLocals[local]);
        }
        else
        {
            EmitZero(_wasmLocals[local]);
        }

        StoreWasmLocal(local);
    }

    /// <summary>Locals that are set somewhere get copies, unless that would be too many.</summary>
    private void ChooseCopies(FunctionBody body)
    {
        HashSet<int> set = [];
        WasmReader reader = new(_definition.Bytes, body.Code.Start, body.Code.End);
        while (!reader.AtEnd && (long)set.Count * body.Tries <= MaximumCopies)
        {
            Opcode opcode = reader.ReadOpcode();
            if (opcode is Opcode.LocalSet or Opcode.LocalTee)
            {
                set.Add((int)reader.ReadVarU32());
            }
            else if (Instructions.TryGet(opcode, out Instruction instruction))
            {
                reader.SkipImmediate(instruction.Immediate);
            }
        }

        if ((long)set.Count * body.Tries > MaximumCopies)
        {
            return;
        }

        _localCopies = new int[_wasmLocals.Length];
        _copiedLocals.AddRange(set.Order());
        foreach (int local in _copiedLocals)
        {
            _localCopies[local] = AddLocal(_wasmLocals[local]);
        }
    }

    /// <summary>A value on IL's stack is about to be stored to a local: handlers have to see it.</summary>
    private void CopyForHandlers(int local)
    {
        if (_try is not null && _copiedLocals.Count > 0)
        {
            _il.Emit(Il.Dup);
            _il.StoreLocal(_localCopies[local]);
        }
    }

    /// <summary>Control enters a block that catches; the operands below it are in temporaries.</summary>
    private void EnterTry(Frame frame, List<CatchClause>? clauses)
    {
        _catches.Add(CatchRow.None(_try));
        if (_try is null)
        {
            foreach (int local in _copiedLocals)
            {
                LoadWasmLocal(local);
                _il.StoreLocal(_localCopies[local]);
            }
        }

        _try = frame.Try = new TryBlock
        {
            Number = _catches.Count,
            Outer = _try,
            FrameIndex = _frames.Count - 1,
            Handlers = _il.DefineLabel(),
            SeenAtStart = _seenDepth,
            Saved = SaveOperands(frame.Height),
            Clauses = clauses,
        };
        SetState(_try);
    }

    /// <summary>Copies the operands below a block that no block around it copied already.</summary>
    private List<SavedTemp> SaveOperands(int height)
    {
        List<SavedTemp> saved = [];
        if (height > MaximumCopies / 10 || _copiedLocals.Count == 0)
        {
            return saved;
        }

        int first = _try is null ? 0 : _frames[_try.FrameIndex].Height;
        for (int i = first; i < height; i++)
        {
            if (_stack[i] is { Kind: EntryKind.Temp } entry)
            {
                int copy = _freeCopies[(int)entry.Type].TryPop(out int free) ? free : AddLocal(entry.Type);
                _il.LoadLocal(entry.Index);
                _il.StoreLocal(copy);
                saved.Add(new SavedTemp(entry.Type, entry.Index, copy));
            }
        }

        return saved;
    }

    /// <summary>The body of a block ends: what follows belongs to the block around.</summary>
    private void LeaveTry(TryBlock block)
    {
        _try = block.Outer;
        foreach (SavedTemp saved in block.Saved)
        {
            _freeCopies[(int)saved.Kind].Push(saved.Copy);
        }
    }

    /// <summary>Before a branch: control will be in the block around the target.</summary>
    private void CrossTries(Frame target)
    {
        if (target.OuterTry != _try)
        {
            SetState(target.OuterTry);
        }
    }

    private void SetState(TryBlock? block)
    {
        _il.LoadInt32(block?.Number ?? 0);
        _il.StoreLocal(_stateLocal);
    }

    /// <summary>The filter will send exceptions with these tags to the block's handlers.</summary>
    private void NoteCatch(TryBlock block, List<int> tags, bool all) =>
        _catches[block.Number - 1] = new CatchRow(tags, all, tags.Count > 0 || all ? block.Handlers : -1, block.Outer?.Number ?? 0);

    /// <summary>Where a block's handlers begin: control is outside of the block, and locals and operands are as the copies say.</summary>
    private void EnterHandlers(TryBlock block)
    {
        _il.MarkLabel(block.Handlers);
        SetState(block.Outer);
        foreach (int local in _copiedLocals)
        {
            _il.LoadLocal(_localCopies[local]);
            StoreWasmLocal(local);
        }

        for (TryBlock? around = block; around is not null; around = around.Outer)
        {
            foreach (SavedTemp saved in around.Saved)
            {
                _il.LoadLocal(saved.Copy);
                _il.StoreLocal(saved.Temp);
            }
        }

        ForgetBody(block);
    }

    /// <summary>What was known before the body is still known, what was found out in it is not.</summary>
    private void ForgetBody(TryBlock block)
    {
        ForgetChecks();
        _seenDepth = block.SeenAtStart;
        _fuel = 0;
    }

    private void EndRegion()
    {
        if (!_inRegion)
        {
            return;
        }

        EmitColdBlocks();
        _cold = _coldOutside;
        _inRegion = false;
        EmitEnter();
        bool catches = _catches.Exists(row => row.Handlers >= 0);
        if (catches)
        {
            EmitSwitch(_resumeLocal, _catches.Select(row => row.Handlers >= 0 ? row.Handlers : _bodyLabel).ToArray());
        }

        // Never reached: the filter only gives numbers of blocks that catch.
        EmitThrowOf(_caughtLocal);
        if (catches)
        {
            EmitHandler();
        }
    }

    /// <summary>What the body turned out to use gets its value here, for the body and for the handlers; then to the body, for the first time.</summary>
    private void EmitEnter()
    {
        _il.MarkLabel(_enterLabel);
        LoadContext();
        _il.StoreLocal(_contextLocal);
        EmitPrologue(_il);
        ReloadFuel();
        _il.LoadLocal(_resumeLocal);
        _il.Branch(Il.BrFalse, _bodyLabel);
    }

    /// <summary>Ends the region with a filter and a handler for all blocks.</summary>
    private void EmitHandler()
    {
        int end = _il.DefineLabel();
        int filter = _il.DefineLabel();
        int handler = _il.DefineLabel();
        int handlerEnd = _il.DefineLabel();
        _il.MarkLabel(end);
        _il.MarkLabel(filter);
        EmitFilter();
        _il.MarkLabel(handler);
        CallHelper(nameof(GuestRuntime.Thrown));
        _il.StoreLocal(_caughtLocal);
        _il.Branch(Il.Leave, _resumeLabel);
        _il.MarkLabel(handlerEnd);
        _il.AddHandler(_startLabel, end, filter, handler, handlerEnd);
    }

    /// <summary>Looks for a handler from the current block outwards; its block is where the region starts again.</summary>
    private void EmitFilter()
    {
        int none = _il.DefineLabel();
        int end = _il.DefineLabel();

        // Where to look for each block: its own code, or that of the next block around it that catches anything.
        int[] blocks = new int[_catches.Count + 1];
        blocks[0] = none;
        for (int i = 1; i < blocks.Length; i++)
        {
            blocks[i] = _catches[i - 1].Handlers >= 0 ? _il.DefineLabel() : blocks[_catches[i - 1].Outer];
        }

        _il.StoreLocal(_caughtLocal);
        _il.LoadLocal(_caughtLocal);
        CallHelper(nameof(GuestRuntime.IsThrown));
        _il.Branch(Il.BrFalse, none);
        EmitSwitch(_stateLocal, blocks.AsSpan(1));
        _il.MarkLabel(none);
        _il.LoadInt32(0);
        _il.Branch(Il.Br, end);
        for (int i = 1; i < blocks.Length; i++)
        {
            if (_catches[i - 1].Handlers >= 0)
            {
                _il.MarkLabel(blocks[i]);
                EmitMatch(i, blocks[_catches[i - 1].Outer], end);
            }
        }

        _il.MarkLabel(end);
        _il.Emit(Il.EndFilter);
    }

    private void EmitMatch(int block, int next, int end)
    {
        CatchRow row = _catches[block - 1];
        int found = _il.DefineLabel();
        foreach (int tag in row.Tags)
        {
            _il.LoadLocal(_caughtLocal);
            LoadTag(tag);
            CallHelper(nameof(GuestRuntime.HasTag));
            _il.Branch(Il.BrTrue, found);
        }

        if (!row.All)
        {
            _il.Branch(Il.Br, next);
        }

        _il.MarkLabel(found);
        _il.LoadInt32(block);
        _il.StoreLocal(_resumeLocal);
        _il.LoadInt32(1);
        _il.Branch(Il.Br, end);
    }

    /// <summary>Goes to the label whose number, from 1, a local holds.</summary>
    private void EmitSwitch(int local, ReadOnlySpan<int> labels)
    {
        _il.LoadLocal(local);
        _il.LoadInt32(1);
        _il.Emit(Il.Sub);
        _il.Switch(labels);
    }
}
