using System.Runtime.CompilerServices;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Compilation;
using Atoll.Wasm.Platform;

namespace Atoll.Wasm.Execution;

/// <summary>What compiled code calls for work that is not worth code of its own: tables, bulk operations, growing, stopping.</summary>
internal static unsafe partial class GuestRuntime
{
    public static Exception StackCheckFailed(InstanceContext context) => context.Store.StackCheckFailed();

    public static Exception OutOfFuel(InstanceContext context) => context.Store.StopForFuel();

    /// <summary>
    /// Checks, before a method with a large frame is called, that the frame fits. The size is an upper estimate, for code that is not optimised
    /// mostly a much too high one: it is held against the thread's real stack. What the frame really takes counts against the limit in what it calls.
    /// </summary>
    public static void CheckFrame(InstanceContext context, int bytes)
    {
        nuint limit = context.Control->StackLimit;
        nuint here = (nuint)(&limit);
        if (here < limit)
        {
            throw context.Store.StackCheckFailed();
        }

        if (here < ThreadStack.End + Store.StackHeadroom + (nuint)bytes)
        {
            throw new TrapException(TrapKind.StackExhausted);
        }
    }

    /// <summary>What to call in place of a function that is not compiled: the interpreter, or its code after all.</summary>
    public static nint EnterFunction(InstanceContext context, int index)
    {
        nint entry = context.Lazy!.ColdEntry(index);
        if (entry == 0)
        {
            return CompileFunction(context, index);
        }

        context.ColdIndex = index;
        return entry;
    }

    /// <summary>Code of a function, compiled if need be.</summary>
    public static nint CompileFunction(InstanceContext context, int index)
    {
        LazyCode lazy = context.Lazy!;
        nint code = lazy.Compile(index);
        if (context.Functions[lazy.ImportedFunctionCount + index] is { } function)
        {
            // Calls through tables then go there at once.
            function.Code = code;
        }

        return code;
    }

    public static Exception Unreachable() => new TrapException(TrapKind.Unreachable);

    // Each takes the offset in its module of the instruction that failed; -1 when it is not known.
    public static Exception MemoryOutOfBounds(int offset) => new TrapException(TrapKind.MemoryOutOfBounds) { CodeOffset = offset };

    public static Exception IntegerOverflow(int offset) => new TrapException(TrapKind.IntegerOverflow) { CodeOffset = offset };

    public static Exception IndirectCallTypeMismatch() => new TrapException(TrapKind.IndirectCallTypeMismatch);

    public static Function RefFunc(InstanceContext context, int index) => context.Functions[index] ?? MakeFunction(context, index);

    public static void DataDrop(InstanceContext context, int segment) => context.DroppedData[segment] = true;

    public static void ElemDrop(InstanceContext context, int segment) => context.Elements[segment] = null;

    private static Function MakeFunction(InstanceContext context, int index)
    {
        CompiledModule code = context.Instance.Module.Code;
        ModuleDefinition definition = context.Instance.Module.Definition;
        int imported = definition.ImportedFunctionCount;
        Function function;
        if (index < imported)
        {
            // Only a definition of the host has no function object yet.
            Caller caller = (Caller)context.ImportContext(index);
            function = new Function(context.Store, caller.Definition.CodeFor(context.Store), caller, caller.Definition.Defined, caller.Definition.Name);
        }
        else
        {
            function = new Function(context.Store, code.CodeOf(index - imported), context, code.Types[definition.Functions[index]], index);
        }

        context.Functions[index] = function;
        return function;
    }

    private static void Charge(InstanceContext context, ulong bytes)
    {
        if (context.Control->IsInterrupted)
        {
            throw context.Store.StopForInterrupt();
        }

        if (context.Store.Engine.Options.ConsumeFuel)
        {
            context.Control->Fuel -= (long)(bytes / BytesPerFuel);
            if (context.Control->Fuel < 0)
            {
                throw context.Store.StopForFuel();
            }
        }
    }
}
