namespace Atoll.Wasm;

/// <summary>
/// Threads for guests. A guest may block, or run until its deadline, so it never gets a thread that others need, as those of .NET's own pool are; and its
/// stack has a size that is known.
/// </summary>
/// <remarks>
/// Thread-safe. Grows on demand to a maximum, then queues, then refuses. Idle threads end after half a minute. Disposal lets running work finish and refuses
/// new work.
/// </remarks>
public sealed class GuestThreadPool : IDisposable
{
    // The engine's stack budget (512 KiB) plus host calls and the JIT below the guest's last frame.
    private const int StackBytes = 2 << 20;
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(30);
    private static readonly Lazy<GuestThreadPool> Default = new(static () => new GuestThreadPool(Math.Max(16, 4 * Environment.ProcessorCount), 10_000));
    [ThreadStatic]
    private static bool _isGuestThread;

    private readonly Lock _gate = new();
    private readonly int _maxThreads;
    private readonly int _maxQueue;

    // Last in, first out: the thread that worked last has warm caches, and the others get a chance to end.
    private readonly Stack<Worker> _idle = new();
    private readonly Queue<Action> _queue = new();
    private int _threads;
    private bool _disposed;

    /// <summary>Makes a pool without threads.</summary>
    /// <param name="maxThreads">Most threads, at least 1.</param>
    /// <param name="maxQueue">How much work may wait when all of them are busy; 0 for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public GuestThreadPool(int maxThreads, int maxQueue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxThreads, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(maxQueue);
        _maxThreads = maxThreads;
        _maxQueue = maxQueue;
    }

    /// <summary>The process's own: four threads for each processor, 16 at least, and 10,000 calls that wait. Not to be disposed of.</summary>
    public static GuestThreadPool Shared => Default.Value;

    /// <summary>Whether the calling thread belongs to a pool: nobody else needs it, so guests may block it.</summary>
    internal static bool IsGuestThread => _isGuestThread;

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

    /// <summary>Runs a call on a guest thread, now or when one is free.</summary>
    /// <typeparam name="T">Type of the result.</typeparam>
    /// <param name="call">The call. Whatever it throws, the task throws.</param>
    /// <param name="cancellationToken">Ends the waiting for a thread. What stops a guest that runs is its store's own token.</param>
    /// <returns>The result; what waits for it runs on .NET's own threads.</returns>
    /// <exception cref="LimitExceededException">All threads are busy and the queue is full (<see cref="LimitKind.Threads"/>), or the pool is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before the call began.</exception>
    public async Task<T> RunAsync<T>(Func<T> call, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        cancellationToken.ThrowIfCancellationRequested();
        PendingCall<T> pending = new(call);
        if (!TryRun(pending.Run))
        {
            throw new LimitExceededException(LimitKind.Threads, $"all {_maxThreads} guest threads are busy and {_maxQueue} calls wait, or the pool is disposed");
        }

        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingCall<T>)state!).Cancel(token), pending);
        return await pending.Task.ConfigureAwait(false);
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

    /// <summary>Ends the threads that are idle, and the others when their work is done. Twice is harmless.</summary>
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
        _isGuestThread = true;
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

    /// <summary>A call that waits for a thread, runs, or was cancelled while it waited.</summary>
    private sealed class PendingCall<T>(Func<T> call)
    {
        // Who waits goes on elsewhere: this thread is for guests.
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _isTaken;

        public Task<T> Task => _completion.Task;

        public void Run()
        {
            if (Interlocked.Exchange(ref _isTaken, 1) != 0)
            {
                return;
            }

            try
            {
                _completion.SetResult(call());
            }
            catch (Exception exception)
            {
                _completion.SetException(exception);
            }
        }

        public void Cancel(CancellationToken token)
        {
            if (Interlocked.Exchange(ref _isTaken, 1) == 0)
            {
                _completion.SetCanceled(token);
            }
        }
    }
}
