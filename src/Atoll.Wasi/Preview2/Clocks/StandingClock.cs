namespace Atoll.Wasi.Preview2.Clocks;

/// <summary>
/// The time of a guest that was granted no clock: it begins with 1970 and moves by a microsecond when the guest looks at it, so that loops that wait for it end, and
/// by the whole time when the guest sleeps, which therefore takes none. It says nothing about the host.
/// </summary>
/// <remarks>Used on the thread of one run.</remarks>
internal sealed class StandingClock : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(Math.Min(GetTimestamp(), TimeSpan.FromDays(1_000_000).Ticks));

    public override long GetTimestamp() => _ticks += TimeSpan.TicksPerMicrosecond;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _ticks += dueTime.Ticks;
        callback(state);
        return new Rung();
    }

    private sealed class Rung : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => false;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
