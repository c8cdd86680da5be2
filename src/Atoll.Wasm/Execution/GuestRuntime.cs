using System.Runtime.CompilerServices;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Compilation;

namespace Atoll.Wasm.Execution;

/// <summary>What compiled code calls for work that is not worth code of its own: tables, bulk operations, growing, stopping.</summary>
internal static unsafe class GuestRuntime
{
    /// <summary>Bytes, or elements times 16, that a bulk operation handles between two looks at the deadline: well below a millisecond's work.</summary>
    private const int Chunk = 1 << 20;

    /// <summary>Bytes of a bulk operation that cost one unit of fuel.</summary>
    private const int BytesPerFuel = 16;

    public static Exception StackCheckFailed(InstanceContext context) => context.Store.StackCheckFailed();

    public static Exception OutOfFuel(InstanceContext context) => context.Store.StopForFuel();

    /// <summary>Checks, before a method with a large frame is called, that the frame fits.</summary>
    public static void CheckFrame(InstanceContext context, int bytes)
    {
        nuint limit = context.Control->StackLimit;
        if ((nuint)(&limit) < (limit > nuint.MaxValue - (nuint)bytes ? nuint.MaxValue : limit + (nuint)bytes))
        {
            throw context.Store.StackCheckFailed(bytes);
        }
    }

    public static Exception Unreachable() => new TrapException(TrapKind.Unreachable);

    public static Exception MemoryOutOfBounds() => new TrapException(TrapKind.MemoryOutOfBounds);

    public static Exception IndirectCallTypeMismatch() => new TrapException(TrapKind.IndirectCallTypeMismatch);

    public static Function RefFunc(InstanceContext context, int index) => context.Functions[index] ?? MakeFunction(context, index);

    public static int MemoryGrow(InstanceContext context, int pages, int memory) => (int)context.Memories[memory].Grow((uint)pages);

    public static void MemoryFill(InstanceContext context, int destination, int value, int count, int memory)
    {
        Memory target = context.Memories[memory];
        byte* start = CheckMemory(target, destination, count);
        for (ulong done = 0; done < (uint)count;)
        {
            uint part = (uint)Math.Min(Chunk, (uint)count - done);
            Unsafe.InitBlockUnaligned(start + done, (byte)value, part);
            done += part;
            Charge(context, part);
        }
    }

    public static void MemoryCopy(InstanceContext context, int destination, int source, int count, int destinationMemory, int sourceMemory)
    {
        byte* from = CheckMemory(context.Memories[sourceMemory], source, count);
        byte* to = CheckMemory(context.Memories[destinationMemory], destination, count);
        ulong total = (uint)count;
        bool backwards = to > from && to < from + total;
        for (ulong done = 0; done < total;)
        {
            uint part = (uint)Math.Min(Chunk, total - done);
            ulong at = backwards ? total - done - part : done;
            Buffer.MemoryCopy(from + at, to + at, part, part);
            done += part;
            Charge(context, part);
        }
    }

    public static void MemoryInit(InstanceContext context, int destination, int source, int count, int memory, int segment)
    {
        ModuleDefinition definition = context.Instance.Module.Definition;
        ByteRange content = definition.Data[segment].Content;
        uint length = context.DroppedData[segment] ? 0 : (uint)content.Length;
        if ((uint)count > length || (uint)source > length - (uint)count)
        {
            throw new TrapException(TrapKind.MemoryOutOfBounds);
        }

        byte* to = CheckMemory(context.Memories[memory], destination, count);
        definition.Bytes.AsSpan(content.Start + source, count).CopyTo(new Span<byte>(to, count));
        Charge(context, (uint)count);
    }

    public static void DataDrop(InstanceContext context, int segment) => context.DroppedData[segment] = true;

    public static object? TableGet(InstanceContext context, int index, int table) => context.Tables[table].Get((uint)index);

    public static void TableSet(InstanceContext context, int index, object? value, int table) => context.Tables[table].Set((uint)index, value);

    public static int TableSize(InstanceContext context, int table) => context.Tables[table].Elements.Length;

    public static int TableGrow(InstanceContext context, object? value, int count, int table)
    {
        Table target = context.Tables[table];
        int old = (int)target.Grow((uint)count, value);

        // Growing copies the table, so it costs what a copy of the whole costs.
        Charge(context, old < 0 ? 0 : (ulong)target.Elements.Length * 16);
        return old;
    }

    public static void TableFill(InstanceContext context, int index, object? value, int count, int table)
    {
        object?[] elements = context.Tables[table].Elements;
        CheckTable(elements, index, count);
        for (int done = 0; done < count;)
        {
            int part = Math.Min(Chunk / 16, count - done);
            Array.Fill(elements, value, index + done, part);
            done += part;
            Charge(context, (uint)part * 16);
        }
    }

    public static void TableCopy(InstanceContext context, int destination, int source, int count, int destinationTable, int sourceTable)
    {
        object?[] from = context.Tables[sourceTable].Elements;
        object?[] to = context.Tables[destinationTable].Elements;
        CheckTable(from, source, count);
        CheckTable(to, destination, count);
        bool backwards = destination > source;
        for (int done = 0; done < count;)
        {
            int part = Math.Min(Chunk / 16, count - done);
            int at = backwards ? count - done - part : done;
            Array.Copy(from, source + at, to, destination + at, part);
            done += part;
            Charge(context, (uint)part * 16);
        }
    }

    public static void TableInit(InstanceContext context, int destination, int source, int count, int table, int segment)
    {
        object?[] from = context.Elements[segment] ?? [];
        object?[] to = context.Tables[table].Elements;
        CheckTable(from, source, count);
        CheckTable(to, destination, count);
        Array.Copy(from, source, to, destination, count);
        Charge(context, (uint)count * 16);
    }

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
            function = new Function(context.Store, caller.Definition.Code, caller, caller.Definition.Type, caller.Definition.Name);
        }
        else
        {
            function = new Function(context.Store, code.CodeOf(index - imported), context, code.Types[definition.Functions[index]], code.Names.FunctionName(index));
        }

        context.Functions[index] = function;
        return function;
    }

    private static byte* CheckMemory(Memory memory, int offset, int count)
    {
        ulong length = memory.ByteLength;
        if ((ulong)(uint)offset + (uint)count > length)
        {
            throw new TrapException(TrapKind.MemoryOutOfBounds);
        }

        return memory.Base + (uint)offset;
    }

    private static void CheckTable(object?[] elements, int index, int count)
    {
        if ((ulong)(uint)index + (uint)count > (ulong)elements.Length)
        {
            throw new TrapException(TrapKind.TableOutOfBounds);
        }
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
