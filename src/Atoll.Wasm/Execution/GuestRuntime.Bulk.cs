using System.Runtime.CompilerServices;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Execution;

/// <content>
/// Growing, and work on many bytes or elements. Compiled code calls the first methods where all indices have 32 bits, and those with Wide in
/// their name, for which it widens operands, where one has 64.
/// </content>
internal static unsafe partial class GuestRuntime
{
    /// <summary>Bytes, or elements times 16, that a bulk operation handles between two looks at the deadline: well below a millisecond's work.</summary>
    private const int Chunk = 1 << 20;

    /// <summary>Bytes of a bulk operation that cost one unit of fuel.</summary>
    private const int BytesPerFuel = 16;

    public static int MemoryGrow(InstanceContext context, int pages, int memory) => (int)context.Memories[memory].Grow((uint)pages);

    public static long MemoryGrowWide(InstanceContext context, long pages, int memory) => context.Memories[memory].Grow((ulong)pages);

    public static void MemoryFill(InstanceContext context, int destination, int value, int count, int memory) =>
        FillMemory(context, (uint)destination, value, (uint)count, memory);

    public static void MemoryFillWide(InstanceContext context, long destination, int value, long count, int memory) =>
        FillMemory(context, (ulong)destination, value, (ulong)count, memory);

    public static void MemoryCopy(InstanceContext context, int destination, int source, int count, int destinationMemory, int sourceMemory) =>
        CopyMemory(context, (uint)destination, (uint)source, (uint)count, destinationMemory, sourceMemory);

    public static void MemoryFillPlain(int destination, int value, int count, byte* start, InstanceContext context, int memory)
    {
        ulong to = (uint)destination;
        uint bytes = (uint)count;
        if (bytes <= Chunk && to + bytes <= *(ulong*)(start - 8))
        {
            new Span<byte>(start + to, (int)bytes).Fill((byte)value);
        }
        else
        {
            FillMemory(context, to, value, bytes, memory);
        }
    }

    public static void MemoryCopyPlain(int destination, int source, int count, byte* start, InstanceContext context, int memory)
    {
        ulong to = (uint)destination;
        ulong from = (uint)source;
        uint bytes = (uint)count;
        if (bytes <= Chunk && Math.Max(to, from) + bytes <= *(ulong*)(start - 8))
        {
            new Span<byte>(start + from, (int)bytes).CopyTo(new Span<byte>(start + to, (int)bytes));
        }
        else
        {
            CopyMemory(context, to, from, bytes, memory, memory);
        }
    }

    public static void MemoryCopyWide(InstanceContext context, long destination, long source, long count, int destinationMemory, int sourceMemory) =>
        CopyMemory(context, (ulong)destination, (ulong)source, (ulong)count, destinationMemory, sourceMemory);

    public static void MemoryInit(InstanceContext context, int destination, int source, int count, int memory, int segment) =>
        InitMemory(context, (uint)destination, (uint)source, (uint)count, memory, segment);

    public static void MemoryInitWide(InstanceContext context, long destination, int source, int count, int memory, int segment) =>
        InitMemory(context, (ulong)destination, (uint)source, (uint)count, memory, segment);

    public static object? TableGet(InstanceContext context, int index, int table) => context.Tables[table].Get((uint)index);

    public static object? TableGetWide(InstanceContext context, long index, int table) => context.Tables[table].Get((ulong)index);

    public static void TableSet(InstanceContext context, int index, object? value, int table) => context.Tables[table].Set((uint)index, value);

    public static void TableSetWide(InstanceContext context, long index, object? value, int table) => context.Tables[table].Set((ulong)index, value);

    public static int TableSize(InstanceContext context, int table) => context.Tables[table].Elements.Length;

    public static long TableSizeWide(InstanceContext context, int table) => context.Tables[table].Elements.Length;

    public static int TableGrow(InstanceContext context, object? value, int count, int table) => (int)GrowTable(context, value, (uint)count, table);

    public static long TableGrowWide(InstanceContext context, object? value, long count, int table) => GrowTable(context, value, (ulong)count, table);

    public static void TableFill(InstanceContext context, int index, object? value, int count, int table) =>
        FillTable(context, (uint)index, value, (uint)count, table);

    public static void TableFillWide(InstanceContext context, long index, object? value, long count, int table) =>
        FillTable(context, (ulong)index, value, (ulong)count, table);

    public static void TableCopy(InstanceContext context, int destination, int source, int count, int destinationTable, int sourceTable) =>
        CopyTable(context, (uint)destination, (uint)source, (uint)count, destinationTable, sourceTable);

