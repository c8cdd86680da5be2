using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Atoll.Wasm.Caching;

/// <summary>A folder, and files in it, that only the current user can change. On Windows the user's profile folder is such by inheritance.</summary>
internal static partial class PrivateFolder
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes the folder if it is not there, and checks it.</summary>
    /// <exception cref="UnauthorizedAccessException">It is not the user's alone.</exception>
    public static void Ensure(string path)
    {
        if (!Path.IsPathFullyQualified(path))
        {
            throw new IOException($"the folder `{path}` is no full path; perhaps the user has no home folder. Give another folder.");
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        // With the mode from the start: at no moment can others open it.
        Directory.CreateDirectory(path, Owner);
        Check(path, Others, "700");
    }

    /// <summary>Checks a file in the folder.</summary>
    /// <exception cref="UnauthorizedAccessException">It is not the user's alone.</exception>
    public static void CheckFile(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            Check(path, Others, "600");
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static void Check(string path, UnixFileMode forbidden, string wanted)
    {
        if (File.ResolveLinkTarget(path, returnFinalTarget: false) is not null)
        {
            throw new UnauthorizedAccessException($"{path} is a link. Compiled code is kept in a folder of its own only: remove the link, or give another folder.");
        }

        UnixFileMode mode = File.GetUnixFileMode(path);
        if ((mode & forbidden) != 0)
        {
            throw new UnauthorizedAccessException($"{path} can be used by others (mode {Convert.ToString((int)mode, 8)}). Run `chmod {wanted} {path}`, or give another folder.");
        }

        if (!BelongsToUser(path, mode))
        {
            throw new UnauthorizedAccessException($"{path} belongs to another user. Remove it, or give another folder.");
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static unsafe bool BelongsToUser(string path, UnixFileMode mode)
    {
        if (OperatingSystem.IsLinux())
        {
            // struct statx is the same on all processors: the user is the sixth of its 32-bit numbers. The call may be missing from old C libraries.
            uint* status = stackalloc uint[64];
            try
            {
                const int CurrentFolder = -100;
                const int DoNotFollow = 0x100;
                const uint User = 0x8;
                return statx(CurrentFolder, path, DoNotFollow, User, status) == 0 && status[5] == geteuid();
            }
            catch (EntryPointNotFoundException)
            {
            }
        }

        try
        {
            // Only the owner may do this, or the superuser, who has no other way to ask here.
            File.SetUnixFileMode(path, mode);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int folder, string path, int flags, uint mask, uint* status);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
