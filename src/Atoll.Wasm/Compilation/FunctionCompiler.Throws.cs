using System.Collections.Immutable;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>Throwing, the handlers of the older <c>try</c>, and what IL forbids inside of a try region.</content>
internal sealed partial class FunctionCompiler
{
    private readonly List<TailCall> _deferred = [];
    private readonly List<int>[] _tailTemps = [.. Enumerable.Range(0, 7).Select(_ => new List<int>())];
    private int _returnLabel;
    private int _returnTemp;
    private int _delegateLabel;
    private int _delegateTemp;

    /// <summary>A tail call that waits for the function's end.</summary>
    /// <param name="Label">Where it is to be.</param>
    /// <param name="Type">The callee's type.</param>
    /// <param name="Extra">An operand on top of the arguments.</param>
    /// <param name="Index">Index of the function, or of the type.</param>
    /// <param name="Table">The table, -1 for a direct call.</param>
    private readonly record struct TailCall(int Label, FunctionType Type, LocalKind? Extra, int Index, int Table);

    private void ResetDeferred()
    {
        _deferred.Clear();
        foreach (List<int> temps in _tailTemps)
        {
            temps.Clear();
        }

        _returnLabel = -1;
        _delegateLabel = -1;
    }

    private void Throw(int tag)
    {
        ImmutableArray<ValueType> types = _definition.Tags[tag].Type.Function.Parameters;
        FlushFuel();
        SpillAll();
        if (FindHandler(tag) is { } handler)
        {
            BranchToHandler(handler.Target, handler.HasReference, tag, types);
        }
        else
        {
            NoteThrow();
            SaveFuel();
            LoadTag(tag);
            if (types.IsEmpty)
            {
                CallHelper(nameof(GuestRuntime.ThrowEmpty));
            }
            else
            {
                PackValues(types);
                CallHelper(nameof(GuestRuntime.Throw));
            }

            _il.Emit(Il.Throw);
        }

        _reachable = false;
    }

    private void ThrowRef()
    {
        FlushFuel();
        LoadOperands(1);
        int temp = AllocateTemp(LocalKind.Reference);
        _il.StoreLocal(temp);
        SpillAll();
        EmitRethrow(temp);
        FreeTemp(LocalKind.Reference, temp);
        _reachable = false;
    }

    private void EmitRethrow(int exception)
    {
        FlushFuel();
        NoteThrow();
        SaveFuel();
        EmitThrowOf(exception);
    }

    private void EmitThrowOf(int exception)
    {
        _il.LoadLocal(exception);
        CallHelper(nameof(GuestRuntime.ThrowRef));
        _il.Emit(Il.Throw);
    }

    /// <summary>
    /// The clause of this function that surely catches a throw of the tag, if that can be said: then the throw is a branch, a thousand times
    /// cheaper. Two imported tags may be one, so for them it cannot be said; nor for a <c>try</c>, whose handlers are not known yet.
    /// </summary>
    private (Frame Target, bool HasReference)? FindHandler(int tag)
    {
        int searched = 0;
        for (TryRegion? region = _region; region is not null; region = region.Outer)
        {
            if (region.Frame.Kind != FrameKind.TryTable)
            {
                return null;
            }

            foreach (CatchClause clause in region.Frame.Try!.Clauses)
            {
                if (++searched > MaximumSearch)
                {
                    return null;
                }

                if (!clause.HasTag || clause.Tag == (uint)tag)
                {
                    return (_frames[region.FrameIndex - 1 - (int)clause.Label], clause.HasReference);
                }

                if (tag < _definition.ImportedTagCount && clause.Tag < (uint)_definition.ImportedTagCount)
                {
                    return null;
                }
            }
        }

        return null;
    }

