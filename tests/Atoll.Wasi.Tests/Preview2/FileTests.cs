using System.Text;
using Atoll.Components;
using Atoll.Wasi.FileSystem;
using Atoll.Wasi.Preview2.Clocks;
using Atoll.Wasi.Preview2.Files;
using Atoll.Wasi.Preview2.Io;
using Atoll.Wasi.Tests.FileSystem;

namespace Atoll.Wasi.Tests.Preview2;

using Done = Result<Unit, ErrorCode>;
using Opened = Result<FileDescriptor, ErrorCode>;

/// <summary><c>wasi:filesystem</c>: what it does within a folder, and that nothing leaves the folder.</summary>
public sealed class FileTests : IDisposable
{
    private readonly HostFolder _folder = new();
    private WasiProbe? _probe;

    public void Dispose()
    {
        _probe?.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Preopens_are_the_grants_and_new_at_each_call()
    {
        FileDescriptor root = Root();
        var list = Get<Func<(FileDescriptor, string)[]>>("filesystem/preopens#get-directories");
        (FileDescriptor again, string name) = Assert.Single(list());
        Assert.Equal("/data", name);
        Assert.NotSame(root, again);
        Assert.True(On<Func<FileDescriptor, FileDescriptor, bool>>("is-same-object")(root, again));
        Get<Action<FileDescriptor>>("filesystem/types#drop descriptor")(again);
        Assert.Equal(DescriptorType.Directory, On<Func<FileDescriptor, Result<DescriptorType, ErrorCode>>>("get-type")(root).Value);
    }

    [Fact]
    public void Files_are_written_and_read()
    {
        FileDescriptor root = Root();
        FileDescriptor file = Open(root, "a.txt", OpenFlags.Create, FileFlags.Read | FileFlags.Write).Value;
        Assert.Equal(5ul, On<Func<FileDescriptor, byte[], ulong, Result<ulong, ErrorCode>>>("write")(file, "hello"u8.ToArray(), 2).Value);
        var read = On<Func<FileDescriptor, ulong, ulong, Result<(byte[], bool), ErrorCode>>>("read");
        (byte[] start, bool isAtEnd) = read(file, 5, 0).Value;
        Assert.Equal("\0\0hel"u8.ToArray(), start);
        Assert.False(isAtEnd);
        (byte[] rest, isAtEnd) = read(file, ulong.MaxValue, 5).Value;
        Assert.Equal("lo"u8.ToArray(), rest);
        Assert.True(isAtEnd);
        Assert.Equal(7ul, On<Func<FileDescriptor, Result<DescriptorStat, ErrorCode>>>("stat")(file).Value.Size);
        Assert.False(On<Func<FileDescriptor, ulong, Done>>("set-size")(file, 3).IsError);
        Assert.Equal(FileFlags.Read | FileFlags.Write, On<Func<FileDescriptor, Result<FileFlags, ErrorCode>>>("get-flags")(file).Value);
        Assert.False(On<Func<FileDescriptor, Done>>("sync")(file).IsError);
        Assert.False(On<Func<FileDescriptor, Done>>("sync-data")(file).IsError);
        Assert.False(On<Func<FileDescriptor, ulong, ulong, Advice, Done>>("advise")(file, 0, 10, Advice.WillNeed).IsError);
        Assert.Equal("\0\0h", File.ReadAllText(Path.Combine(_folder.Root, "a.txt")));
    }

    [Fact]
    public void Streams_of_a_file_outlive_its_descriptor()
    {
        _folder.Write("b.txt", "0123456789");
        FileDescriptor root = Root();
        FileDescriptor file = Open(root, "b.txt", OpenFlags.None, FileFlags.Read | FileFlags.Write).Value;
        InputStream input = On<Func<FileDescriptor, ulong, Result<InputStream, ErrorCode>>>("read-via-stream")(file, 3).Value;
        OutputStream output = On<Func<FileDescriptor, ulong, Result<OutputStream, ErrorCode>>>("write-via-stream")(file, 8).Value;
        OutputStream end = On<Func<FileDescriptor, Result<OutputStream, ErrorCode>>>("append-via-stream")(file).Value;
        Get<Action<FileDescriptor>>("filesystem/types#drop descriptor")(file);
        var write = Get<Func<OutputStream, byte[], Result<Unit, StreamError>>>("io/streams#[method]output-stream.blocking-write-and-flush");
        Assert.False(write(output, "ABCD"u8.ToArray()).IsError);
        Assert.False(write(end, "EF"u8.ToArray()).IsError);
        Assert.False(write(output, "x"u8.ToArray()).IsError);
        var read = Get<Func<InputStream, ulong, Result<byte[], StreamError>>>("io/streams#[method]input-stream.blocking-read");
        Assert.Equal("34567ABCDxF"u8.ToArray(), read(input, 100).Value);
        Assert.IsType<StreamError.Closed>(read(input, 1).Error);
        Get<Action<InputStream>>("io/streams#drop input-stream")(input);
        Get<Action<OutputStream>>("io/streams#drop output-stream")(output);
        Assert.Equal(1, _probe!.Context.OpenFiles);
        Get<Action<OutputStream>>("io/streams#drop output-stream")(end);
        Assert.Equal(0, _probe.Context.OpenFiles);
    }

    [Fact]
    public void Directories_are_made_listed_and_removed()
    {
        FileDescriptor root = Root();
        var make = On<Func<FileDescriptor, string, Done>>("create-directory-at");
        Assert.False(make(root, "d").IsError);
        Assert.Equal(ErrorCode.Exist, make(root, "d").Error);
        _folder.Write("d/x");
        _folder.MakeDirectory("d/y");
        FileDescriptor directory = Open(root, "d", OpenFlags.Directory, FileFlags.Read).Value;
        Assert.Equal([("x", DescriptorType.RegularFile), ("y", DescriptorType.Directory)], List(directory).Order());
        Assert.Equal(ErrorCode.NotEmpty, On<Func<FileDescriptor, string, Done>>("remove-directory-at")(root, "d").Error);
        Assert.False(On<Func<FileDescriptor, string, Done>>("unlink-file-at")(directory, "x").IsError);
        Assert.False(On<Func<FileDescriptor, string, FileDescriptor, string, Done>>("rename-at")(directory, "y", root, "z").IsError);
        Assert.False(On<Func<FileDescriptor, string, Done>>("remove-directory-at")(root, "d").IsError);
        Assert.Equal([("z", DescriptorType.Directory)], List(root));
    }

    [Fact]
    public void Links_lead_where_they_may()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need privileges there");
        _folder.Write("real", "content");
        FileDescriptor root = Root();
        Assert.False(On<Func<FileDescriptor, string, string, Done>>("symlink-at")(root, "real", "soft").IsError);
        Assert.Equal("real", On<Func<FileDescriptor, string, Result<string, ErrorCode>>>("readlink-at")(root, "soft").Value);
        var stat = On<Func<FileDescriptor, PathFlags, string, Result<DescriptorStat, ErrorCode>>>("stat-at");
        Assert.Equal(DescriptorType.SymbolicLink, stat(root, PathFlags.None, "soft").Value.Type);
        Assert.Equal(DescriptorType.RegularFile, stat(root, PathFlags.SymlinkFollow, "soft").Value.Type);
        var link = On<Func<FileDescriptor, PathFlags, string, FileDescriptor, string, Done>>("link-at");
        Assert.False(link(root, PathFlags.None, "real", root, "hard").IsError);
        Assert.Equal(ErrorCode.Invalid, link(root, PathFlags.SymlinkFollow, "soft", root, "hard2").Error);
        Assert.Equal(2ul, stat(root, PathFlags.None, "hard").Value.LinkCount);
        var hash = On<Func<FileDescriptor, PathFlags, string, Result<MetadataHash, ErrorCode>>>("metadata-hash-at");
        Assert.Equal(hash(root, PathFlags.None, "real").Value, hash(root, PathFlags.None, "hard").Value);
        Assert.NotEqual(hash(root, PathFlags.None, "real").Value, hash(root, PathFlags.None, "soft").Value);
        FileDescriptor file = Open(root, "hard", OpenFlags.None, FileFlags.Read).Value;
        Assert.Equal(hash(root, PathFlags.None, "real").Value, On<Func<FileDescriptor, Result<MetadataHash, ErrorCode>>>("metadata-hash")(file).Value);
        Assert.Equal(ErrorCode.Loop, Open(root, "soft", OpenFlags.None, FileFlags.Read, PathFlags.None).Error);
    }

