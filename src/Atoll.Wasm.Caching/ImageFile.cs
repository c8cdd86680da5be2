using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Atoll.Wasm.Caching;

/// <summary>Makes files of images, because the runtime uses machine code of files only. The bytes in them are those that were authenticated.</summary>
internal static partial class ImageFile
{
    // While an image is loaded the runtime knows it by its path, which therefore must not become that of another.
    private static readonly List<SafeFileHandle> Kept = [];

    /// <summary>Path of a file with an image, which stays until the process ends; null when there can be none.</summary>
    /// <param name="image">The bytes.</param>
    /// <param name="folder">A folder that is the user's alone, for systems that have no files in memory.</param>
    public static string? Make(ReadOnlySpan<byte> image, string folder) => (OperatingSystem.IsLinux() ? InMemory(image) : null) ?? Aside(image, folder);

    /// <summary>A file in memory that has no name, and that the kernel lets nobody write to any more.</summary>
    private static string? InMemory(ReadOnlySpan<byte> image)
    {
        const uint CloseOnExecute = 1, AllowSealing = 2;
        const int AddSeals = 1033, SealAll = 0x1 | 0x2 | 0x4 | 0x8;
        SafeFileHandle file = memfd_create("atoll code", CloseOnExecute | AllowSealing);
        try
        {
            if (file.IsInvalid)
            {
                return null;
            }

            RandomAccess.Write(file, image, 0);
            if (fcntl(file, AddSeals, SealAll) != 0)
            {
                return null;
            }

            string path = $"/proc/self/fd/{file.DangerousGetHandle()}";
            lock (Kept)
            {
                Kept.Add(file);
                file = new SafeFileHandle();
            }

            return path;
        }
        catch (IOException)
        {
            return null;
        }
        finally
        {
            file.Dispose();
        }
    }

    /// <summary>A file that goes when it is old (<see cref="DiskCodeCache"/>): the system keeps what is loaded from it, or keeps it from being removed.</summary>
    private static string? Aside(ReadOnlySpan<byte> image, string folder)
    {
        string path = Path.Combine(folder, $"{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}{DiskCodeCache.AsideExtension}");
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            using FileStream file = new(path, options);
            file.Write(image);
            return path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle memfd_create(string name, uint flags);

    [LibraryImport("libc")]
    private static partial int fcntl(SafeFileHandle file, int command, int argument);
}