    /// <summary>A throw whose handler is known. A clause for all tags takes no values.</summary>
    private void BranchToHandler(Frame target, bool hasReference, int tag, ImmutableArray<ValueType> types)
    {
        if (hasReference)
        {
            LoadTag(tag);
            PackValues(types);
            CallHelper(nameof(GuestRuntime.NewException));
            int exception = AllocateTemp(LocalKind.Reference);
            _il.StoreLocal(exception);
            EmitCaught(target, exception, hasReference: true);
            FreeTemp(LocalKind.Reference, exception);
            return;
        }

        if (target.BranchTypes.IsEmpty)
        {
            Truncate(_stack.Count - types.Length);
        }

        LeaveTo(target);
    }

    /// <summary>Leaves an array with the topmost entries, which are not on IL's stack.</summary>
    private void PackValues(ImmutableArray<ValueType> types)
    {
        _il.LoadInt32(types.Length);
        _il.Emit(Il.Newarr, _module.TypeToken(typeof(Value)));
        int first = _stack.Count - types.Length;
        for (int i = 0; i < types.Length; i++)
        {
            _il.Emit(Il.Dup);
            _il.LoadInt32(i);
            Peek(_stack[first + i]);
            LocalKind kind = LocalKinds.Of(types[i]);
            if (kind == LocalKind.Reference)
            {
                _il.LoadInt64(types[i].Code);
                CallHelper(nameof(GuestRuntime.PackReference));
            }
            else
            {
                _il.Emit(Il.Call, _module.HostThunk($"Pack{kind}"));
            }

            _il.Emit(Il.Stelem, _module.TypeToken(typeof(Value)));
        }
    }

    /// <summary>Begins a handler of a <c>try</c>: each compares the tag, and goes on to the next when it is another.</summary>
    private void BeginCatch(int tag)
    {
        Frame frame = _frames[^1];
        TryPart part = frame.Try!;
        LeaveArm(frame);
        if (frame.Kind == FrameKind.Try)
        {
            CloseRegion(frame);
            frame.Kind = FrameKind.Catch;
            part.FirstLabel = part.NextLabel = _il.DefineLabel();
        }

        if (!part.Region.Throws)
        {
            return;
        }

        _il.MarkLabel(part.NextLabel);
        EnterHandler(part);
        _reachable = true;
        if (tag < 0)
        {
            part.CatchesAll = true;
            return;
        }

        part.Tags.Add(tag);
        part.NextLabel = _il.DefineLabel();
        EmitBranchOnTag(Il.BneUn, part.Exception, tag, part.NextLabel);
        ImmutableArray<ValueType> types = _definition.Tags[tag].Type.Function.Parameters;
        for (int i = 0; i < types.Length; i++)
        {
            LocalKind kind = LocalKinds.Of(types[i]);
            int temp = AllocateTemp(kind);
            LoadPayload(part.Exception, i, kind);
            _il.StoreLocal(temp);
            PushTemp(kind, temp);
        }
    }

    /// <summary>Behind the last handler of a <c>try</c>, because only now all tags are known.</summary>
    private void EndCatches(TryPart part)
    {
        if (!part.CatchesAll)
        {
            // The filter let only these tags through; IL wants code at the label all the same.
            _il.MarkLabel(part.NextLabel);
            EmitThrowOf(part.Exception);
        }

        EmitFilter(part, part.Tags, part.CatchesAll);
        EmitHandler(part, part.Exception, part.FirstLabel);
    }

    /// <summary>
    /// Ends a <c>try</c> whose exceptions belong to a block further out. Where there are handlers in between, the exception is caught and thrown
    /// again in the region that is meant.
    /// </summary>
    private void EndDelegate(int depth)
    {
        Frame frame = _frames[^1];
        TryPart part = frame.Try!;
        LeaveArm(frame);
        CloseRegion(frame);

        // The label does not count the block that ends here.
        Frame target = Target(depth + 1);
        TryRegion? region = target.Kind is FrameKind.Try or FrameKind.TryTable ? target.Try!.Region : target.Region;
        if (part.Region.Throws && region != _region)
        {
            EmitFilter(part, [], all: true);
            (int label, int temp) = DelegateTo(region);
            EmitHandler(part, temp, label);
        }

        FreeTemp(LocalKind.Reference, part.Exception);
        JoinFrame(frame);
    }

