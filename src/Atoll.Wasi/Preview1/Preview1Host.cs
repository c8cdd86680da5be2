using System.Buffers.Binary;
using Atoll.Wasi.FileSystem;
using Atoll.Wasm;

namespace Atoll.Wasi.Preview1;

/// <summary>
/// The functions of <c>wasi_snapshot_preview1</c> (its witx): process, clocks, random, polling. A pointer outside of the guest's memory is a
/// trap, like any access of the guest itself.
/// </summary>
internal static partial class Preview1Host
{
    public const string ModuleName = "wasi_snapshot_preview1";

    private const int MaximumSubscriptions = 4096;

    private static WasiContext Context(Caller caller) =>
        caller.Store.State as WasiContext
        ?? throw new InvalidOperationException("the store has no WASI context; run the module with WasiCommand, or give the store one");

    private static Span<byte> Bytes(Caller caller, int pointer, int length) => caller.Memory.GetSpan((uint)pointer, (uint)length);

    private static void WriteU32(Caller caller, int pointer, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Bytes(caller, pointer, 4), value);

    private static void WriteU64(Caller caller, int pointer, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Bytes(caller, pointer, 8), value);

    private static int ArgsSizesGet(Caller caller, int count, int size) => Sizes(caller, Context(caller).Arguments, count, size);

    private static int ArgsGet(Caller caller, int pointers, int buffer) => Strings(caller, Context(caller).Arguments, pointers, buffer);

    private static int EnvironSizesGet(Caller caller, int count, int size) => Sizes(caller, Context(caller).Environment, count, size);

    private static int EnvironGet(Caller caller, int pointers, int buffer) => Strings(caller, Context(caller).Environment, pointers, buffer);

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
            return (int)Errno.NotCapable;
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
            return (int)Errno.NotCapable;
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
            return (int)Errno.NotCapable;
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

    private static int NoSocket(Caller caller, int descriptor) => (int)(Context(caller).Find(descriptor) is null ? Errno.BadF : Errno.NotSock);

    /// <summary>
    /// Subscription (48 bytes): user data at 0, kind at 8; clock: id at 16, timeout at 24, flags at 40; descriptor at 16. Event (32 bytes): user data
    /// at 0, error at 8, kind at 10, bytes at 16. Files and outputs are always ready, and so is input: a read of it waits by itself.
    /// </summary>
    private static int PollOneOff(Caller caller, int subscriptions, int events, int count, int result)
    {
        if (count == 0 || (uint)count > MaximumSubscriptions)
        {
            return (int)Errno.Inval;
        }

        WasiContext context = Context(caller);
        int ready = 0;
        ulong wait = ulong.MaxValue;
        for (int i = 0; i < count; i++)
        {
            Span<byte> subscription = Bytes(caller, subscriptions + (i * 48), 48);
            byte kind = subscription[8];
            if (kind == 0)
            {
                wait = Math.Min(wait, TimeLeft(context, subscription, out Errno clockError));
                if (clockError != Errno.Success)
                {
                    WriteEvent(caller, events + (ready++ * 32), subscription, clockError);
                }
            }
            else if (kind is 1 or 2)
            {
                Errno error = context.Find(BinaryPrimitives.ReadInt32LittleEndian(subscription[16..])) is null ? Errno.BadF : Errno.Success;
                WriteEvent(caller, events + (ready++ * 32), subscription, error);
            }
            else
            {
                return (int)Errno.Inval;
            }
        }

        if (ready == 0)
        {
            Sleep(caller, wait);
            for (int i = 0; i < count; i++)
            {
                Span<byte> subscription = Bytes(caller, subscriptions + (i * 48), 48);
                bool absolute = (subscription[40] & 1) != 0;
                if (absolute ? TimeLeft(context, subscription, out _) == 0 : BinaryPrimitives.ReadUInt64LittleEndian(subscription[24..]) <= wait)
                {
                    WriteEvent(caller, events + (ready++ * 32), subscription, Errno.Success);
                }
            }
        }

        WriteU32(caller, result, (uint)ready);
        return 0;
    }

    private static ulong TimeLeft(WasiContext context, ReadOnlySpan<byte> subscription, out Errno error)
    {
        uint clock = BinaryPrimitives.ReadUInt32LittleEndian(subscription[16..]);
        ulong timeout = BinaryPrimitives.ReadUInt64LittleEndian(subscription[24..]);
        error = clock > 3 ? Errno.Inval : context.Clock is null ? Errno.NotCapable : Errno.Success;
        if (error != Errno.Success || (subscription[40] & 1) == 0)
        {
            return timeout;
        }

        ulong now = Now(context.Clock!, (int)clock);
        return timeout > now ? timeout - now : 0;
    }

    private static void Sleep(Caller caller, ulong nanoseconds)
    {
        // One millisecond more than asked at most; never less.
        ulong milliseconds = (nanoseconds / 1_000_000) + (nanoseconds % 1_000_000 != 0 ? 1UL : 0);
        while (milliseconds > 0)
        {
            int part = (int)Math.Min(milliseconds, int.MaxValue);
            caller.Interruption.WaitHandle.WaitOne(part);
            caller.ThrowIfInterrupted();
            milliseconds -= (ulong)part;
        }
    }

    private static void WriteEvent(Caller caller, int pointer, ReadOnlySpan<byte> subscription, Errno error)
    {
        Span<byte> target = Bytes(caller, pointer, 32);
        ulong userData = BinaryPrimitives.ReadUInt64LittleEndian(subscription);
        byte kind = subscription[8];
        target.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(target, userData);
        BinaryPrimitives.WriteUInt16LittleEndian(target[8..], (ushort)error);
        target[10] = kind;
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], kind == 0 ? 0UL : 1);
    }
}
