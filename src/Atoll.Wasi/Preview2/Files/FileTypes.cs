using Atoll.Wasi.FileSystem;
using Atoll.Wasi.Preview2.Clocks;

namespace Atoll.Wasi.Preview2.Files;

/// <summary><c>wasi:filesystem/types.descriptor-type</c></summary>
internal enum DescriptorType
{
    Unknown, BlockDevice, CharacterDevice, Directory, Fifo, SymbolicLink, RegularFile, Socket,
}

/// <summary><c>wasi:filesystem/types.descriptor-flags</c></summary>
[Flags]
internal enum FileFlags
{
    None = 0,
    Read = 1,
    Write = 2,
    FileIntegritySync = 4,
    DataIntegritySync = 8,
    RequestedWriteSync = 16,
    MutateDirectory = 32,
}

/// <summary><c>wasi:filesystem/types.path-flags</c></summary>
[Flags]
internal enum PathFlags
{
    None = 0,
    SymlinkFollow = 1,
}

/// <summary><c>wasi:filesystem/types.advice</c>; numbers as in preview 1.</summary>
internal enum Advice
{
    Normal, Sequential, Random, WillNeed, DontNeed, NoReuse,
}

/// <summary><c>wasi:filesystem/types.error-code</c></summary>
internal enum ErrorCode
{
    Access, WouldBlock, Already, BadDescriptor, Busy, Deadlock, Quota, Exist, FileTooLarge, IllegalByteSequence, InProgress, Interrupted, Invalid, Io,
    IsDirectory, Loop, TooManyLinks, MessageSize, NameTooLong, NoDevice, NoEntry, NoLock, InsufficientMemory, InsufficientSpace, NotDirectory, NotEmpty,
    NotRecoverable, Unsupported, NoTty, NoSuchDevice, Overflow, NotPermitted, Pipe, ReadOnly, InvalidSeek, TextFileBusy, CrossDevice,
}

/// <summary><c>wasi:filesystem/types.descriptor-stat</c></summary>
internal sealed record DescriptorStat(
    DescriptorType Type, ulong LinkCount, ulong Size, Datetime? DataAccessTimestamp, Datetime? DataModificationTimestamp, Datetime? StatusChangeTimestamp);

/// <summary><c>wasi:filesystem/types.directory-entry</c></summary>
internal sealed record FileEntry(DescriptorType Type, string Name);

/// <summary><c>wasi:filesystem/types.metadata-hash-value</c></summary>
internal readonly record struct MetadataHash(ulong Lower, ulong Upper);

/// <summary><c>wasi:filesystem/types.new-timestamp</c></summary>
internal abstract class NewTimestamp
{
    /// <summary>Leaves it as it is.</summary>
    public sealed class NoChange : NewTimestamp;

    /// <summary>The system's time.</summary>
    public sealed class Now : NewTimestamp;

    /// <summary>A given time.</summary>
    public sealed class Timestamp(Datetime value) : NewTimestamp
    {
        public Datetime Value { get; } = value;
    }
}

/// <summary>Between the terms of the sandbox, which are those of preview 1, and those of <c>wasi:filesystem</c>.</summary>
internal static class FileTerms
{
    public static DescriptorType TypeOf(FileType type) => type switch
    {
        FileType.BlockDevice => DescriptorType.BlockDevice,
        FileType.CharacterDevice => DescriptorType.CharacterDevice,
        FileType.Directory => DescriptorType.Directory,
        FileType.RegularFile => DescriptorType.RegularFile,
        FileType.SocketDatagram or FileType.SocketStream => DescriptorType.Socket,
        FileType.SymbolicLink => DescriptorType.SymbolicLink,
        _ => DescriptorType.Unknown,
    };

    public static DescriptorStat StatOf(in FileStat stat) => new(
        TypeOf(stat.Type), stat.Links, stat.Size, Datetime.From(stat.AccessTime), Datetime.From(stat.ModifyTime), Datetime.From(stat.ChangeTime));

