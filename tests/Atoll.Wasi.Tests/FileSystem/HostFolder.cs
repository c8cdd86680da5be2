using System.Runtime.InteropServices;
using System.Text;
using Atoll.Wasi.FileSystem;

namespace Atoll.Wasi.Tests.FileSystem;

/// <summary>
/// A temporary folder: <c>root</c> is what a guest gets, <c>outside</c> beside it holds what it must never see. Made once for each test.
/// </summary>
internal sealed unsafe partial class HostFolder : IDisposable
{
    public const string Secret = "secret";

    // .NET cannot name these, so it cannot delete them either.
    private readonly List<byte[]> _rawFiles = [];

    public HostFolder()
    {
        Base = Directory.CreateTempSubdirectory("atoll-wasi-").FullName;
        Root = Directory.CreateDirectory(Path.Combine(Base, "root")).FullName;
        Outside = Directory.CreateDirectory(Path.Combine(Base, "outside")).FullName;
        File.WriteAllText(Path.Combine(Outside, "secret.txt"), Secret);
    }

    public string Base { get; }

    public string Root { get; }

    public string Outside { get; }

    public string Write(string path, string content = "content")
    {
        string full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
        return full;
    }

    public string MakeDirectory(string path) => Directory.CreateDirectory(Path.Combine(Root, path)).FullName;

    public void Link(string path, string target) => File.CreateSymbolicLink(Path.Combine(Root, path), target);

    public void MakeFifo(string path) => Assert.Equal(0, mkfifo(Path.Combine(Root, path), 0x1B6));

    /// <summary>Makes an empty file whose name is not text.</summary>
    public void WriteRaw(ReadOnlySpan<byte> name)
    {
        byte[] full = [.. Encoding.UTF8.GetBytes(Root + "/"), .. name, 0];
        fixed (byte* bytes = full)
        {
            int descriptor = creat(bytes, 0x1B6);
            Assert.True(descriptor >= 0, "the file system does not take names that are no text");
            Assert.Equal(0, close(descriptor));
        }

        _rawFiles.Add(full);
    }

    /// <summary>Opens the root, or skips the test where the system does not have the kind.</summary>
    public SandboxDirectory Open(SandboxKind kind)
    {
        Assert.SkipWhen(kind != SandboxKind.Portable && !OperatingSystem.IsLinux(), "directory handles are used on Linux only");
        try
        {
            return Sandbox.Open(Root, kind);
        }
        catch (PlatformNotSupportedException exception) when (kind == SandboxKind.OpenAt2)
        {
            Assert.Skip(exception.Message);
            throw;
        }
    }

    public void Dispose()
    {
        foreach (byte[] path in _rawFiles)
        {
            fixed (byte* bytes = path)
            {
                Assert.Equal(0, unlink(bytes));
            }
        }

        Directory.Delete(Base, recursive: true);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int creat(byte* path, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlink(byte* path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);
}

/// <summary>Short forms of what tests do with a sandbox.</summary>
internal static class SandboxExtensions
{
    public static Errno OpenRead(this SandboxDirectory directory, string path, out string content, bool follow = true)
    {
        content = "";
        Errno error = directory.Open(path, follow, OpenFlags.None, read: true, write: false, DescriptorFlags.None, out FileHandle? file, out SandboxDirectory? opened);
        opened?.Dispose();
        if (file is null)
        {
            return error;
        }

        using (file)
        {
            byte[] buffer = new byte[100];
            Assert.Equal(Errno.Success, file.Read(buffer, out int count));
            content = Encoding.UTF8.GetString(buffer, 0, count);
        }

        return error;
    }

    public static Errno OpenWrite(this SandboxDirectory directory, string path, OpenFlags flags, string content = "written")
    {
        Errno error = directory.Open(path, true, flags, read: false, write: true, DescriptorFlags.None, out FileHandle? file, out SandboxDirectory? opened);
        opened?.Dispose();
        if (file is null)
        {
            return error;
        }

        using (file)
        {
            return file.Write(Encoding.UTF8.GetBytes(content), out _);
        }
    }

    public static Errno OpenDirectory(this SandboxDirectory directory, string path, out SandboxDirectory? opened)
    {
        Errno error = directory.Open(path, true, OpenFlags.Directory, read: true, write: false, DescriptorFlags.None, out FileHandle? file, out opened);
        Assert.Null(file);
        return error;
    }
}