    [Fact]
    public void Times_are_set()
    {
        _folder.Write("t");
        FileDescriptor root = Root();
        NewTimestamp when = new NewTimestamp.Timestamp(new Datetime(1000, 5000));
        var setAt = On<Func<FileDescriptor, PathFlags, string, NewTimestamp, NewTimestamp, Done>>("set-times-at");
        Assert.False(setAt(root, PathFlags.None, "t", when, new NewTimestamp.NoChange()).IsError);
        FileDescriptor file = Open(root, "t", OpenFlags.None, FileFlags.Read | FileFlags.Write).Value;
        Assert.False(On<Func<FileDescriptor, NewTimestamp, NewTimestamp, Done>>("set-times")(file, new NewTimestamp.NoChange(), when).IsError);
        DescriptorStat stat = On<Func<FileDescriptor, Result<DescriptorStat, ErrorCode>>>("stat")(file).Value;
        Assert.Equal(new Datetime(1000, 5000), stat.DataModificationTimestamp);
        Assert.Equal(new Datetime(1000, 5000), stat.DataAccessTimestamp);
        Assert.Equal(ErrorCode.Invalid, setAt(root, PathFlags.None, "t", new NewTimestamp.Timestamp(new Datetime(ulong.MaxValue, 0)), new NewTimestamp.Now()).Error);
    }

