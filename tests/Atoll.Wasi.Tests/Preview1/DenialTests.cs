using Atoll.Components;
using Atoll.Wasi.Preview1;
using Atoll.Wasi.Tests.FileSystem;

namespace Atoll.Wasi.Tests.Preview1;

/// <summary>What is refused, and what the host is told of it.</summary>
public sealed class DenialTests : IDisposable
{
    private const Rights ReadWrite = Rights.FdRead | Rights.FdWrite;

    private readonly HostFolder _host = new();

    public void Dispose() => _host.Dispose();

    private static IEnumerable<string> Denied(Probe probe) => probe.Decisions.Where(d => !d.Allowed).Select(d => d.Capability.ToString());

    [Fact]
    public void Without_grants_there_is_nothing()
    {
        using Probe probe = new(Grants.None);
        Assert.Equal(Errno.Success, probe.Call("args_sizes_get", 0, 4));
        Assert.Equal(Errno.Success, probe.Call("environ_sizes_get", 8, 12));
        Assert.Equal((0UL, 0UL), (probe.U64(0), probe.U64(8)));
        for (int fd = -1; fd < 5; fd++)
        {
            Assert.Equal(Errno.BadF, probe.Read(fd, out _));
            Assert.Equal(Errno.BadF, probe.Write(fd, "x"));
            Assert.Equal(Errno.BadF, probe.Call("fd_fdstat_get", fd, 0));
            Assert.Equal(Errno.BadF, probe.Call("fd_prestat_get", fd, 0));
            Assert.Equal(Errno.BadF, probe.Open(fd, "x", ReadWrite, OpenOptions.Create, out _));
            Assert.Equal(Errno.BadF, probe.Call("fd_close", fd));
            Assert.Equal(Errno.BadF, probe.Call("sock_shutdown", fd, 3));
        }

        Assert.Equal(Errno.NotCapable, probe.Call("clock_time_get", 0, 0L, 0));
        Assert.Equal(Errno.NotCapable, probe.Call("clock_res_get", 1, 0));
        Assert.Equal(Errno.NotCapable, probe.Call("random_get", 0, 8));
        probe.PutSubscription(0, 7, kind: 0, target: 1, timeout: 1);
        Assert.Equal([(7UL, Errno.NotCapable)], probe.Poll(1));
        Assert.Equal(["clock:read:**", "clock:read:**", "random:read:**", "clock:read:**"], Denied(probe));
    }

    [Fact]
    public void A_read_only_directory_is_read()
    {
        _host.Write("sub/file", "content");
        using Probe probe = new(Grants.None.AllowDirectory("/data", _host.Root, FileAccessGrant.ReadOnly));
        Assert.Equal(Errno.Success, probe.Open(3, "sub/file", Rights.FdRead, OpenOptions.None, out int fd));
        Assert.Equal(Errno.Success, probe.Read(fd, out string text));
        Assert.Equal("content", text);
        Assert.Equal([new AccessDecision(Capability.Parse("fs:read:/data/sub/file"), true)], probe.Decisions);
        Assert.Equal(Errno.BadF, probe.Write(fd, "x"));
        Assert.Equal(Errno.NotCapable, probe.Call("fd_filestat_set_size", fd, 0L));
        Assert.Equal(Errno.NotCapable, probe.Call("fd_allocate", fd, 0L, 100L));
        Assert.Equal(Errno.NotCapable, probe.Call("fd_filestat_set_times", fd, 0L, 0L, 4));
        Assert.Equal("content", File.ReadAllText(Path.Combine(_host.Root, "sub/file")));
        Assert.All(Denied(probe), c => Assert.Equal("fs:write:/data/sub/file", c));
        Assert.Equal(4, Denied(probe).Count());
    }

    [Fact]
    public void A_read_only_directory_is_not_changed_and_each_try_is_told()
    {
        _host.Write("file", "content");
        _host.MakeDirectory("dir");
        using Probe probe = new(
            Grants.None.AllowDirectory("/data", _host.Root, FileAccessGrant.ReadOnly).AllowDirectory("/out", _host.MakeDirectory("out"), FileAccessGrant.ReadWrite));
        int file = probe.Put(Probe.Path, "file");
        int other = probe.Put(Probe.OtherPath, "other");
        int dir = probe.Put(Probe.Buffer, "dir");
        Assert.Equal(Errno.NotCapable, probe.Call("path_create_directory", 3, Probe.OtherPath, other));
        Assert.Equal(Errno.NotCapable, probe.Call("path_remove_directory", 3, Probe.Buffer, dir));
        Assert.Equal(Errno.NotCapable, probe.Call("path_unlink_file", 3, Probe.Path, file));
        Assert.Equal(Errno.NotCapable, probe.Call("path_rename", 3, Probe.Path, file, 4, Probe.OtherPath, other));
        Assert.Equal(Errno.NotCapable, probe.Call("path_link", 3, 0, Probe.Path, file, 4, Probe.OtherPath, other));
        Assert.Equal(Errno.NotCapable, probe.Call("path_symlink", Probe.Path, file, 3, Probe.OtherPath, other));
        Assert.Equal(Errno.NotCapable, probe.Call("path_filestat_set_times", 3, 0, Probe.Path, file, 0L, 0L, 4));
        foreach ((Rights rights, OpenOptions options) in new[]
        {
            (Rights.FdWrite, OpenOptions.None), (ReadWrite, OpenOptions.None), (Rights.FdRead, OpenOptions.Truncate), (Rights.FdRead, OpenOptions.Create),
            (Rights.FdSetSize, OpenOptions.None), (~Rights.None, OpenOptions.None),
        })
        {
            Assert.Equal(Errno.NotCapable, probe.Open(3, "file", rights, options, out _));
        }

        Assert.Equal(13, probe.Decisions.Count);
        Assert.Equal(
            ["fs:write:/data/other", "fs:write:/data/dir", "fs:write:/data/file", "fs:write:/data/file", "fs:write:/data/file", "fs:write:/data/other", "fs:write:/data/file"],
            Denied(probe).Take(7));
        Assert.All(Denied(probe).Skip(7), c => Assert.Equal("fs:write:/data/file", c));

        // Nor from the other side: out of a directory that may be written into this one.
        File.WriteAllText(Path.Combine(_host.Root, "out/x"), "x");
        int x = probe.Put(Probe.Path, "x");
        Assert.Equal(Errno.NotCapable, probe.Call("path_rename", 4, Probe.Path, x, 3, Probe.OtherPath, other));
        Assert.Equal(Errno.NotCapable, probe.Call("path_link", 4, 0, Probe.Path, x, 3, Probe.OtherPath, other));
        Assert.Equal(["fs:write:/data/other", "fs:write:/data/other"], Denied(probe).Skip(13));
        Assert.Equal(["dir", "file", "out"], Directory.GetFileSystemEntries(_host.Root).Select(Path.GetFileName).Order());
        Assert.Equal("content", File.ReadAllText(Path.Combine(_host.Root, "file")));
    }

