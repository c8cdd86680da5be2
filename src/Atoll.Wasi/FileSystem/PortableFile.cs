namespace Atoll.Wasi.FileSystem;

/// <summary>A regular file through .NET's streams.</summary>
internal sealed class PortableFile(string path, FileStream stream, DescriptorFlags flags) : FileHandle
{
    private DescriptorFlags _flags = flags;

    public override Errno Read(Span<byte> buffer, out int count)
    {
        try
        {
            count = stream.Read(buffer);
            return Errno.Success;
        }
        catch (Exception exception) when (PortableErrors.IsOfFile(exception))
        {
            count = 0;
            return PortableErrors.From(exception);
        }
    }

    public override Errno ReadAt(Span<byte> buffer, ulong offset, out int count)
    {
        count = 0;
        if (offset > long.MaxValue)
        {
            return Errno.Inval;
        }

        try
        {
            count = RandomAccess.Read(stream.SafeFileHandle, buffer, (long)offset);
            return Errno.Success;
        }
        catch (Exception exception) when (PortableErrors.IsOfFile(exception))
        {
            return PortableErrors.From(exception);
        }
    }

    public override Errno Write(ReadOnlySpan<byte> buffer, out int count)
    {
        count = 0;
        try
        {
            if ((_flags & DescriptorFlags.Append) != 0)
            {
                stream.Seek(0, SeekOrigin.End);
            }

            stream.Write(buffer);
            count = buffer.Length;
            return Errno.Success;
        }
        catch (Exception exception) when (PortableErrors.IsOfFile(exception))
        {
            return PortableErrors.From(exception);
        }
    }

    public override Errno WriteAt(ReadOnlySpan<byte> buffer, ulong offset, out int count)
    {
        count = 0;
        if (offset > (ulong)(long.MaxValue - buffer.Length))
        {
            return offset > long.MaxValue ? Errno.Inval : Errno.FBig;
        }

        try
        {
            RandomAccess.Write(stream.SafeFileHandle, buffer, (long)offset);
            count = buffer.Length;
            return Errno.Success;
        }
        catch (Exception exception) when (PortableErrors.IsOfFile(exception))
        {
            return PortableErrors.From(exception);
        }
    }

    public override Errno Seek(long offset, byte whence, out ulong position)
    {
        position = 0;
        long start = whence switch { 0 => 0, 1 => stream.Position, 2 => stream.Length, _ => -1 };
        if (start < 0 || offset > long.MaxValue - start || start + offset < 0)
        {
            return Errno.Inval;
        }

        position = (ulong)stream.Seek(start + offset, SeekOrigin.Begin);
        return Errno.Success;
    }

    public override Errno Stat(out FileStat stat)
    {
        Errno error = PortableDirectory.StatPath(path, false, out stat);
        stat = stat with { Size = (ulong)stream.Length };
        return error;
    }

    public override Errno SetSize(ulong size) => size > long.MaxValue ? Errno.FBig : PortableErrors.Try(() => stream.SetLength((long)size));

    public override Errno Allocate(ulong offset, ulong length) =>
        length == 0 ? Errno.Inval
        : offset > long.MaxValue || length > long.MaxValue - offset ? Errno.FBig
        : offset + length > (ulong)stream.Length ? SetSize(offset + length)
        : Errno.Success;

    public override Errno Advise(ulong offset, ulong length, byte advice) => advice > 5 ? Errno.Inval : Errno.Success;

    public override Errno Sync(bool dataOnly) => PortableErrors.Try(() => stream.Flush(flushToDisk: true));

    public override Errno SetTimes(ulong accessTime, ulong modifyTime, TimeFlags flags) => PortableDirectory.SetTimesOf(path, accessTime, modifyTime, flags);

    public override Errno SetFlags(DescriptorFlags flags)
    {
        _flags = flags;
        return Errno.Success;
    }

    public override void Dispose() => stream.Dispose();
}
