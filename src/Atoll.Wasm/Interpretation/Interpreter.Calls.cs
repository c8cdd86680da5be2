using System.Runtime.CompilerServices;
using Atoll.Wasm.Compilation;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Interpretation;

/// <content>Ways into and out of cold code.</content>
internal static unsafe partial class Interpreter
{
    /// <summary>Stack that a round of the interpreter takes beside the function's slots, at most.</summary>
    private const int FrameBytes = 1024;

    /// <summary>Called by compiled code in place of a function that is not compiled; <see cref="InstanceContext.ColdIndex"/> says which.</summary>
    /// <param name="context">The function's instance.</param>
    /// <param name="slots">The arguments; the first slot, which there always is, gets the result.</param>
    internal static void Enter(object context, long* slots)
    {
        InstanceContext instance = Unsafe.As<InstanceContext>(context);
        CallDefined(instance, instance.ColdIndex, slots);
    }

    private static void Call(InstanceContext context, int function, long* slots)
    {
        LazyCode lazy = context.Lazy!;
        int defined = function - lazy.ImportedFunctionCount;
        if (defined >= 0)
        {
            CallDefined(context, defined, slots);
            return;
        }

        ref ImportBinding import = ref context.Import(function);
        lazy.CallerOf(lazy.TypeIndexOf(function))(import.Code, import.Context, slots);
    }

    private static void CallDefined(InstanceContext context, int index, long* slots)
    {
        LazyCode lazy = context.Lazy!;
        nint code = lazy.Table[index];
        if (code == 0)
        {
            ColdFunction? cold = lazy.Cold(index);
            if (cold is not null && (cold.Budget -= cold.EntryCost) >= 0 && HasRoom(context, cold))
            {
                RunNoted(cold, context, slots);
                return;
            }

            code = GuestRuntime.CompileFunction(context, index);
        }

        lazy.CallerOf(lazy.TypeIndexOf(lazy.ImportedFunctionCount + index))(code, context, slots);
    }

    private static void CallIndirect(InstanceContext context, int typeIndex, int table, long* slots)
    {
        LazyCode lazy = context.Lazy!;
        DefinedType type = context.Types[typeIndex];
        object?[] elements = context.Tables[table].Elements;
        uint index = *(uint*)(slots + type.Function!.Parameters.Length);
        if (index >= (uint)elements.Length)
        {
            throw new TrapException(TrapKind.UndefinedElement);
        }

        Function callee = (Function?)elements[index] ?? throw new TrapException(TrapKind.UninitializedElement);
        if (callee.Defined != type && (type.IsFinal || GuestRuntime.IsSubtype(callee.Defined, type) == 0))
        {
            throw new TrapException(TrapKind.IndirectCallTypeMismatch);
        }

        if (callee.Context == context)
        {
            CallDefined(context, callee.Index - lazy.ImportedFunctionCount, slots);
        }
        else
        {
            lazy.CallerOf(typeIndex)(callee.Code, callee.Context, slots);
        }
    }

    /// <summary>
    /// Whether the stack has room for a round of the interpreter. Compiled functions take less of it: a recursion gets its second half for
    /// compiled code, so that it can go almost as deep as it would if all code were compiled.
    /// </summary>
    private static bool HasRoom(InstanceContext context, ColdFunction function)
    {
        nuint limit = context.Control->StackLimit;
        nuint here = (nuint)(&limit);
        if (here < limit)
        {
            throw context.Store.StackCheckFailed();
        }

        return here - limit > (nuint)((function.SlotCount * sizeof(long)) + FrameBytes + (context.Store.Engine.Options.StackBudgetBytes / 2));
    }

    /// <summary>Runs a function so that a trap knows of it: all functions are one method here. The filter sees an exception on its way, innermost frame first.</summary>
    private static void RunNoted(ColdFunction function, InstanceContext context, long* slots)
    {
        try
        {
            Run(function, context, slots);
        }
        catch (Exception exception) when (GuestStackReader.Note(exception, context, function.Index))
        {
            throw;
        }
    }

    /// <summary>The start of a loop's round: looks for a request to stop, and counts. Whether compiled code took over and finished the function.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TakesOver(ColdFunction function, InstanceContext context, int* head, long* slots, long* result) =>
        ((function.Budget -= head[1]) < 0) | (context.Control->Go == 0) && TakeOver(function, context, function.Loops[head[2]], slots, result);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TakeOver(ColdFunction function, InstanceContext context, ColdLoop loop, long* slots, long* result)
    {
        if (context.Control->IsInterrupted)
        {
            throw context.Store.StopForInterrupt();
        }

        nint code = context.Lazy!.LoopCode(function, loop);
        if (loop.FrameBytes > 0)
        {
            GuestRuntime.CheckFrame(context, loop.FrameBytes);
        }

        switch (function.Result)
        {
            case null: ((delegate*<long*, object, void>)code)(slots, context); break;
            case LocalKind.I32: *(int*)result = ((delegate*<long*, object, int>)code)(slots, context); break;
            case LocalKind.I64: *result = ((delegate*<long*, object, long>)code)(slots, context); break;
            case LocalKind.F32: *(float*)result = ((delegate*<long*, object, float>)code)(slots, context); break;
            default: *(double*)result = ((delegate*<long*, object, double>)code)(slots, context); break;
        }

        return true;
    }

    private static void MemoryFill(InstanceContext context, long* operands) =>
        GuestRuntime.MemoryFill(context, (int)operands[0], (int)operands[1], (int)operands[2], 0);

    private static void MemoryCopy(InstanceContext context, long* operands) =>
        GuestRuntime.MemoryCopy(context, (int)operands[0], (int)operands[1], (int)operands[2], 0, 0);

    private static void MemoryInit(InstanceContext context, long* operands, int segment) =>
        GuestRuntime.MemoryInit(context, (int)operands[0], (int)operands[1], (int)operands[2], 0, segment);
}