    public static DescriptorFlags SandboxFlags(FileFlags flags) =>
        ((flags & FileFlags.FileIntegritySync) != 0 ? DescriptorFlags.Sync : 0)
        | ((flags & FileFlags.DataIntegritySync) != 0 ? DescriptorFlags.DataSync : 0)
        | ((flags & FileFlags.RequestedWriteSync) != 0 ? DescriptorFlags.ReadSync : 0);

    /// <summary>What the sandbox is told about times.</summary>
    public static Errno TimesOf(NewTimestamp access, NewTimestamp modify, out ulong accessTime, out ulong modifyTime, out TimeFlags flags)
    {
        modifyTime = 0;
        flags = TimeFlags.None;
        bool isSound = TimeOf(access, TimeFlags.Access, TimeFlags.AccessNow, out accessTime, ref flags)
            && TimeOf(modify, TimeFlags.Modify, TimeFlags.ModifyNow, out modifyTime, ref flags);
        return isSound ? Errno.Success : Errno.Inval;
    }

    private static bool TimeOf(NewTimestamp time, TimeFlags given, TimeFlags now, out ulong nanoseconds, ref TimeFlags flags)
    {
        nanoseconds = 0;
        switch (time)
        {
            case NewTimestamp.Now:
                flags |= now;
                return true;
            case NewTimestamp.Timestamp timestamp:
                flags |= given;
                return timestamp.Value.TryGetNanoseconds(out nanoseconds);
            default:
                return true;
        }
    }

    public static ErrorCode CodeOf(Errno error) => error switch
    {
        Errno.Access => ErrorCode.Access,
        Errno.Again => ErrorCode.WouldBlock,
        Errno.Already => ErrorCode.Already,
        Errno.BadF => ErrorCode.BadDescriptor,
        Errno.Busy => ErrorCode.Busy,
        Errno.DeadLk => ErrorCode.Deadlock,
        Errno.DQuot or Errno.MFile or Errno.NFile => ErrorCode.Quota,
        Errno.Exist => ErrorCode.Exist,
        Errno.FBig => ErrorCode.FileTooLarge,
        Errno.IlSeq => ErrorCode.IllegalByteSequence,
        Errno.InProgress => ErrorCode.InProgress,
        Errno.Intr => ErrorCode.Interrupted,
        Errno.Inval => ErrorCode.Invalid,
        Errno.IsDir => ErrorCode.IsDirectory,
        Errno.Loop => ErrorCode.Loop,
        Errno.MLink => ErrorCode.TooManyLinks,
        Errno.MsgSize => ErrorCode.MessageSize,
        Errno.NameTooLong => ErrorCode.NameTooLong,
        Errno.NoDev => ErrorCode.NoDevice,
        Errno.NoEnt => ErrorCode.NoEntry,
        Errno.NoLck => ErrorCode.NoLock,
        Errno.NoMem => ErrorCode.InsufficientMemory,
        Errno.NoSpc => ErrorCode.InsufficientSpace,
        Errno.NotDir => ErrorCode.NotDirectory,
        Errno.NotEmpty => ErrorCode.NotEmpty,
        Errno.NotRecoverable => ErrorCode.NotRecoverable,
        Errno.NotSup or Errno.NoSys => ErrorCode.Unsupported,
        Errno.NoTty => ErrorCode.NoTty,
        Errno.NxIo => ErrorCode.NoSuchDevice,
        Errno.Overflow => ErrorCode.Overflow,
        Errno.Perm or Errno.NotCapable => ErrorCode.NotPermitted,
        Errno.Pipe => ErrorCode.Pipe,
        Errno.RoFs => ErrorCode.ReadOnly,
        Errno.SPipe => ErrorCode.InvalidSeek,
        Errno.TxtBsy => ErrorCode.TextFileBusy,
        Errno.XDev => ErrorCode.CrossDevice,
        _ => ErrorCode.Io,
    };
}
