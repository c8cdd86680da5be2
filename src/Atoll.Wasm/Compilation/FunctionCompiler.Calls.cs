using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>Calls.</content>
internal sealed partial class FunctionCompiler
{
    private void Call(int index, bool isTail = false)
    {
        FunctionType type = _definition.TypeOf(index);
        if (isTail && DeferTailCall(type, null, index))
        {
            return;
        }

        bool isCopy = !isTail && _copyToken != 0 && index == _definition.ImportedFunctionCount + _index;
        NoteThrow();
        FlushFuel();
        if (!isCopy)
        {
            SaveFuel();
        }

        LookAtCall();
        if (_tracesMemory)
        {
            // .NET knows of places in IL only where its stack is empty: the call should be one.
            SpillAll();
        }

        (int depth, int[] outs) = LoadArguments(type, isTail);
        if (index < _definition.ImportedFunctionCount)
        {
            (int code, int context) = _module.ImportFields(index);
            LoadContext();
            _il.Emit(Il.Ldfld, context);
            LoadContext();
            _il.Emit(Il.Ldfld, code);
            EmitCall(Il.Calli, _module.CallSite(type), isTail);
        }
        else
        {
            int defined = index - _definition.ImportedFunctionCount;
            LoadContext();
            if (isCopy)
            {
                // No look at the stack, hence none at requests to stop.
                LendFuel();
                _il.Emit(Il.Call, _copyToken);
                PushResults(type, outs, depth);
                return;
            }

            if (!isTail && _module.IsElsewhere(defined))
            {
                LoadCode(defined);
                _il.Emit(Il.Calli, _module.CallSite(type));
            }
            else
            {
                EmitCall(Il.Call, _module.FunctionToken(defined), isTail);
            }

            NoteCall(index);
        }

        EndCall(type, outs, depth, isTail);
    }

    /// <summary>
    /// Loads the address of what to call for a function that is compiled apart. Its entry would do the same, and be a jump on the way of every call and
    /// a method to compile.
    /// </summary>
    private void LoadCode(int defined)
    {
        int present = _il.DefineLabel();
        LoadContext();
        _il.Emit(Il.Ldfld, _module.ContextField(nameof(InstanceContext.CodeTable)));
        _il.LoadInt32(defined * nint.Size);
        _il.Emit(Il.Add);
        _il.Emit(Il.LdindI);
        _il.Emit(Il.Dup);
        _il.Branch(Il.BrTrue, present);
        _il.Emit(Il.Pop);
        LoadContext();
        _il.LoadInt32(defined);
        CallHelper(nameof(GuestRuntime.EnterFunction));
        _il.MarkLabel(present);
    }

    /// <summary>
    /// The arguments on IL's stack. A tail call passes on where this function's own results go, never the address of a local: its frame is gone
    /// when the callee writes. IL wants nothing else on the stack there.
    /// </summary>
    private (int Depth, int[] Outs) LoadArguments(FunctionType type, bool isTail)
    {
        if (!isTail)
        {
            int depth = LoadArgumentValues(type.Parameters.Length);
            return (depth, LoadOutAddresses(type));
        }

        SpillAll();
        if (_options.Interruptible)
        {
            // The JIT compiler makes a loop of a function that calls itself, and then reads the stack limit only once.
            Look();
        }

        LoadArgumentValues(type.Parameters.Length);
        for (int i = 1; i < type.Results.Length; i++)
        {
            _il.LoadArgument(_parameterCount + i - 1);
        }

        return (0, []);
    }

    private void EmitCall(Il opcode, int token, bool isTail)
    {
        if (isTail)
        {
            _hasTailCalls = true;
            _il.Emit(Il.Tail);
        }

        _il.Emit(opcode, token);
    }

    private void EndCall(FunctionType type, int[] outs, int depth, bool isTail)
    {
        if (isTail)
        {
            _il.Emit(Il.Ret);
            _reachable = false;
        }
        else
        {
            ReloadFuel();
            PushResults(type, outs, depth);
        }
    }

    private void CallIndirect(int typeIndex, int table, bool isTail = false)
    {
        DefinedType type = _definition.Types[typeIndex];
        LocalKind indexKind = _definition.Tables[table].Type.Is64 ? LocalKind.I64 : LocalKind.I32;
        if (isTail && DeferTailCall(type.Function!, indexKind, typeIndex, table))
        {
            return;
        }

        NoteThrow();
        FlushFuel();
        SaveFuel();
        LookAtCall();
        int index = AllocateTemp(indexKind);
        LoadOperands(1);
        _il.StoreLocal(index);
        SpillAll();

        // .NET's bounds check and null check are the table's: what they throw becomes a trap where the guest was entered.
        int callee = AllocateTemp(LocalKind.Reference);
        LoadContext();
        _il.Emit(Il.Ldfld, _module.TableField(table));
        _il.Emit(Il.Ldfld, _module.Field(typeof(Table), nameof(Table.Elements)));
        _il.LoadLocal(index);
        if (indexKind == LocalKind.I64)
        {
            _il.Emit(Il.ConvU);
        }

        _il.Emit(Il.LdelemRef);
        _il.StoreLocal(callee);
        FreeTemp(indexKind, index);
        _il.LoadLocal(callee);
        _il.Emit(Il.Ldfld, _module.Field(typeof(Function), nameof(Function.Defined)));
        LoadContext();
        _il.Emit(Il.Ldfld, _module.TypeField(typeIndex));
        if (type.IsFinal)
        {
            _il.Branch(Il.BneUn, ColdLabel(ref _cold.TypeTrap));
        }
        else
        {
            CallHelper(nameof(GuestRuntime.IsSubtype));
            _il.Branch(Il.BrFalse, ColdLabel(ref _cold.TypeTrap));
        }

        CallFunction(callee, type.Function!, isTail);
    }

    /// <summary>Calls the function in a temporary, which is free after that.</summary>
    private void CallFunction(int callee, FunctionType type, bool isTail)
    {
        (int depth, int[] outs) = LoadArguments(type, isTail);
        _il.LoadLocal(callee);
        _il.Emit(Il.Ldfld, _module.Field(typeof(Function), nameof(Function.Context)));
        _il.LoadLocal(callee);
        _il.Emit(Il.Ldfld, _module.Field(typeof(Function), nameof(Function.Code)));
        FreeTemp(LocalKind.Reference, callee);
        EmitCall(Il.Calli, _module.CallSite(type), isTail);
        EndCall(type, outs, depth, isTail);
    }

    private int[] LoadOutAddresses(FunctionType type)
    {
        if (type.Results.Length < 2)
        {
            return [];
        }

        int[] outs = AllocateTemps(type.Results[1..]);
        foreach (int temp in outs)
        {
            _il.LoadLocalAddress(temp);
        }

        return outs;
    }

    private void PushResults(FunctionType type, int[] outs, int depth)
    {
        if (type.Results.IsEmpty)
        {
            return;
        }

        PushStack(LocalKinds.Of(type.Results[0]), depth + 1);
        for (int i = 0; i < outs.Length; i++)
        {
            PushTemp(LocalKinds.Of(type.Results[i + 1]), outs[i]);
        }
    }
}
