namespace Atoll.Wasm.Execution;

/// <content>Wait and notify (the proposal for threads). Addresses and offsets are unsigned.</content>
internal static unsafe partial class GuestRuntime
{
    public static Exception UnalignedAtomic() => new TrapException(TrapKind.UnalignedAtomic);

    public static int AtomicNotify(InstanceContext context, long address, int count, long offset, int memory)
    {
        MemoryMapping mapping = context.Memories[memory].Mapping;
        ulong at = CheckAtomic(mapping, address, offset, 4);
        return (int)mapping.Waiters.Notify(at, (uint)count);
    }

    public static int AtomicWait32(InstanceContext context, long address, int expected, long timeout, long offset, int memory) =>
        Wait(context, address, offset, 4, expected, timeout, memory);

    public static int AtomicWait64(InstanceContext context, long address, long expected, long timeout, long offset, int memory) =>
        Wait(context, address, offset, 8, expected, timeout, memory);

    private static int Wait(InstanceContext context, long address, long offset, uint size, long expected, long timeout, int memory)
    {
        Memory target = context.Memories[memory];
        MemoryMapping mapping = target.Mapping;
        ulong at = CheckAtomic(mapping, address, offset, size);
        if (target.Shared is null)
        {
            throw new TrapException(TrapKind.NotShared);
        }

        return (int)mapping.Waiters.Wait(context.Store, mapping, at, size, expected, timeout);
    }

    private static ulong CheckAtomic(MemoryMapping mapping, long address, long offset, uint size)
    {
        ulong at = (ulong)address + (ulong)offset;
        if (at % size != 0)
        {
            throw new TrapException(TrapKind.UnalignedAtomic);
        }

        if (at < (ulong)offset)
        {
            throw new TrapException(TrapKind.MemoryOutOfBounds);
        }

        ulong length = mapping.Length;
        return length >= size && at <= length - size ? at : throw new TrapException(TrapKind.MemoryOutOfBounds);
    }
}
