using System.Runtime.CompilerServices;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Compilation;

namespace Atoll.Wasm.Execution;

/// <summary>What compiled code calls for work that is not worth code of its own: tables, bulk operations, growing, stopping.</summary>
internal static unsafe partial class GuestRuntime
{
    public static Exception StackCheckFailed(InstanceContext context) => context.Store.StackCheckFailed();

    public static Exception OutOfFuel(InstanceContext context) => context.Store.StopForFuel();

    /// <summary>Checks, before a method with a large frame is called, that the frame fits.</summary>
    public static void CheckFrame(InstanceContext context, int bytes)
    {
        nuint limit = context.Control->StackLimit;
        if ((nuint)(&limit) < (limit > nuint.MaxValue - (nuint)bytes ? nuint.MaxValue : limit + (nuint)bytes))
        {
            throw context.Store.StackCheckFailed();
        }
    }

    public static Exception Unreachable() => new TrapException(TrapKind.Unreachable);

    public static Exception MemoryOutOfBounds() => new TrapException(TrapKind.MemoryOutOfBounds);

    /// <summary>As <see cref="MemoryOutOfBounds"/>, from an instruction at an offset of its module.</summary>
    public static Exception MemoryOutOfBoundsAt(int offset) => new TrapException(TrapKind.MemoryOutOfBounds) { CodeOffset = offset };

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
            function = new Function(context.Store, caller.Definition.Code, caller, caller.Definition.Defined, caller.Definition.Name);
        }
        else
        {
            function = new Function(context.Store, code.CodeOf(index - imported), context, code.Types[definition.Functions[index]], code.Names.FunctionName(index));
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
