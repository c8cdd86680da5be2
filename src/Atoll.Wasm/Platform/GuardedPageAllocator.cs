namespace Atoll.Wasm.Platform;

/// <summary>
/// Gives each reservation a slot of the <see cref="FaultHandler"/>: nothing that an address and an offset of 32 bits each can reach belongs to anybody else, and what is not
/// committed faults.
/// </summary>
internal sealed unsafe class GuardedPageAllocator : PosixPageAllocator
{
    private static readonly nuint SlotSize = (nuint)1 << FaultHandler.SlotBits;

    private GuardedPageAllocator()
    {
    }

    /// <summary>The allocator; null where faults cannot be told, or the process has too little address space.</summary>
    public static GuardedPageAllocator? TryGet() => FaultHandler.TryInstall() && HasRoom.Value ? Instance : null;

    private static GuardedPageAllocator Instance { get; } = new();

    // Who limits the address space of processes would otherwise have each memory fail.
    private static Lazy<bool> HasRoom { get; } = new(() =>
    {
        byte* slot = Instance.Reserve(SlotSize);
        if (slot == null)
        {
            return false;
        }

        Instance.Release(slot, SlotSize);
        return true;
    });

    /// <inheritdoc/>
    public override bool IsGuarded => true;

    /// <summary>Reserves a slot, whatever the size: at most 4 GiB and some pages.</summary>
    public override byte* Reserve(nuint size)
    {
        byte* start = base.Reserve(2 * SlotSize);
        if (start == null)
        {
            return null;
        }

        byte* slot = (byte*)(((nuint)start + SlotSize - 1) & ~(SlotSize - 1));
        nuint before = (nuint)(slot - start);
        if (before > 0)
        {
            base.Release(start, before);
        }

        base.Release(slot + SlotSize, SlotSize - before);
        if (FaultHandler.Mark(slot, isUsed: true))
        {
            return slot;
        }

        base.Release(slot, SlotSize);
        return null;
    }

    public override bool Decommit(byte* address, nuint size) => Forbid(address, size);

    public override void Release(byte* address, nuint size)
    {
        FaultHandler.Mark(address, isUsed: false);
        base.Release(address, SlotSize);
    }
}
