namespace Atoll.Wasi.FileSystem;

/// <summary>
/// A sandbox root made of .NET's file functions, for systems without directory handles that .NET can reach. Every component is looked at and
/// symbolic links and other reparse points are refused, not followed. Another process that changes the tree between the look and the use can defeat
/// it, so grant it only what no hostile process can write.
/// </summary>
internal sealed class PortableDirectory(string root) : SandboxDirectory
{
    private static readonly string[] Reserved = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

    public override Errno Open(
        string path, bool followLinks, OpenFlags flags, bool read, bool write, DescriptorFlags descriptorFlags, out FileHandle? file, out SandboxDirectory? directory)
    {
        file = null;
        directory = null;
        Errno error = Resolve(path, out string full);
        if (error != Errno.Success)
        {
            return error;
        }

        bool wantsDirectory = (flags & OpenFlags.Directory) != 0 || path.EndsWith('/');
        if (Directory.Exists(full))
        {
            if (write && !wantsDirectory)
            {
                return Errno.IsDir;
            }

            directory = new PortableDirectory(full);
            return (flags & OpenFlags.Exclusive) != 0 ? Errno.Exist : Errno.Success;
        }

        if (wantsDirectory)
        {
            return File.Exists(full) ? Errno.NotDir : Errno.NoEnt;
        }

        // Opening a pipe would wait for its other end, and opening a device can have effects: look first.
        if (File.Exists(full) && !PortableFileKind.IsRegular(full))
        {
            return Errno.NotCapable;
        }

        FileMode mode = (flags & OpenFlags.Exclusive) != 0 && (flags & OpenFlags.Create) != 0 ? FileMode.CreateNew
            : (flags & OpenFlags.Create) != 0 ? ((flags & OpenFlags.Truncate) != 0 ? FileMode.Create : FileMode.OpenOrCreate)
            : (flags & OpenFlags.Truncate) != 0 ? FileMode.Truncate : FileMode.Open;
        bool mustWrite = write || mode != FileMode.Open;
        PortableFile? opened = null;
        error = PortableErrors.Try(() => opened = new PortableFile(
            full, new FileStream(full, mode, !mustWrite ? FileAccess.Read : read ? FileAccess.ReadWrite : FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0), descriptorFlags));
        file = opened;
        return error;
    }

    public override Errno Stat(string path, bool followLinks, out FileStat stat)
    {
        stat = default;
        Errno error = Resolve(path, out string full);
        return error != Errno.Success ? error : StatPath(full, path.EndsWith('/'), out stat);
    }

    public override Errno StatSelf(out FileStat stat) => StatPath(root, true, out stat);

    internal static Errno StatPath(string full, bool mustBeDirectory, out FileStat stat)
    {
        stat = default;
        FileSystemInfo info = Directory.Exists(full) ? new DirectoryInfo(full) : new FileInfo(full);
        if (!info.Exists)
        {
            return Errno.NoEnt;
        }

        if (mustBeDirectory && info is FileInfo)
        {
            return Errno.NotDir;
        }

        stat = new FileStat(
            1, (ulong)StringComparer.Ordinal.GetHashCode(info.FullName), info is DirectoryInfo ? FileType.Directory : FileType.RegularFile, 1,
            info is FileInfo regular ? (ulong)regular.Length : 0, Nanoseconds(info.LastAccessTimeUtc), Nanoseconds(info.LastWriteTimeUtc), Nanoseconds(info.LastWriteTimeUtc));
        return Errno.Success;
    }

    public override Errno SetTimes(string path, bool followLinks, ulong accessTime, ulong modifyTime, TimeFlags flags)
    {
        Errno error = Resolve(path, out string full);
        return error != Errno.Success ? error : SetTimesOf(full, accessTime, modifyTime, flags);
    }

    public override Errno SetTimesSelf(ulong accessTime, ulong modifyTime, TimeFlags flags) => SetTimesOf(root, accessTime, modifyTime, flags);

    internal static Errno SetTimesOf(string full, ulong accessTime, ulong modifyTime, TimeFlags flags) => PortableErrors.Try(() =>
    {
        FileSystemInfo info = Directory.Exists(full) ? new DirectoryInfo(full) : new FileInfo(full);
        DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime;
        if ((flags & (TimeFlags.Access | TimeFlags.AccessNow)) != 0)
        {
            info.LastAccessTimeUtc = (flags & TimeFlags.AccessNow) != 0 ? now : Time(accessTime);
        }

        if ((flags & (TimeFlags.Modify | TimeFlags.ModifyNow)) != 0)
        {
            info.LastWriteTimeUtc = (flags & TimeFlags.ModifyNow) != 0 ? now : Time(modifyTime);
        }
    });

    public override Errno CreateDirectory(string path)
    {
        Errno error = Resolve(path, out string full);
        return error != Errno.Success ? error : Path.Exists(full) ? Errno.Exist : PortableErrors.Try(() => Directory.CreateDirectory(full));
    }

    public override Errno RemoveDirectory(string path)
    {
        Errno error = Resolve(path, out string full);
        return error != Errno.Success ? error
            : full == root ? Errno.Inval
            : File.Exists(full) ? Errno.NotDir
            : !Directory.Exists(full) ? Errno.NoEnt
            : Directory.EnumerateFileSystemEntries(full).Any() ? Errno.NotEmpty
            : PortableErrors.Try(() => Directory.Delete(full));
    }

