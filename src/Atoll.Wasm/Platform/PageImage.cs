using System.Runtime.InteropServices;

namespace Atoll.Wasm.Platform;

/// <summary>Bytes in a file that exists in memory only, to be mapped by many: each sees them, and keeps its own changes.</summary>
/// <remarks>Linux only. What is mapped stays when the image is disposed.</remarks>
internal sealed unsafe partial class PageImage : SafeHandle
{
    private const uint CloseOnExecute = 1;
    private const int ProtectReadWrite = 3;
    private const int MapPrivateFixed = 0x02 | 0x10;

    private PageImage()
        : base(invalidHandleValue: -1, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle < 0;

    /// <summary>Makes an image; null where the system has no such files, or no memory.</summary>
    /// <param name="content">A multiple of <see cref="PageAllocator.Granularity"/> bytes.</param>
    public static PageImage? Create(ReadOnlySpan<byte> content)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        PageImage image = new();
        image.SetHandle(memfd_create("atoll memory", CloseOnExecute));
        if (image.IsInvalid)
        {
            image.Dispose();
            return null;
        }

        fixed (byte* start = content)
        {
            for (nint done = 0; done < content.Length;)
            {
                nint written = write((int)image.handle, start + done, (nuint)(content.Length - done));
                if (written <= 0)
                {
                    image.Dispose();
                    return null;
                }

                done += written;
            }
        }

        return image;
    }

    /// <summary>Puts the image's bytes in place of a committed range; false when the system refuses, and then the range is as before.</summary>
    public bool Map(byte* address, nuint size)
    {
        bool isHeld = false;
        try
        {
            DangerousAddRef(ref isHeld);
            return mmap(address, size, ProtectReadWrite, MapPrivateFixed, (int)handle, 0) == address;
        }
        finally
        {
            if (isHeld)
            {
                DangerousRelease();
            }
        }
    }

    protected override bool ReleaseHandle() => close((int)handle) == 0;

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc")]
    private static partial nint write(int descriptor, byte* content, nuint size);

    [LibraryImport("libc")]
    private static partial byte* mmap(byte* address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
