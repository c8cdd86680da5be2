using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Compilation;

/// <content>
/// Small functions that call themselves. RyuJIT inlines no method into itself, and in code that can be unloaded such a call goes by way of a stub that jumps. So
/// the body of such a function is there twice: its method calls a copy, which is marked to be inlined, and the copy calls the method. Every other call is gone.
/// </content>
internal sealed partial class FunctionCompiler
{
    /// <summary>Bytes of code that are copied at most, over all calls of a function to itself.</summary>
    private const int MostCopied = 256;

    /// <summary>Token of the method that calls of the function to itself call; 0 for its own.</summary>
    private int _copyToken;

    /// <summary>
    /// Whether the copy is being compiled. It does not look at its stack: its frame is part of the method's, or, should it not have been inlined, a small one
    /// between two that look.
    /// </summary>
    private bool _isCopy;
    private int _index;

    /// <summary>Compiles what the function's method inlines in place of calls to itself.</summary>
    public Result CompileCopy(int index)
    {
        _isCopy = true;
        try
        {
            return Compile(index, null);
        }
        finally
        {
            _isCopy = false;
        }
    }

    private void ResetRecursion(int index, FunctionBody body)
    {
        _index = index;
        _copyToken = !_isCopy && IsWorthACopy(index, body) ? _module.CopyOf(index) : 0;
    }

    /// <summary>Who wants to know lines or frames wants each call to have its own; giants fill what can be inlined; RyuJIT inlines neither handlers nor tail calls.</summary>
    private bool IsWorthACopy(int index, FunctionBody body)
    {
        if (!body.HasCalls || body.Code.Length > MostCopied || body.Tries > 0 || _type.Results.Length > 1 || _resumeOffset != 0
            || _module.HasLines || _module.IsElsewhere(index) || _options.Profiling || _options.EachIsGiant || !_options.StackGuard)
        {
            return false;
        }

        int calls = 0;
        WasmReader reader = new(_definition.Bytes, body.Code.Start, body.Code.End, types: _definition.Types);
        while (!reader.AtEnd)
        {
            Opcode opcode = reader.ReadOpcode();
            if (opcode == Opcode.Call)
            {
                calls += reader.ReadVarU32() == _definition.ImportedFunctionCount + index ? 1 : 0;
                continue;
            }

            if (opcode is Opcode.ReturnCall or Opcode.ReturnCallIndirect or Opcode.ReturnCallRef)
            {
                return false;
            }

            Instructions.TryGet(opcode, out Instruction instruction);
            reader.SkipImmediate(instruction.Immediate);
        }

        return calls > 0 && calls * body.Code.Length <= MostCopied;
    }
}
