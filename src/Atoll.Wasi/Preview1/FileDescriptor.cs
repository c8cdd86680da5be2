using Atoll.Wasi.FileSystem;
using Atoll.Wasi.Streams;

namespace Atoll.Wasi.Preview1;

/// <summary>One entry of a guest's descriptor table: a standard stream, a file or a directory.</summary>
internal sealed class FileDescriptor : IDisposable
{
    public Rights Base { get; set; }

    public Rights Inheriting { get; set; }

    public DescriptorFlags Flags { get; set; }

    public StandardStream? Stream { get; init; }

    public FileHandle? File { get; init; }

    public SandboxDirectory? Directory { get; init; }

    /// <summary>Path as the guest knows it; for messages and the audit.</summary>
    public string GuestPath { get; init; } = "";

    /// <summary>A directory that was granted: it has a name, and its handle belongs to the grants.</summary>
    public bool IsPreopened { get; init; }

    /// <summary>Whether the grant allows changes below it.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Directory: what fd_readdir lists, read when a guest starts at cookie 0.</summary>
    public IReadOnlyList<DirectoryEntry>? Listing { get; set; }

    public FileType Type =>
        Directory is not null ? FileType.Directory : File is not null ? FileType.RegularFile : Stream!.IsTerminal ? FileType.CharacterDevice : FileType.Unknown;

    public void Dispose()
    {
        File?.Dispose();
        if (!IsPreopened)
        {
            Directory?.Dispose();
        }
    }
}
