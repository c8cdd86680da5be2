using System.Net.Sockets;
using Atoll.Wasi.FileSystem;

namespace Atoll.Wasi.Tests.FileSystem;

/// <summary>What a path can try to get out of a sandbox, on every implementation.</summary>
public sealed class EscapeTests : IDisposable
{
    private readonly HostFolder _host = new();

    internal static readonly string[] AllKinds = ["OpenAt2", "Components", "Portable"];

    public static TheoryData<string> Kinds => [.. AllKinds];

    public static TheoryData<string> HandleKinds => ["OpenAt2", "Components"];

    /// <summary>Paths that would leave the root, and links that would; <c>SECRET</c> stands for the file outside.</summary>
    public static MatrixTheoryData<string, string> Escapes => new(EscapeTests.AllKinds, [
        "..", "../", "../outside/secret.txt", "a/../../outside/secret.txt", "a/b/../../../outside/secret.txt", "./../outside/secret.txt",
        "a/./../.././outside/secret.txt", "a//..//..//outside/secret.txt", "../root/inside.txt", "a/../../root/inside.txt", "/", "/etc/passwd",
        "//etc/passwd", "SECRET", "absolute", "absolute/", "relative", "chain1", "deep/up", "folder/secret.txt", "folder/../secret.txt",
        "a/folder-up/outside/secret.txt", "proc-root/etc/passwd", "proc-root", "proc-fd", "proc-cwd/secret.txt", "to-root/etc/passwd",
    ]);

    public void Dispose() => _host.Dispose();

    private void Prepare()
    {
        _host.Write("inside.txt");
        _host.Write("a/b/file.txt");
        _host.MakeDirectory("deep");
        _host.Link("absolute", Path.Combine(_host.Outside, "secret.txt"));
        _host.Link("relative", "../outside/secret.txt");
        _host.Link("chain1", "chain2");
        _host.Link("chain2", "a/chain3");
        _host.Link("a/chain3", "../relative");
        _host.Link("deep/up", "../../outside/secret.txt");
        _host.Link("folder", "../outside");
        _host.Link("a/folder-up", "../..");
        _host.Link("proc-root", "/proc/self/root");
        _host.Link("proc-fd", "/proc/self/fd/0");
        _host.Link("proc-cwd", "/proc/self/cwd");
        _host.Link("to-root", "/");
    }

    [Theory]
    [MemberData(nameof(Escapes))]
    public void A_path_never_leaves_the_root(string kind, string path)
    {
        Prepare();
        using SandboxDirectory root = _host.Open(Enum.Parse<SandboxKind>(kind));
        path = path == "SECRET" ? Path.Combine(_host.Outside, "secret.txt") : path;
        string newPath = path.TrimEnd('/') + "-new";

        Errno error = root.OpenRead(path, out string content);
        Assert.Equal("", content);
        Assert.Contains(error, new[] { Errno.Perm, Errno.Loop, Errno.NoEnt, Errno.NotDir });
        Assert.NotEqual(Errno.Success, root.OpenDirectory(path, out _));
        Assert.NotEqual(Errno.Success, root.OpenWrite(path, OpenFlags.None));
        Assert.NotEqual(Errno.Success, root.OpenWrite(path, OpenFlags.Create | OpenFlags.Truncate));
        Assert.NotEqual(Errno.Success, root.Stat(path, followLinks: true, out _));
        Assert.NotEqual(Errno.Success, root.SetTimes(path, followLinks: true, 0, 0, TimeFlags.Modify));
        Assert.NotEqual(Errno.Success, root.Link(path, followLinks: true, root, "linked"));

        AssertOutsideUntouched();
        Assert.False(Path.Exists(Path.Combine(_host.Root, "linked")));
        Assert.False(Path.Exists(newPath.StartsWith('/') ? newPath : Path.GetFullPath(newPath, _host.Root)));
    }

    public static MatrixTheoryData<string, string> Parents => new(EscapeTests.AllKinds, [
        "../outside", "/tmp", "folder", "a/../../outside", "a/folder-up/outside", "proc-cwd", "a/../folder", "folder/.", "folder/../outside",
    ]);

