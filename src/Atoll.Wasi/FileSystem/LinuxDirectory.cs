using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Atoll.Wasi.FileSystem;

/// <summary>
/// A sandbox root on Linux. Every operation opens the parent of the last component beneath the root, then works on the bare last name without
/// following it; a link there is read and resolved again from the root. So whatever a path says, the last step happens in a directory that was
/// reached without leaving, and a change of the tree between two steps cannot lead out.
/// </summary>
internal sealed unsafe class LinuxDirectory : SandboxDirectory
{
    private const int MaximumLinks = 40;
    private const int MaximumComponents = 4096;
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly Descriptor _root;
    private readonly bool _kernelResolves;

    public LinuxDirectory(Descriptor root, bool kernelResolves)
    {
        _root = root;
        _kernelResolves = kernelResolves;
    }

    public static int StatusFlags(DescriptorFlags flags) =>
        ((flags & DescriptorFlags.Append) != 0 ? Linux.Append : 0)
        | ((flags & DescriptorFlags.NonBlock) != 0 ? Linux.NonBlock : 0)
        | ((flags & DescriptorFlags.DataSync) != 0 ? Linux.DataSync : 0)
        | ((flags & (DescriptorFlags.Sync | DescriptorFlags.ReadSync)) != 0 ? Linux.FullSync : 0);

    public override Errno Open(
        string path, bool followLinks, OpenFlags flags, bool read, bool write, DescriptorFlags descriptorFlags, out FileHandle? file, out SandboxDirectory? directory)
    {
        file = null;
        directory = null;
        Descriptor? opened = null;
        Errno error = OnLast(path, followLinks, (parent, name, slash) => OpenLast(parent, name, slash, flags, read, write, descriptorFlags, out opened));
        if (error != Errno.Success)
        {
            return error;
        }

        // Looked at again after opening: what lay there before may have been replaced.
        error = Linux.Stat(opened!, "", Linux.AtEmptyPath, out FileStat stat);
        if (error == Errno.Success && stat.Type == FileType.Directory)
        {
            directory = new LinuxDirectory(opened!, _kernelResolves);
        }
        else if (error == Errno.Success && stat.Type == FileType.RegularFile)
        {
            file = new LinuxFile(opened!);
        }
        else
        {
            opened!.Dispose();
            return error == Errno.Success ? Errno.NotCapable : error;
        }

        return Errno.Success;
    }

    private static Errno OpenLast(Descriptor parent, string name, bool slash, OpenFlags flags, bool read, bool write, DescriptorFlags descriptorFlags, out Descriptor? opened)
    {
        opened = null;
        bool wantsDirectory = slash || (flags & OpenFlags.Directory) != 0;
        if (slash && (flags & OpenFlags.Create) != 0)
        {
            return Errno.IsDir;
        }

        // Devices and pipes are not even opened, because opening alone can have effects.
        Errno error = Linux.Stat(parent, name, Linux.AtNoFollow, out FileStat stat);
        if (error == Errno.Success && stat.Type is not (FileType.RegularFile or FileType.Directory or FileType.SymbolicLink))
        {
            return wantsDirectory ? Errno.NotDir : Errno.NotCapable;
        }

        int access = write && !wantsDirectory ? (read ? Linux.ReadWrite : Linux.WriteOnly) : Linux.ReadOnly;
        access |= (flags & OpenFlags.Create) != 0 ? Linux.Create : 0;
        access |= (flags & OpenFlags.Exclusive) != 0 ? Linux.Exclusive : 0;
        access |= (flags & OpenFlags.Truncate) != 0 ? Linux.Truncate : 0;
        access |= wantsDirectory ? Linux.OnlyDirectory : 0;
        int descriptor = Linux.openat(
            parent, name, access | StatusFlags(descriptorFlags) | Linux.NoFollow | Linux.CloseOnExec | Linux.NonBlock | Linux.NoTerminal, 0x1B6);
        if (descriptor >= 0)
        {
            opened = new Descriptor(descriptor);
            return Errno.Success;
        }

        int number = Marshal.GetLastPInvokeError();
        bool isLink = number == Linux.ELoop || (number == Linux.ENotDir && stat.Type == FileType.SymbolicLink);
        return isLink ? Errno.Loop : Errnos.FromLinux(number);
    }

