using Atoll.Wasi.FileSystem;

namespace Atoll.Wasi.Tests.FileSystem;

/// <summary>Ordinary and odd uses of a sandboxed directory.</summary>
public sealed class SandboxTests : IDisposable
{
    private readonly HostFolder _host = new();

    public static TheoryData<string> Kinds => EscapeTests.Kinds;

    public static TheoryData<string> HandleKinds => EscapeTests.HandleKinds;

    public void Dispose() => _host.Dispose();

    public static MatrixTheoryData<string, string> OddPaths => new(EscapeTests.AllKinds, [
        "|NoEnt", "a\0b|Inval", "missing|NoEnt", "missing/x|NoEnt", "missing/../file|NoEnt", "file/x|NotDir", "file/|NotDir", "file/.|NotDir",
        "file/..|NotDir", "dir|Success", "dir/|Success", "dir//|Success", "dir/.|Success", "./dir/./|Success", ".|Success", "./|Success",
        "dir/..|Success", "dir/../file|Success", "LONGNAME|NameTooLong", "LONGPATH|NameTooLong",
    ]);

    [Theory]
    [MemberData(nameof(OddPaths))]
    public void Odd_paths_give_the_error_of_POSIX(string kind, string row)
    {
        _host.Write("file");
        _host.MakeDirectory("dir");
        using SandboxDirectory root = _host.Open(Enum.Parse<SandboxKind>(kind));
        string path = row[..row.LastIndexOf('|')];
        Errno expected = Enum.Parse<Errno>(row[(row.LastIndexOf('|') + 1)..]);
        path = path == "LONGNAME" ? new string('x', 256) : path == "LONGPATH" ? string.Concat(Enumerable.Repeat("dir/../", 20_000)) : path;
        Assert.Equal(expected, root.Stat(path, followLinks: true, out _));
        Assert.Equal(expected, root.OpenRead(path, out _));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Files_are_created_changed_and_removed(string kind)
    {
        using SandboxDirectory root = _host.Open(Enum.Parse<SandboxKind>(kind));
        Assert.Equal(Errno.NoEnt, root.OpenWrite("file", OpenFlags.None));
        Assert.Equal(Errno.Success, root.OpenWrite("file", OpenFlags.Create | OpenFlags.Exclusive, "one two"));
        Assert.Equal(Errno.Exist, root.OpenWrite("file", OpenFlags.Create | OpenFlags.Exclusive));
        Assert.Equal(Errno.Success, root.OpenWrite("file", OpenFlags.None, "ONE"));
        Assert.Equal("ONE two", File.ReadAllText(Path.Combine(_host.Root, "file")));
        Assert.Equal(Errno.Success, root.OpenWrite("file", OpenFlags.Create | OpenFlags.Truncate, "3"));
        Assert.Equal("3", File.ReadAllText(Path.Combine(_host.Root, "file")));

        Assert.Equal(Errno.Success, root.CreateDirectory("dir"));
        Assert.Equal(Errno.Exist, root.CreateDirectory("dir"));
        Assert.Equal(Errno.NoEnt, root.CreateDirectory("none/dir"));
        Assert.Equal(Errno.Success, root.Rename("file", root, "dir/moved"));
        Assert.Equal(Errno.NotEmpty, root.RemoveDirectory("dir"));
        Assert.Equal(Errno.NotDir, root.RemoveDirectory("dir/moved"));
        Assert.Equal(Errno.IsDir, root.Unlink("dir"));
        Assert.Equal(Errno.NotDir, root.Unlink("dir/moved/"));
        Assert.Equal(Errno.Success, root.Unlink("dir/moved"));
        Assert.Equal(Errno.Success, root.RemoveDirectory("dir/"));
        Assert.Equal(Errno.NoEnt, root.Unlink("dir/moved"));
        Assert.Empty(Directory.GetFileSystemEntries(_host.Root));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_file_is_read_written_and_measured_through_its_handle(string kind)
    {
        using SandboxDirectory root = _host.Open(Enum.Parse<SandboxKind>(kind));
        Assert.Equal(Errno.Success, root.Open("f", true, OpenFlags.Create, true, true, DescriptorFlags.None, out FileHandle? file, out _));
        using (file)
        {
            byte[] buffer = new byte[4];
            Assert.Equal(Errno.Success, file!.Write("0123456789"u8, out int count));
            Assert.Equal(10, count);
            Assert.Equal(Errno.Success, file.WriteAt("ab"u8, 2, out _));
            Assert.Equal(Errno.Success, file.ReadAt(buffer, 1, out count));
            Assert.Equal("1ab4"u8.ToArray(), buffer[..count]);
            Assert.Equal(Errno.Success, file.Seek(0, 1, out ulong position));
            Assert.Equal(10UL, position);
            Assert.Equal(Errno.Success, file.Seek(-2, 2, out position));
            Assert.Equal(8UL, position);
            Assert.Equal(Errno.Success, file.Read(buffer, out count));
            Assert.Equal("89"u8.ToArray(), buffer[..count]);
            Assert.Equal(Errno.Inval, file.Seek(-1, 0, out _));
            Assert.Equal(Errno.Inval, file.ReadAt(buffer, ulong.MaxValue, out _));
            Assert.Equal(Errno.Inval, file.WriteAt("x"u8, 1UL << 63, out _));
            Assert.Equal(Errno.Success, file.SetSize(3));
            Assert.Equal(Errno.Success, file.Stat(out FileStat stat));
            Assert.Equal((3UL, FileType.RegularFile), (stat.Size, stat.Type));
            Assert.Equal(Errno.Success, file.Allocate(0, 100));
            Assert.Equal(Errno.Success, file.Allocate(0, 50));
            Assert.Equal(Errno.Success, file.Stat(out stat));
            Assert.Equal(100UL, stat.Size);
            Assert.NotEqual(Errno.Success, file.Allocate(long.MaxValue, long.MaxValue));
            Assert.NotEqual(Errno.Success, file.SetSize(ulong.MaxValue));
            Assert.Equal(Errno.Success, file.SetTimes(1_000_000_000, 2_000_000_000, TimeFlags.Access | TimeFlags.Modify));
            Assert.Equal(Errno.Success, file.Stat(out stat));
            Assert.Equal((1_000_000_000UL, 2_000_000_000UL), (stat.AccessTime, stat.ModifyTime));
            Assert.Equal(Errno.Success, file.Sync(dataOnly: true));
            Assert.Equal(Errno.Success, file.Sync(dataOnly: false));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Appending_writes_at_the_end(string kind)
    {
        _host.Write("f", "start");
        using SandboxDirectory root = _host.Open(Enum.Parse<SandboxKind>(kind));
        Assert.Equal(Errno.Success, root.Open("f", true, OpenFlags.None, true, true, DescriptorFlags.Append, out FileHandle? file, out _));
        using (file)
        {
            Assert.Equal(Errno.Success, file!.Seek(0, 0, out _));
            Assert.Equal(Errno.Success, file.Write("+"u8, out _));
            Assert.Equal(Errno.Success, file.SetFlags(DescriptorFlags.None));
            Assert.Equal(Errno.Success, file.Seek(0, 0, out _));
            Assert.Equal(Errno.Success, file.Write("S"u8, out _));
        }

        Assert.Equal("Start+", File.ReadAllText(Path.Combine(_host.Root, "f")));
    }

    [Theory]
    [MemberData(nameof(HandleKinds))]
    public void Hard_and_symbolic_links_are_made_and_read(string kind)
    {
        _host.Write("dir/file", "x");
        using SandboxDirectory root = _host.Open(Enum.Parse<SandboxKind>(kind));
        Assert.Equal(Errno.Success, root.Link("dir/file", false, root, "hard"));
        Assert.Equal(Errno.Success, root.Stat("hard", false, out FileStat stat));
        Assert.Equal(2UL, stat.Links);
        Assert.Equal(Errno.Success, root.CreateSymbolicLink("dir/file", "soft"));
        Assert.Equal(Errno.Success, root.ReadLink("soft", out string target));
        Assert.Equal("dir/file", target);
        Assert.Equal(Errno.Success, root.Stat("soft", followLinks: false, out stat));
        Assert.Equal(FileType.SymbolicLink, stat.Type);
        Assert.Equal(Errno.Success, root.Stat("soft", followLinks: true, out stat));
        Assert.Equal(FileType.RegularFile, stat.Type);
        Assert.Equal(Errno.Inval, root.ReadLink("hard", out _));
        Assert.Equal(Errno.Perm, root.CreateSymbolicLink("/etc/passwd", "absolute"));
        Assert.Equal(Errno.Success, root.Unlink("soft"));
        Assert.True(File.Exists(Path.Combine(_host.Root, "dir/file")));

        // A dangling link is a place to create at; a link that leads out is not.
        Assert.Equal(Errno.Success, root.CreateSymbolicLink("dir/made", "dangling"));
        Assert.Equal(Errno.Exist, root.OpenWrite("dangling", OpenFlags.Create | OpenFlags.Exclusive));
        Assert.Equal(Errno.Success, root.OpenWrite("dangling", OpenFlags.Create));
        Assert.True(File.Exists(Path.Combine(_host.Root, "dir/made")));
        Assert.Equal(Errno.Success, root.CreateSymbolicLink("../outside/made", "leading-out"));
        Assert.Equal(Errno.Perm, root.OpenWrite("leading-out", OpenFlags.Create));
        Assert.False(File.Exists(Path.Combine(_host.Outside, "made")));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Entries_begin_with_the_dots_and_leave_out_names_that_are_no_text(string kind)
    {
        _host.Write("file");
        _host.MakeDirectory("dir");
        _host.Write("ünïcode");
        if (OperatingSystem.IsLinux())
        {
            _host.WriteRaw([0xFF, 0xFE, (byte)'x']);
        }

        using SandboxDirectory root = _host.Open(Enum.Parse<SandboxKind>(kind));
        Assert.Equal(Errno.Success, root.ReadEntries(out IReadOnlyList<DirectoryEntry> entries));
        Assert.Equal([".", ".."], entries.Take(2).Select(e => e.Name));
        IEnumerable<DirectoryEntry> named = entries.Skip(2).Where(e => !e.Name.Contains('\uFFFD')).OrderBy(e => e.Name, StringComparer.Ordinal);
        Assert.Equal(
            [("dir", FileType.Directory), ("file", FileType.RegularFile), ("ünïcode", FileType.RegularFile)], named.Select(e => (e.Name, e.Type)));
        Assert.Equal(kind == "Portable" ? 6 : 5, entries.Count);
    }

    [Fact]
    public void The_portable_kind_refuses_names_that_Windows_reserves()
    {
        using SandboxDirectory root = _host.Open(SandboxKind.Portable);
        foreach (string name in new[] { "CON", "nul", "com1", "LPT9.txt", "aux.c", "a:b", "a\\b", "dot.", "space " })
        {
            Assert.Equal(Errno.Inval, root.OpenWrite(name, OpenFlags.Create));
        }

        Assert.Empty(Directory.GetFileSystemEntries(_host.Root));
    }

    [Fact]
    public void A_missing_directory_is_named()
    {
        DirectoryNotFoundException exception = Assert.Throws<DirectoryNotFoundException>(() => Sandbox.Open(Path.Combine(_host.Root, "none")));
        Assert.Contains("none", exception.Message, StringComparison.Ordinal);
    }
}
