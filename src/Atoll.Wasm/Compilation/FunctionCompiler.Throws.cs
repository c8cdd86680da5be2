using System.Collections.Immutable;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>Throwing, and what IL forbids inside of a try region: returns and tail calls.</content>
internal sealed partial class FunctionCompiler
{
    /// <summary>Clauses that are searched for the one that catches a throw of the same function.</summary>
    private const int MaximumSearch = 64;

    private readonly List<TailCall> _deferred = [];
    private readonly List<int>[] _tailTemps = [.. Enumerable.Range(0, 7).Select(_ => new List<int>())];
    private int _returnLabel;
    private int _returnTemp;

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
        else if (_try is not null)
        {
            StoreException(tag, types);
            NoteThrow();
            EmitThrowTo(_try);
        }
        else
        {
            SaveFuel();
            LoadTag(tag);
            PackValues(types);
            CallHelper(nameof(GuestRuntime.Throw));
            _il.Emit(Il.Throw);
        }

        _reachable = false;
    }

    private void ThrowRef()
    {
        FlushFuel();
        LoadOperands(1);
        CallHelper(nameof(GuestRuntime.CheckException));
        int temp = AllocateTemp(LocalKind.Reference);
        _il.StoreLocal(temp);
        SpillAll();
        ThrowAgain(temp);
        FreeTemp(LocalKind.Reference, temp);
    }

    private void Rethrow(int depth)
    {
        SpillAll();
        FlushFuel();
        ThrowAgain(Target(depth).Try!.Exception);
    }

    private void ThrowAgain(int exception)
    {
        NoteThrow();
        if (_try is null)
        {
            SaveFuel();
            EmitThrowOf(exception);
        }
        else
        {
            _il.LoadLocal(exception);
            _il.StoreLocal(_caughtLocal);
            EmitThrowTo(_try);
        }

        _reachable = false;
    }

    private void EmitThrowOf(int exception)
    {
        _il.LoadLocal(exception);
        CallHelper(nameof(GuestRuntime.ThrowAgain));
        _il.Emit(Il.Throw);
    }

    /// <summary>
    /// The exception that was caught, or was made here, goes on to the handlers of a block of this function: a jump. Without a block it leaves
    /// the function.
    /// </summary>
    private void EmitThrowTo(TryBlock? block)
    {
        if (block is not null)
        {
            _il.Branch(Il.Br, block.Handlers);
            return;
        }

        SetState(null);
        SaveFuel();
        EmitThrowOf(_caughtLocal);
    }

    /// <summary>
    /// The clause of this function that surely catches a throw of the tag, if that can be said: then the throw is a branch, and no exception is
    /// made. Two imported tags may be one, so for them it cannot be said; nor for a <c>try</c>, whose handlers are not known yet.
    /// </summary>
    private (Frame Target, bool HasReference)? FindHandler(int tag)
    {
        int searched = 0;
        for (TryBlock? block = _try; block?.Clauses is { } clauses; block = block.Outer)
        {
            foreach (CatchClause clause in clauses)
            {
                if (++searched > MaximumSearch)
                {
                    return null;
                }

                if (!clause.HasTag || clause.Tag == (uint)tag)
                {
                    return (_frames[block.FrameIndex - 1 - (int)clause.Label], clause.HasReference);
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
            StoreException(tag, types);
            EmitCaught(target, hasReference: true);
            return;
        }

        if (target.BranchTypes.IsEmpty)
        {
            Truncate(_stack.Count - types.Length);
        }

        LeaveTo(target);
    }

    /// <summary>Makes an exception of the topmost entries, which are not on IL's stack.</summary>
    private void StoreException(int tag, ImmutableArray<ValueType> types)
    {
        LoadTag(tag);
        PackValues(types);
        CallHelper(nameof(GuestRuntime.NewException));
        _il.StoreLocal(_caughtLocal);
    }

    /// <summary>Leaves an array with the topmost entries, which are not on IL's stack.</summary>
    private void PackValues(ImmutableArray<ValueType> types)
    {
        if (types.IsEmpty)
        {
            CallHelper(nameof(GuestRuntime.NoValues));
            return;
        }

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

    /// <summary>Returns with the result on IL's stack; from the region by way of the function's end, because IL cannot return from one.</summary>
    private void EmitRet()
    {
        if (!_inRegion)
        {
            KeepFrame();
            _il.Emit(Il.Ret);
            return;
        }

        if (_returnLabel < 0)
        {
            _returnLabel = _il.DefineLabel();
            _returnTemp = _type.Results.IsEmpty ? -1 : AddLocal(LocalKinds.Of(_type.Results[0]));
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
    /// function's end. False outside of the region.
    /// </summary>
    private bool DeferTailCall(FunctionType type, LocalKind? extra, int index, int table = -1)
    {
        if (!_inRegion)
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

    /// <summary>What the region sent to the function's end.</summary>
    private void EmitDeferred()
    {
        foreach (TailCall call in _deferred)
        {
            _il.MarkLabel(call.Label);
            _reachable = true;
            _fuel = 0;
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
    }
}
