using System.Collections.Immutable;

namespace Atoll.Wasm.Compilation;

/// <content>Temporaries that carry the values of branches, and the moves between them and the operand stack.</content>
internal sealed partial class FunctionCompiler
{
    private int[] AllocateTemps(ImmutableArray<ValueType> types)
    {
        if (types.IsEmpty)
        {
            return [];
        }

        int[] temps = new int[types.Length];
        for (int i = 0; i < temps.Length; i++)
        {
            temps[i] = AllocateTemp(LocalKinds.Of(types[i]));
        }

        return temps;
    }

    private void FreeTemps(ImmutableArray<ValueType> types, int[] temps)
    {
        for (int i = 0; i < temps.Length; i++)
        {
            FreeTemp(LocalKinds.Of(types[i]), temps[i]);
        }
    }

    private void PushShared(ImmutableArray<ValueType> types, int[] temps)
    {
        for (int i = 0; i < temps.Length; i++)
        {
            PushTemp(LocalKinds.Of(types[i]), temps[i], shared: true);
        }
    }

    /// <summary>Pops the top values into temporaries; all are read before the first is written, so that they may change places.</summary>
    private void MoveToTemps(int[] temps)
    {
        LoadOperands(temps.Length);
        for (int i = temps.Length - 1; i >= 0; i--)
        {
            _il.StoreLocal(temps[i]);
        }

        SpillAll();
    }

    /// <summary>Copies the top values into temporaries without popping them; nothing is on IL's stack.</summary>
    private void CopyToTemps(int[] temps)
    {
        int first = _stack.Count - temps.Length;
        for (int i = 0; i < temps.Length; i++)
        {
            Peek(_stack[first + i]);
        }

        for (int i = temps.Length - 1; i >= 0; i--)
        {
            _il.StoreLocal(temps[i]);
        }
    }

    private void Peek(in Entry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.Const: EmitConst(entry.Type, entry.Bits); break;
            case EntryKind.Local: LoadWasmLocal(entry.Index); break;
            default: _il.LoadLocal(entry.Index); break;
        }
    }
}
