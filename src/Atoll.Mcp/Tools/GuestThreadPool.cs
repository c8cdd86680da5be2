namespace Atoll.Mcp.Tools;

/// <summary>
/// Threads of our own for guests. A guest may block or loop until its deadline, so it never gets a thread that others need; and its
/// stack has a size that we know. Grows on demand to a maximum, then queues, then refuses. Idle threads end after a while.
/// Thread-safe. Disposal lets running work finish and refuses new work.
/// </summary>
internal sealed class GuestThreadPool : IDisposable
{
    // The engine's stack budget (512 KiB) plus host calls and the JIT below the guest's last frame.
    private const int StackBytes = 2 << 20;
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(30);
    private readonly Lock _gate = new();
    private readonly int _maxThreads;
    private readonly int _maxQueue;

    // Last in, first out: the thread that worked last has warm caches, and the others get a chance to end.
    private readonly Stack<Worker> _idle = new();
    private readonly Queue<Action> _queue = new();
    private int _threads;
    private bool _disposed;

    public GuestThreadPool(int maxThreads, int maxQueue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxThreads, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(maxQueue);
        _maxThreads = maxThreads;
        _maxQueue = maxQueue;
    }

    /// <summary>Runs work on a guest thread, now or when one is free.</summary>
    /// <param name="work">The work; it must not throw.</param>
    /// <returns>False when all threads are busy and the queue is full, or the pool is disposed.</returns>
    public bool TryRun(Action work)
    {
        Worker? worker;
        lock (_gate)
        {
            if (_disposed)
            {
                return false;
            }

            if (_idle.TryPop(out worker))
            {
                worker.Work = work;
            }
            else if (_threads < _maxThreads)
            {
                _threads++;
                worker = new Worker { Work = work };
            }
            else if (_queue.Count < _maxQueue)
            {
                _queue.Enqueue(work);
                return true;
            }
            else
            {
                return false;
            }
        }

        if (worker.IsStarted)
        {
            worker.Signal.Set();
        }
        else
        {
            worker.IsStarted = true;
            new Thread(() => Loop(worker), StackBytes) { IsBackground = true, Name = "atoll guest" }.Start();
        }

        return true;
    }

    /// <summary>Calls that run or wait.</summary>
    public int Busy
    {
        get
        {
            lock (_gate)
            {
                return _threads - _idle.Count + _queue.Count;
            }
        }
    }

    public void Dispose()
    {
        List<Worker> idle;
        lock (_gate)
        {
            _disposed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        foreach (var worker in idle)
        {
            worker.Signal.Set();
        }
    }

    private void Loop(Worker worker)
    {
        while (true)
        {
            if (worker.Work is { } work)
            {
                worker.Work = null;
                work();
            }

            lock (_gate)
            {
                if (_queue.TryDequeue(out var next))
                {
                    worker.Work = next;
                    continue;
                }

                if (_disposed)
                {
                    _threads--;
                    break;
                }

                worker.Signal.Reset();
                _idle.Push(worker);
            }

            if (!worker.Signal.Wait(IdleTime) && TryRetire(worker))
            {
                break;
            }

            // Signalled: work was handed over, or the pool is disposed and the next turn ends the loop.
        }

        worker.Signal.Dispose();
    }

    // Between the time-out and here the worker may have been given work: then it stays. Only the worker that idles longest retires.
    private bool TryRetire(Worker worker)
    {
        lock (_gate)
        {
            if (worker.Work is not null || !_idle.Contains(worker))
            {
                return false;
            }

            var others = _idle.Where(w => w != worker).Reverse().ToList();
            _idle.Clear();
            others.ForEach(_idle.Push);
            _threads--;
            return true;
        }
    }

    private sealed class Worker
    {
        public ManualResetEventSlim Signal { get; } = new(false, spinCount: 50);

        public Action? Work { get; set; }

        public bool IsStarted { get; set; }
    }
}
