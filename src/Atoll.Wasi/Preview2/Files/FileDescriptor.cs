using System.Buffers.Binary;
using System.Security.Cryptography;
using Atoll.Wasi.FileSystem;
using Atoll.Wasi.Preview2.Io;

namespace Atoll.Wasi.Preview2.Files;

/// <summary>
/// <c>wasi:filesystem/types.descriptor</c>: an open file or directory. Methods give preview 1's numbers, as the sandbox does; <see cref="FilesHost"/> translates.
/// </summary>
internal sealed class FileDescriptor : WasiResource
{
    /// <summary>Most files and directories that a run may have open.</summary>
    public const int MaximumOpen = 1024;

    private const int MaximumPath = 64 * 1024;
    private const int MaximumTransfer = 1024 * 1024;

    private readonly OpenFile? _file;
    private readonly SandboxDirectory? _directory;
    private readonly FileFlags _flags;
    private readonly string _path;
    private readonly bool _isReadOnly;
    private readonly bool _isGranted;

    /// <summary>A granted directory; its handle belongs to the grants.</summary>
    public FileDescriptor(WasiContext context, DirectoryGrant grant)
        : base(context)
    {
        _directory = grant.Directory;
        _path = grant.GuestPath;
        _isReadOnly = grant.Access == FileAccessGrant.ReadOnly;
        _isGranted = true;
        _flags = FileFlags.Read | (_isReadOnly ? 0 : FileFlags.MutateDirectory);
    }

    private FileDescriptor(FileDescriptor parent, string path, FileHandle? file, SandboxDirectory? directory, FileFlags flags)
        : base(parent.Context)
    {
        _file = file is null ? null : new OpenFile(Context, file, FileTerms.SandboxFlags(flags)).Use();
        _directory = directory;
        _path = path;
        _isReadOnly = parent._isReadOnly;
        _flags = directory is null ? flags & ~FileFlags.MutateDirectory
            : (flags & ~FileFlags.Write) | (parent._flags & FileFlags.MutateDirectory);
    }

    /// <summary><c>get-flags</c></summary>
    public FileFlags Flags => _flags;

    /// <summary><c>get-type</c></summary>
    public DescriptorType Type => _directory is null ? DescriptorType.RegularFile : DescriptorType.Directory;

    /// <summary><c>read-via-stream</c></summary>
    public Errno ReadStream(ulong offset, out InputStream stream)
    {
        Errno error = File(FileFlags.Read, out OpenFile file);
        stream = error == Errno.Success ? new FileInputStream(Context, file, offset) : null!;
        return error;
    }

    /// <summary><c>write-via-stream</c>, and <c>append-via-stream</c> without an offset.</summary>
    public Errno WriteStream(ulong? offset, out OutputStream stream)
    {
        Errno error = File(FileFlags.Write, out OpenFile file);
        stream = error == Errno.Success ? new FileOutputStream(Context, file, offset) : null!;
        return error;
    }

    /// <summary><c>read</c></summary>
    public Errno Read(ulong length, ulong offset, out byte[] bytes, out bool isAtEnd)
    {
        bytes = [];
        isAtEnd = false;
        Errno error = File(FileFlags.Read, out OpenFile file);
        if (error != Errno.Success || length == 0)
        {
            return error;
        }

        byte[] buffer = new byte[Math.Min(length, MaximumTransfer)];
        error = file.Handle.ReadAt(buffer, offset, out int count);
        bytes = count == buffer.Length ? buffer : buffer.AsSpan(0, count).ToArray();
        isAtEnd = count < buffer.Length;
        return error;
    }

    /// <summary><c>write</c></summary>
    public Errno Write(byte[] bytes, ulong offset, out ulong count)
    {
        count = 0;
        Errno error = File(FileFlags.Write, out OpenFile file);
        if (error != Errno.Success)
        {
            return error;
        }

        error = file.Handle.WriteAt(bytes.AsSpan(0, Math.Min(bytes.Length, MaximumTransfer)), offset, out int written);
        count = (ulong)written;
        return error;
    }

    /// <summary><c>advise</c></summary>
    public Errno Advise(ulong offset, ulong length, Advice advice) => _file?.Handle.Advise(offset, length, (byte)advice) ?? Errno.BadF;

