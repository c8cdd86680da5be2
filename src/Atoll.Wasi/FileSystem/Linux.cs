using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Atoll.Wasi.FileSystem;

/// <summary>An open file descriptor.</summary>
internal sealed class Descriptor : SafeHandleMinusOneIsInvalid
{
    public Descriptor(int value)
        : base(ownsHandle: true) => SetHandle(value);

    protected override bool ReleaseHandle() => Linux.close((int)handle) == 0;
}

/// <summary>The system calls of Linux that the sandbox needs, with 64-bit offsets (x64 and arm64).</summary>
internal static unsafe partial class Linux
{
    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NoTerminal = 0x100;
    public const int Truncate = 0x200;
    public const int Append = 0x400;
    public const int NonBlock = 0x800;
    public const int DataSync = 0x1000;
    public const int FullSync = 0x101000;
    public const int CloseOnExec = 0x80000;
    public const int PathOnly = 0x200000;
    public const int AtRemoveDirectory = 0x200;
    public const int AtNoFollow = 0x100;
    public const int AtEmptyPath = 0x1000;
    public const int ENoEnt = 2;
    public const int EAgain = 11;
    public const int ENotDir = 20;
    public const int ENoSys = 38;
    public const int ELoop = 40;
    private const long GetDirectoryEntriesX64 = 217;
    private const long GetDirectoryEntriesArm64 = 61;
    private const long OpenAt2Number = 437;

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    // These two differ between the architectures.
    public static int OnlyDirectory => IsArm ? 0x4000 : 0x10000;

    public static int NoFollow => IsArm ? 0x8000 : 0x20000;

    /// <summary>Argument of <c>openat2</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    public static Errno LastError => Errnos.FromLinux(Marshal.GetLastPInvokeError());

    /// <summary>Opens below a directory; the kernel refuses to leave it (<c>RESOLVE_BENEATH</c>) and to follow links of /proc (<c>RESOLVE_NO_MAGICLINKS</c>).</summary>
    public static int OpenBeneath(Descriptor directory, string path, int flags)
    {
        OpenHow how = new() { Flags = (uint)flags, Resolve = 0x08 | 0x02 };
        byte[] name = [.. System.Text.Encoding.UTF8.GetBytes(path), 0];
        fixed (byte* bytes = name)
        {
            bool added = false;
            directory.DangerousAddRef(ref added);
            try
            {
                return (int)syscall(OpenAt2Number, directory.DangerousGetHandle(), (nint)bytes, (nint)(&how), sizeof(OpenHow), 0);
            }
            finally
            {
                directory.DangerousRelease();
            }
        }
    }

