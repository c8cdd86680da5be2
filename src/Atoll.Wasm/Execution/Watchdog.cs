using System.Diagnostics;

namespace Atoll.Wasm.Execution;

/// <summary>
/// One thread that interrupts stores at their deadlines. A thread of its own, because timers of the thread pool fire seconds late when all pool
/// threads are busy, which is just when a guest must be stopped.
/// </summary>
internal sealed class Watchdog
{
    private readonly object _lock = new();
    private readonly PriorityQueue<(Store Store, long CallId), long> _queue = new();

    // When the thread wakes by itself. Waking it costs more than a short call, so it is only done for an earlier deadline: a call that ends
    // in time leaves the thread asleep, and the next call, whose deadline is later, finds it asleep until soon enough.
    private long _wakesAt = long.MaxValue;

    private Watchdog()
    {
        Thread thread = new(Run, 256 * 1024) { IsBackground = true, Name = "Atoll deadlines", Priority = ThreadPriority.AboveNormal };
        thread.Start();
    }

    public static Watchdog Shared { get; } = new();

    /// <summary>Microseconds on a clock that only goes forward.</summary>
    public static long Now => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000);

    /// <summary>Interrupts a call of a store at the store's deadline, unless <see cref="Remove"/> comes first. O(log n).</summary>
    public void Add(Store store, long callId)
    {
        lock (_lock)
        {
            _queue.Enqueue((store, callId), store.Deadline);
            if (store.Deadline < _wakesAt)
            {
                _wakesAt = store.Deadline;
                Monitor.Pulse(_lock);
            }
        }
    }

    /// <summary>Stops watching a call. O(n) in the calls that are watched, which run at the same time, so few.</summary>
    public void Remove(Store store, long callId)
    {
        lock (_lock)
        {
            _queue.Remove((store, callId), out _, out _);
        }
    }

    private void Run()
    {
        while (true)
        {
            (Store store, long callId) = WaitForNext();

            // Outside of the lock: what host functions registered for cancellation runs in here.
            store.RequestInterrupt(callId);
        }
    }

    private (Store Store, long CallId) WaitForNext()
    {
        lock (_lock)
        {
            while (true)
            {
                if (!_queue.TryPeek(out _, out long deadline))
                {
                    _wakesAt = long.MaxValue;
                    Monitor.Wait(_lock);
                    continue;
                }

                long left = deadline - Now;
                if (left <= 0)
                {
                    return _queue.Dequeue();
                }

                long milliseconds = Math.Min((left + 999) / 1000, 60_000);
                _wakesAt = Now + (milliseconds * 1000);
                Monitor.Wait(_lock, (int)milliseconds);
            }
        }
    }
}