    [Theory]
    [InlineData("../outside/secret.txt")]
    [InlineData("/etc/passwd")]
    [InlineData("x/../../outside/secret.txt")]
    [InlineData("out/secret.txt")]
    public void Paths_do_not_leave_the_folder(string path)
    {
        _folder.MakeDirectory("x");
        if (!OperatingSystem.IsWindows())
        {
            _folder.Link("out", _folder.Outside);
        }

        FileDescriptor root = Root();
        Assert.True(Open(root, path, OpenFlags.None, FileFlags.Read).IsError);
        Assert.True(Open(root, path, OpenFlags.Create | OpenFlags.Truncate, FileFlags.Write).IsError);
        Assert.True(On<Func<FileDescriptor, PathFlags, string, Result<DescriptorStat, ErrorCode>>>("stat-at")(root, PathFlags.SymlinkFollow, path).IsError);
        Assert.True(On<Func<FileDescriptor, string, Done>>("unlink-file-at")(root, path).IsError);
        Assert.True(On<Func<FileDescriptor, string, FileDescriptor, string, Done>>("rename-at")(root, "x", root, path).IsError);
        Assert.Contains(_probe!.Decisions, decision => !decision.Allowed);
        Assert.Equal(HostFolder.Secret, File.ReadAllText(Path.Combine(_folder.Outside, "secret.txt")));
    }

    [Fact]
    public void A_read_only_folder_stays_as_it_is()
    {
        _folder.Write("f", "as it was");
        FileDescriptor root = Root(FileAccessGrant.ReadOnly);
        Assert.Equal(FileFlags.Read, On<Func<FileDescriptor, Result<FileFlags, ErrorCode>>>("get-flags")(root).Value);
        Assert.Equal(ErrorCode.ReadOnly, Open(root, "f", OpenFlags.None, FileFlags.Write).Error);
        Assert.Equal(ErrorCode.ReadOnly, Open(root, "f", OpenFlags.Truncate, FileFlags.Read).Error);
        Assert.Equal(ErrorCode.ReadOnly, Open(root, "g", OpenFlags.Create, FileFlags.Read).Error);
        Assert.Equal(ErrorCode.ReadOnly, On<Func<FileDescriptor, string, Done>>("create-directory-at")(root, "d").Error);
        Assert.Equal(ErrorCode.ReadOnly, On<Func<FileDescriptor, string, Done>>("unlink-file-at")(root, "f").Error);
        NewTimestamp now = new NewTimestamp.Now();
        Assert.Equal(ErrorCode.ReadOnly, On<Func<FileDescriptor, PathFlags, string, NewTimestamp, NewTimestamp, Done>>("set-times-at")(root, PathFlags.None, "f", now, now).Error);
        FileDescriptor file = Open(root, "f", OpenFlags.None, FileFlags.Read).Value;
        Assert.Equal(ErrorCode.BadDescriptor, On<Func<FileDescriptor, byte[], ulong, Result<ulong, ErrorCode>>>("write")(file, [1], 0).Error);
        Assert.Equal(ErrorCode.BadDescriptor, On<Func<FileDescriptor, ulong, Done>>("set-size")(file, 0).Error);
        Assert.Equal(ErrorCode.BadDescriptor, On<Func<FileDescriptor, Result<OutputStream, ErrorCode>>>("append-via-stream")(file).Error);
        Assert.Equal(ErrorCode.ReadOnly, On<Func<FileDescriptor, NewTimestamp, NewTimestamp, Done>>("set-times")(file, now, now).Error);
        Assert.Contains(_probe!.Decisions, decision => !decision.Allowed && decision.Capability.ToString() == "fs:write:/data/f");
        Assert.Equal("as it was", File.ReadAllText(Path.Combine(_folder.Root, "f")));
    }