    public override Errno Stat(string path, bool followLinks, out FileStat stat)
    {
        FileStat found = default;
        Errno error = OnLast(path, followLinks, (parent, name, slash) =>
        {
            Errno result = Linux.Stat(parent, name, Linux.AtNoFollow, out found);
            return result != Errno.Success ? result
                : found.Type == FileType.SymbolicLink && (followLinks || slash) ? Errno.Loop
                : slash && found.Type != FileType.Directory ? Errno.NotDir
                : Errno.Success;
        });
        stat = found;
        return error;
    }

    public override Errno StatSelf(out FileStat stat) => Linux.Stat(_root, "", Linux.AtEmptyPath, out stat);

    public override Errno SetTimes(string path, bool followLinks, ulong accessTime, ulong modifyTime, TimeFlags flags) =>
        OnLast(path, followLinks, (parent, name, _) =>
        {
            Errno error = Linux.Stat(parent, name, Linux.AtNoFollow, out FileStat stat);
            if (error != Errno.Success || (followLinks && stat.Type == FileType.SymbolicLink))
            {
                return error != Errno.Success ? error : Errno.Loop;
            }

            return SetTimes(parent, name, accessTime, modifyTime, flags);
        });

    public override Errno SetTimesSelf(ulong accessTime, ulong modifyTime, TimeFlags flags) => SetTimes(_root, ".", accessTime, modifyTime, flags);

    private static Errno SetTimes(Descriptor parent, string name, ulong accessTime, ulong modifyTime, TimeFlags flags)
    {
        long* times = stackalloc long[4];
        Linux.FillTimes(times, accessTime, modifyTime, flags);
        return Check(Linux.utimensat(parent, name, times, Linux.AtNoFollow));
    }

    public override Errno CreateDirectory(string path) => OnLast(path, false, (parent, name, _) => Check(Linux.mkdirat(parent, name, 0x1FF)));

    public override Errno RemoveDirectory(string path) =>
        OnLast(path, false, (parent, name, _) => name == "." ? Errno.Inval : Check(Linux.unlinkat(parent, name, Linux.AtRemoveDirectory)));

    public override Errno Unlink(string path) => OnLast(path, false, (parent, name, slash) =>
        slash && Linux.Stat(parent, name, Linux.AtNoFollow, out FileStat stat) == Errno.Success
            ? stat.Type == FileType.Directory ? Errno.IsDir : Errno.NotDir
            : Check(Linux.unlinkat(parent, name, 0)));

    public override Errno Rename(string path, SandboxDirectory target, string targetPath) =>
        target is not LinuxDirectory other
            ? Errno.XDev
            : OnLast(path, false, (parent, name, slash) => other.OnLast(targetPath, false, (otherParent, otherName, otherSlash) =>
            {
                if (slash || otherSlash)
                {
                    Errno error = Linux.Stat(parent, name, Linux.AtNoFollow, out FileStat stat);
                    if (error != Errno.Success || stat.Type != FileType.Directory)
                    {
                        return error != Errno.Success ? error : Errno.NotDir;
                    }
                }

                return Check(Linux.renameat(parent, name, otherParent, otherName));
            }));

    public override Errno Link(string path, bool followLinks, SandboxDirectory target, string targetPath) =>
        target is not LinuxDirectory other
            ? Errno.XDev
            : OnLast(path, followLinks, (parent, name, slash) =>
            {
                Errno error = Linux.Stat(parent, name, Linux.AtNoFollow, out FileStat stat);
                if (error != Errno.Success)
                {
                    return error;
                }

                if (followLinks && stat.Type == FileType.SymbolicLink)
                {
                    return Errno.Loop;
                }

                return slash && stat.Type != FileType.Directory
                    ? Errno.NotDir
                    : other.OnLast(targetPath, false, (otherParent, otherName, otherSlash) =>
                        otherSlash ? Errno.NoEnt : Check(Linux.linkat(parent, name, otherParent, otherName, 0)));
            });

    public override Errno CreateSymbolicLink(string target, string path)
    {
        if (target.StartsWith('/'))
        {
            return Errno.Perm;
        }

        if (target.Length == 0 || target.Contains('\0'))
        {
            return target.Length == 0 ? Errno.NoEnt : Errno.Inval;
        }

        return OnLast(path, false, (parent, name, slash) =>
            slash && Linux.Stat(parent, name, Linux.AtNoFollow, out _) != Errno.Success ? Errno.NoEnt : Check(Linux.symlinkat(target, parent, name)));
    }

