using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>Calls, and the counting of fuel.</content>
internal sealed partial class FunctionCompiler
{
    private int _fuelLocal;
    private int _fuel;

    private void Call(int index)
    {
        FunctionType type = _definition.TypeOf(index);
        FlushFuel();
        SaveFuel();
        int depth = LoadOperands(type.Parameters.Length);
        int[] outs = LoadOutAddresses(type);
        if (index < _definition.ImportedFunctionCount)
        {
            (int code, int context) = _module.ImportFields(index);
            LoadContext();
            _il.Emit(Il.Ldfld, context);
            LoadContext();
            _il.Emit(Il.Ldfld, code);
            _il.Emit(Il.Calli, _module.CallSite(type));
        }
        else
        {
            LoadContext();
            _il.Emit(Il.Call, ModuleAssembly.MethodToken(index - _definition.ImportedFunctionCount));
            NoteCall(index);
        }

        PushResults(type, outs, depth);
    }

    private void CallIndirect(int typeIndex, int table)
    {
        FunctionType type = _definition.Types[typeIndex];
        FlushFuel();
        SaveFuel();
        LocalKind indexKind = _definition.Tables[table].Type.Is64 ? LocalKind.I64 : LocalKind.I32;
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
        _il.Emit(Il.Ldfld, _module.Field(typeof(Function), nameof(Function.CanonicalType)));
        LoadContext();
        _il.Emit(Il.Ldfld, _module.TypeField(typeIndex));
        _il.Branch(Il.BneUn, ColdLabel(ref _typeTrapLabel));
        int depth = LoadOperands(type.Parameters.Length);
        int[] outs = LoadOutAddresses(type);
        _il.LoadLocal(callee);
        _il.Emit(Il.Ldfld, _module.Field(typeof(Function), nameof(Function.Context)));
        _il.LoadLocal(callee);
        _il.Emit(Il.Ldfld, _module.Field(typeof(Function), nameof(Function.Code)));
        FreeTemp(LocalKind.Reference, callee);
        _il.Emit(Il.Calli, _module.CallSite(type));
        PushResults(type, outs, depth);
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
        ReloadFuel();
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

    // Fuel: a local holds what is left; each run of straight-line code subtracts its length, loops and entries look whether it is below zero.
    private void BeginFuel()
    {
        _fuelLocal = AddLocal(LocalKind.I64);
        LoadControl(nameof(StoreControl.Fuel));
        _il.Emit(Il.LdindI8);
        _il.StoreLocal(_fuelLocal);
        CheckFuel();
    }

    private void CheckFuel()
    {
        if (_fuelLocal < 0)
        {
            return;
        }

        _il.LoadLocal(_fuelLocal);
        _il.LoadInt64(0);
        _il.Branch(Il.Blt, ColdLabel(ref _fuelLabel));
    }

    private void FlushFuel()
    {
        if (_fuelLocal >= 0 && _fuel > 0)
        {
            _il.LoadLocal(_fuelLocal);
            _il.LoadInt64(_fuel);
            _il.Emit(Il.Sub);
            _il.StoreLocal(_fuelLocal);
        }

        _fuel = 0;
    }

    private void SaveFuel()
    {
        if (_fuelLocal >= 0)
        {
            LoadControl(nameof(StoreControl.Fuel));
            _il.LoadLocal(_fuelLocal);
            _il.Emit(Il.StindI8);
        }
    }

    private void ReloadFuel()
    {
        if (_fuelLocal >= 0)
        {
            LoadControl(nameof(StoreControl.Fuel));
            _il.Emit(Il.LdindI8);
            _il.StoreLocal(_fuelLocal);
        }
    }
}