    public static void TableCopyWide(InstanceContext context, long destination, long source, long count, int destinationTable, int sourceTable) =>
        CopyTable(context, (ulong)destination, (ulong)source, (ulong)count, destinationTable, sourceTable);

    public static void TableInit(InstanceContext context, int destination, int source, int count, int table, int segment) =>
        InitTable(context, (uint)destination, (uint)source, (uint)count, table, segment);

    public static void TableInitWide(InstanceContext context, long destination, int source, int count, int table, int segment) =>
        InitTable(context, (ulong)destination, (uint)source, (uint)count, table, segment);

    internal static void InitMemory(InstanceContext context, ulong destination, uint source, uint count, int memory, int segment)
    {
        ModuleDefinition definition = context.Instance.Module.Definition;
        ByteRange content = definition.Data[segment].Content;
        uint length = context.DroppedData[segment] ? 0 : (uint)content.Length;
        if (count > length || source > length - count)
        {
            throw new TrapException(TrapKind.MemoryOutOfBounds);
        }

        byte* to = CheckMemory(context.Memories[memory], destination, count);
        definition.Bytes.AsSpan(content.Start + (int)source, (int)count).CopyTo(new Span<byte>(to, (int)count));
        Charge(context, count);
    }

    internal static void InitTable(InstanceContext context, ulong destination, uint source, uint count, int table, int segment)
    {
        object?[] from = context.Elements[segment] ?? [];
        object?[] to = context.Tables[table].Elements;
        CheckTable(from, source, count);
        CheckTable(to, destination, count);
        Array.Copy(from, source, to, (long)destination, count);
        Charge(context, (ulong)count * 16);
    }

    private static void FillMemory(InstanceContext context, ulong destination, int value, ulong count, int memory)
    {
        byte* start = CheckMemory(context.Memories[memory], destination, count);
        for (ulong done = 0; done < count;)
        {
            uint part = (uint)Math.Min(Chunk, count - done);
            Unsafe.InitBlockUnaligned(start + done, (byte)value, part);
            done += part;
            Charge(context, part);
        }
    }

    private static void CopyMemory(InstanceContext context, ulong destination, ulong source, ulong count, int destinationMemory, int sourceMemory)
    {
        byte* from = CheckMemory(context.Memories[sourceMemory], source, count);
        byte* to = CheckMemory(context.Memories[destinationMemory], destination, count);
        bool backwards = to > from && to < from + count;
        for (ulong done = 0; done < count;)
        {
            uint part = (uint)Math.Min(Chunk, count - done);
            ulong at = backwards ? count - done - part : done;
            Buffer.MemoryCopy(from + at, to + at, part, part);
            done += part;
            Charge(context, part);
        }
    }

    private static long GrowTable(InstanceContext context, object? value, ulong count, int table)
    {
        Table target = context.Tables[table];
        long old = target.Grow(count, value);

        // Growing copies the table, so it costs what a copy of the whole costs.
        Charge(context, old < 0 ? 0 : (ulong)target.Elements.Length * 16);
        return old;
    }

    private static void FillTable(InstanceContext context, ulong index, object? value, ulong count, int table)
    {
        object?[] elements = context.Tables[table].Elements;
        CheckTable(elements, index, count);
        for (int done = 0; done < (int)count;)
        {
            int part = Math.Min(Chunk / 16, (int)count - done);
            Array.Fill(elements, value, (int)index + done, part);
            done += part;
            Charge(context, (uint)part * 16);
        }
    }

    private static void CopyTable(InstanceContext context, ulong destination, ulong source, ulong count, int destinationTable, int sourceTable)
    {
        object?[] from = context.Tables[sourceTable].Elements;
        object?[] to = context.Tables[destinationTable].Elements;
        CheckTable(from, source, count);
        CheckTable(to, destination, count);
        bool backwards = destination > source;
        for (int done = 0; done < (int)count;)
        {
            int part = Math.Min(Chunk / 16, (int)count - done);
            int at = backwards ? (int)count - done - part : done;
            Array.Copy(from, (int)source + at, to, (int)destination + at, part);
            done += part;
            Charge(context, (uint)part * 16);
        }
    }

    private static byte* CheckMemory(Memory memory, ulong offset, ulong count)
    {
        MemoryMapping mapping = memory.Mapping;
        ulong length = mapping.Length;
        if (count > length || offset > length - count)
        {
            throw new TrapException(TrapKind.MemoryOutOfBounds);
        }

        return mapping.Base + offset;
    }

    private static void CheckTable(object?[] elements, ulong index, ulong count)
    {
        if (count > (ulong)elements.Length || index > (ulong)elements.Length - count)
        {
            throw new TrapException(TrapKind.TableOutOfBounds);
        }
    }
}