    public override Errno ReadLink(string path, out string target)
    {
        string found = "";
        Errno error = OnLast(path, false, (parent, name, slash) => slash ? Errno.NotDir : ReadLink(parent, name, out found));
        target = found;
        return error;
    }

    public override Errno ReadEntries(out IReadOnlyList<DirectoryEntry> entries)
    {
        List<DirectoryEntry> found = [];
        entries = found;
        int descriptor = Linux.openat(_root, ".", Linux.ReadOnly | Linux.OnlyDirectory | Linux.CloseOnExec, 0);
        if (descriptor < 0)
        {
            return Linux.LastError;
        }

        using Descriptor directory = new(descriptor);
        Errno error = Linux.Stat(directory, "", Linux.AtEmptyPath, out FileStat self);
        found.Add(new DirectoryEntry(".", self.Inode, FileType.Directory));
        found.Add(new DirectoryEntry("..", self.Inode, FileType.Directory));
        byte[] buffer = new byte[32 * 1024];
        while (error == Errno.Success)
        {
            int length = Linux.ReadDirectory(directory, buffer);
            if (length <= 0)
            {
                return length == 0 ? Errno.Success : Linux.LastError;
            }

            AddEntries(buffer.AsSpan(0, length), found);
        }

        return error;
    }

    /// <summary>Reads records of getdents64: inode (8), offset (8), record length (2), type (1), name up to a NUL.</summary>
    private static void AddEntries(ReadOnlySpan<byte> records, List<DirectoryEntry> entries)
    {
        while (!records.IsEmpty)
        {
            ushort size = BinaryPrimitives.ReadUInt16LittleEndian(records[16..]);
            ReadOnlySpan<byte> name = records[19..size];
            name = name[..name.IndexOf((byte)0)];
            FileType type = records[18] switch
            {
                8 => FileType.RegularFile,
                4 => FileType.Directory,
                10 => FileType.SymbolicLink,
                2 => FileType.CharacterDevice,
                6 => FileType.BlockDevice,
                12 => FileType.SocketStream,
                _ => FileType.Unknown,
            };
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8) && TryDecode(name, out string text))
            {
                entries.Add(new DirectoryEntry(text, BinaryPrimitives.ReadUInt64LittleEndian(records), type));
            }