    /// <summary><c>sync</c> and <c>sync-data</c></summary>
    public Errno Sync(bool dataOnly) => _file?.Handle.Sync(dataOnly) ?? _directory!.Sync();

    /// <summary><c>set-size</c></summary>
    public Errno SetSize(ulong size)
    {
        Errno error = File(FileFlags.Write, out OpenFile file);
        return error != Errno.Success ? error : file.Handle.SetSize(size);
    }

    /// <summary><c>set-times</c></summary>
    public Errno SetTimes(NewTimestamp access, NewTimestamp modify)
    {
        if (_isReadOnly)
        {
            return Denied("write", _path, Errno.RoFs);
        }

        Errno error = FileTerms.TimesOf(access, modify, out ulong accessTime, out ulong modifyTime, out TimeFlags flags);
        return error != Errno.Success ? error
            : _file?.Handle.SetTimes(accessTime, modifyTime, flags) ?? _directory!.SetTimesSelf(accessTime, modifyTime, flags);
    }

    /// <summary><c>stat</c></summary>
    public Errno Stat(out FileStat stat) => _file is null ? _directory!.StatSelf(out stat) : _file.Handle.Stat(out stat);

    /// <summary><c>stat-at</c></summary>
    public Errno StatAt(PathFlags flags, string path, out FileStat stat)
    {
        stat = default;
        Errno error = Directory(path, writes: false, out SandboxDirectory directory);
        return error != Errno.Success ? error : Told(directory.Stat(path, Follows(flags), out stat), "read", path);
    }

    /// <summary><c>set-times-at</c></summary>
    public Errno SetTimesAt(PathFlags flags, string path, NewTimestamp access, NewTimestamp modify)
    {
        Errno error = Directory(path, writes: true, out SandboxDirectory directory);
        if (error == Errno.Success)
        {
            error = FileTerms.TimesOf(access, modify, out ulong accessTime, out ulong modifyTime, out TimeFlags times);
            error = error != Errno.Success ? error : directory.SetTimes(path, Follows(flags), accessTime, modifyTime, times);
        }

        return Told(error, "write", path);
    }

    /// <summary><c>read-directory</c></summary>
    public Errno ReadDirectory(out IReadOnlyList<DirectoryEntry> entries)
    {
        entries = [];
        if (_directory is null)
        {
            return Errno.NotDir;
        }

        Errno error = _directory.ReadEntries(out entries);
        return error != Errno.Success ? error
            : Context.ListedEntries + entries.Count > DirectoryEntryStream.MaximumListed ? Errno.NoMem
            : Errno.Success;
    }

    /// <summary><c>create-directory-at</c></summary>
    public Errno CreateDirectoryAt(string path) => Change(path, directory => directory.CreateDirectory(path));

    /// <summary><c>remove-directory-at</c></summary>
    public Errno RemoveDirectoryAt(string path) => Change(path, directory => directory.RemoveDirectory(path));

    /// <summary><c>unlink-file-at</c></summary>
    public Errno UnlinkFileAt(string path) => Change(path, directory => directory.Unlink(path));

    /// <summary><c>symlink-at</c></summary>
    public Errno SymlinkAt(string target, string path) =>
        target.Length > MaximumPath ? Errno.NameTooLong : Change(path, directory => directory.CreateSymbolicLink(target, path));

    /// <summary><c>link-at</c></summary>
    public Errno LinkAt(PathFlags flags, string path, FileDescriptor other, string otherPath)
    {
        // As in preview 1: following the old path's last link is not to be supported.
        if (Follows(flags))
        {
            return Errno.Inval;
        }

        Errno error = other.Directory(otherPath, writes: true, out SandboxDirectory target);
        return error != Errno.Success ? error : Change(path, directory => directory.Link(path, followLinks: false, target, otherPath));
    }

    /// <summary><c>rename-at</c></summary>
    public Errno RenameAt(string path, FileDescriptor other, string otherPath)
    {
        Errno error = other.Directory(otherPath, writes: true, out SandboxDirectory target);
        return error != Errno.Success ? error : Change(path, directory => directory.Rename(path, target, otherPath));
    }