    [Fact]
    public void Wrong_kinds_and_endless_opening_are_errors()
    {
        _folder.Write("f");
        FileDescriptor root = Root();
        Assert.Equal(ErrorCode.NoEntry, Open(root, "none", OpenFlags.None, FileFlags.Read).Error);
        Assert.Equal(ErrorCode.IsDirectory, On<Func<FileDescriptor, ulong, Result<InputStream, ErrorCode>>>("read-via-stream")(root, 0).Error);
        FileDescriptor file = Open(root, "f", OpenFlags.None, FileFlags.Read).Value;
        Assert.Equal(ErrorCode.NotDirectory, Open(file, "f", OpenFlags.None, FileFlags.Read).Error);
        Assert.Equal(ErrorCode.NotDirectory, On<Func<FileDescriptor, Result<DirectoryEntryStream, ErrorCode>>>("read-directory")(file).Error);
        Assert.Equal(ErrorCode.NameTooLong, Open(root, new string('x', 100_000), OpenFlags.None, FileFlags.Read).Error);
        Opened last = default;
        for (int i = 0; i < FileDescriptor.MaximumOpen; i++)
        {
            last = Open(root, "f", OpenFlags.None, FileFlags.Read);
        }

        Assert.Equal(ErrorCode.Quota, last.Error);
        IoError io = new(_probe!.Context, "no", ErrorCode.Quota);
        Assert.Equal(ErrorCode.Quota, Get<Func<IoError, ErrorCode?>>("filesystem/types#filesystem-error-code")(io));
        Assert.Null(Get<Func<IoError, ErrorCode?>>("filesystem/types#filesystem-error-code")(new IoError(_probe.Context, "no")));
    }

    private FileDescriptor Root(FileAccessGrant access = FileAccessGrant.ReadWrite)
    {
        _probe = new WasiProbe(Grants.None.AllowDirectory("/data", _folder.Root, access));
        return Get<Func<(FileDescriptor, string)[]>>("filesystem/preopens#get-directories")()[0].Item1;
    }

    private TDelegate Get<TDelegate>(string name)
        where TDelegate : Delegate => _probe!.Get<TDelegate>(name);

    private TDelegate On<TDelegate>(string method)
        where TDelegate : Delegate => Get<TDelegate>($"filesystem/types#[method]descriptor.{method}");

    private Opened Open(FileDescriptor directory, string path, OpenFlags openFlags, FileFlags flags, PathFlags pathFlags = PathFlags.SymlinkFollow) =>
        On<Func<FileDescriptor, PathFlags, string, OpenFlags, FileFlags, Opened>>("open-at")(directory, pathFlags, path, openFlags, flags);

    private List<(string, DescriptorType)> List(FileDescriptor directory)
    {
        DirectoryEntryStream stream = On<Func<FileDescriptor, Result<DirectoryEntryStream, ErrorCode>>>("read-directory")(directory).Value;
        var next = Get<Func<DirectoryEntryStream, Result<FileEntry?, ErrorCode>>>("filesystem/types#[method]directory-entry-stream.read-directory-entry");
        List<(string, DescriptorType)> entries = [];
        while (next(stream).Value is { } entry)
        {
            entries.Add((entry.Name, entry.Type));
        }

        return entries;
    }
}
