using System.Buffers.Binary;
using System.Text;
using Atoll.Wasi.FileSystem;
using Atoll.Wasm;

namespace Atoll.Wasi.Preview1;

/// <content>Functions on descriptors.</content>
internal static partial class Preview1Host
{
    private const int MaximumVectors = 1024;
    private const int MaximumTransfer = 1024 * 1024;
    private const uint MaximumTotal = int.MaxValue - MaximumTransfer;

    private delegate Errno Transfer(Span<byte> buffer, ulong offset, out int count);

    private static int FdAdvise(Caller caller, int fd, long offset, long length, int advice)
    {
        Errno error = Context(caller).Descriptors.Find(fd, Rights.FdAdvise, out FileDescriptor entry);
        return (int)(error != Errno.Success ? error
            : (uint)advice > 5 ? Errno.Inval
            : entry.File is null ? Errno.BadF
            : entry.File.Advise((ulong)offset, (ulong)length, (byte)advice));
    }

    private static int FdAllocate(Caller caller, int fd, long offset, long length)
    {
        Errno error = Context(caller).Descriptors.Find(fd, Rights.FdAllocate, out FileDescriptor entry);
        return (int)(error != Errno.Success ? error : entry.File is null ? Errno.BadF : entry.File.Allocate((ulong)offset, (ulong)length));
    }

    private static int FdClose(Caller caller, int fd) => (int)Context(caller).Descriptors.Close(fd);

    private static int FdDataSync(Caller caller, int fd) => Sync(caller, fd, dataOnly: true);

    private static int FdSync(Caller caller, int fd) => Sync(caller, fd, dataOnly: false);

    private static int Sync(Caller caller, int fd, bool dataOnly)
    {
        if (Context(caller).Descriptors.Find(fd) is not { } entry)
        {
            return (int)Errno.BadF;
        }

        entry.Stream?.Flush();
        return (int)(entry.File?.Sync(dataOnly) ?? entry.Directory?.Sync() ?? Errno.Success);
    }

