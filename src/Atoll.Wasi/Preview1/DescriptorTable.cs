using System.Text;
using Atoll.Wasi.FileSystem;
using Atoll.Wasi.Streams;

namespace Atoll.Wasi.Preview1;

/// <summary>The descriptors of a guest of preview 1, and its arguments and variables as it reads them.</summary>
internal sealed class DescriptorTable : IDisposable
{
    /// <summary>Most descriptors that a guest may have open.</summary>
    public const int MaximumDescriptors = 1024;

    private readonly WasiContext _context;
    private readonly List<FileDescriptor?> _table = [];

    public DescriptorTable(WasiContext context)
    {
        _context = context;
        Arguments = [.. context.Arguments.Select(Terminated)];
        Environment = [.. context.Environment.Select(variable => Terminated($"{variable.Name}={variable.Value}"))];
        for (int i = 0; i < 3; i++)
        {
            Rights rights = Rights.FdStat | Rights.Poll | Rights.FdSetFlags | (i == 0 ? Rights.FdRead : Rights.FdWrite);
            _table.Add(context.Stream(i) is { } stream ? new FileDescriptor { Stream = stream, Base = rights } : null);
        }

        foreach (DirectoryGrant directory in context.Directories)
        {
            bool readOnly = directory.Access == FileAccessGrant.ReadOnly;
            _table.Add(new FileDescriptor
            {
                Directory = directory.Directory,
                GuestPath = directory.GuestPath,
                IsPreopened = true,
                IsReadOnly = readOnly,
                Base = Rights.Directory & (readOnly ? ~Rights.Mutating : ~Rights.None),
                Inheriting = Rights.Directory | Rights.File,
            });
        }
    }

    /// <summary>The arguments, each with its NUL.</summary>
    public IReadOnlyList<byte[]> Arguments { get; }

    /// <summary>The variables as NAME=value, each with its NUL.</summary>
    public IReadOnlyList<byte[]> Environment { get; }

    public FileDescriptor? Find(int descriptor) => (uint)descriptor < (uint)_table.Count ? _table[descriptor] : null;

    /// <summary>The entry, if it has the rights: BadF when there is none, NotCapable when it lacks one.</summary>
    public Errno Find(int descriptor, Rights rights, out FileDescriptor entry)
    {
        entry = Find(descriptor)!;
        if (entry is null)
        {
            return Errno.BadF;
        }

        if ((entry.Base & rights) == rights)
        {
            return Errno.Success;
        }

        // With a path the denial is told where the path is known.
        if (entry.IsReadOnly && entry.File is not null && (rights & Rights.Mutating) != 0)
        {
            _context.Deny("write", entry.GuestPath);
        }

        return Errno.NotCapable;
    }

    /// <summary>A directory with the rights: NotDir for other descriptors.</summary>
    public Errno FindDirectory(int descriptor, Rights rights, out FileDescriptor entry)
    {
        entry = Find(descriptor)!;
        if (entry is null)
        {
            return Errno.BadF;
        }

        return entry.Directory is null ? Errno.NotDir : Find(descriptor, rights, out entry);
    }

    /// <summary>Puts an entry into the lowest free place.</summary>
    public Errno Add(FileDescriptor entry, out int descriptor)
    {
        descriptor = _table.FindIndex(3, e => e is null);
        if (descriptor < 0)
        {
            if (_table.Count >= MaximumDescriptors)
            {
                entry.Dispose();
                return Errno.NFile;
            }

            descriptor = _table.Count;
            _table.Add(null);
        }

        _table[descriptor] = entry;
        return Errno.Success;
    }

    public Errno Close(int descriptor)
    {
        if (Find(descriptor) is not { } entry)
        {
            return Errno.BadF;
        }

        _table[descriptor] = null;
        entry.Dispose();
        return Errno.Success;
    }

    public Errno Renumber(int from, int to)
    {
        if (Find(from) is not { } entry || Find(to) is not { } replaced)
        {
            return Errno.BadF;
        }

        if (from != to)
        {
            replaced.Dispose();
            _table[to] = entry;
            _table[from] = null;
        }

        return Errno.Success;
    }

    public void Dispose()
    {
        foreach (FileDescriptor? entry in _table)
        {
            entry?.Dispose();
        }

        _table.Clear();
    }

    private static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + "\0");
}
