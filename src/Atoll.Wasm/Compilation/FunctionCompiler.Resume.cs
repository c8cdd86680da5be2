using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Compilation;

/// <content>
/// Methods that go on with a function at the start of one of its loops, where the interpreter left it: they take its slots and the context, read
/// locals and operands from the slots, and jump into the loop. What lies before the loop is compiled too, but nothing leads there unless there is
/// a loop around.
/// </content>
internal sealed partial class FunctionCompiler
{
    /// <summary>Offset behind the block type of the loop; 0 for a whole function.</summary>
    private int _resumeOffset;
    private int _loopEntry;

    /// <summary>Compiles what goes on with a function, which has at most one result, at the loop whose body starts at an offset of the module.</summary>
    public Result CompileFrom(int index, int offset)
    {
        _resumeOffset = offset;
        try
        {
            return Compile(index);
        }
        finally
        {
            _resumeOffset = 0;
        }
    }

    private void EmitResume(FunctionBody body)
    {
        if (_resumeOffset == 0)
        {
            return;
        }

        for (int i = 0; i < body.LocalCount; i++)
        {
            LoadSlot(i, _wasmLocals[i]);
            _il.StoreLocal(_homes[i]);
        }

        _loopEntry = _il.DefineLabel();
        _il.Branch(Il.Br, _loopEntry);
    }

    /// <summary>Control comes here from the beginning; from the code before, past this. The temporaries of the operands are filled from their slots.</summary>
    private void EmitResumedOperands(int loop)
    {
        _il.Branch(Il.Br, loop);
        _il.MarkLabel(_loopEntry);
        for (int i = 0; i < _stack.Count; i++)
        {
            if (_stack[i].Kind == EntryKind.Temp)
            {
                LoadSlot(_wasmLocals.Length + i, _stack[i].Type);
                _il.StoreLocal(_stack[i].Index);
            }
        }
    }

    private void LoadSlot(int slot, LocalKind kind)
    {
        _il.LoadArgument(0);
        _il.LoadInt32(slot * sizeof(long));
        _il.Emit(Il.Add);
        _il.Emit(LoadIndirect(kind));
    }
}
