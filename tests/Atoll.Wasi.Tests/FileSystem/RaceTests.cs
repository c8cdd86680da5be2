using Atoll.Wasi.FileSystem;

namespace Atoll.Wasi.Tests.FileSystem;

/// <summary>Somebody on the host changes the tree while a guest walks it: the guest may see an error, never the outside.</summary>
public sealed class RaceTests : IDisposable
{
    private const int Rounds = 3000;

    private readonly HostFolder _host = new();

    public static TheoryData<string> Kinds => EscapeTests.HandleKinds;

    public void Dispose() => _host.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_directory_that_turns_into_a_link_leads_nowhere(string kind)
    {
        _host.Write("a/swap/secret.txt", "inside");
        string place = Path.Combine(_host.Root, "a/swap");
        Run(
            kind,
            swap: round =>
            {
                Directory.Move(place, place + "-aside");
                File.CreateSymbolicLink(place, round % 2 == 0 ? "../../outside" : _host.Outside);
                File.Delete(place);
                Directory.Move(place + "-aside", place);
            },
            guest: (root, round) =>
            {
                Errno error = root.OpenRead("a/swap/secret.txt", out string content);
                Assert.True(content is "" or "inside", $"read from outside: {content}");
                error = root.Stat("a/swap/secret.txt", true, out FileStat stat);
                Assert.True(error != Errno.Success || stat.Size == 6, $"saw the outside: {stat}");
                root.OpenWrite("a/swap/made", OpenFlags.Create);
                root.CreateDirectory("a/swap/folder");
                root.Rename("a/swap/folder", root, "a/swap/renamed");
                root.RemoveDirectory("a/swap/renamed");
                root.Unlink("a/swap/made");
                return error == Errno.Success;
            });
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_file_that_turns_into_a_link_leads_nowhere(string kind)
    {
        _host.Write("file", "inside");
        string place = Path.Combine(_host.Root, "file");
        string inside = _host.Write("inside", "inside");
        string link = Path.Combine(_host.Root, "link");
        Run(
            kind,
            swap: round =>
            {
                File.CreateSymbolicLink(link, round % 2 == 0 ? "../outside/secret.txt" : Path.Combine(_host.Outside, "secret.txt"));
                File.Move(link, place, overwrite: true);
                File.Copy(inside, link);
                File.Move(link, place, overwrite: true);

                // Leave it for a while, or the guest meets nothing but links.
                Thread.SpinWait(round % 20_000);
            },
            guest: (root, round) =>
            {
                Errno error = root.OpenRead("file", out string content);
                Assert.True(content is "" or "inside" or "WRITTEN", $"read from outside: {content}");
                root.OpenWrite("file", OpenFlags.Create, "WRITTEN");
                root.SetTimes("file", true, 0, 0, TimeFlags.Modify);
                return error == Errno.Success;
            });
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_walk_up_from_a_directory_that_moves_stays_inside(string kind)
    {
        _host.Write("a/b/c/file", "inside");
        _host.Write("secret.txt", "inside");
        string deep = Path.Combine(_host.Root, "a/b/c");
        string shallow = Path.Combine(_host.Root, "c");
        Run(
            kind,
            swap: _ =>
            {
                Directory.Move(deep, shallow);
                Directory.Move(shallow, deep);
            },
            guest: (root, _) =>
            {
                Errno error = root.OpenRead("a/b/c/../../../secret.txt", out string content);
                Assert.True(content is "" or "inside", $"read from outside: {content}");
                root.OpenRead("a/b/c/../../../outside/secret.txt", out content);
                Assert.Equal("", content);
                root.OpenRead("c/../../outside/secret.txt", out content);
                Assert.Equal("", content);
                return error == Errno.Success;
            });
    }

    /// <summary>Runs the guest's rounds while the host swaps; a round, or the last one at rest, must succeed, or the test has shown nothing.</summary>
    private void Run(string kind, Action<int> swap, Func<SandboxDirectory, int, bool> guest)
    {
        using SandboxDirectory root = _host.Open(Enum.Parse<SandboxKind>(kind));
        using CancellationTokenSource stop = new();
        int swaps = 0;
        Task swapper = Task.Factory.StartNew(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    swap(swaps++);
                }
            },
            TaskCreationOptions.LongRunning);
        int successes = 0;
        try
        {
            for (int round = 0; round < Rounds || swaps < 100; round++)
            {
                successes += guest(root, round) ? 1 : 0;
                Assert.False(swapper.IsFaulted, swapper.Exception?.ToString());
            }
        }
        finally
        {
            stop.Cancel();
            swapper.Wait();
        }

        // With the tree at rest the file must be found; during the race a busy machine may never let the guest see it.
        Assert.True(successes > 0 || guest(root, 0), "the guest never found the file");
        Assert.Equal(["secret.txt"], Directory.GetFileSystemEntries(_host.Outside).Select(Path.GetFileName));
        Assert.Equal(HostFolder.Secret, File.ReadAllText(Path.Combine(_host.Outside, "secret.txt")));
        Assert.NotEqual(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(Path.Combine(_host.Outside, "secret.txt")));
    }
}
