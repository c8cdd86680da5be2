using System.Diagnostics;

namespace Atoll.Wasm.Caching.Tests;

/// <summary>Several users of one folder at once: what is found is whole, and nobody fails.</summary>
public sealed class ConcurrencyTests : IDisposable
{
    private const int Users = 8;
    private const int Rounds = 60;

    private readonly CacheFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void UsersThatStartAtOnceShareOneKey()
    {
        string key = new('a', 64);
        DiskCodeCache[] caches = new DiskCodeCache[Users];
        Parallel.For(0, Users, new ParallelOptions { MaxDegreeOfParallelism = Users }, i => caches[i] = _folder.Open());
        caches[0].Store(key, [new byte[] { 7 }], "x", null);
        Assert.All(caches, cache => Assert.Equal([7], cache.Find(key)!.Read(0)!));
    }

    [Fact]
    public void StoringFindingListingAndClearingDoNotDisturbEachOther()
    {
        string[] keys = [.. "0123".Select(digit => ModuleCode.CurrentBuild + new string(digit, 48))];
        int found = 0;
        Parallel.For(0, Users, new ParallelOptions { MaxDegreeOfParallelism = Users }, user =>
        {
            DiskCodeCache cache = _folder.Open(maxBytes: 200_000);
            for (int round = 0; round < Rounds; round++)
            {
                string key = keys[(user + round) % keys.Length];
                switch ((user + round) % 5)
                {
                    case 0 or 1:
                        cache.Store(key, [Image(round), Image(round)], $"{round}", null);
                        break;
                    case 2:
                        cache.List();
                        break;
                    case 3 when round % 10 == 0:
                        cache.Clear();
                        break;
                    default:
                        // An entry that is open stays whole, whoever replaces or removes it.
                        if (cache.Find(key) is { } code)
                        {
                            Interlocked.Increment(ref found);
                            Assert.Equal(code.Read(0)!, code.Read(1)!);
                        }

                        break;
                }
            }
        });
        Assert.True(found > 0, "nothing was ever found");
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.tmp"));
    }

    /// <summary>The same between processes: here it is locks of the process that would hide a mistake.</summary>
    [Fact]
    public async Task AnotherProcessThatWritesDoesNotDisturb()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a shell");
        DiskCodeCache cache = _folder.Open(maxBytes: 200_000);
        string key = new('e', 64);
        cache.Store(key, [Image(1), Image(1)], "x", null);
        string kept = Path.Combine(_folder.KeyPath, "copy");
        File.Copy(_folder.FileOf(key), kept);

        // What the other process does is what another Atoll would: write aside, rename; now and then remove.
        string script = $"for i in $(seq 200); do cp '{kept}' '{_folder.Path}/other.tmp' && mv '{_folder.Path}/other.tmp' '{_folder.FileOf(key)}'; [ $((i % 7)) -eq 0 ] && rm -f '{_folder.FileOf(key)}'; done; exit 0";
        using Process other = Process.Start("/bin/sh", ["-c", script]);
        while (!other.HasExited)
        {
            if (cache.Find(key) is { } code)
            {
                Assert.Equal(code.Read(0)!, code.Read(1)!);
            }

            cache.List();
            cache.Store(new string('d', 64), [Image(2)], "y", null);
        }

        await other.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, other.ExitCode);
    }

    private static byte[] Image(int round)
    {
        byte[] image = new byte[20_000];
        Array.Fill(image, (byte)round);
        return image;
    }
}
