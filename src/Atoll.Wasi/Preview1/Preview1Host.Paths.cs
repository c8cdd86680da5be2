using System.Text;
using Atoll.Wasi.FileSystem;
using Atoll.Wasm;

namespace Atoll.Wasi.Preview1;

/// <content>Functions on paths.</content>
internal static partial class Preview1Host
{
    private const int MaximumPath = 64 * 1024;

    /// <summary>Looks up a directory and reads a path of it; a change below a read-only grant is told as denied.</summary>
    private static Errno Locate(Caller caller, int fd, Rights rights, int pointer, int length, out FileDescriptor entry, out string path)
    {
        path = "";
        Errno error = Context(caller).Descriptors.FindDirectory(fd, rights, out entry);
        if (error is not (Errno.Success or Errno.NotCapable))
        {
            return error;
        }

        if ((uint)length > MaximumPath)
        {
            return Errno.NameTooLong;
        }

        ReadOnlySpan<byte> bytes = Bytes(caller, pointer, length);
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return Errno.IlSeq;
        }

        path = Encoding.UTF8.GetString(bytes);
        if (error == Errno.NotCapable && entry.IsReadOnly && (rights & Rights.Mutating) != 0)
        {
            Context(caller).Deny("write", Full(entry, path));
        }

        return error;
    }

    private static string Full(FileDescriptor entry, string path) => entry.GuestPath.TrimEnd('/') + "/" + path;

    /// <summary>Tells the audit when a path led out of a grant, or to something that is never opened.</summary>
    private static int Told(Caller caller, Errno error, string action, FileDescriptor entry, string path)
    {
        if (error is Errno.Perm or Errno.NotCapable)
        {
            Context(caller).Deny(action, Full(entry, path));
        }

        return (int)error;
    }

    private static int PathCreateDirectory(Caller caller, int fd, int pointer, int length)
    {
        Errno error = Locate(caller, fd, Rights.PathCreateDirectory, pointer, length, out FileDescriptor entry, out string path);
        return error != Errno.Success ? (int)error : Told(caller, entry.Directory!.CreateDirectory(path), "write", entry, path);
    }

    private static int PathFileStatGet(Caller caller, int fd, int flags, int pointer, int length, int result)
    {
        Errno error = Locate(caller, fd, Rights.PathStat, pointer, length, out FileDescriptor entry, out string path);
        FileStat stat = default;
        if (error != Errno.Success)
        {
            return (int)error;
        }

        error = entry.Directory!.Stat(path, (flags & 1) != 0, out stat);
        if (error == Errno.Success)
        {
            WriteStat(caller, result, stat);
        }

        return Told(caller, error, "read", entry, path);
    }

    private static int PathFileStatSetTimes(Caller caller, int fd, int flags, int pointer, int length, long access, long modify, int timeFlags)
    {
        Errno error = Locate(caller, fd, Rights.PathSetTimes, pointer, length, out FileDescriptor entry, out string path);
        if (error == Errno.Success && !TimesAreSound(timeFlags))
        {
            error = Errno.Inval;
        }

        return error != Errno.Success ? (int)error : Told(caller, entry.Directory!.SetTimes(path, (flags & 1) != 0, (ulong)access, (ulong)modify, (TimeFlags)timeFlags), "write", entry, path);
    }

    private static int PathLink(Caller caller, int fd, int flags, int pointer, int length, int targetFd, int targetPointer, int targetLength)
    {
        Errno error = Locate(caller, fd, Rights.PathLinkSource, pointer, length, out FileDescriptor entry, out string path);
        if (error != Errno.Success)
        {
            return (int)error;
        }

        // preview 1: following the old path's last link is not to be supported.
        if ((flags & 1) != 0)
        {
            return (int)Errno.Inval;
        }

        error = Locate(caller, targetFd, Rights.PathLinkTarget, targetPointer, targetLength, out FileDescriptor target, out string targetPath);
        return error != Errno.Success ? (int)error : Told(caller, entry.Directory!.Link(path, followLinks: false, target.Directory!, targetPath), "write", entry, path);
    }

    private static int PathOpen(Caller caller, int fd, int lookup, int pointer, int length, int flags, long rights, long inheriting, int descriptorFlags, int result)
    {
        Rights needed = Rights.PathOpen;
        needed |= (flags & (int)OpenFlags.Create) != 0 ? Rights.PathCreateFile : 0;
        needed |= (flags & (int)OpenFlags.Truncate) != 0 ? Rights.PathSetSize : 0;
        Errno error = Locate(caller, fd, needed, pointer, length, out FileDescriptor parent, out string path);
        if (error != Errno.Success)
        {
            return (int)error;
        }

        if ((flags & ~15) != 0 || (descriptorFlags & ~31) != 0)
        {
            return (int)Errno.Inval;
        }

        if ((flags & (int)OpenFlags.Directory) != 0 && ((Rights)rights & Rights.FdWrite) != 0)
        {
            return (int)Errno.IsDir;
        }

        // A read-only directory does not hide the rights that it lacks, so that a guest asks for what it means, and is told here, not at its first write.
        Rights wanted = (Rights)rights & parent.Inheriting;
        bool write = (wanted & (Rights.FdWrite | Rights.FdAllocate | Rights.FdSetSize)) != 0 && (flags & (int)OpenFlags.Directory) == 0;
        if (write && parent.IsReadOnly)
        {
            Context(caller).Deny("write", Full(parent, path));
            return (int)Errno.NotCapable;
        }

        wanted &= parent.IsReadOnly ? ~Rights.Mutating : ~Rights.None;
        bool read = (wanted & (Rights.FdRead | Rights.FdReadDirectory)) != 0 || !write;
        error = parent.Directory!.Open(
            path, (lookup & 1) != 0, (OpenFlags)flags, read, write, (DescriptorFlags)descriptorFlags, out FileHandle? file, out SandboxDirectory? directory);
        if (error != Errno.Success)
        {
            return Told(caller, error, write ? "write" : "read", parent, path);
        }

        string full = Full(parent, path);
        Context(caller).Allow(write ? "write" : "read", full);
        error = Context(caller).Descriptors.Add(
            new FileDescriptor
            {
                File = file,
                Directory = directory,
                GuestPath = full,
                IsReadOnly = parent.IsReadOnly,
                Base = wanted & (file is not null ? Rights.File : Rights.Directory),
                Inheriting = directory is null ? Rights.None : (Rights)inheriting & parent.Inheriting,
                Flags = (DescriptorFlags)descriptorFlags,
            },
            out int opened);
        if (error == Errno.Success)
        {
            WriteU32(caller, result, (uint)opened);
        }

        return (int)error;
    }

    private static int PathReadLink(Caller caller, int fd, int pointer, int length, int buffer, int bufferLength, int result)
    {
        Errno error = Locate(caller, fd, Rights.PathReadLink, pointer, length, out FileDescriptor entry, out string path);
        if (error != Errno.Success)
        {
            return (int)error;
        }

        error = entry.Directory!.ReadLink(path, out string target);
        if (error != Errno.Success)
        {
            return Told(caller, error, "read", entry, path);
        }

        WriteU32(caller, result, (uint)CopyPart(Encoding.UTF8.GetBytes(target), Bytes(caller, buffer, bufferLength)));
        return 0;
    }

    private static int PathRemoveDirectory(Caller caller, int fd, int pointer, int length)
    {
        Errno error = Locate(caller, fd, Rights.PathRemoveDirectory, pointer, length, out FileDescriptor entry, out string path);
        return error != Errno.Success ? (int)error : Told(caller, entry.Directory!.RemoveDirectory(path), "write", entry, path);
    }

    private static int PathRename(Caller caller, int fd, int pointer, int length, int targetFd, int targetPointer, int targetLength)
    {
        Errno error = Locate(caller, fd, Rights.PathRenameSource, pointer, length, out FileDescriptor entry, out string path);
        if (error != Errno.Success)
        {
            return (int)error;
        }

        error = Locate(caller, targetFd, Rights.PathRenameTarget, targetPointer, targetLength, out FileDescriptor target, out string targetPath);
        return error != Errno.Success ? (int)error : Told(caller, entry.Directory!.Rename(path, target.Directory!, targetPath), "write", entry, path);
    }

    private static int PathSymbolicLink(Caller caller, int targetPointer, int targetLength, int fd, int pointer, int length)
    {
        Errno error = Locate(caller, fd, Rights.PathSymbolicLink, pointer, length, out FileDescriptor entry, out string path);
        if (error != Errno.Success)
        {
            return (int)error;
        }

        error = Locate(caller, fd, Rights.PathSymbolicLink, targetPointer, targetLength, out _, out string target);
        return error != Errno.Success ? (int)error : Told(caller, entry.Directory!.CreateSymbolicLink(target, path), "write", entry, path);
    }

    private static int PathUnlinkFile(Caller caller, int fd, int pointer, int length)
    {
        Errno error = Locate(caller, fd, Rights.PathUnlink, pointer, length, out FileDescriptor entry, out string path);
        return error != Errno.Success ? (int)error : Told(caller, entry.Directory!.Unlink(path), "write", entry, path);
    }
}