    public static int ReadDirectory(Descriptor directory, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            return (int)syscall(IsArm ? GetDirectoryEntriesArm64 : GetDirectoryEntriesX64, directory.DangerousGetHandle(), (nint)bytes, buffer.Length, 0, 0);
        }
    }

    /// <summary>What is known of a file; an empty path means the descriptor itself.</summary>
    public static Errno Stat(Descriptor directory, string path, int flags, out FileStat stat)
    {
        // struct statx: offsets as in the kernel's header, the same on every architecture.
        byte* data = stackalloc byte[256];
        stat = default;
        if (statx(directory, path, flags, 0x7FF, data) != 0)
        {
            return LastError;
        }

        stat = new FileStat(
            ((ulong)*(uint*)(data + 136) << 32) | *(uint*)(data + 140), *(ulong*)(data + 32), TypeOf(*(ushort*)(data + 28)), *(uint*)(data + 16),
            *(ulong*)(data + 40), Time(data + 64), Time(data + 112), Time(data + 96));
        return Errno.Success;
    }

    /// <summary>What is known of a file by its path on the host.</summary>
    public static Errno StatPath(string path, int flags, out FileStat stat)
    {
        using Descriptor here = new(open("/", PathOnly | OnlyDirectory | CloseOnExec, 0));
        return Stat(here, path, flags, out stat);
    }

    private static ulong Time(byte* data) => (ulong)(*(long*)data * 1_000_000_000 + *(uint*)(data + 8));

    private static FileType TypeOf(int mode) => (mode & 0xF000) switch
    {
        0x8000 => FileType.RegularFile,
        0x4000 => FileType.Directory,
        0xA000 => FileType.SymbolicLink,
        0x2000 => FileType.CharacterDevice,
        0x6000 => FileType.BlockDevice,
        0xC000 => FileType.SocketStream,
        _ => FileType.Unknown,
    };

    /// <summary>The pair of <c>timespec</c> that utimensat wants.</summary>
    public static void FillTimes(long* times, ulong accessTime, ulong modifyTime, TimeFlags flags)
    {
        const long Now = (1 << 30) - 1;
        const long Omit = (1 << 30) - 2;
        times[0] = (long)(accessTime / 1_000_000_000);
        times[1] = (flags & TimeFlags.AccessNow) != 0 ? Now : (flags & TimeFlags.Access) != 0 ? (long)(accessTime % 1_000_000_000) : Omit;
        times[2] = (long)(modifyTime / 1_000_000_000);
        times[3] = (flags & TimeFlags.ModifyNow) != 0 ? Now : (flags & TimeFlags.Modify) != 0 ? (long)(modifyTime % 1_000_000_000) : Omit;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, nint a, nint b, nint c, nint d, nint e);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int openat(Descriptor directory, string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(Descriptor directory, string path, int flags, uint mask, byte* data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mkdirat(Descriptor directory, string path, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int unlinkat(Descriptor directory, string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int renameat(Descriptor directory, string path, Descriptor target, string targetPath);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int linkat(Descriptor directory, string path, Descriptor target, string targetPath, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int symlinkat(string target, Descriptor directory, string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint readlinkat(Descriptor directory, string path, byte* buffer, nint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int utimensat(Descriptor directory, string path, long* times, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int futimens(Descriptor file, long* times);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(Descriptor file, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(Descriptor file, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pread(Descriptor file, byte* buffer, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pwrite(Descriptor file, byte* buffer, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial long lseek(Descriptor file, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ftruncate(Descriptor file, long size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fsync(Descriptor file);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fdatasync(Descriptor file);

    // posix_fallocate is not used: where the file system cannot reserve, the C library's writes every block, which nothing can stop.
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fallocate(Descriptor file, int mode, long offset, long length);

    // Returns the error number instead of setting errno.

    [LibraryImport("libc")]
    internal static partial int posix_fadvise(Descriptor file, long offset, long length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fcntl(Descriptor file, int command, int argument);
}

/// <summary>Error numbers of the system as preview 1's.</summary>
internal static class Errnos
{
    // Index: Linux errno (asm-generic), which is the same on x64 and arm64.
    private static readonly Dictionary<int, Errno> FromLinuxTable = new()
    {
        [1] = Errno.Perm, [2] = Errno.NoEnt, [4] = Errno.Intr, [5] = Errno.Io, [6] = Errno.NxIo, [9] = Errno.BadF, [11] = Errno.Again,
        [12] = Errno.NoMem, [13] = Errno.Access, [14] = Errno.Fault, [16] = Errno.Busy, [17] = Errno.Exist, [18] = Errno.XDev,
        [19] = Errno.NoDev, [20] = Errno.NotDir, [21] = Errno.IsDir, [22] = Errno.Inval, [23] = Errno.NFile, [24] = Errno.MFile,
        [26] = Errno.TxtBsy, [27] = Errno.FBig, [28] = Errno.NoSpc, [29] = Errno.SPipe, [30] = Errno.RoFs, [31] = Errno.MLink,
        [32] = Errno.Pipe, [36] = Errno.NameTooLong, [39] = Errno.NotEmpty, [40] = Errno.Loop, [75] = Errno.Overflow, [84] = Errno.IlSeq,
        [95] = Errno.NotSup, [116] = Errno.Stale, [122] = Errno.DQuot,
    };

    public static Errno FromLinux(int number) => FromLinuxTable.GetValueOrDefault(number, Errno.Io);
}
