namespace Atoll.Wasi.Streams;

/// <summary>What the thread of a run waits on. Whoever makes something ready that a guest may wait for rings it; then the guest's thread looks again.</summary>
/// <remarks>
/// To wait: <see cref="Reset"/>, look whether something is ready, and only then <see cref="Wait"/>. A ring in between is not lost, and one too many is harmless.
/// </remarks>
internal sealed class Bell
{
    private readonly ManualResetEventSlim _rung = new();

    /// <summary>Ends the wait, from any thread.</summary>
    public void Ring() => _rung.Set();

    /// <summary>Forgets earlier rings.</summary>
    public void Reset() => _rung.Reset();

    /// <summary>Waits for what only takes a moment; for threads that may not be held up longer.</summary>
    /// <returns>Whether it rang.</returns>
    public bool WaitMoment(CancellationToken interruption)
    {
        const int Milliseconds = 50;
        try
        {
            return _rung.Wait(Milliseconds, interruption);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    /// <summary>Waits for a ring, for some time, or until the guest should stop.</summary>
    /// <param name="time">The time that counts; null for the system's.</param>
    /// <param name="nanoseconds">How long at most; <see cref="ulong.MaxValue"/> for as long as it takes.</param>
    /// <param name="mayBlock">Whether the thread may be held up.</param>
    /// <param name="interruption">Ends the wait; what it means is the caller's to find out.</param>
    /// <returns>False when the thread would have to be held up and may not.</returns>
    public bool Wait(TimeProvider? time, ulong nanoseconds, bool mayBlock, CancellationToken interruption)
    {
        // Rounded up: waking too early would only lead back here.
        ulong milliseconds = (nanoseconds / 1_000_000) + (nanoseconds % 1_000_000 != 0 ? 1UL : 0);
        int timeout = nanoseconds == ulong.MaxValue ? Timeout.Infinite : (int)Math.Min(milliseconds, int.MaxValue);
        try
        {
            if (time is null || time == TimeProvider.System || timeout == Timeout.Infinite)
            {
                return _rung.Wait(mayBlock ? timeout : 0, interruption) || mayBlock;
            }

            // Another time than the system's says when it is over; it may say so at once.
            using ITimer timer = time.CreateTimer(static state => ((Bell)state!).Ring(), this, TimeSpan.FromMilliseconds(timeout), Timeout.InfiniteTimeSpan);
            return _rung.Wait(mayBlock ? Timeout.Infinite : 0, interruption) || mayBlock;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }
}
