namespace Atoll.Wasi.Preview1;

/// <summary>Rights of a descriptor (preview 1's <c>rights</c>, by bit).</summary>
[Flags]
internal enum Rights : ulong
{
    None = 0,
    FdDataSync = 1 << 0,
    FdRead = 1 << 1,
    FdSeek = 1 << 2,
    FdSetFlags = 1 << 3,
    FdSync = 1 << 4,
    FdTell = 1 << 5,
    FdWrite = 1 << 6,
    FdAdvise = 1 << 7,
    FdAllocate = 1 << 8,
    PathCreateDirectory = 1 << 9,
    PathCreateFile = 1 << 10,
    PathLinkSource = 1 << 11,
    PathLinkTarget = 1 << 12,
    PathOpen = 1 << 13,
    FdReadDirectory = 1 << 14,
    PathReadLink = 1 << 15,
    PathRenameSource = 1 << 16,
    PathRenameTarget = 1 << 17,
    PathStat = 1 << 18,
    PathSetSize = 1 << 19,
    PathSetTimes = 1 << 20,
    FdStat = 1 << 21,
    FdSetSize = 1 << 22,
    FdSetTimes = 1 << 23,
    PathSymbolicLink = 1 << 24,
    PathRemoveDirectory = 1 << 25,
    PathUnlink = 1 << 26,
    Poll = 1 << 27,
    SockShutdown = 1 << 28,
    SockAccept = 1 << 29,

    /// <summary>What a file can be used for.</summary>
    File = FdDataSync | FdRead | FdSeek | FdSetFlags | FdSync | FdTell | FdWrite | FdAdvise | FdAllocate | FdStat | FdSetSize | FdSetTimes | Poll,

    /// <summary>What a directory can be used for.</summary>
    Directory = FdSetFlags | FdSync | FdAdvise | PathCreateDirectory | PathCreateFile | PathLinkSource | PathLinkTarget | PathOpen | FdReadDirectory
        | PathReadLink | PathRenameSource | PathRenameTarget | PathStat | PathSetSize | PathSetTimes | FdStat | FdSetTimes | PathSymbolicLink
        | PathRemoveDirectory | PathUnlink | Poll,

    /// <summary>Everything that changes something.</summary>
    Mutating = FdWrite | FdAllocate | FdSetSize | FdSetTimes | FdDataSync | PathCreateDirectory | PathCreateFile | PathLinkSource | PathLinkTarget
        | PathRenameSource | PathRenameTarget | PathSetSize | PathSetTimes | PathSymbolicLink | PathRemoveDirectory | PathUnlink,
}
