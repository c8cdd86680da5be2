namespace Atoll.Wasi.FileSystem;

/// <summary>Values as in preview 1's <c>filetype</c>.</summary>
internal enum FileType : byte
{
    Unknown,
    BlockDevice,
    CharacterDevice,
    Directory,
    RegularFile,
    SocketDatagram,
    SocketStream,
    SymbolicLink,
}

/// <summary>Values as in preview 1's <c>oflags</c>.</summary>
[Flags]
internal enum OpenFlags : ushort
{
    None = 0,
    Create = 1,
    Directory = 2,
    Exclusive = 4,
    Truncate = 8,
}

/// <summary>Values as in preview 1's <c>fdflags</c>.</summary>
[Flags]
internal enum DescriptorFlags : ushort
{
    None = 0,
    Append = 1,
    DataSync = 2,
    NonBlock = 4,
    ReadSync = 8,
    Sync = 16,
}

/// <summary>Values as in preview 1's <c>fstflags</c>.</summary>
[Flags]
internal enum TimeFlags : ushort
{
    None = 0,
    Access = 1,
    AccessNow = 2,
    Modify = 4,
    ModifyNow = 8,
}

/// <summary>What is known of a file; times in nanoseconds since 1970.</summary>
internal readonly record struct FileStat(
    ulong Device, ulong Inode, FileType Type, ulong Links, ulong Size, ulong AccessTime, ulong ModifyTime, ulong ChangeTime);

/// <summary>One entry of a directory.</summary>
internal readonly record struct DirectoryEntry(string Name, ulong Inode, FileType Type);

/// <summary>
/// An open directory that is a sandbox root: a path given to it is resolved below it, through symbolic links too, and never leaves it, whatever
/// other processes do to the tree meanwhile. Paths are relative with '/'; absolute ones, and those that leave, give <see cref="Errno.NotCapable"/>
/// (absolute or escaping) as the official tests expect. Devices, FIFOs and sockets are not opened.
/// </summary>
/// <remarks>Thread-safe: it holds only a directory handle.</remarks>
internal abstract class SandboxDirectory : IDisposable
{
    /// <summary>Opens a file or directory. Exactly one of <paramref name="file"/> and <paramref name="directory"/> is set on success.</summary>
    public abstract Errno Open(
        string path, bool followLinks, OpenFlags flags, bool read, bool write, DescriptorFlags descriptorFlags, out FileHandle? file, out SandboxDirectory? directory);

    public abstract Errno Stat(string path, bool followLinks, out FileStat stat);

    /// <summary>What is known of the directory itself.</summary>
    public abstract Errno StatSelf(out FileStat stat);

    public abstract Errno SetTimes(string path, bool followLinks, ulong accessTime, ulong modifyTime, TimeFlags flags);

    public abstract Errno SetTimesSelf(ulong accessTime, ulong modifyTime, TimeFlags flags);

    public abstract Errno CreateDirectory(string path);

    public abstract Errno RemoveDirectory(string path);

    public abstract Errno Unlink(string path);

    public abstract Errno Rename(string path, SandboxDirectory target, string targetPath);

    public abstract Errno Link(string path, bool followLinks, SandboxDirectory target, string targetPath);

    /// <summary>Makes a symbolic link; an absolute target is refused (<see cref="Errno.NotCapable"/>), a relative one is not resolved now.</summary>
    public abstract Errno CreateSymbolicLink(string target, string path);

    public abstract Errno ReadLink(string path, out string target);

    /// <summary>All entries, "." and ".." first.</summary>
    public abstract Errno ReadEntries(out IReadOnlyList<DirectoryEntry> entries);

    /// <summary>Flushes the directory.</summary>
    public abstract Errno Sync();

    public abstract void Dispose();
}

/// <summary>An open regular file.</summary>
/// <remarks>Used by one thread at a time. Every method gives <see cref="Errno.Success"/> or why it failed.</remarks>
internal abstract class FileHandle : IDisposable
{
    public abstract Errno Read(Span<byte> buffer, out int count);

    public abstract Errno ReadAt(Span<byte> buffer, ulong offset, out int count);

    /// <summary>Writes at the position, or at the end when the handle appends.</summary>
    public abstract Errno Write(ReadOnlySpan<byte> buffer, out int count);

    public abstract Errno WriteAt(ReadOnlySpan<byte> buffer, ulong offset, out int count);

    /// <param name="offset">Distance.</param>
    /// <param name="whence">0 from the start, 1 from the position, 2 from the end.</param>
    /// <param name="position">The new position.</param>
    public abstract Errno Seek(long offset, byte whence, out ulong position);

    public abstract Errno Stat(out FileStat stat);

    public abstract Errno SetSize(ulong size);

    public abstract Errno Allocate(ulong offset, ulong length);

    public abstract Errno Advise(ulong offset, ulong length, byte advice);

    public abstract Errno Sync(bool dataOnly);

    public abstract Errno SetTimes(ulong accessTime, ulong modifyTime, TimeFlags flags);

    public abstract Errno SetFlags(DescriptorFlags flags);

    public abstract void Dispose();
}
