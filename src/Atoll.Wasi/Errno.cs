namespace Atoll.Wasi;

/// <summary>Error numbers of WASI preview 1 (<c>errno</c> in its witx), by value.</summary>
internal enum Errno : ushort
{
    Success, TooBig, Access, AddrInUse, AddrNotAvail, AfNoSupport, Again, Already, BadF, BadMsg, Busy, Canceled, Child, ConnAborted,
    ConnRefused, ConnReset, DeadLk, DestAddrReq, Dom, DQuot, Exist, Fault, FBig, HostUnreach, IdRm, IlSeq, InProgress, Intr, Inval, Io,
    IsConn, IsDir, Loop, MFile, MLink, MsgSize, Multihop, NameTooLong, NetDown, NetReset, NetUnreach, NFile, NoBufs, NoDev, NoEnt, NoExec,
    NoLck, NoLink, NoMem, NoMsg, NoProtoOpt, NoSpc, NoSys, NotConn, NotDir, NotEmpty, NotRecoverable, NotSock, NotSup, NoTty, NxIo, Overflow,
    OwnerDead, Perm, Pipe, Proto, ProtoNoSupport, ProtoType, Range, RoFs, SPipe, Srch, Stale, TimedOut, TxtBsy, XDev, NotCapable,
}
