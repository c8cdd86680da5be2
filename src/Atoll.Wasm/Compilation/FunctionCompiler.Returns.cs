using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>How a function gives its results: the first as IL does, the others through addresses.</content>
internal sealed partial class FunctionCompiler
{
    private void Return()
    {
        FlushFuel();
        int count = _type.Results.Length;
        if (count == 1 && _stackEntries == (_stack[^1].Kind == EntryKind.Stack ? 1 : 0))
        {
            ReturnFuel();
            LoadOperands(1);
            EmitRet();
            return;
        }

        SpillAll();
        int first = _stack.Count - count;
        EmitReturn(i => Peek(_stack[first + i]));
    }

    private void EmitReturn(Action<int> loadResult)
    {
        ReturnFuel();
        for (int i = 1; i < _type.Results.Length; i++)
        {
            _il.LoadArgument(_parameterCount + i - 1);
            loadResult(i);
            HideRotation(LocalKinds.Of(_type.Results[i]));
            if (_type.Results[i].IsVector)
            {
                _il.Emit(Il.Call, _module.Vector(nameof(Vectors.SetResult)));
            }
            else
            {
                _il.Emit(StoreIndirect(LocalKinds.Of(_type.Results[i])));
            }
        }

        if (!_type.Results.IsEmpty)
        {
            loadResult(0);
            HideRotation(LocalKinds.Of(_type.Results[0]));
        }

        EmitRet();
    }

    private static Il StoreIndirect(LocalKind kind) => kind switch
    {
        LocalKind.I32 => Il.StindI4,
        LocalKind.I64 => Il.StindI8,
        LocalKind.F32 => Il.StindR4,
        LocalKind.F64 => Il.StindR8,
        _ => Il.StindRef,
    };
}