            records = records[size..];
        }
    }

    /// <summary>Names that are no UTF-8 cannot be given to a guest, and are left out.</summary>
    private static bool TryDecode(ReadOnlySpan<byte> bytes, out string text)
    {
        bool valid = System.Text.Unicode.Utf8.IsValid(bytes);
        text = valid ? StrictUtf8.GetString(bytes) : "";
        return valid;
    }

    public override Errno Sync()
    {
        int descriptor = Linux.openat(_root, ".", Linux.ReadOnly | Linux.OnlyDirectory | Linux.CloseOnExec, 0);
        if (descriptor < 0)
        {
            return Linux.LastError;
        }

        using Descriptor directory = new(descriptor);
        return Check(Linux.fsync(directory));
    }

    public override void Dispose() => _root.Dispose();

    private delegate Errno LastAction(Descriptor parent, string name, bool trailingSlash);

    /// <summary>
    /// Opens the parent of a path's last component and acts on the bare name. The action answers <see cref="Errno.Loop"/> when it found a link
    /// there; if links are followed, the link's target takes its place.
    /// </summary>
    private Errno OnLast(string path, bool followLinks, LastAction action)
    {
        for (int links = 0; links <= MaximumLinks; links++)
        {
            Errno error = Split(path, out string parentPath, out string name, out bool slash);
            if (error == Errno.Success)
            {
                error = OpenParent(parentPath, out Descriptor? parent);
                if (error == Errno.Success)
                {
                    using (parent)
                    {
                        error = action(parent!, name, slash);
                        if (error != Errno.Loop || !(followLinks || slash) || ReadLink(parent!, name, out string target) != Errno.Success)
                        {
                            return error;
                        }

                        if (target.StartsWith('/'))
                        {
                            return Errno.Perm;
                        }

                        path = (parentPath.Length == 0 ? target : $"{parentPath}/{target}") + (slash ? "/" : "");
                        continue;
                    }
                }
            }

            return error;
        }

        return Errno.Loop;
    }

    private static Errno Split(string path, out string parent, out string name, out bool slash)
    {
        parent = "";
        name = "";
        slash = path.EndsWith('/');
        if (path.Length == 0)
        {
            return Errno.NoEnt;
        }

        if (path.Length > 64 * 1024)
        {
            return Errno.NameTooLong;
        }

        if (path.Contains('\0'))
        {
            return Errno.Inval;
        }

        if (path[0] == '/')
        {
            return Errno.Perm;
        }

        string trimmed = path.TrimEnd('/');
        int last = trimmed.LastIndexOf('/');
        name = trimmed[(last + 1)..];
        parent = last < 0 ? "" : trimmed[..last];
        if (name is "." or "..")
        {
            // Not a name of its own: the path as a whole is a directory.
            parent = trimmed;
            name = ".";
        }

        return Errno.Success;
    }

    private Errno OpenParent(string path, out Descriptor? parent)
    {
        parent = null;
        if (!_kernelResolves)
        {
            return WalkTo(path, out parent);
        }

        int flags = Linux.PathOnly | Linux.OnlyDirectory | Linux.CloseOnExec;
        for (int attempt = 0; attempt < 100; attempt++)
        {
            int descriptor = Linux.OpenBeneath(_root, path.Length == 0 ? "." : path, flags);
            if (descriptor >= 0)
            {
                parent = new Descriptor(descriptor);
                return Errno.Success;
            }

            int number = Marshal.GetLastPInvokeError();
            if (number != Linux.EAgain)
            {
                return number == 18 ? Errno.Perm : Errnos.FromLinux(number);
            }
        }

        // The tree is being renamed under our feet all the time.
        return Errno.Again;
    }

    /// <summary>Walks component by component; ".." goes back to a directory that is still held open, so no rename can lead out.</summary>
    private Errno WalkTo(string path, out Descriptor? result)
    {
        result = null;
        Stack<Descriptor> held = new();
        Stack<string> left = new(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        int links = 0;
        int steps = 0;
        try
        {
            while (left.TryPop(out string? component))
            {
                if (++steps > MaximumComponents)
                {
                    return Errno.NameTooLong;
                }

                if (component == ".")
                {
                    continue;
                }

                if (component == "..")
                {
                    if (!held.TryPop(out Descriptor? inner))
                    {
                        return Errno.Perm;
                    }

                    inner.Dispose();
                    continue;
                }

                Descriptor current = held.Count > 0 ? held.Peek() : _root;
                int descriptor = Linux.openat(current, component, Linux.PathOnly | Linux.OnlyDirectory | Linux.NoFollow | Linux.CloseOnExec, 0);
                if (descriptor >= 0)
                {
                    held.Push(new Descriptor(descriptor));
                    continue;
                }

                Errno error = PushTarget(current, component, left);
                if (error != Errno.Success || ++links > MaximumLinks)
                {
                    return error != Errno.Success ? error : Errno.Loop;
                }
            }

            return Reopen(held.Count > 0 ? held.Peek() : _root, out result);
        }
        finally
        {
            foreach (Descriptor descriptor in held)
            {
                descriptor.Dispose();
            }
        }
    }

    /// <summary>What could not be opened as a directory may be a link: its target's components come next.</summary>
    private static Errno PushTarget(Descriptor parent, string component, Stack<string> left)
    {
        Errno error = Linux.LastError;
        if (error is not (Errno.NotDir or Errno.Loop) || ReadLink(parent, component, out string target) != Errno.Success)
        {
            return error;
        }

        if (target.StartsWith('/'))
        {
            return Errno.Perm;
        }

        foreach (string part in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            left.Push(part);
        }

        return Errno.Success;
    }

    private static Errno Reopen(Descriptor directory, out Descriptor? result)
    {
        int descriptor = Linux.openat(directory, ".", Linux.PathOnly | Linux.OnlyDirectory | Linux.CloseOnExec, 0);
        result = descriptor < 0 ? null : new Descriptor(descriptor);
        return descriptor < 0 ? Linux.LastError : Errno.Success;
    }

    private static Errno ReadLink(Descriptor parent, string name, out string target)
    {
        byte* buffer = stackalloc byte[4096];
        nint length = Linux.readlinkat(parent, name, buffer, 4096);
        target = "";
        if (length < 0)
        {
            return Linux.LastError;
        }

        return TryDecode(new ReadOnlySpan<byte>(buffer, (int)length), out target) ? Errno.Success : Errno.IlSeq;
    }

    private static Errno Check(int result) => result == 0 ? Errno.Success : Linux.LastError;
}
