using System.Runtime.CompilerServices;
using Atoll.Wasm.Execution;
using Atoll.Wasm.Platform;

namespace Atoll.Wasm;

/// <content>Calls into guest code: who may make one, how deep it may go, and what stops it.</content>
public sealed unsafe partial class Store
{
    /// <summary>A thread that takes the store from another one so often in a row costs less with a lock at each call.</summary>
    private const int LargestPatience = 4096;

    private readonly Lock _door = new();
    private readonly nuint _stackBudget;

    // The calls that run and entered slowly, the outermost one among them or not, and the stack limit that each has to restore; 0 for the outermost.
    private int _depth;
    private nuint[] _limits = new nuint[4];
    private ThreadBias? _bias;

    // Written under the lock: the thread that made the last slow outermost call, how many it made in a row, and how many it takes to get a bias.
    private ThreadMark? _owner;
    private int _row;
    private int _patience = 1;

    private long _deadline;
    private bool _rearm;
    private CancellationLease? _lease;
    private Watchdog.Alarm? _alarm;

    /// <summary>Stops the guests of the store; looked at when a call begins.</summary>
    public CancellationToken CancellationToken
    {
        get;
        set
        {
            field = value;
            Rearm();
        }
    }

    /// <summary>Whether a limit or cancellation stopped a guest: the store may be inspected, not called.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Fires when the guest should stop; for host functions that wait.</summary>
    internal CancellationToken Interruption => _signal.Waits;

    /// <summary>What is to be thrown for an exception of the runtime, between the filter that found out and its handler.</summary>
    internal Exception? Failure { get; set; }

    /// <summary>Sets the time at which guests of the store are stopped; takes effect with the next outermost call.</summary>
    /// <param name="fromNow">Time from now, or null for no deadline.</param>
    /// <exception cref="ArgumentException">The engine cannot be interrupted, or is deterministic.</exception>
    public void SetDeadline(TimeSpan? fromNow)
    {
        if (fromNow is { } span)
        {
            if (Engine.Options.Deterministic)
            {
                throw new ArgumentException("a deterministic engine does not stop guests by the clock; set fuel, on an engine with ConsumeFuel = true");
            }

            if (!Engine.Options.Interruptible)
            {
                throw new ArgumentException("the engine cannot stop a guest at a deadline; make it with Interruptible = true");
            }

            _deadline = span >= TimeSpan.FromDays(3650) ? long.MaxValue : Watchdog.Now + Math.Max(0, (long)span.TotalMicroseconds);
        }
        else
        {
            _deadline = long.MaxValue;
        }

        Rearm();
    }

    /// <summary>Begins a call into guest code on this thread; returns what <see cref="Exit"/> needs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ThreadBias? Enter() => TryEnter() ?? EnterSlowly();

    /// <summary>Begins a call as <see cref="Enter"/> does, if this thread may do so without a lock; otherwise returns null, and nothing has begun.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ThreadBias? TryEnter()
    {
        int here;
        ThreadBias? bias = _bias;

        // What is rare leaves early, so that the rest is one way without jumps: calls of some nanoseconds cost what their jumps cost.
        if (bias is null)
        {
            return null;
        }

        nuint floor = bias.Floor;
        if (bias.IsInside || (nuint)(&here) - floor >= bias.Size || *bias.EndCell != 0)
        {
            return null;
        }

        Volatile.Write(ref bias.IsInside, true);
        StoreControl* control = Control;
        if (Volatile.Read(ref bias.IsRevoked))
        {
            bias.Leave();
            return null;
        }

        // The first field: asked for by its name, it would be read to see whether there is a block.
        Volatile.Write(ref *(nuint*)control, Math.Max(floor, (nuint)(&here) - _stackBudget));
        if (control->IsInterrupted)
        {
            bias.Leave();
            return null;
        }

        return bias;
    }

    /// <summary>Ends a call; must run on every path that <see cref="Enter"/> returned on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Exit(ThreadBias? entered)
    {
        if (entered is not null)
        {
            entered.Leave();
        }
        else
        {
            ExitSlowly();
        }
    }

    /// <summary>Why a function entry's stack check failed: the stack is used up, or the limit was raised to make the guest look up.</summary>
    internal Exception StackCheckFailed() => Control->IsInterrupted ? StopForInterrupt() : new TrapException(TrapKind.StackExhausted);

    /// <summary>The guest was interrupted: stops it for good and says why.</summary>
    internal Exception StopForInterrupt()
    {
        Stop();
        return _signal.Error is { } error ? new HostFunctionException("cancellation callback", error)
            : CancellationToken.IsCancellationRequested ? new OperationCanceledException("the guest was cancelled", CancellationToken)
            : new LimitExceededException(LimitKind.Time, "the guest was stopped because its time is up");
    }

    internal Exception StopForFuel()
    {
        Stop();
        return new LimitExceededException(LimitKind.Fuel, "the guest was stopped because its fuel is used up");
    }

