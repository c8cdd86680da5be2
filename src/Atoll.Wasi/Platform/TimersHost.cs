using Atoll.Components;
using Atoll.Wasi.Preview2;
using Atoll.Wasi.Preview2.Clocks;
using Atoll.Wasi.Preview2.Io;

namespace Atoll.Wasi.Platform;

/// <summary><c>atoll:platform/timers.timer</c></summary>
internal sealed class PlatformTimer : WasiResource
{
    private readonly ulong _period;
    private ulong? _due;

    public PlatformTimer(WasiContext context, ulong delay, ulong period)
        : base(context)
    {
        _period = period;
        _due = TimersHost.After(ClocksHost.Now(context.Time), delay);
    }

    /// <summary><c>wait</c></summary>
    public ulong Wait(ComponentCaller caller)
    {
        if (_due is not { } due)
        {
            return 0;
        }

        Pollable.Wait(caller, Context, new Alarm(Context.Time, due));
        if (_period == 0)
        {
            _due = null;
            return 1;
        }

        ulong times = 1 + ((ClocksHost.Now(Context.Time) - due) / _period);
        _due = TimersHost.After(due, times * _period);
        return times;
    }

    /// <summary><c>remaining</c></summary>
    public ulong? Remaining() => _due is not { } due ? null : ClocksHost.Now(Context.Time) is var now && now < due ? due - now : 0;
}

/// <summary>The functions of <c>atoll:platform/timers</c>.</summary>
internal static class TimersHost
{
    public static void AddTo(ComponentLinker linker)
    {
        ComponentLinkerInstance timers = linker.Instance(PlatformHost.Name("timers"));
        timers.DefineFunction("sleep", (ComponentCaller caller, ulong length) =>
        {
            WasiContext context = Clock(caller);
            if (context.Observer?.Invoke("timers.sleep", new SleepCall(length)) is null)
            {
                Pollable.Wait(caller, context, new Alarm(context.Time, After(ClocksHost.Now(context.Time), length)));
            }
        });
        timers.DefineResource<PlatformTimer>("timer", timer => timer.Drop());
        timers.DefineFunction("[constructor]timer", (ComponentCaller caller, ulong delay, ulong period) => new PlatformTimer(Clock(caller), delay, period));
        timers.DefineFunction("[method]timer.wait", (ComponentCaller caller, PlatformTimer self) => self.Wait(caller));
        timers.DefineFunction("[method]timer.remaining", (ComponentCaller caller, PlatformTimer self) => self.Remaining());
    }

    /// <summary>A point in time, at most the last one that there is.</summary>
    public static ulong After(ulong start, ulong length) => length > ulong.MaxValue - start ? ulong.MaxValue : start + length;

    private static WasiContext Clock(ComponentCaller caller)
    {
        WasiContext context = PlatformHost.Context(caller);
        context.TellOnce(WasiContext.ClockCapability, context.Clock is not null);
        return context;
    }
}