    [Theory]
    [MemberData(nameof(Parents))]
    public void Nothing_is_changed_outside(string kind, string parent)
    {
        Prepare();
        using SandboxDirectory root = _host.Open(Enum.Parse<SandboxKind>(kind));
        string secret = parent + "/secret.txt";
        string made = parent + "/atoll-made";

        Assert.NotEqual(Errno.Success, root.OpenWrite(made, OpenFlags.Create));
        Assert.NotEqual(Errno.Success, root.CreateDirectory(made));
        Assert.NotEqual(Errno.Success, root.CreateSymbolicLink("x", made));
        Assert.NotEqual(Errno.Success, root.Link("inside.txt", false, root, made));
        Assert.NotEqual(Errno.Success, root.Rename("inside.txt", root, made));
        Assert.NotEqual(Errno.Success, root.Unlink(secret));
        Assert.NotEqual(Errno.Success, root.Rename(secret, root, "stolen"));
        Assert.NotEqual(Errno.Success, root.Link(secret, false, root, "stolen"));
        Assert.NotEqual(Errno.Success, root.RemoveDirectory(parent));
        Assert.NotEqual(Errno.Success, root.ReadLink(secret, out _));

        AssertOutsideUntouched();
        Assert.True(File.Exists(Path.Combine(_host.Root, "inside.txt")));
        Assert.False(Path.Exists("/tmp/atoll-made"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_subdirectory_that_was_opened_is_a_root_of_its_own(string kind)
    {
        Prepare();
        using SandboxDirectory root = _host.Open(Enum.Parse<SandboxKind>(kind));
        Assert.Equal(Errno.Success, root.OpenDirectory("a", out SandboxDirectory? opened));
        using (opened)
        {
            Assert.NotNull(opened);
            Assert.Equal(Errno.Success, opened.OpenRead("b/file.txt", out _));
            Assert.Equal(Errno.Perm, opened.OpenRead("../inside.txt", out _));
            Assert.Equal(Errno.Perm, opened.OpenRead("b/../../inside.txt", out _));
        }
    }

    [Theory]
    [MemberData(nameof(HandleKinds))]
    public void Links_within_the_root_are_followed(string kind)
    {
        _host.Write("a/b/file.txt", "found");
        _host.Link("a/link", "b/../b/file.txt");
        _host.Link("top", "a/b");
        _host.Link("a/b/up", "../../top/file.txt");
        using SandboxDirectory root = _host.Open(Enum.Parse<SandboxKind>(kind));
        foreach (string path in new[] { "a/link", "top/file.txt", "a/b/up", "top/up", "top/../b/up", "a/b/../../top/./up" })
        {
            Assert.Equal(Errno.Success, root.OpenRead(path, out string content));
            Assert.Equal("found", content);
        }

        Assert.Equal(Errno.Loop, root.OpenRead("a/link", out _, follow: false));
        Assert.Equal(Errno.Success, root.OpenDirectory("top/", out SandboxDirectory? opened));
        opened!.Dispose();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Loops_of_links_end(string kind)
    {
        _host.Link("self", "self");
        _host.Link("ping", "pong");
        _host.Link("pong", "ping");
        _host.MakeDirectory("d");
        _host.Link("d/again", "../d/again/again");
        using SandboxDirectory root = _host.Open(Enum.Parse<SandboxKind>(kind));
        foreach (string path in new[] { "self", "ping", "self/x", "ping/x", "d/again", "d/again/x" })
        {
            Assert.Equal(Errno.Loop, root.OpenRead(path, out _));
            Assert.Equal(Errno.Loop, root.OpenWrite(path, OpenFlags.Create));
            Assert.Equal(Errno.Loop, root.Stat(path, true, out _));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Pipes_sockets_and_devices_are_refused_without_waiting(string kind)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no such files");
        _host.MakeFifo("pipe");
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(_host.Root, "socket")));
        using (SandboxDirectory root = _host.Open(Enum.Parse<SandboxKind>(kind)))
        {
            foreach (string path in new[] { "pipe", "socket" })
            {
                Assert.Equal(Errno.NotCapable, root.OpenRead(path, out _));
                Assert.Equal(Errno.NotCapable, root.OpenWrite(path, OpenFlags.None));
                Assert.Equal(Errno.NotCapable, root.OpenWrite(path, OpenFlags.Create | OpenFlags.Truncate));
            }
        }

        using SandboxDirectory devices = Sandbox.Open("/dev", Enum.Parse<SandboxKind>(kind));
        Assert.Equal(Errno.NotCapable, devices.OpenRead("zero", out _));
        Assert.Equal(Errno.NotCapable, devices.OpenWrite("null", OpenFlags.None));
    }

    [Theory]
    [MemberData(nameof(HandleKinds))]
    public void Magic_links_of_proc_are_refused_even_when_proc_is_granted(string kind)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only");
        using SandboxDirectory proc = Sandbox.Open("/proc", Enum.Parse<SandboxKind>(kind));
        foreach (string path in new[] { "self/root/etc/passwd", "self/cwd", "self/exe", "self/fd/0", "thread-self/root" })
        {
            Assert.NotEqual(Errno.Success, proc.OpenRead(path, out string content));
            Assert.Equal("", content);
        }
    }

    private void AssertOutsideUntouched()
    {
        Assert.Equal([Path.Combine(_host.Outside, "secret.txt")], Directory.GetFileSystemEntries(_host.Outside));
        Assert.Equal(HostFolder.Secret, File.ReadAllText(Path.Combine(_host.Outside, "secret.txt")));
        Assert.NotEqual(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(Path.Combine(_host.Outside, "secret.txt")));
        Assert.Equal([_host.Outside, _host.Root], Directory.GetFileSystemEntries(_host.Base).Order());
    }
}