    /// <summary><c>readlink-at</c></summary>
    public Errno ReadLinkAt(string path, out string target)
    {
        target = "";
        Errno error = Directory(path, writes: false, out SandboxDirectory directory);
        return error != Errno.Success ? error : Told(directory.ReadLink(path, out target), "read", path);
    }

    /// <summary><c>open-at</c></summary>
    public Errno OpenAt(PathFlags pathFlags, string path, OpenFlags openFlags, FileFlags flags, out FileDescriptor opened)
    {
        opened = null!;
        bool wantsDirectory = (openFlags & OpenFlags.Directory) != 0;
        bool write = (flags & FileFlags.Write) != 0;
        bool writes = write || (flags & FileFlags.MutateDirectory) != 0 || (openFlags & (OpenFlags.Create | OpenFlags.Truncate)) != 0;
        Errno error = Directory(path, writes, out SandboxDirectory directory);
        if (error != Errno.Success || (wantsDirectory && write))
        {
            return error != Errno.Success ? error : Errno.IsDir;
        }

        if (Context.OpenFiles >= MaximumOpen)
        {
            return Errno.NFile;
        }

        bool read = (flags & FileFlags.Read) != 0 || !write;
        error = directory.Open(
            path, Follows(pathFlags), openFlags, read, write, FileTerms.SandboxFlags(flags), out FileHandle? file, out SandboxDirectory? found);
        if (error == Errno.Success)
        {
            Context.OpenFiles++;
            Context.Allow(writes ? "write" : "read", Full(path));
            opened = new FileDescriptor(this, Full(path), file, found, flags);
        }

        return Told(error, writes ? "write" : "read", path);
    }

    /// <summary><c>is-same-object</c></summary>
    public bool IsSameAs(FileDescriptor other) =>
        Stat(out FileStat mine) == Errno.Success && other.Stat(out FileStat others) == Errno.Success && (mine.Device, mine.Inode) == (others.Device, others.Inode);

    /// <summary>
    /// <c>metadata-hash</c>: of what makes it the object that it is, so that guests that take it for an inode number find links to be equal. The numbers of the host
    /// cannot be read from it.
    /// </summary>
    public static MetadataHash HashOf(in FileStat stat)
    {
        Span<byte> data = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(data, stat.Device);
        BinaryPrimitives.WriteUInt64LittleEndian(data[8..], stat.Inode);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);
        return new MetadataHash(BinaryPrimitives.ReadUInt64LittleEndian(hash), BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]));
    }

    protected override void Release()
    {
        _file?.Release();
        if (_directory is not null && !_isGranted)
        {
            Context.OpenFiles--;
            _directory.Dispose();
        }
    }

    private static bool Follows(PathFlags flags) => (flags & PathFlags.SymlinkFollow) != 0;

    private string Full(string path) => _path.TrimEnd('/') + "/" + path;

    private Errno File(FileFlags needed, out OpenFile file)
    {
        file = _file!;
        return _file is null ? Errno.IsDir : (_flags & needed) == needed ? Errno.Success : Errno.BadF;
    }

    /// <summary>The directory itself, if it may be changed where that is asked for.</summary>
    private Errno Directory(string path, bool writes, out SandboxDirectory directory)
    {
        directory = _directory!;
        return _directory is null ? Errno.NotDir
            : path.Length > MaximumPath ? Errno.NameTooLong
            : writes && _isReadOnly ? Denied("write", Full(path), Errno.RoFs)
            : Errno.Success;
    }

    private Errno Change(string path, Func<SandboxDirectory, Errno> change)
    {
        Errno error = Directory(path, writes: true, out SandboxDirectory directory);
        return error != Errno.Success ? error : Told(change(directory), "write", path);
    }

    /// <summary>Tells the audit when a path led out of a grant, or to something that is never opened.</summary>
    private Errno Told(Errno error, string action, string path) => error is Errno.Perm or Errno.NotCapable ? Denied(action, Full(path), error) : error;

    private Errno Denied(string action, string path, Errno error)
    {
        Context.Deny(action, path);
        return error;
    }
}