    private static int FdFdStatGet(Caller caller, int fd, int result)
    {
        if (Context(caller).Descriptors.Find(fd) is not { } entry)
        {
            return (int)Errno.BadF;
        }

        // fdstat: type at 0, flags at 2, rights at 8, inheriting rights at 16.
        Span<byte> target = Bytes(caller, result, 24);
        target.Clear();
        target[0] = (byte)entry.Type;
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], (ushort)entry.Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], (ulong)entry.Base);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], (ulong)entry.Inheriting);
        return 0;
    }

    private static int FdFdStatSetFlags(Caller caller, int fd, int flags)
    {
        Errno error = Context(caller).Descriptors.Find(fd, Rights.FdSetFlags, out FileDescriptor entry);
        if (error != Errno.Success || (flags & ~0x1F) != 0)
        {
            return (int)(error != Errno.Success ? error : Errno.Inval);
        }

        error = entry.File?.SetFlags((DescriptorFlags)flags) ?? Errno.Success;
        if (error == Errno.Success)
        {
            entry.Flags = (DescriptorFlags)flags;
        }

        return (int)error;
    }

    private static int FdFdStatSetRights(Caller caller, int fd, long rights, long inheriting)
    {
        if (Context(caller).Descriptors.Find(fd) is not { } entry)
        {
            return (int)Errno.BadF;
        }

        // Rights can only become fewer.
        if (((Rights)rights & ~entry.Base) != 0 || ((Rights)inheriting & ~entry.Inheriting) != 0)
        {
            return (int)Errno.NotCapable;
        }

        entry.Base = (Rights)rights;
        entry.Inheriting = (Rights)inheriting;
        return 0;
    }

    private static int FdFileStatGet(Caller caller, int fd, int result)
    {
        Errno error = Context(caller).Descriptors.Find(fd, Rights.FdStat, out FileDescriptor entry);
        FileStat stat = new(0, 0, FileType.Unknown, 1, 0, 0, 0, 0);
        if (error == Errno.Success && entry.Stream is null)
        {
            error = entry.File?.Stat(out stat) ?? entry.Directory!.StatSelf(out stat);
        }

        if (error == Errno.Success)
        {
            WriteStat(caller, result, stat);
        }

        return (int)error;
    }

    private static void WriteStat(Caller caller, int pointer, in FileStat stat)
    {
        Span<byte> target = Bytes(caller, pointer, 64);
        target.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(target, stat.Device);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], stat.Inode);
        target[16] = (byte)stat.Type;
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], stat.Links);
        BinaryPrimitives.WriteUInt64LittleEndian(target[32..], stat.Size);
        BinaryPrimitives.WriteUInt64LittleEndian(target[40..], stat.AccessTime);
        BinaryPrimitives.WriteUInt64LittleEndian(target[48..], stat.ModifyTime);
        BinaryPrimitives.WriteUInt64LittleEndian(target[56..], stat.ChangeTime);
    }

    private static int FdFileStatSetSize(Caller caller, int fd, long size)
    {
        Errno error = Context(caller).Descriptors.Find(fd, Rights.FdSetSize, out FileDescriptor entry);
        return (int)(error != Errno.Success ? error : entry.File is null ? Errno.BadF : entry.File.SetSize((ulong)size));
    }

    private static int FdFileStatSetTimes(Caller caller, int fd, long access, long modify, int flags)
    {
        Errno error = Context(caller).Descriptors.Find(fd, Rights.FdSetTimes, out FileDescriptor entry);
        if (error != Errno.Success || !TimesAreSound(flags))
        {
            return (int)(error != Errno.Success ? error : Errno.Inval);
        }

        return (int)(entry.File?.SetTimes((ulong)access, (ulong)modify, (TimeFlags)flags)
            ?? entry.Directory?.SetTimesSelf((ulong)access, (ulong)modify, (TimeFlags)flags) ?? Errno.BadF);
    }

    private static bool TimesAreSound(int flags) => (flags & ~15) == 0 && (flags & 3) != 3 && (flags & 12) != 12;

    private static int FdPRead(Caller caller, int fd, int vectors, int count, long offset, int result) =>
        ReadVectors(caller, fd, vectors, count, offset, result, Rights.FdRead | Rights.FdSeek);

    private static int FdRead(Caller caller, int fd, int vectors, int count, int result) =>
        ReadVectors(caller, fd, vectors, count, -1, result, Rights.FdRead);

    private static int ReadVectors(Caller caller, int fd, int vectors, int count, long offset, int result, Rights rights)
    {
        Errno error = Context(caller).Descriptors.Find(fd, rights, out FileDescriptor entry);
        if (error != Errno.Success)
        {
            return (int)(error == Errno.NotCapable && entry.File is not null && (entry.Base & Rights.FdRead) == 0 ? Errno.BadF : error);
        }

        if (entry.Directory is not null)
        {
            return (int)Errno.IsDir;
        }

        if (entry.Stream is { } stream)
        {
            return offset >= 0
                ? (int)Errno.SPipe
                : ForEachVector(
                    caller, vectors, count, result, 0,
                    (Span<byte> buffer, ulong _, out int read) =>
                    {
                        read = stream.Read(caller, buffer);
                        return Errno.Success;
                    },
                    onlyOne: stream.Input is not null);
        }

        FileHandle file = entry.File!;
        return offset < 0
            ? ForEachVector(caller, vectors, count, result, 0, (Span<byte> buffer, ulong _, out int read) => file.Read(buffer, out read))
            : ForEachVector(caller, vectors, count, result, (ulong)offset, file.ReadAt);
    }

    private static int FdPWrite(Caller caller, int fd, int vectors, int count, long offset, int result) =>
        WriteVectors(caller, fd, vectors, count, offset, result, Rights.FdWrite | Rights.FdSeek);

    private static int FdWrite(Caller caller, int fd, int vectors, int count, int result) =>
        WriteVectors(caller, fd, vectors, count, -1, result, Rights.FdWrite);

    private static int WriteVectors(Caller caller, int fd, int vectors, int count, long offset, int result, Rights rights)
    {
        Errno error = Context(caller).Descriptors.Find(fd, rights, out FileDescriptor entry);
        if (error != Errno.Success)
        {
            return (int)(error == Errno.NotCapable && entry.File is not null && (entry.Base & Rights.FdWrite) == 0 ? Errno.BadF : error);
        }

        if (entry.Directory is not null)
        {
            return (int)Errno.IsDir;
        }

        if (entry.Stream is { } stream)
        {
            return offset >= 0
                ? (int)Errno.SPipe
                : ForEachVector(caller, vectors, count, result, 0, (Span<byte> buffer, ulong _, out int written) =>
                {
                    written = buffer.Length;
                    return stream.Write(caller, buffer);
                });
        }

        FileHandle file = entry.File!;
        return offset < 0
            ? ForEachVector(caller, vectors, count, result, 0, (Span<byte> buffer, ulong _, out int written) => file.Write(buffer, out written))
            : ForEachVector(caller, vectors, count, result, (ulong)offset, (Span<byte> buffer, ulong at, out int written) => file.WriteAt(buffer, at, out written));
    }

    /// <summary>
    /// Moves bytes for each vector (pointer at 0, length at 4) until one comes up short; writes the total. <paramref name="onlyOne"/>: stops after
    /// the first bytes, because a second step would wait though there is something to give.
    /// </summary>
    private static int ForEachVector(Caller caller, int vectors, int count, int result, ulong offset, Transfer transfer, bool onlyOne = false)
    {
        if ((uint)count > MaximumVectors)
        {
            return (int)Errno.Inval;
        }

        uint total = 0;
        Errno error = Errno.Success;
        bool isShort = false;
        for (int i = 0; i < count && !isShort && error == Errno.Success; i++)
        {
            ReadOnlySpan<byte> vector = Bytes(caller, vectors + (i * 8), 8);
            Span<byte> buffer = Bytes(caller, BinaryPrimitives.ReadInt32LittleEndian(vector), BinaryPrimitives.ReadInt32LittleEndian(vector[4..]));
            while (!buffer.IsEmpty && !isShort)
            {
                // A file can move gigabytes in one step, and nothing could stop that.
                caller.ThrowIfInterrupted();
                Span<byte> piece = buffer[..Math.Min(buffer.Length, MaximumTransfer)];
                error = transfer(piece, offset + total, out int moved);
                if (error != Errno.Success)
                {
                    break;
                }

                total += (uint)moved;
                isShort = moved < piece.Length || (onlyOne && moved > 0) || total > MaximumTotal;
                buffer = buffer[moved..];
            }
        }

        if (error != Errno.Success && total == 0)
        {
            return (int)error;
        }

        WriteU32(caller, result, total);
        return 0;
    }

    private static int FdPreStatGet(Caller caller, int fd, int result)
    {
        if (Context(caller).Descriptors.Find(fd) is not { IsPreopened: true } entry)
        {
            return (int)Errno.BadF;
        }

        WriteU32(caller, result, 0);
        WriteU32(caller, result + 4, (uint)Encoding.UTF8.GetByteCount(entry.GuestPath));
        return 0;
    }

    private static int FdPreStatDirName(Caller caller, int fd, int pointer, int length)
    {
        if (Context(caller).Descriptors.Find(fd) is not { IsPreopened: true } entry)
        {
            return (int)Errno.BadF;
        }

        byte[] name = Encoding.UTF8.GetBytes(entry.GuestPath);
        if (name.Length > (uint)length)
        {
            return (int)Errno.NameTooLong;
        }

        name.CopyTo(Bytes(caller, pointer, name.Length));
        return 0;
    }

    /// <summary>dirent (24 bytes and the name): next cookie at 0, inode at 8, length of the name at 16, type at 20. The last one may be cut off.</summary>
    private static int FdReadDir(Caller caller, int fd, int pointer, int length, long cookie, int result)
    {
        Errno error = Context(caller).Descriptors.FindDirectory(fd, Rights.FdReadDirectory, out FileDescriptor entry);
        if (error != Errno.Success)
        {
            return (int)error;
        }

        if (entry.Listing is null || cookie == 0)
        {
            error = entry.Directory!.ReadEntries(out IReadOnlyList<DirectoryEntry> entries);
            if (error != Errno.Success)
            {
                return (int)error;
            }

            entry.Listing = entries;
        }

        Span<byte> target = Bytes(caller, pointer, length);
        int used = 0;
        Span<byte> header = stackalloc byte[24];
        for (ulong i = (ulong)cookie; i < (ulong)entry.Listing.Count && used < target.Length; i++)
        {
            DirectoryEntry item = entry.Listing[(int)i];
            byte[] name = Encoding.UTF8.GetBytes(item.Name);
            header.Clear();
            BinaryPrimitives.WriteUInt64LittleEndian(header, i + 1);
            BinaryPrimitives.WriteUInt64LittleEndian(header[8..], item.Inode);
            BinaryPrimitives.WriteInt32LittleEndian(header[16..], name.Length);
            header[20] = (byte)item.Type;
            used += CopyPart(header, target[used..]);
            used += CopyPart(name, target[used..]);
        }

        WriteU32(caller, result, (uint)used);
        return 0;
    }

    private static int CopyPart(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int count = Math.Min(source.Length, target.Length);
        source[..count].CopyTo(target);
        return count;
    }

    private static int FdRenumber(Caller caller, int from, int to) => (int)Context(caller).Descriptors.Renumber(from, to);

    private static int FdSeek(Caller caller, int fd, long offset, int whence, int result) => Seek(caller, fd, offset, whence, result, Rights.FdSeek);

    private static int FdTell(Caller caller, int fd, int result) => Seek(caller, fd, 0, 1, result, Rights.FdTell);

    private static int Seek(Caller caller, int fd, long offset, int whence, int result, Rights rights)
    {
        if (Context(caller).Descriptors.Find(fd) is { File: null } other)
        {
            return (int)(other.Stream is not null ? Errno.SPipe : Errno.BadF);
        }

        Errno error = Context(caller).Descriptors.Find(fd, rights, out FileDescriptor entry);
        if (error != Errno.Success || (uint)whence > 2)
        {
            return (int)(error != Errno.Success ? error : Errno.Inval);
        }

        error = entry.File!.Seek(offset, (byte)whence, out ulong position);
        if (error == Errno.Success)
        {
            WriteU64(caller, result, position);
        }

        return (int)error;
    }
}
