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

    /// <summary>Gives a whole reservation back.</summary>
    public abstract void Release(byte* address, nuint size);
}

internal sealed unsafe partial class PosixPageAllocator : PageAllocator
{
    private const int ProtectNone = 0;
    private const int ProtectReadWrite = 3;
    private const int MapPrivate = 2;
    private static readonly int MapAnonymousNoReserve = OperatingSystem.IsMacOS() ? 0x1000 | 0x40 : 0x20 | 0x4000;

    public override byte* Reserve(nuint size)
    {
        byte* address = mmap(null, size, ProtectNone, MapPrivate | MapAnonymousNoReserve, -1, 0);
        return address == (byte*)-1 ? null : address;
    }

    public override bool Commit(byte* address, nuint size) => mprotect(address, size, ProtectReadWrite) == 0;

    public override void Release(byte* address, nuint size) => _ = munmap(address, size);

    [LibraryImport("libc")]
    private static partial byte* mmap(byte* address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc")]
    private static partial int mprotect(byte* address, nuint length, int protection);

    [LibraryImport("libc")]
    private static partial int munmap(byte* address, nuint length);
}

internal sealed unsafe partial class WindowsPageAllocator : PageAllocator
{
    private const uint MemCommit = 0x1000;
    private const uint MemReserve = 0x2000;
    private const uint MemRelease = 0x8000;
    private const uint PageNoAccess = 1;
    private const uint PageReadWrite = 4;

    public override byte* Reserve(nuint size) => VirtualAlloc(null, size, MemReserve, PageNoAccess);

    public override bool Commit(byte* address, nuint size) => VirtualAlloc(address, size, MemCommit, PageReadWrite) != null;

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

    public override void Release(byte* address, nuint size) => NativeMemory.Free(address);
}