    [Fact]
    public void A_directory_below_a_read_only_one_is_read_only()
    {
        _host.Write("sub/file", "content");
        using Probe probe = new(Grants.None.AllowDirectory("/", _host.Root, FileAccessGrant.ReadOnly));
        Assert.Equal(Errno.Success, probe.Open(3, "sub", ~Rights.FdWrite, OpenOptions.Directory, out int sub));
        Assert.Equal(Errno.NotCapable, probe.Open(sub, "file", Rights.FdWrite, OpenOptions.None, out _));
        Assert.Equal(Errno.NotCapable, probe.Open(sub, "new", Rights.FdRead, OpenOptions.Create, out _));
        Assert.Equal(Errno.NotCapable, probe.Call("path_unlink_file", sub, Probe.Path, probe.Put(Probe.Path, "file")));
        Assert.Equal(["fs:write:/sub/file", "fs:write:/sub/new", "fs:write:/sub/file"], Denied(probe));
        Assert.Equal("content", File.ReadAllText(Path.Combine(_host.Root, "sub/file")));
    }

    [Fact]
    public void Ways_out_are_told()
    {
        _host.Link("link", "../outside/secret.txt");
        _host.Link("absolute", "/etc/passwd");
        _host.MakeFifo("pipe");
        using Probe probe = new(Grants.None.AllowDirectory("/data", _host.Root, FileAccessGrant.ReadWrite));
        Assert.Equal(Errno.Perm, probe.Open(3, "../outside/secret.txt", Rights.FdRead, OpenOptions.None, out _));
        Assert.Equal(Errno.Perm, probe.Open(3, "/etc/passwd", Rights.FdRead, OpenOptions.None, out _));
        Assert.Equal(Errno.Perm, probe.Open(3, "link", Rights.FdRead, OpenOptions.None, out _));
        Assert.Equal(Errno.Perm, probe.Open(3, "absolute", Rights.FdWrite, OpenOptions.Truncate, out _));
        Assert.Equal(Errno.NotCapable, probe.Open(3, "pipe", Rights.FdRead, OpenOptions.None, out _));
        Assert.Equal(Errno.Perm, probe.Call("path_unlink_file", 3, Probe.Path, probe.Put(Probe.Path, "../outside/secret.txt")));
        Assert.Equal(
            ["fs:read:/outside/secret.txt", "fs:read:/data/etc/passwd", "fs:read:/data/link", "fs:write:/data/absolute", "fs:read:/data/pipe", "fs:write:/outside/secret.txt"],
            Denied(probe));
    }

    [Fact]
    public void Odd_names_can_be_told_too()
    {
        using Probe probe = new(Grants.None.AllowDirectory("/", _host.Root, FileAccessGrant.ReadOnly));
        foreach (string name in new[] { "a*b", "new\nline", "", "..", new string('x', 5000), "\U0001F600" })
        {
            Assert.Equal(Errno.NotCapable, probe.Open(3, name, Rights.FdRead, OpenOptions.Create, out _));
        }

        Assert.Equal(6, Denied(probe).Count());
        Assert.Equal(["fs:write:/a?b", "fs:write:/new?line", "fs:write:/", "fs:write:/"], Denied(probe).Take(4));
    }

    [Fact]
    public void Rights_only_become_fewer()
    {
        _host.Write("file");
        using Probe probe = new(Grants.None.AllowDirectory("/", _host.Root, FileAccessGrant.ReadWrite));
        Assert.Equal(Errno.Success, probe.Open(3, "file", ReadWrite, OpenOptions.None, out int fd));
        Assert.Equal(Errno.NotCapable, probe.Call("fd_fdstat_set_rights", fd, (long)(ReadWrite | Rights.FdSeek), 0L));
        Assert.Equal(Errno.Success, probe.Call("fd_fdstat_set_rights", fd, (long)Rights.FdRead, 0L));
        Assert.Equal(Errno.BadF, probe.Write(fd, "x"));
        Assert.Equal(Errno.NotCapable, probe.Call("fd_fdstat_set_rights", fd, (long)ReadWrite, 0L));
        Assert.Empty(Denied(probe));
    }
}
