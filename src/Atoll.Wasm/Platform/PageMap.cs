using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Atoll.Wasm.Platform;

/// <summary>
/// What Linux tells a process of its own pages (proc_pid_pagemap(5)): which ones it has changed. To write some pages again is cheaper than to have the system
/// drop them: that costs a system call that interrupts the other processors, and a fault for each page that is touched later.
/// </summary>
/// <remarks>Thread-safe. Tried out before it is trusted: containers and emulations of Linux may hide the file or fill in less.</remarks>
internal sealed unsafe class PageMap
{
    private const ulong Present = 1UL << 63;
    private const ulong Swapped = 1UL << 62;

    // Set for pages of files that are not changed; a changed page of a private mapping is the process's own, like those that never had a file.
    private const ulong OfFile = 1UL << 61;
    private static readonly Lazy<PageMap?> Trusted = new(TryOpen);
    private readonly SafeFileHandle _file;

    private PageMap(SafeFileHandle file) => _file = file;

    /// <summary>The one of this process; null where there is none to be trusted.</summary>
    public static PageMap? Instance => Trusted.Value;

    /// <summary>Finds the pages that differ, or may differ, from what was mapped. O(pages of the range).</summary>
    /// <param name="address">Begin of the range: begin of a page.</param>
    /// <param name="changed">One for each page of the range: becomes whether it was changed.</param>
    /// <returns>How many were; negative when the system does not say.</returns>
    public int Find(byte* address, Span<ulong> changed)
    {
        int bytes = changed.Length * sizeof(ulong);
        long offset = (long)((nuint)address / PageAllocator.Granularity * sizeof(ulong));
        try
        {
            if (RandomAccess.Read(_file, MemoryMarshal.AsBytes(changed), offset) != bytes)
            {
                return -1;
            }
        }
        catch (IOException)
        {
            // As when it says less: whoever asks drops the pages instead.
            return -1;
        }

        int count = 0;
        foreach (ref ulong page in changed)
        {
            bool isChanged = (page & (Present | Swapped)) != 0 && (page & OfFile) == 0;
            page = isChanged ? 1UL : 0;
            count += isChanged ? 1 : 0;
        }

        return count;
    }

    private static PageMap? TryOpen()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        SafeFileHandle file;
        try
        {
            file = File.OpenHandle("/proc/self/pagemap");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        PageMap map = new(file);
        if (map.TellsChanges())
        {
            return map;
        }

        file.Dispose();
        return null;
    }

    /// <summary>Whether it tells pages that were read from those that were written, with a file behind them and without one.</summary>
    private bool TellsChanges()
    {
        const int Pages = 8;
        nuint size = PageAllocator.Granularity;
        byte* start = PageAllocator.System.Reserve(Pages * size);
        if (start == null)
        {
            return false;
        }

        try
        {
            using PageImage? image = PageImage.Create(new byte[4 * (int)size]);
            if (image is null || !PageAllocator.System.Commit(start, Pages * size) || !image.Map(start, 4 * size))
            {
                return false;
            }

            // Of each half: one page untouched, one read, one written, one read and written.
            for (nuint half = 0; half < Pages; half += 4)
            {
                _ = Volatile.Read(ref start[(half + 1) * size]);
                Volatile.Write(ref start[(half + 2) * size], 1);
                _ = Volatile.Read(ref start[(half + 3) * size]);
                Volatile.Write(ref start[(half + 3) * size], 1);
            }

            // A page without a file that was only read may count as changed: then it is zeroed for nothing.
            Span<ulong> changed = stackalloc ulong[Pages];
            return Find(start, changed) >= 0 && changed is [0, 0, 1, 1, 0, _, 1, 1];
        }
        finally
        {
            PageAllocator.System.Release(start, Pages * size);
        }
    }
}
