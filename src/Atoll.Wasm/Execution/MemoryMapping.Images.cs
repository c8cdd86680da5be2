using Atoll.Wasm.Platform;

namespace Atoll.Wasm.Execution;

/// <content>Taking a memory back to an earlier content.</content>
internal sealed unsafe partial class MemoryMapping
{
    /// <summary>A memory that has to be written page by page is made anew rather than taken back when it has grown by more.</summary>
    private const ulong LargestRewrite = 16 << 20;

    // Of larger memories, or more changes, all is dropped: to look at 272 pages takes five times as long as to drop few, and an idle instance keeps what it is not
    // made to give back.
    private const ulong LargestSearch = 256 << 10;
    private const int MostKept = 12;

    /// <summary>What the memory holds now, as something to take it, or one like it, back to.</summary>
    public MemoryImage TakeImage()
    {
        ulong length = Length;
        ulong size = PageAllocator.Granularity;
        ulong first = ulong.MaxValue;
        ulong end = 0;
        for (ulong at = 0; at < length; at += size)
        {
            if (new ReadOnlySpan<ulong>(_base + at, (int)size / sizeof(ulong)).ContainsAnyExcept(0UL))
            {
                first = Math.Min(first, at);
                end = at + size;
            }
        }

        return first == ulong.MaxValue
            ? new MemoryImage(length, 0, [], null)
            : end - first > int.MaxValue / 2
                ? throw new LimitExceededException(LimitKind.Memory, "the memory's first content is too large to be kept")
                : MakeImage(length, first, new ReadOnlySpan<byte>(_base + first, (int)(end - first)));
    }

    /// <summary>Whether the memory holds what the image does, as far as the image goes.</summary>
    public bool Holds(MemoryImage image) => Length == image.Length
        && image.Content.AsSpan().SequenceEqual(new ReadOnlySpan<byte>(_base + image.Offset, image.Content.Length));

    /// <summary>Makes the memory one that <see cref="TryReset"/> takes back to the image that it holds.</summary>
    public void Attach(MemoryImage image)
    {
        // If it is refused, the content is there all the same, and is written at each reset.
        _isImageMapped = image.File is { } file && file.Map(_base + image.Offset, (nuint)image.Content.Length);
    }

    /// <summary>Takes the memory back to an image. False when the system refuses, or a new memory is cheaper: then this one is of no more use.</summary>
    public bool TryReset(MemoryImage image)
    {
        lock (_growth)
        {
            if (!_pages.HasImages && Length > image.Length + LargestRewrite)
            {
                return false;
            }

            // What the guest added has to fault again.
            if (_pages.IsGuarded && _committed > image.Length)
            {
                if (!_pages.Decommit(_base + image.Length, (nuint)(_committed - image.Length)))
                {
                    return false;
                }

                _committed = image.Length;
            }

            if (!TryRewrite(image))
            {
                if (_committed > 0 && !_pages.Clear(_base, (nuint)_committed))
                {
                    return false;
                }

                if (!_isImageMapped)
                {
                    image.Content.CopyTo(new Span<byte>(_base + image.Offset, image.Content.Length));
                }
            }

            if (Length != image.Length)
            {
                LengthCell = image.Length;
            }

            return true;
        }
    }

    /// <summary>Writes the few pages that were changed; false, with nothing done, when they are not few or not known.</summary>
    private bool TryRewrite(MemoryImage image)
    {
        if (!_pages.HasImages || _committed > LargestSearch || PageMap.Instance is not { } map)
        {
            return false;
        }

        int size = (int)PageAllocator.Granularity;
        Span<ulong> changed = stackalloc ulong[(int)_committed / size];
        if (map.Find(_base, changed) is < 0 or > MostKept)
        {
            return false;
        }

        for (int i = 0; i < changed.Length; i++)
        {
            if (changed[i] == 0)
            {
                continue;
            }

            Span<byte> page = new(_base + ((nuint)i * (nuint)size), size);
            long inContent = ((long)i * size) - (long)image.Offset;
            if (inContent >= 0 && inContent < image.Content.Length)
            {
                image.Content.AsSpan((int)inContent, size).CopyTo(page);
            }
            else if (page.ContainsAnyExcept((byte)0))
            {
                page.Clear();
            }
        }

        return true;
    }

    private MemoryImage MakeImage(ulong length, ulong offset, ReadOnlySpan<byte> content) =>
        new(length, offset, content.ToArray(), _pages.HasImages ? PageImage.Create(content) : null);
}

/// <summary>What a memory held at some time: whole pages from the first to the last one that was not zero.</summary>
/// <param name="Length">Length of the memory in bytes.</param>
/// <param name="Offset">Where the content begins.</param>
/// <param name="Content">The bytes; all others were zero.</param>
/// <param name="File">The same bytes to be mapped, where the system can do so.</param>
internal sealed record MemoryImage(ulong Length, ulong Offset, byte[] Content, PageImage? File) : IDisposable
{
    /// <summary>Whether two memories that start as one image and the other are the same.</summary>
    public bool IsSame(MemoryImage other) => Length == other.Length && Offset == other.Offset && Content.AsSpan().SequenceEqual(other.Content);

    public void Dispose() => File?.Dispose();
}
