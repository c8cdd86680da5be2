using System.Runtime.InteropServices;

namespace Atoll.Wasi.FileSystem;

/// <summary>A regular file of Linux.</summary>
internal sealed unsafe class LinuxFile(Descriptor file) : FileHandle
{
    private const int SetStatusFlags = 4;

    private delegate nint Transfer(byte* buffer, nint count);

    public override Errno Read(Span<byte> buffer, out int count)
    {
        fixed (byte* bytes = buffer)
        {
            return Repeat((b, n) => Linux.read(file, b, n), bytes, buffer.Length, out count);
        }
    }

    public override Errno ReadAt(Span<byte> buffer, ulong offset, out int count)
    {
        fixed (byte* bytes = buffer)
        {
            return Repeat((b, n) => Linux.pread(file, b, n, (long)offset), bytes, buffer.Length, out count);
        }
    }

    public override Errno Write(ReadOnlySpan<byte> buffer, out int count)
    {
        fixed (byte* bytes = buffer)
        {
            return Repeat((b, n) => Linux.write(file, b, n), bytes, buffer.Length, out count);
        }
    }

    public override Errno WriteAt(ReadOnlySpan<byte> buffer, ulong offset, out int count)
    {
        fixed (byte* bytes = buffer)
        {
            return Repeat((b, n) => Linux.pwrite(file, b, n, (long)offset), bytes, buffer.Length, out count);
        }
    }

    public override Errno Seek(long offset, byte whence, out ulong position)
    {
        long result = whence > 2 ? -2 : Linux.lseek(file, offset, whence);
        position = result < 0 ? 0 : (ulong)result;
        return result >= 0 ? Errno.Success : result == -2 ? Errno.Inval : Linux.LastError;
    }

    public override Errno Stat(out FileStat stat) => Linux.Stat(file, "", Linux.AtEmptyPath, out stat);

    public override Errno SetSize(ulong size) =>
        size > long.MaxValue ? Errno.FBig : Check(Linux.ftruncate(file, (long)size));

    public override Errno Allocate(ulong offset, ulong length) =>
        offset > long.MaxValue || length > long.MaxValue ? Errno.FBig : Check(Linux.fallocate(file, 0, (long)offset, (long)length));

    public override Errno Advise(ulong offset, ulong length, byte advice)
    {
        // preview 1: normal, sequential, random, willneed, dontneed, noreuse. Linux: normal, random, sequential, willneed, dontneed, noreuse.
        ReadOnlySpan<int> numbers = [0, 2, 1, 3, 4, 5];
        if (advice >= numbers.Length || offset > long.MaxValue || length > long.MaxValue)
        {
            return Errno.Inval;
        }

        int error = Linux.posix_fadvise(file, (long)offset, (long)length, numbers[advice]);
        return error == 0 ? Errno.Success : Errnos.FromLinux(error);
    }

    public override Errno Sync(bool dataOnly) => Check(dataOnly ? Linux.fdatasync(file) : Linux.fsync(file));

    public override Errno SetTimes(ulong accessTime, ulong modifyTime, TimeFlags flags)
    {
        long* times = stackalloc long[4];
        Linux.FillTimes(times, accessTime, modifyTime, flags);
        return Check(Linux.futimens(file, times));
    }

    public override Errno SetFlags(DescriptorFlags flags) => Check(Linux.fcntl(file, SetStatusFlags, LinuxDirectory.StatusFlags(flags)));

    public override void Dispose() => file.Dispose();

    private static Errno Check(int result) => result == 0 ? Errno.Success : Linux.LastError;

    private static Errno Repeat(Transfer transfer, byte* buffer, int length, out int count)
    {
        nint result;
        do
        {
            result = transfer(buffer, length);
        }
        while (result < 0 && Linux.LastError == Errno.Intr);
        count = Math.Max(0, (int)result);
        return result < 0 ? Linux.LastError : Errno.Success;
    }
}
