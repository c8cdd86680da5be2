using System.Diagnostics;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm;

/// <summary>
/// Threads for guests. A guest may block, or run until its deadline, so it never gets a thread that others need, as those of .NET's own pool are; and its
/// stack has a size that is known.
/// </summary>
/// <remarks>
/// Thread-safe. As many threads as there are processors take work from one queue: to wake another one for work of microseconds would cost more than the
/// work. A thread that has been at its work for a millisecond, because its guest waits or computes, no longer counts, and two more may run. So nothing
/// waits for long, up to the maximum of threads. Idle threads end after half a minute. Disposal lets running work finish and refuses new work.
/// </remarks>
public sealed class GuestThreadPool : IDisposable
{
    // The engine's stack budget (512 KiB) plus host calls and the JIT below the guest's last frame.
    private const int StackBytes = 2 << 20;

    // Looks at a queue that stays empty before it is no longer looked at.
    private const int QuietLooks = 30;
    private static readonly long LongWork = Stopwatch.Frequency / 1000;
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(30);
    private static readonly Lazy<GuestThreadPool> Default = new(static () => new GuestThreadPool(Math.Max(16, 4 * Environment.ProcessorCount), 10_000));
    [ThreadStatic]
    private static bool _isGuestThread;

    private readonly Lock _gate = new();
    private readonly int _maxThreads;
    private readonly int _maxQueue;

    // Last in, first out: the thread that worked last has warm caches, and the others get a chance to end.
    private readonly Stack<Worker> _idle = new();
    private readonly List<Worker> _workers = [];
    private readonly Queue<Action> _queue = new();
    private bool _isWatched;
    private int _quiet;
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
        bool isUnwatched = false;
        lock (_gate)
        {
            if (_disposed || Running + _queue.Count >= (long)_maxThreads + _maxQueue)
            {
                return false;
            }

            worker = TryGetWorker();
            if (worker is null)
            {
                isUnwatched = Enqueue(work);
            }
            else
            {
                worker.Begin(work);
            }
        }

        if (worker is not null)
        {
            Start(worker);
        }
        else if (isUnwatched)
        {
            GuestThreadWatch.Shared.Add(this);
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
                return Running + _queue.Count;
            }
        }
    }

    private int Running => _workers.Count - _idle.Count;

    /// <summary>Ends the threads that are idle, and the others when their work is done. Twice is harmless.</summary>
    public void Dispose()
    {
        List<Worker> idle;
        lock (_gate)
        {
            _disposed = true;
            idle = [.. _idle];
            _idle.Clear();
            _workers.RemoveAll(idle.Contains);
        }

        foreach (var worker in idle)
        {
            worker.Signal.Set();
        }
    }

    /// <summary>Gives work that waits behind long work threads of its own. Called every millisecond while there may be such.</summary>
    /// <returns>Whether to call again.</returns>
    internal bool Widen()
    {
        List<Worker> started = [];
        lock (_gate)
        {
            while (_queue.Count > 0 && TryGetWorker() is { } worker)
            {
                worker.Begin(_queue.Dequeue());
                started.Add(worker);
            }

            _quiet = _queue.Count > 0 ? 0 : _quiet + 1;
            _isWatched = _quiet <= QuietLooks;
            if (!_isWatched && started.Count == 0)
            {
                return false;
            }

            _isWatched = true;
        }

        started.ForEach(Start);
        return true;
    }

    /// <summary>A thread to begin with something now; null when the work had better wait for one that is at work.</summary>
    private Worker? TryGetWorker()
    {
        int running = Running;
        if (running >= Environment.ProcessorCount)
        {
            long since = Stopwatch.GetTimestamp() - LongWork;
            int isLong = 0;
            foreach (Worker worker in _workers)
            {
                isLong += worker.Began < since ? 1 : 0;
            }

            if (running >= Environment.ProcessorCount + (2 * isLong))
            {
                return null;
            }
        }

        if (_idle.TryPop(out Worker? idle))
        {
            return idle;
        }

        if (_workers.Count >= _maxThreads)
        {
            return null;
        }

        Worker made = new();
        _workers.Add(made);
        return made;
    }

    private void Start(Worker worker)
    {
        if (worker.IsStarted)
        {
            worker.Signal.Set();
        }
        else
        {
            worker.IsStarted = true;
            try
            {
                new Thread(() => Loop(worker), StackBytes) { IsBackground = true, Name = "atoll guest" }.Start();
            }
            catch (OutOfMemoryException)
            {
                // The system has no thread to give now: the work waits as if all were busy.
                GiveBack(worker);
            }
        }
    }

    private void GiveBack(Worker worker)
    {
        bool isUnwatched;
        lock (_gate)
        {
            _workers.Remove(worker);
            isUnwatched = Enqueue(worker.Work!);
        }

        if (isUnwatched)
        {
            GuestThreadWatch.Shared.Add(this);
        }
    }

    /// <returns>Whether the pool is to be looked at from now on.</returns>
    private bool Enqueue(Action work)
    {
        bool isUnwatched = !_isWatched;
        _queue.Enqueue(work);
        _isWatched = true;
        _quiet = 0;
        return isUnwatched;
    }

    private void Loop(Worker worker)
    {
        _isGuestThread = true;
        do
        {
            worker.Work!();
        }
        while (Next(worker));

        worker.Signal.Dispose();
    }

    /// <summary>Waits until there is something to do; false when the thread is to end.</summary>
    private bool Next(Worker worker)
    {
        lock (_gate)
        {
            if (_queue.TryDequeue(out Action? next))
            {
                worker.Begin(next);
                return true;
            }

            if (_disposed)
            {
                _workers.Remove(worker);
                return false;
            }

            worker.Rest();
            _idle.Push(worker);
        }

        while (!worker.Signal.Wait(IdleTime))
        {
            if (TryRetire(worker))
            {
                return false;
            }
        }

        // Without any, the pool is disposed.
        return worker.Work is not null;
    }

    // Between the time-out and here the worker may have been given work: then it stays.
    private bool TryRetire(Worker worker)
    {
        lock (_gate)
        {
            if (worker.Work is not null || !_idle.Contains(worker))
            {
                return false;
            }

            List<Worker> others = _idle.Where(w => w != worker).Reverse().ToList();
            _idle.Clear();
            others.ForEach(_idle.Push);
            _workers.Remove(worker);
            return true;
        }
    }

    private sealed class Worker
    {
        public ManualResetEventSlim Signal { get; } = new(false, spinCount: 50);

        public Action? Work { get; private set; }

        /// <summary>When the work began, in ticks of the stopwatch; the end of time without any.</summary>
        public long Began { get; private set; } = long.MaxValue;

        public bool IsStarted { get; set; }

        public void Begin(Action work)
        {
            Work = work;
            Began = Stopwatch.GetTimestamp();
        }

        public void Rest()
        {
            Work = null;
            Began = long.MaxValue;
            Signal.Reset();
        }
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
