using Atoll.Components;
using Atoll.Wasi.FileSystem;
using Atoll.Wasi.Preview2.Io;

namespace Atoll.Wasi.Preview2.Files;

/// <summary>An open file that a descriptor and the streams made from it share; closed with the last of them.</summary>
internal sealed class OpenFile(WasiContext context, FileHandle handle, DescriptorFlags flags)
{
    private int _users;

    public FileHandle Handle { get; } = handle;

    public OpenFile Use()
    {
        _users++;
        return this;
    }

    public void Release()
    {
        if (--_users == 0)
        {
            context.OpenFiles--;
            Handle.Dispose();
        }
    }

    /// <summary>Writes at the end, wherever that is now.</summary>
    public Errno Append(ReadOnlySpan<byte> bytes, out int count)
    {
        count = 0;
        Errno error = Handle.SetFlags(flags | DescriptorFlags.Append);
        if (error == Errno.Success)
        {
            error = Handle.Write(bytes, out count);
            Handle.SetFlags(flags);
        }

        return error;
    }
}

/// <summary>Bytes of a file from some place on. Files are always ready.</summary>
internal sealed class FileInputStream(WasiContext context, OpenFile file, ulong offset) : InputStream(context)
{
    private readonly OpenFile _file = file.Use();
    private ulong _offset = offset;

    public override bool IsReady() => true;

    public override StreamError? Take(Span<byte> buffer, out int count)
    {
        Errno error = _file.Handle.ReadAt(buffer, _offset, out count);
        _offset += (uint)count;
        return error != Errno.Success ? Failure(Context, error) : count == 0 && !buffer.IsEmpty ? StreamError.End : null;
    }

    public static StreamError Failure(WasiContext context, Errno error) =>
        new StreamError.LastOperationFailed(new IoError(context, $"the file system says: {error}", FileTerms.CodeOf(error)));

    protected override void Release() => _file.Release();
}

/// <summary>Writes a file from some place on, or at its end.</summary>
/// <param name="context">The run.</param>
/// <param name="file">The file.</param>
/// <param name="offset">Where to begin; null for the end, at each write.</param>
internal sealed class FileOutputStream(WasiContext context, OpenFile file, ulong? offset) : OutputStream(context)
{
    private readonly OpenFile _file = file.Use();
    private ulong? _offset = offset;

    public override StreamError? Room(out int count)
    {
        count = MaximumPermit;
        return null;
    }

    public override StreamError? Put(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count;
            Errno error = _offset is { } at ? _file.Handle.WriteAt(bytes, at, out count) : _file.Append(bytes, out count);
            if (error != Errno.Success || count == 0)
            {
                return FileInputStream.Failure(Context, error == Errno.Success ? Errno.NoSpc : error);
            }

            _offset += (uint)count;
            bytes = bytes[count..];
        }

        return null;
    }

    protected override void Release() => _file.Release();
}

/// <summary><c>wasi:filesystem/types.directory-entry-stream</c></summary>
internal sealed class DirectoryEntryStream : WasiResource
{
    /// <summary>Most entries that the listings of a run may hold together.</summary>
    public const int MaximumListed = 1_000_000;

    private readonly IReadOnlyList<DirectoryEntry> _entries;
    private int _next;

    public DirectoryEntryStream(WasiContext context, IReadOnlyList<DirectoryEntry> entries)
        : base(context)
    {
        _entries = entries;
        context.ListedEntries += entries.Count;
    }

    public Result<FileEntry?, ErrorCode> ReadEntry()
    {
        while (_next < _entries.Count)
        {
            DirectoryEntry entry = _entries[_next++];
            if (entry.Name is not ("." or ".."))
            {
                return Result<FileEntry?, ErrorCode>.Ok(new FileEntry(FileTerms.TypeOf(entry.Type), entry.Name));
            }
        }

        return Result<FileEntry?, ErrorCode>.Ok(null);
    }

    protected override void Release() => Context.ListedEntries -= _entries.Count;
}