    /// <summary>
    /// What a memory or table that did not grow tells its guest. When it is the system that has no room, a deterministic guest must not learn it: it is stopped.
    /// </summary>
    internal long GrowthFailed(bool isWithinLimits)
    {
        if (!isWithinLimits || !Engine.Options.Deterministic)
        {
            return -1;
        }

        Stop();
        throw new LimitExceededException(LimitKind.Memory, "the system has no memory left for a guest that is within its limits");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal ThreadBias? EnterSlowly()
    {
        int here;
        ThreadMark me = ThreadMark.Current;

        // In this order: another thread writes itself as the owner before it writes a depth.
        bool isNested = (_bias is { IsInside: true } bias && bias.Thread == me) || (Volatile.Read(ref _depth) > 0 && _owner == me);
        nuint outer = isNested ? Volatile.Read(ref Control->StackLimit) : 0;
        if (isNested)
        {
            _depth++;
        }
        else
        {
            Acquire(me);
            _meter?.Begin(Control, _memoryBytes);
            if (_profiler is not null)
            {
                BeginProfile();
            }
        }

        if (_depth > _limits.Length)
        {
            Array.Resize(ref _limits, _depth * 2);
        }

        _limits[_depth - 1] = outer;
        try
        {
            if (IsStopped)
            {
                throw new InvalidOperationException("a limit or cancellation stopped a guest of this store; it may be inspected, not called");
            }

            if (!isNested)
            {
                CheckStop();
            }
            else if (Control->IsInterrupted)
            {
                throw StopForInterrupt();
            }

            // A nested call keeps what the outer one may use.
            nuint limit = Math.Max(Math.Max(ThreadStack.End + StackHeadroom, (nuint)(&here) - _stackBudget), outer);
            if ((nuint)(&here) <= limit)
            {
                throw new TrapException(TrapKind.StackExhausted);
            }

            PublishStackLimit(limit);
        }
        catch
        {
            ExitSlowly();
            throw;
        }

        return null;
    }

    internal void ExitSlowly()
    {
        nuint outer = _limits[_depth - 1];
        if (outer != 0)
        {
            _depth--;
            PublishStackLimit(outer);
            return;
        }

        _meter?.End(Control, Engine.Options.ConsumeFuel);
        Volatile.Write(ref _depth, 0);
        if (_bias is { } bias)
        {
            Volatile.Write(ref bias.IsInside, false);
        }
    }

    /// <summary>Makes the thread the one that is inside.</summary>
    private void Acquire(ThreadMark me)
    {
        lock (_door)
        {
            ObjectDisposedException.ThrowIf(_disposed || _isParked, this);
            CheckFree(me, "the store is in use by another thread; a store runs one call at a time");
            _row = _owner == me ? Math.Min(_row + 1, LargestPatience) : 0;
            _owner = me;
            bool mayBias = _row >= _patience && me.Size != 0 && !IsStopped && _meter is null && _profiler is null;
            _bias = mayBias ? new ThreadBias(me) { IsInside = true } : null;
            Volatile.Write(ref _depth, 1);
        }
    }

    /// <summary>Makes sure that nobody is inside, and that nobody gets in without the lock.</summary>
    private void CheckFree(ThreadMark me, string problem)
    {
        bool isFree;
        if (_bias is not { } bias)
        {
            isFree = Volatile.Read(ref _depth) == 0;
        }
        else if (bias.Thread == me)
        {
            isFree = !bias.IsInside;
        }
        else
        {
            isFree = bias.TryRevoke();
            _patience = Math.Min(_patience * 4, LargestPatience);
        }

        if (!isFree)
        {
            throw new InvalidOperationException(problem);
        }

        _bias = null;
    }

    /// <summary>Keeps every later call out, and lets go of the token and the deadline.</summary>
    private void Close()
    {
        lock (_door)
        {
            CheckFree(ThreadMark.Current, "the store cannot be disposed while a call into it is running");
            _disposed = true;
        }

        Disarm();
        _profiler?.Remove(_signal);
    }

    private void Stop()
    {
        IsStopped = true;
        if (_bias is { } bias)
        {
            bias.IsRevoked = true;
        }
    }

    private void PublishStackLimit(nuint limit)
    {
        Volatile.Write(ref Control->StackLimit, limit);
        if (Control->IsInterrupted)
        {
            // A request that came between must not be lost (see StopSignal.Request).
            Volatile.Write(ref Control->StackLimit, nuint.MaxValue);
        }
    }

    /// <summary>The token or the deadline is another one; looked at when the next outermost call begins.</summary>
    private void Rearm()
    {
        _rearm = true;
        if (_bias is { } bias)
        {
            bias.IsRevoked = true;
        }
    }

    private void CheckStop()
    {
        if (_rearm)
        {
            _rearm = false;
            Disarm();
            bool isTimed = _deadline != long.MaxValue;
            if (isTimed || CancellationToken.CanBeCanceled || Control->IsInterrupted)
            {
                int generation = _signal.Renew();
                _alarm = isTimed ? Watchdog.Shared.Add(_signal, generation, _deadline) : null;
                _lease = CancellationToken.CanBeCanceled ? new CancellationLease(CancellationToken, _signal, generation) : null;
            }
        }

        if (_deadline != long.MaxValue && Watchdog.Now >= _deadline)
        {
            throw StopForInterrupt();
        }

        CancellationToken.ThrowIfCancellationRequested();
    }

    private void Disarm()
    {
        if (_alarm is not null)
        {
            Watchdog.Shared.Remove(_alarm);
            _alarm = null;
        }

        _lease?.Dispose();
        _lease = null;
    }
}
