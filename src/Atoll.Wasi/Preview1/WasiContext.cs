using System.Text;
using Atoll.Components;
using Atoll.Wasi.FileSystem;

namespace Atoll.Wasi.Preview1;

/// <summary>What one guest sees of the world: made from grants for a store, kept in <see cref="Wasm.Store.State"/>, thrown away with it.</summary>
internal sealed class WasiContext : IDisposable
{
    /// <summary>Most descriptors that a guest may have open.</summary>
    public const int MaximumDescriptors = 1024;

    private readonly Grants _grants;
    private readonly List<FileDescriptor?> _table = [];
    private OutputPump? _output;

    public WasiContext(Grants grants)
    {
        _grants = grants;
        List<DirectoryGrant> directories = [];
        List<byte[]> environment = [];
        StandardStream?[] streams = new StandardStream?[3];
        foreach (IGrant grant in grants.Items)
        {
            switch (grant)
            {
                case ArgumentsGrant arguments: Arguments = [.. arguments.Arguments.Select(Terminated)]; break;
                case EnvironmentGrant variable: environment.Add(Terminated($"{variable.Name}={variable.Value}")); break;
                case StdioGrant stream: streams[stream.Descriptor] = new StandardStream(stream, this); break;
                case DirectoryGrant directory: directories.Add(directory); break;
                case ClockGrant clock: Clock = clock.Time; break;
                case RandomGrant random: Random = random.Fill; break;
            }
        }

        Environment = environment;
        for (int i = 0; i < streams.Length; i++)
        {
            Rights rights = Rights.FdStat | Rights.Poll | Rights.FdSetFlags | (i == 0 ? Rights.FdRead : Rights.FdWrite);
            _table.Add(streams[i] is { } stream ? new FileDescriptor { Stream = stream, Base = rights } : null);
        }

        foreach (DirectoryGrant directory in directories)
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
    public IReadOnlyList<byte[]> Arguments { get; } = [];

    /// <summary>The variables as NAME=value, each with its NUL.</summary>
    public IReadOnlyList<byte[]> Environment { get; }

    public TimeProvider? Clock { get; }

    public Action<Span<byte>>? Random { get; }

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
            Deny("write", entry.GuestPath);
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

    /// <summary>What writes to streams that may wait; made when it is needed.</summary>
    public OutputPump Output => _output ??= new OutputPump();

    public void Allow(string action, string path) => Tell(action, path, allowed: true);

    public void Deny(string action, string path) => Tell(action, path, allowed: false);

    public void Deny(Capability capability) => _grants.Decided?.Invoke(new AccessDecision(capability, Allowed: false));

    private void Tell(string action, string path, bool allowed)
    {
        if (_grants.Decided is { } decided)
        {
            decided(new AccessDecision(Capability.Of("fs", action, GuestPaths.Normalize(path)), allowed));
        }
    }

    /// <summary>Sees to it that everything the guest wrote is where it should be.</summary>
    /// <param name="limit">How long to wait for slow streams; null for as long as it takes.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Whether everything is.</returns>
    /// <exception cref="IOException">A stream failed.</exception>
    public bool Flush(TimeSpan? limit, CancellationToken cancellation)
    {
        foreach (StdioGrant grant in _grants.Items.OfType<StdioGrant>())
        {
            if (grant.Descriptor != 0 && !grant.MayWait)
            {
                grant.Stream.Flush();
            }
        }

        return _output?.Drain(limit, cancellation) ?? true;
    }

    public void Dispose()
    {
        _output?.Close();
        foreach (FileDescriptor? entry in _table)
        {
            entry?.Dispose();
        }

        _table.Clear();
    }

    private static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + "\0");
}
