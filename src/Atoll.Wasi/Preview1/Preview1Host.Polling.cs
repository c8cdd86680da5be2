using System.Buffers.Binary;
using Atoll.Components;
using Atoll.Wasm;

namespace Atoll.Wasi.Preview1;

/// <content>Waiting for clocks and descriptors.</content>
internal static partial class Preview1Host
{
    private const int MaximumSubscriptions = 4096;
    private const int SubscriptionSize = 48;
    private const int EventSize = 32;

    private enum EventKind : byte
    {
        Clock,
        Read,
        Write,
    }

    /// <summary>One thing to wait for, copied out of the guest's memory: its events may be written over its subscriptions.</summary>
    private readonly record struct Subscription(ulong UserData, EventKind Kind, int Target, ulong Deadline);

    private static int PollOneOff(Caller caller, int subscriptions, int events, int count, int result)
    {
        if (count == 0 || (uint)count > MaximumSubscriptions)
        {
            return (int)Errno.Inval;
        }

        WasiContext context = Context(caller);
        _ = Bytes(caller, events, count * EventSize);
        if (!ReadSubscriptions(context, Bytes(caller, subscriptions, count * SubscriptionSize), out Subscription[] wanted))
        {
            return (int)Errno.Inval;
        }

        while (true)
        {
            int ready = 0;
            ulong wait = ulong.MaxValue;
            context.Bell.Reset();
            foreach (Subscription subscription in wanted)
            {
                if (Look(context, subscription, ref wait) is { } error)
                {
                    WriteEvent(Bytes(caller, events + (ready++ * EventSize), EventSize), subscription, error);
                }
            }

            if (ready > 0)
            {
                WriteU32(caller, result, (uint)ready);
                return 0;
            }

            context.Wait(caller, wait);
        }
    }

    /// <summary>
    /// Subscription (48 bytes): user data at 0, kind at 8; clock: id at 16, timeout at 24, flags at 40 (1: an absolute time); descriptor at 16.
    /// </summary>
    private static bool ReadSubscriptions(WasiContext context, ReadOnlySpan<byte> bytes, out Subscription[] wanted)
    {
        wanted = new Subscription[bytes.Length / SubscriptionSize];
        for (int i = 0; i < wanted.Length; i++)
        {
            ReadOnlySpan<byte> item = bytes.Slice(i * SubscriptionSize, SubscriptionSize);
            if (item[8] > (byte)EventKind.Write)
            {
                return false;
            }

            int target = BinaryPrimitives.ReadInt32LittleEndian(item[16..]);
            ulong deadline = BinaryPrimitives.ReadUInt64LittleEndian(item[24..]);
            bool isRelative = item[8] == (byte)EventKind.Clock && (item[40] & 1) == 0;
            if (isRelative && context.Clock is { } time && (uint)target <= 3)
            {
                ulong now = Now(time, target);
                deadline = deadline > ulong.MaxValue - now ? ulong.MaxValue : now + deadline;
            }

            wanted[i] = new Subscription(BinaryPrimitives.ReadUInt64LittleEndian(item), (EventKind)item[8], target, deadline);
        }

        return true;
    }

    /// <summary>The event's error number if the thing has happened; otherwise null, and how long to wait at most.</summary>
    private static Errno? Look(WasiContext context, in Subscription subscription, ref ulong wait)
    {
        if (subscription.Kind == EventKind.Clock)
        {
            if ((uint)subscription.Target > 3)
            {
                return Errno.Inval;
            }

            if (context.Clock is not { } time)
            {
                context.Deny(WasiContext.ClockCapability);
                return Errno.NotCapable;
            }

            ulong now = Now(time, subscription.Target);
            if (subscription.Deadline <= now)
            {
                return Errno.Success;
            }

            wait = Math.Min(wait, subscription.Deadline - now);
            return null;
        }

        if (context.Descriptors.Find(subscription.Target) is not { } entry)
        {
            return Errno.BadF;
        }

        // Files are always ready, and so are outputs: what they cannot take now is queued, or waited for by the write.
        return subscription.Kind == EventKind.Write || entry.Stream?.IsReady() != false ? Errno.Success : null;
    }

    /// <summary>Event (32 bytes): user data at 0, error at 8, kind at 10, bytes that can be moved at 16.</summary>
    private static void WriteEvent(Span<byte> target, in Subscription subscription, Errno error)
    {
        target.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(target, subscription.UserData);
        BinaryPrimitives.WriteUInt16LittleEndian(target[8..], (ushort)error);
        target[10] = (byte)subscription.Kind;
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], subscription.Kind == EventKind.Clock || error != Errno.Success ? 0UL : 1);
    }
}
