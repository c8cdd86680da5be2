using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>
/// Signed division (specification, "Integer Operations", idiv_s and irem_s). A divisor of zero is left to .NET, whose exception has to come from the function
/// itself to pass for a trap; so this is no call of a helper, which RyuJIT might not inline.
/// </content>
internal sealed partial class FunctionCompiler
{
    private void CompileSignedDivision(LocalKind kind)
    {
        if (!IsPlainDivisor(_stack[^1]))
        {
            // .NET's exception for the overflow would be taken for that of an address outside of its memory.
            SpillAll();
            int fits = _il.DefineLabel();
            Peek(_stack[^1]);
            EmitConst(kind, -1);
            _il.Branch(Il.BneUn, fits);
            Peek(_stack[^2]);
            EmitConst(kind, kind == LocalKind.I32 ? int.MinValue : long.MinValue);
            _il.Branch(Il.Beq, TrapLabel(ref _cold.Overflow, nameof(GuestRuntime.IntegerOverflow)));
            _il.MarkLabel(fits);
        }

        int depth = LoadOperands(2);
        _il.Emit(Il.Div);
        PushStack(kind, depth + 1);
    }

    private void CompileSignedRemainder(LocalKind kind)
    {
        if (IsPlainDivisor(_stack[^1]))
        {
            int depth = LoadOperands(2);
            _il.Emit(Il.Rem);
            PushStack(kind, depth + 1);
            return;
        }

        // The hardware traps on MIN % -1, where WebAssembly wants 0.
        SpillAll();
        int result = AllocateTemp(kind);
        int done = _il.DefineLabel();
        EmitConst(kind, 0);
        _il.StoreLocal(result);
        Peek(_stack[^1]);
        EmitConst(kind, -1);
        _il.Branch(Il.Beq, done);
        LoadOperands(2);
        _il.Emit(Il.Rem);
        _il.StoreLocal(result);
        _il.MarkLabel(done);
        PushTemp(kind, result);
    }

    private static bool IsPlainDivisor(in Entry divisor) => divisor.Kind == EntryKind.Const && divisor.Bits != -1;
}
