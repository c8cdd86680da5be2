using System.Buffers.Binary;
using Atoll.Components;
using Atoll.Wasm;

namespace Atoll.Wasi.Preview1;

/// <summary>
/// The functions of <c>wasi_snapshot_preview1</c> (its witx): process, clocks, random, polling. A pointer outside of the guest's memory is a
/// trap, like any access of the guest itself.
/// </summary>
internal static partial class Preview1Host
{
    public const string ModuleName = "wasi_snapshot_preview1";

    private static WasiContext Context(Caller caller) =>
        caller.Store.State as WasiContext
        ?? throw new InvalidOperationException("the store has no WASI context; run the module with WasiCommand, or give the store one");

    private static Span<byte> Bytes(Caller caller, int pointer, int length) => caller.Memory.GetSpan((uint)pointer, (uint)length);

    private static void WriteU32(Caller caller, int pointer, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Bytes(caller, pointer, 4), value);

    private static void WriteU64(Caller caller, int pointer, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Bytes(caller, pointer, 8), value);

    private static int Denied(Caller caller, Capability capability)
    {
        Context(caller).Deny(capability);
        return (int)Errno.NotCapable;
    }

    private static int ArgsSizesGet(Caller caller, int count, int size) => Sizes(caller, Context(caller).Descriptors.Arguments, count, size);

    private static int ArgsGet(Caller caller, int pointers, int buffer) => Strings(caller, Context(caller).Descriptors.Arguments, pointers, buffer);

    private static int EnvironSizesGet(Caller caller, int count, int size) => Sizes(caller, Context(caller).Descriptors.Environment, count, size);

    private static int EnvironGet(Caller caller, int pointers, int buffer) => Strings(caller, Context(caller).Descriptors.Environment, pointers, buffer);

    private static int Sizes(Caller caller, IReadOnlyList<byte[]> strings, int count, int size)
    {
        WriteU32(caller, count, (uint)strings.Count);
        WriteU32(caller, size, (uint)strings.Sum(s => s.Length));
        return 0;
    }

    private static int Strings(Caller caller, IReadOnlyList<byte[]> strings, int pointers, int buffer)
    {
        foreach (byte[] text in strings)
        {
            WriteU32(caller, pointers, (uint)buffer);
            text.CopyTo(Bytes(caller, buffer, text.Length));
            pointers += 4;
            buffer += text.Length;
        }

        return 0;
    }

    private static int ClockResGet(Caller caller, int clock, int result)
    {
        if (Context(caller).Clock is not { } time)
        {
            return Denied(caller, WasiContext.ClockCapability);
        }

        if ((uint)clock > 3)
        {
            return (int)Errno.Inval;
        }

        ulong nanoseconds = clock == 1 ? Math.Max(1, 1_000_000_000UL / (ulong)time.TimestampFrequency) : 100;
        WriteU64(caller, result, nanoseconds);
        return 0;
    }

    private static int ClockTimeGet(Caller caller, int clock, long precision, int result)
    {
        if (Context(caller).Clock is not { } time)
        {
            return Denied(caller, WasiContext.ClockCapability);
        }

        if ((uint)clock > 3)
        {
            return (int)Errno.Inval;
        }

        WriteU64(caller, result, Now(time, clock));
        return 0;
    }

    /// <summary>Nanoseconds: 0 is the wall clock since 1970, the others run on from some start.</summary>
    private static ulong Now(TimeProvider time, int clock) => clock == 0
        ? (ulong)(time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100
        : (ulong)((Int128)time.GetTimestamp() * 1_000_000_000 / time.TimestampFrequency);

    private static int RandomGet(Caller caller, int buffer, int length)
    {
        if (Context(caller).Random is not { } fill)
        {
            return Denied(caller, WasiContext.RandomCapability);
        }

        // Cut into pieces, so that a deadline is seen while gigabytes are asked for.
        uint total = (uint)length;
        for (uint done = 0; done < total;)
        {
            uint part = Math.Min(1 << 16, total - done);
            fill(caller.Memory.GetSpan((uint)buffer + done, part));
            done += part;
            caller.ThrowIfInterrupted();
        }

        return 0;
    }

    private static void ProcExit(Caller caller, int code) => throw new GuestExitException(code);

    private static int ProcRaise(Caller caller, int signal) => (int)Errno.NotSup;

    private static int SchedYield(Caller caller)
    {
        Thread.Yield();
        return 0;
    }

    private static int SockAccept(Caller caller, int descriptor, int flags, int result) => NoSocket(caller, descriptor);

    private static int SockRecv(Caller caller, int descriptor, int vectors, int count, int flags, int size, int resultFlags) => NoSocket(caller, descriptor);

    private static int SockSend(Caller caller, int descriptor, int vectors, int count, int flags, int size) => NoSocket(caller, descriptor);

    private static int SockShutdown(Caller caller, int descriptor, int how) => NoSocket(caller, descriptor);

    private static int NoSocket(Caller caller, int descriptor) => (int)(Context(caller).Descriptors.Find(descriptor) is null ? Errno.BadF : Errno.NotSock);
}
