using System.Diagnostics;

namespace Atoll.Wasm.Execution;

/// <summary>
/// One thread that interrupts stores at their deadlines. A thread of its own, because timers of the thread pool fire seconds late when all pool
/// threads are busy, which is just when a guest must be stopped.
/// </summary>
internal sealed class Watchdog
{
    private readonly object _lock = new();
    private readonly PriorityQueue<Alarm, long> _queue = new();

    // Alarms in the queue that are off. Taking one out costs a search, so they stay until half of the queue is such.
    private int _off;

    // When the thread wakes by itself. Waking it costs more than a short call, so it is only done for an earlier deadline.
    private long _wakesAt = long.MaxValue;

    private Watchdog()
    {
        Thread thread = new(Run, 256 * 1024) { IsBackground = true, Name = "Atoll deadlines", Priority = ThreadPriority.AboveNormal };
        thread.Start();
    }

    public static Watchdog Shared { get; } = new();

    /// <summary>Microseconds on a clock that only goes forward.</summary>
    public static long Now => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000);

    /// <summary>Sends a request at a time, unless <see cref="Remove"/> comes first. O(log n).</summary>
    public Alarm Add(StopSignal signal, int generation, long deadline)
    {
        Alarm alarm = new(signal, generation);
        lock (_lock)
        {
            _queue.Enqueue(alarm, deadline);
            if (deadline < _wakesAt)
            {
                _wakesAt = deadline;
                Monitor.Pulse(_lock);
            }
        }

        return alarm;
    }

    /// <summary>Switches an alarm off. O(1) on average.</summary>
    public void Remove(Alarm alarm)
    {
        lock (_lock)
        {
            if (alarm.Signal is null)
            {
                return;
            }

            alarm.Signal = null;
            if (++_off >= 64 && _off > _queue.Count / 2)
            {
                (Alarm, long)[] on = [.. _queue.UnorderedItems.Where(item => item.Element.Signal is not null)];
                _queue.Clear();
                _queue.EnqueueRange(on);
                _off = 0;
            }
        }
    }

    private void Run()
    {
        while (true)
        {
            (StopSignal signal, int generation) = WaitForNext();

            // Outside of the lock: what host functions registered for cancellation runs in here.
            signal.Request(generation);
        }
    }

    private (StopSignal Signal, int Generation) WaitForNext()
    {
        lock (_lock)
        {
            while (true)
            {
                if (!_queue.TryPeek(out Alarm? first, out long deadline))
                {
                    _wakesAt = long.MaxValue;
                    Monitor.Wait(_lock);
                    continue;
                }

                if (first.Signal is not { } signal)
                {
                    _queue.Dequeue();
                    _off--;
                    continue;
                }

                long left = deadline - Now;
                if (left <= 0)
                {
                    _queue.Dequeue();
                    first.Signal = null;
                    return (signal, first.Generation);
                }

                long milliseconds = Math.Min((left + 999) / 1000, 60_000);
                _wakesAt = Now + (milliseconds * 1000);
                Monitor.Wait(_lock, (int)milliseconds);
            }
        }
    }

    /// <summary>One deadline of one store.</summary>
    internal sealed class Alarm(StopSignal signal, int generation)
    {
        public readonly int Generation = generation;

        /// <summary>Null once it rang or is off.</summary>
        public StopSignal? Signal = signal;
    }
}