    private (int Label, int Temp) DelegateTo(TryRegion? region)
    {
        if (region is null)
        {
            if (_delegateLabel < 0)
            {
                _delegateLabel = _il.DefineLabel();
                _delegateTemp = AllocateTemp(LocalKind.Reference);
            }

            return (_delegateLabel, _delegateTemp);
        }

        if (region.DelegateLabel < 0)
        {
            region.DelegateLabel = _il.DefineLabel();
            region.DelegateTemp = AllocateTemp(LocalKind.Reference);
        }

        return (region.DelegateLabel, region.DelegateTemp);
    }

    /// <summary>Returns with the result on IL's stack; from a region by way of the function's end, because IL cannot return from one.</summary>
    private void EmitRet()
    {
        if (_region is null)
        {
            _il.Emit(Il.Ret);
            return;
        }

        if (_returnLabel < 0)
        {
            _returnLabel = _il.DefineLabel();
            _returnTemp = _type.Results.IsEmpty ? -1 : AllocateTemp(LocalKinds.Of(_type.Results[0]));
        }

        if (_returnTemp >= 0)
        {
            _il.StoreLocal(_returnTemp);
        }

        _il.Branch(Il.Leave, _returnLabel);
    }

    /// <summary>In place of a table: the callee is a reference.</summary>
    private const int ThroughReference = -2;

    /// <summary>
    /// A tail call leaves the handlers of its function behind, and IL has none in a region: the operands are put away, and the call is made at the
    /// function's end. False outside of regions.
    /// </summary>
    private bool DeferTailCall(FunctionType type, LocalKind? extra, int index, int table = -1)
    {
        if (_region is null)
        {
            return false;
        }

        FlushFuel();
        int label = _il.DefineLabel();
        MoveToTemps(TailTemps(type, extra));
        _il.Branch(Il.Leave, label);
        _deferred.Add(new TailCall(label, type, extra, index, table));
        _reachable = false;
        return true;
    }

    /// <summary>Temporaries for the operands of a tail call, the same for all: only one of them is ever made.</summary>
    private int[] TailTemps(FunctionType type, LocalKind? extra)
    {
        int[] used = new int[_tailTemps.Length];
        int[] temps = new int[type.Parameters.Length + (extra is null ? 0 : 1)];
        for (int i = 0; i < temps.Length; i++)
        {
            LocalKind kind = i < type.Parameters.Length ? LocalKinds.Of(type.Parameters[i]) : extra!.Value;
            List<int> known = _tailTemps[(int)kind];
            int number = used[(int)kind]++;
            if (number == known.Count)
            {
                known.Add(AddLocal(kind));
            }

            temps[i] = known[number];
        }

        return temps;
    }

    /// <summary>What regions sent to the function's end.</summary>
    private void EmitDeferred()
    {
        foreach (TailCall call in _deferred)
        {
            _il.MarkLabel(call.Label);
            _reachable = true;
            int[] temps = TailTemps(call.Type, call.Extra);
            PushShared(call.Type.Parameters, temps[..call.Type.Parameters.Length]);
            if (call.Extra is { } kind)
            {
                PushTemp(kind, temps[^1], shared: true);
            }

            if (call.Table == ThroughReference)
            {
                CallRef(call.Index, isTail: true);
            }
            else if (call.Table < 0)
            {
                Call(call.Index, isTail: true);
            }
            else
            {
                CallIndirect(call.Index, call.Table, isTail: true);
            }
        }

        if (_returnLabel >= 0)
        {
            _il.MarkLabel(_returnLabel);
            if (_returnTemp >= 0)
            {
                _il.LoadLocal(_returnTemp);
            }

            _il.Emit(Il.Ret);
        }

        if (_delegateLabel >= 0)
        {
            _il.MarkLabel(_delegateLabel);
            EmitThrowOf(_delegateTemp);
        }
    }
}
