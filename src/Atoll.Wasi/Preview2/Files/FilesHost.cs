using Atoll.Components;
using Atoll.Wasi.FileSystem;
using Atoll.Wasi.Preview2.Io;

namespace Atoll.Wasi.Preview2.Files;

/// <summary>The functions of the package <c>wasi:filesystem</c>.</summary>
internal static class FilesHost
{
    public static void AddTo(ComponentLinker linker)
    {
        // Each call gives new handles: what a guest does with its own must not matter to the next who asks.
        linker.Instance(WasiHost.Name("filesystem/preopens")).DefineFunction("get-directories", (ComponentCaller caller) =>
        {
            WasiContext context = WasiHost.Context(caller);
            return context.Directories.Select(grant => (new FileDescriptor(context, grant), grant.GuestPath)).ToArray();
        });

        ComponentLinkerInstance types = linker.Instance(WasiHost.Name("filesystem/types"));
        types.DefineResource<FileDescriptor>("descriptor", resource => resource.Drop());
        types.DefineResource<DirectoryEntryStream>("directory-entry-stream", resource => resource.Drop());
        types.DefineFunction("[method]directory-entry-stream.read-directory-entry", (DirectoryEntryStream self) => self.ReadEntry());
        types.DefineFunction("filesystem-error-code", (IoError error) => error.Code as ErrorCode?);

        void Add(string name, Delegate function) => types.DefineFunction($"[method]descriptor.{name}", function);
        AddFile(Add);
        AddMetadata(Add);
        AddPaths(Add);
    }

    private static void AddFile(Action<string, Delegate> add)
    {
        add("read-via-stream", (FileDescriptor self, ulong offset) => Outcome(self.ReadStream(offset, out InputStream stream), stream));
        add("write-via-stream", (FileDescriptor self, ulong offset) => Outcome(self.WriteStream(offset, out OutputStream stream), stream));
        add("append-via-stream", (FileDescriptor self) => Outcome(self.WriteStream(null, out OutputStream stream), stream));
        add("read", (FileDescriptor self, ulong length, ulong offset) => Outcome(self.Read(length, offset, out byte[] bytes, out bool isAtEnd), (bytes, isAtEnd)));
        add("write", (FileDescriptor self, byte[] bytes, ulong offset) => Outcome(self.Write(bytes, offset, out ulong count), count));
        add("advise", (FileDescriptor self, ulong offset, ulong length, Advice advice) => Outcome(self.Advise(offset, length, advice)));
        add("set-size", (FileDescriptor self, ulong size) => Outcome(self.SetSize(size)));
        add("sync", (FileDescriptor self) => Outcome(self.Sync(dataOnly: false)));
        add("sync-data", (FileDescriptor self) => Outcome(self.Sync(dataOnly: true)));
    }

    private static void AddMetadata(Action<string, Delegate> add)
    {
        add("get-flags", (FileDescriptor self) => Result<FileFlags, ErrorCode>.Ok(self.Flags));
        add("get-type", (FileDescriptor self) => Result<DescriptorType, ErrorCode>.Ok(self.Type));
        add("set-times", (FileDescriptor self, NewTimestamp access, NewTimestamp modify) => Outcome(self.SetTimes(access, modify)));
        add("set-times-at", (FileDescriptor self, PathFlags flags, string path, NewTimestamp access, NewTimestamp modify) =>
            Outcome(self.SetTimesAt(flags, path, access, modify)));
        add("stat", (FileDescriptor self) => Outcome(self.Stat(out FileStat stat), FileTerms.StatOf(stat)));
        add("stat-at", (FileDescriptor self, PathFlags flags, string path) => Outcome(self.StatAt(flags, path, out FileStat stat), FileTerms.StatOf(stat)));
        add("metadata-hash", (FileDescriptor self) => Outcome(self.Stat(out FileStat stat), FileDescriptor.HashOf(stat)));
        add("metadata-hash-at", (FileDescriptor self, PathFlags flags, string path) =>
            Outcome(self.StatAt(flags, path, out FileStat stat), FileDescriptor.HashOf(stat)));
        add("is-same-object", (FileDescriptor self, FileDescriptor other) => self.IsSameAs(other));
    }

    private static void AddPaths(Action<string, Delegate> add)
    {
        add("read-directory", (FileDescriptor self) =>
            self.ReadDirectory(out IReadOnlyList<DirectoryEntry> entries) is var error && error == Errno.Success
                ? Result<DirectoryEntryStream, ErrorCode>.Ok(new DirectoryEntryStream(self.Context, entries))
                : Result<DirectoryEntryStream, ErrorCode>.Fail(FileTerms.CodeOf(error)));
        add("create-directory-at", (FileDescriptor self, string path) => Outcome(self.CreateDirectoryAt(path)));
        add("remove-directory-at", (FileDescriptor self, string path) => Outcome(self.RemoveDirectoryAt(path)));
        add("unlink-file-at", (FileDescriptor self, string path) => Outcome(self.UnlinkFileAt(path)));
        add("symlink-at", (FileDescriptor self, string target, string path) => Outcome(self.SymlinkAt(target, path)));
        add("readlink-at", (FileDescriptor self, string path) => Outcome(self.ReadLinkAt(path, out string target), target));
        add("rename-at", (FileDescriptor self, string path, FileDescriptor other, string otherPath) => Outcome(self.RenameAt(path, other, otherPath)));
        add("link-at", (FileDescriptor self, PathFlags flags, string path, FileDescriptor other, string otherPath) =>
            Outcome(self.LinkAt(flags, path, other, otherPath)));
        add("open-at", (FileDescriptor self, PathFlags pathFlags, string path, OpenFlags openFlags, FileFlags flags) =>
            Outcome(self.OpenAt(pathFlags, path, openFlags, flags, out FileDescriptor opened), opened));
    }

    private static Result<Unit, ErrorCode> Outcome(Errno error) => Outcome(error, default(Unit));

    // The value's argument is evaluated after the error's, which makes it.
    private static Result<T, ErrorCode> Outcome<T>(Errno error, T value) =>
        error == Errno.Success ? Result<T, ErrorCode>.Ok(value) : Result<T, ErrorCode>.Fail(FileTerms.CodeOf(error));
}
