using System.Runtime.InteropServices;

namespace Atoll.Wasm.Platform;

/// <summary>Reserves address space and commits parts of it. One implementation for each system, and a portable one.</summary>
internal abstract unsafe class PageAllocator
{
    /// <summary>The allocator of this system.</summary>
    public static PageAllocator System { get; } =
        OperatingSystem.IsWindows() ? new WindowsPageAllocator()
        : OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() ? new PosixPageAllocator()
        : new PortablePageAllocator();

    /// <summary>The allocator that needs nothing of the system but zeroed memory.</summary>
    public static PageAllocator Portable { get; } = new PortablePageAllocator();

    /// <summary>Bytes that are reserved and committed together.</summary>
    public static nuint Granularity { get; } = (nuint)Math.Max(Environment.SystemPageSize, 4096);

    /// <summary>Reserves <paramref name="size"/> bytes (a multiple of the granularity); null when the system refuses.</summary>
    public abstract byte* Reserve(nuint size);

    /// <summary>Makes a reserved range readable and writable, zeroed; false when the system refuses.</summary>
    public abstract bool Commit(byte* address, nuint size);

    /// <summary>Takes a committed range back to what it was: zeroes, or the image that was mapped there. False when the system refuses.</summary>
    public abstract bool Clear(byte* address, nuint size);

    /// <summary>Whether <see cref="Clear"/> brings images back and costs what was touched, not what there is.</summary>
    public virtual bool HasImages => false;

    /// <summary>Whether what is not committed faults in a way that <see cref="FaultHandler"/> notes, as far as an address and an offset of 32 bits each reach.</summary>
    public virtual bool IsGuarded => false;

    /// <summary>Makes a committed range a reserved one again, where that makes a difference. False when the system refuses.</summary>
    public virtual bool Decommit(byte* address, nuint size) => true;

    /// <summary>Gives a whole reservation back.</summary>
    public abstract void Release(byte* address, nuint size);
}

internal unsafe partial class PosixPageAllocator : PageAllocator
{
    private const int ProtectNone = 0;
    private const int ProtectReadWrite = 3;
    private const int MapPrivate = 2;
    private const int MapFixed = 0x10;
    private const int DontNeed = 4;
    private static readonly int MapAnonymousNoReserve = OperatingSystem.IsMacOS() ? 0x1000 | 0x40 : 0x20 | 0x4000;

    public override byte* Reserve(nuint size)
    {
        byte* address = mmap(null, size, ProtectNone, MapPrivate | MapAnonymousNoReserve, -1, 0);
        return address == (byte*)-1 ? null : address;
    }

    public override bool Commit(byte* address, nuint size) => mprotect(address, size, ProtectReadWrite) == 0;

    public override bool HasImages => OperatingSystem.IsLinux();

    /// <remarks>Linux drops the pages at once and gives the file's, or zeroes, when they are touched again; others promise that only of a new mapping.</remarks>
    public override bool Clear(byte* address, nuint size) => OperatingSystem.IsLinux()
        ? madvise(address, size, DontNeed) == 0
        : mmap(address, size, ProtectReadWrite, MapPrivate | MapAnonymousNoReserve | MapFixed, -1, 0) == address;

    public override void Release(byte* address, nuint size) => _ = munmap(address, size);

    /// <summary>Puts a range without any right in place of what is there.</summary>
    protected static bool Forbid(byte* address, nuint size) => mmap(address, size, ProtectNone, MapPrivate | MapAnonymousNoReserve | MapFixed, -1, 0) == address;

    [LibraryImport("libc")]
    private static partial byte* mmap(byte* address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc")]
    private static partial int mprotect(byte* address, nuint length, int protection);

    [LibraryImport("libc")]
    private static partial int madvise(byte* address, nuint length, int advice);

    [LibraryImport("libc")]
    private static partial int munmap(byte* address, nuint length);
}

internal sealed unsafe partial class WindowsPageAllocator : PageAllocator
{
    private const uint MemCommit = 0x1000;
    private const uint MemReserve = 0x2000;
    private const uint MemDecommit = 0x4000;
    private const uint MemRelease = 0x8000;
    private const uint PageNoAccess = 1;
    private const uint PageReadWrite = 4;

    public override byte* Reserve(nuint size) => VirtualAlloc(null, size, MemReserve, PageNoAccess);

    public override bool Commit(byte* address, nuint size) => VirtualAlloc(address, size, MemCommit, PageReadWrite) != null;

    public override bool Clear(byte* address, nuint size) => VirtualFree(address, size, MemDecommit) != 0 && Commit(address, size);

    public override void Release(byte* address, nuint size) => _ = VirtualFree(address, 0, MemRelease);

    [LibraryImport("kernel32")]
    private static partial byte* VirtualAlloc(byte* address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32")]
    private static partial int VirtualFree(byte* address, nuint size, uint type);
}

/// <summary>Allocates the whole reservation at once and trusts the system to give zeroed pages when they are touched.</summary>
internal sealed unsafe class PortablePageAllocator : PageAllocator
{
    public override byte* Reserve(nuint size)
    {
        try
        {
            return (byte*)NativeMemory.AllocZeroed(size);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    public override bool Commit(byte* address, nuint size) => true;

    public override bool Clear(byte* address, nuint size)
    {
        NativeMemory.Clear(address, size);
        return true;
    }

    public override void Release(byte* address, nuint size) => NativeMemory.Free(address);
}
