using System.Runtime.InteropServices;

namespace Atoll.Wasi.FileSystem;

/// <summary>What .NET's file functions throw, as preview 1's error numbers.</summary>
internal static class PortableErrors
{
    public static Errno Try(Action action)
    {
        try
        {
            action();
            return Errno.Success;
        }
        catch (Exception exception) when (IsOfFile(exception))
        {
            return From(exception);
        }
    }

    /// <summary>Whether a file function throws it for reasons that lie with the file or the path. Anything else is a mistake of ours.</summary>
    public static bool IsOfFile(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    public static Errno From(Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => Errno.NoEnt,
        PathTooLongException => Errno.NameTooLong,
        UnauthorizedAccessException => Errno.Access,
        NotSupportedException => Errno.BadF,
        ArgumentException => Errno.Inval,

        // Windows' ERROR_FILE_EXISTS and ERROR_ALREADY_EXISTS; ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL; ERROR_DIR_NOT_EMPTY.
        _ when OperatingSystem.IsWindows() => (exception.HResult & 0xFFFF) switch { 80 or 183 => Errno.Exist, 112 or 39 => Errno.NoSpc, 145 => Errno.NotEmpty, _ => Errno.Io },
        _ => exception.HResult switch { 17 => Errno.Exist, 28 => Errno.NoSpc, 27 => Errno.FBig, 30 => Errno.RoFs, 66 or 39 => Errno.NotEmpty, _ => Errno.Io },
    };
}

/// <summary>Tells regular files from pipes, sockets and devices, which .NET's file functions do not.</summary>
internal static unsafe partial class PortableFileKind
{
    private const int FileTypeMask = 0xF000;
    private const int RegularFile = 0x8000;

    public static bool IsRegular(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            return Linux.StatPath(path, Linux.AtNoFollow, out FileStat stat) == Errno.Success && stat.Type == FileType.RegularFile;
        }

        if (OperatingSystem.IsMacOS())
        {
            // struct stat with 64-bit inodes: st_dev (4 bytes), then st_mode (2 bytes).
            byte* data = stackalloc byte[256];
            int result = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? lstat(path, data) : LStatX64(path, data);
            return result == 0 && (*(ushort*)(data + 4) & FileTypeMask) == RegularFile;
        }

        return (File.GetAttributes(path) & (FileAttributes.ReparsePoint | FileAttributes.Device)) == 0;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lstat(string path, byte* data);

    [LibraryImport("libc", EntryPoint = "lstat$INODE64", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LStatX64(string path, byte* data);
}
