using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>Calls through references, casts, and branches on either. All references are of .NET's type <c>object</c>; validation knows better.</content>
internal sealed partial class FunctionCompiler
{
    /// <summary>Compiles an instruction of this part; false when it is none.</summary>
    private bool CompileReference(ref WasmReader reader, Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.CallRef: CallRef((int)reader.ReadVarU32(), isTail: false); return true;
            case Opcode.ReturnCallRef: CallRef((int)reader.ReadVarU32(), isTail: true); return true;
            case Opcode.RefAsNonNull: CallOnOperands(nameof(GuestRuntime.NotNull), 1, LocalKind.Reference); return true;
            case Opcode.RefEq: CallOnOperands(nameof(GuestRuntime.RefEq), 2, LocalKind.I32); return true;
            case Opcode.BrOnNull: BranchOnNull((int)reader.ReadVarU32()); return true;
            case Opcode.BrOnNonNull: BranchOnNonNull((int)reader.ReadVarU32()); return true;
            default: return false;
        }
    }

    /// <summary>A method of the runtime that takes operands only.</summary>
    private void CallOnOperands(string helper, int operands, LocalKind? result)
    {
        int depth = LoadOperands(operands);
        CallHelper(helper);
        if (result is { } kind)
        {
            PushStack(kind, depth + 1);
        }
    }

    private void CallRef(int typeIndex, bool isTail)
    {
        FunctionType type = _definition.Types[typeIndex].Function!;
        if (isTail && DeferTailCall(type, LocalKind.Reference, typeIndex, ThroughReference))
        {
            return;
        }

        NoteThrow();
        FlushFuel();
        SaveFuel();
        LookAtCall();
        int callee = AllocateTemp(LocalKind.Reference);
        LoadOperands(1);
        CallHelper(nameof(GuestRuntime.NotNullFunction));
        _il.StoreLocal(callee);
        SpillAll();
        CallFunction(callee, type, isTail);
    }

    /// <summary>Moves the top entry to a temporary of its own, with nothing else on IL's stack.</summary>
    private int PopToTemp(LocalKind kind)
    {
        int temp = AllocateTemp(kind);
        LoadOperands(1);
        _il.StoreLocal(temp);
        SpillAll();
        return temp;
    }

    private void BranchOnNull(int depth)
    {
        int temp = PopToTemp(LocalKind.Reference);
        int next = _il.DefineLabel();
        _il.LoadLocal(temp);
        _il.Branch(Il.BrTrue, next);
        LeaveTo(Target(depth));
        _il.MarkLabel(next);
        PushTemp(LocalKind.Reference, temp);
    }

    private void BranchOnNonNull(int depth)
    {
        int temp = PopToTemp(LocalKind.Reference);
        int next = _il.DefineLabel();
        _il.LoadLocal(temp);
        _il.Branch(Il.BrFalse, next);
        PushTemp(LocalKind.Reference, temp);
        LeaveTo(Target(depth));
        Release(Pop());
        _il.MarkLabel(next);
    }

    private void CompileCastBranch(ref WasmReader reader, bool onFailure)
    {
        int flags = reader.ReadByte();
        int depth = (int)reader.ReadVarU32();
        reader.ReadVarS33();
        long target = reader.ReadVarS33();
        int temp = PopToTemp(LocalKind.Reference);
        int next = _il.DefineLabel();
        _il.LoadLocal(temp);
        EmitTest(target, orNull: (flags & 2) != 0);
        _il.Branch(onFailure ? Il.BrTrue : Il.BrFalse, next);
        PushTemp(LocalKind.Reference, temp);
        LeaveTo(Target(depth));
        _il.MarkLabel(next);
    }

    private void CompileTest(ref WasmReader reader, bool orNull)
    {
        long target = reader.ReadVarS33();
        int depth = LoadOperands(1);
        EmitTest(target, orNull);
        PushStack(LocalKind.I32, depth + 1);
    }

    private void CompileCast(ref WasmReader reader, bool orNull)
    {
        long target = reader.ReadVarS33();
        int temp = PopToTemp(LocalKind.Reference);
        _il.LoadLocal(temp);
        EmitTest(target, orNull);
        _il.Branch(Il.BrFalse, ColdLabel(ref _cold.CastFailure));
        PushTemp(LocalKind.Reference, temp);
    }

    /// <summary>Replaces the reference on IL's stack by whether it is of a heap type (its number in the binary format).</summary>
    private void EmitTest(long target, bool orNull)
    {
        _il.LoadInt32(orNull ? 1 : 0);
        if (target >= 0)
        {
            LoadContext();
            _il.Emit(Il.Ldfld, _module.TypeField((int)target));
            CallHelper(_definition.Types[(int)target].Kind == CompositeKind.Function ? nameof(GuestRuntime.IsFunction) : nameof(GuestRuntime.IsDefined));
            return;
        }

        CallHelper((int)(target & 0x7F) switch
        {
            0x6D => nameof(GuestRuntime.IsEq),
            0x6C => nameof(GuestRuntime.IsI31),
            0x6B => nameof(GuestRuntime.IsStruct),
            0x6A => nameof(GuestRuntime.IsArray),
            0x71 or 0x72 or 0x73 or 0x74 => nameof(GuestRuntime.IsNone),
            _ => nameof(GuestRuntime.IsAny),
        });
    }
}
