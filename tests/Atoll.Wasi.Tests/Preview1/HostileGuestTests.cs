using Atoll.Components;
using Atoll.Wasi.Preview1;
using Atoll.Wasi.Tests.FileSystem;
using Atoll.Wasm;

namespace Atoll.Wasi.Tests.Preview1;

/// <summary>Arguments that no honest guest gives: the answer is an error number or a trap, never an error of the host.</summary>
public sealed class HostileGuestTests : IDisposable
{
    private readonly HostFolder _host = new();

    public void Dispose() => _host.Dispose();

    private Grants Everything() => Grants.None
        .AllowDirectory("/", _host.Root, FileAccessGrant.ReadWrite)
        .AllowStdin(new MemoryStream(new byte[100])).AllowStdout(Stream.Null).AllowStderr(Stream.Null).AllowRandom().AllowArguments("a", "b").AllowEnvironment("c", "d");

    public static TheoryData<string, string> Functions => [.. Probe.Functions.Select(f => (f.Name, f.Parameters))];

    [Theory]
    [MemberData(nameof(Functions))]
    public void Pointers_out_of_the_memory_are_traps(string name, string parameters)
    {
        int[] bad = [-1, int.MinValue, int.MaxValue, 65536, 65535, -65536, 0];
        foreach (int first in new[] { 0, 1, 3, 4 })
        {
            foreach (int rest in bad)
            {
                using Probe probe = new(Everything());
                _host.Write("file");
                probe.Open(3, "file", ~Rights.None, OpenOptions.None, out _);
                Value[] arguments = [.. parameters.Select((p, i) => p == 'l' ? Value.I64(rest & 0xFFFF) : Value.I32(i == 0 ? first : rest))];
                Try(probe, name, arguments);
            }
        }

        Assert.Equal([_host.Outside, _host.Root], Directory.GetFileSystemEntries(_host.Base).Order());
    }

    [Fact]
    public void Random_calls_are_survived()
    {
        const int Seed = 20260821;
        Random random = new(Seed);
        int[] interesting = [0, 1, 2, 3, 4, 5, 6, 7, Probe.Path, Probe.Vector, Probe.Buffer, Probe.Result, 8, 16, 24, 100, 65530, 65535, 65536, -1, int.MinValue];
        using Probe probe = new(Everything());
        string[] paths = ["file", "dir", "dir/x", "..", "link", ".", "", "dir/../file", "a/b/c", "/"];
        for (int round = 0; round < 20_000; round++)
        {
            if (round % 50 == 0)
            {
                random.NextBytes(probe.Memory);
            }

            int length = probe.Put(Probe.Path, paths[random.Next(paths.Length)]);
            probe.Put(Probe.OtherPath, paths[random.Next(paths.Length)]);
            probe.PutVector(Probe.Buffer, random.Next(2000));
            (string name, string parameters) = Probe.Functions[random.Next(Probe.Functions.Length)];
            if (name is "fd_close" or "fd_renumber" && random.Next(20) != 0)
            {
                continue;
            }

            Value[] arguments = [.. parameters.Select(p =>
                p == 'l' ? Value.I64(random.Next(1 << random.Next(20)))
                : Value.I32(random.Next(8) switch { 0 => random.Next(), 1 or 2 => Probe.Path, 3 => length, _ => interesting[random.Next(interesting.Length)] }))];
            Try(probe, name, arguments);
        }

        Assert.Equal([_host.Outside, _host.Root], Directory.GetFileSystemEntries(_host.Base).Order());
        Assert.Equal(HostFolder.Secret, File.ReadAllText(Path.Combine(_host.Outside, "secret.txt")));
    }

    [Fact]
    public void Descriptors_are_limited()
    {
        using Probe probe = new(Everything());
        int opened = 0;
        while (probe.Open(3, ".", Rights.FdReadDirectory, OpenOptions.Directory, out _) == Errno.Success)
        {
            opened++;
            Assert.True(opened < 10_000);
        }

        Assert.Equal(Errno.NFile, probe.Open(3, ".", Rights.FdReadDirectory, OpenOptions.Directory, out _));
        Assert.Equal(Errno.Success, probe.Call("fd_close", 10));
        Assert.Equal(Errno.Success, probe.Open(3, ".", Rights.FdReadDirectory, OpenOptions.Directory, out int reused));
        Assert.Equal(10, reused);
    }

    [Fact]
    public void Output_is_limited()
    {
        using MemoryStream output = new();
        using Probe probe = new(Grants.None.AllowStdout(output, limitBytes: 10));
        Assert.Equal(Errno.Success, probe.Write(1, "12345"));
        Assert.Equal(Errno.Success, probe.Write(1, "67890"));
        TrapException trap = Assert.Throws<TrapException>(() => probe.Write(1, "x"));
        Assert.Contains("10 bytes", trap.Message, StringComparison.Ordinal);
        Assert.Equal(10, output.Length);
    }

    [Fact]
    public void Random_bytes_come_from_the_source_that_was_granted()
    {
        byte next = 0;
        using Probe probe = new(Grants.None.AllowRandom(buffer =>
        {
            foreach (ref byte b in buffer)
            {
                b = next++;
            }
        }));
        Assert.Equal(Errno.Success, probe.Call("random_get", 100, 4));
        Assert.Equal(new byte[] { 0, 1, 2, 3, 0 }, probe.Memory.Slice(100, 5).ToArray());
    }

    private static void Try(Probe probe, string name, Value[] arguments)
    {
        try
        {
            Errno error = probe.Call(name, arguments);
            Assert.True(Enum.IsDefined(error), $"{name} gave {(int)error}");
        }
        catch (TrapException trap)
        {
            Assert.Equal(TrapKind.MemoryOutOfBounds, trap.Kind);
        }
    }
}
