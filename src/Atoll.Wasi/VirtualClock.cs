namespace Atoll.Wasi;

/// <summary>
/// A time that has nothing to do with the host's: it begins when it is told to and moves by a microsecond when somebody looks at it, so that loops that wait for it
/// end, and by the whole time when a guest sleeps, which therefore takes none. The same program sees the same times in each run.
/// </summary>
/// <remarks>For <see cref="WasiGrants.AllowClock"/>. Used by one run at a time.</remarks>
/// <param name="start">The first moment.</param>
public sealed class VirtualClock(DateTimeOffset start) : TimeProvider
{
    private long _ticks;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => start.AddTicks(Math.Min(GetTimestamp(), TimeSpan.FromDays(1_000_000).Ticks));

    /// <inheritdoc/>
    public override long GetTimestamp() => _ticks += TimeSpan.TicksPerMicrosecond;

    /// <summary>Moves the time by <paramref name="dueTime"/> and calls back at once.</summary>
    /// <param name="callback">What is called.</param>
    /// <param name="state">What it is given.</param>
    /// <param name="dueTime">How long somebody wants to sleep.</param>
    /// <param name="period">Without effect.</param>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
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
