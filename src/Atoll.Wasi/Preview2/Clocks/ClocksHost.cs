using Atoll.Components;
using Atoll.Wasi.Preview2.Io;

namespace Atoll.Wasi.Preview2.Clocks;

/// <summary><c>wasi:clocks/wall-clock.datetime</c>: time since 1970.</summary>
internal readonly record struct Datetime(ulong Seconds, uint Nanoseconds)
{
    public static Datetime From(ulong nanoseconds) => new(nanoseconds / 1_000_000_000, (uint)(nanoseconds % 1_000_000_000));

    /// <summary>Nanoseconds since 1970.</summary>
    /// <returns>Whether they fit, and the part is one.</returns>
    public bool TryGetNanoseconds(out ulong nanoseconds)
    {
        nanoseconds = unchecked((Seconds * 1_000_000_000) + Nanoseconds);
        return Nanoseconds < 1_000_000_000 && Seconds < ulong.MaxValue / 1_000_000_000;
    }
}

/// <summary>The functions of the package <c>wasi:clocks</c>.</summary>
internal static class ClocksHost
{
    public static void AddTo(ComponentLinker linker)
    {
        ComponentLinkerInstance wall = linker.Instance(WasiHost.Name("clocks/wall-clock"));
        wall.DefineFunction("now", (ComponentCaller caller) => Datetime.From(WallNow(Time(caller))));
        wall.DefineFunction("resolution", (ComponentCaller caller) => new Datetime(0, 100));

        ComponentLinkerInstance monotonic = linker.Instance(WasiHost.Name("clocks/monotonic-clock"));
        monotonic.DefineFunction("now", (ComponentCaller caller) => Now(Time(caller)));
        monotonic.DefineFunction("resolution", (ComponentCaller caller) => Math.Max(1, 1_000_000_000UL / (ulong)Time(caller).TimestampFrequency));
        monotonic.DefineFunction("subscribe-instant", (ComponentCaller caller, ulong when) => Subscribe(caller, when));
        monotonic.DefineFunction("subscribe-duration", (ComponentCaller caller, ulong duration) =>
        {
            ulong now = Now(Time(caller));
            return Subscribe(caller, duration > ulong.MaxValue - now ? ulong.MaxValue : now + duration);
        });
    }

    /// <summary>Nanoseconds since some start.</summary>
    public static ulong Now(TimeProvider time) => (ulong)((Int128)time.GetTimestamp() * 1_000_000_000 / time.TimestampFrequency);

    private static ulong WallNow(TimeProvider time) => (ulong)Math.Max(0, (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks) * 100;

    private static Pollable Subscribe(ComponentCaller caller, ulong when)
    {
        WasiContext context = WasiHost.Context(caller);
        return new Pollable(context, new Alarm(Time(caller), when));
    }

    private static TimeProvider Time(ComponentCaller caller)
    {
        WasiContext context = WasiHost.Context(caller);
        if (context.Clock is null)
        {
            context.Deny(WasiContext.ClockCapability);
        }

        return context.Time;
    }
}

/// <summary>A point in time.</summary>
internal sealed class Alarm(TimeProvider time, ulong when) : IWaitable
{
    public bool IsReady() => ClocksHost.Now(time) >= when;

    public ulong TimeLeft => ClocksHost.Now(time) is var now && now < when ? when - now : 0;
}