    public override Errno Unlink(string path)
    {
        Errno error = Resolve(path, out string full);
        return error != Errno.Success ? error
            : Directory.Exists(full) ? Errno.IsDir
            : !File.Exists(full) ? Errno.NoEnt
            : path.EndsWith('/') ? Errno.NotDir
            : PortableErrors.Try(() => File.Delete(full));
    }

    public override Errno Rename(string path, SandboxDirectory target, string targetPath)
    {
        if (target is not PortableDirectory other)
        {
            return Errno.XDev;
        }

        Errno error = Resolve(path, out string from);
        string to = "";
        error = error != Errno.Success ? error : other.Resolve(targetPath, out to);
        if (error != Errno.Success || from == root)
        {
            return error != Errno.Success ? error : Errno.Inval;
        }

        if (Directory.Exists(from))
        {
            return File.Exists(to) ? Errno.NotDir : Directory.Exists(to) ? Errno.NotEmpty : PortableErrors.Try(() => Directory.Move(from, to));
        }

        return !File.Exists(from) ? Errno.NoEnt
            : Directory.Exists(to) ? Errno.IsDir
            : path.EndsWith('/') || targetPath.EndsWith('/') ? Errno.NotDir
            : PortableErrors.Try(() => File.Move(from, to, overwrite: true));
    }

    // Links need handles to be safe; a system that has none does without.
    public override Errno Link(string path, bool followLinks, SandboxDirectory target, string targetPath) => Errno.NotSup;

    public override Errno CreateSymbolicLink(string target, string path) => target.StartsWith('/') ? Errno.Perm : Errno.NotSup;

    public override Errno ReadLink(string path, out string target)
    {
        target = "";
        Errno error = Resolve(path, out string full);
        return error != Errno.Success ? error : Path.Exists(full) ? Errno.Inval : Errno.NoEnt;
    }

    public override Errno ReadEntries(out IReadOnlyList<DirectoryEntry> entries)
    {
        List<DirectoryEntry> found = [new(".", 0, FileType.Directory), new("..", 0, FileType.Directory)];
        entries = found;
        return PortableErrors.Try(() =>
        {
            foreach (FileSystemInfo info in new DirectoryInfo(root).EnumerateFileSystemInfos())
            {
                FileType type = info.LinkTarget is not null ? FileType.SymbolicLink : info is DirectoryInfo ? FileType.Directory : FileType.RegularFile;
                found.Add(new DirectoryEntry(info.Name, 0, type));
            }
        });
    }

    public override Errno Sync() => Errno.Success;

    public override void Dispose()
    {
    }

    private static ulong Nanoseconds(DateTime time) => (ulong)Math.Max(0, (time - DateTime.UnixEpoch).Ticks) * 100;

    private static DateTime Time(ulong nanoseconds) => DateTime.UnixEpoch.AddTicks((long)(nanoseconds / 100));

    /// <summary>Turns a guest's path into a host's, component by component; any link on the way, the last one too, is refused.</summary>
    private Errno Resolve(string path, out string full)
    {
        full = root;
        if (path.Length == 0)
        {
            return Errno.NoEnt;
        }

        if (path.StartsWith('/') || path.Length > 64 * 1024)
        {
            return path[0] == '/' ? Errno.Perm : Errno.NameTooLong;
        }

        Stack<string> parents = new();
        foreach (string component in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            // Every name before the last must be a directory, also where ".." would take it away again.
            if (full != root && !Directory.Exists(full))
            {
                return File.Exists(full) ? Errno.NotDir : Errno.NoEnt;
            }

            if (component == ".")
            {
                continue;
            }

            if (component == "..")
            {
                if (!parents.TryPop(out string? parent))
                {
                    return Errno.Perm;
                }

                full = parent;
                continue;
            }

            if (!IsName(component) || component.Length > 255)
            {
                return component.Length > 255 ? Errno.NameTooLong : Errno.Inval;
            }

            parents.Push(full);
            full = Path.Combine(full, component);

            // Attributes of a directory too; -1 when there is nothing of that name.
            FileInfo info = new(full);
            if (info.LinkTarget is not null || ((int)info.Attributes != -1 && (info.Attributes & FileAttributes.ReparsePoint) != 0))
            {
                return Errno.Loop;
            }
        }

        return path.EndsWith('/') && File.Exists(full) ? Errno.NotDir : Errno.Success;
    }

    private static bool IsName(string component)
    {
        if (component.IndexOfAny(Path.GetInvalidFileNameChars()) >= 0 || component.Contains('\\') || component.Contains(':'))
        {
            return false;
        }

        string stem = component.Split('.')[0].TrimEnd().ToUpperInvariant();
        bool isDevice = Reserved.Contains(stem) || ((stem.StartsWith("COM", StringComparison.Ordinal) || stem.StartsWith("LPT", StringComparison.Ordinal)) && stem.Length == 4);
        return !isDevice && !component.EndsWith('.') && !component.EndsWith(' ');
    }
}
