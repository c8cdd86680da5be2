using System.Runtime.InteropServices;

namespace Atoll.Wasm.Execution;

/// <summary>What a wait came to; the numbers are those that the guest gets.</summary>
internal enum WaitResult
{
    Notified = 0,
    NotEqual = 1,
    TimedOut = 2,
}

/// <summary>The guests that wait on one memory, by address, in the order in which they came (the proposal for threads, "Wait and notify").</summary>
internal sealed unsafe class MemoryWaiters
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, LinkedList<Waiter>> _queues = [];

    private sealed class Waiter
    {
        public ManualResetEventSlim Signal { get; } = new();

        /// <summary>Written and read inside of the lock.</summary>
        public bool IsNotified { get; set; }
    }

    /// <summary>Waits until somebody notifies the address.</summary>
    /// <param name="store">The waiting guest's store, whose deadline and cancellation end the wait.</param>
    /// <param name="mapping">The memory.</param>
    /// <param name="address">A checked address.</param>
    /// <param name="size">Bytes to compare: 4 or 8.</param>
    /// <param name="expected">What must be there; otherwise there is no wait.</param>
    /// <param name="timeout">Nanoseconds; below zero for no end.</param>
    /// <exception cref="OperationCanceledException">The store's guest was cancelled.</exception>
    /// <exception cref="LimitExceededException">The store's time is up.</exception>
    public WaitResult Wait(Store store, MemoryMapping mapping, ulong address, uint size, long expected, long timeout)
    {
        LinkedListNode<Waiter> node;
        lock (_lock)
        {
            // Inside of the lock: who changes the value and then notifies either changes it before this, or finds the waiter.
            byte* cell = mapping.Base + address;
            long actual = size == 4 ? Volatile.Read(ref *(int*)cell) : Volatile.Read(ref *(long*)cell);
            if (actual != expected)
            {
                return WaitResult.NotEqual;
            }

            ref LinkedList<Waiter>? queue = ref CollectionsMarshal.GetValueRefOrAddDefault(_queues, address, out _);
            node = (queue ??= []).AddLast(new Waiter());
        }

        bool interrupted = false;
        try
        {
            Sleep(node.Value.Signal, timeout, store.Interruption);
        }
        catch (OperationCanceledException)
        {
            interrupted = true;
        }

        lock (_lock)
        {
            if (!node.Value.IsNotified)
            {
                Remove(address, node);
            }
            else if (!interrupted)
            {
                return WaitResult.Notified;
            }
        }

        return interrupted ? throw store.StopForInterrupt() : WaitResult.TimedOut;
    }

    /// <summary>Wakes at most so many of those who wait longest; returns how many.</summary>
    public uint Notify(ulong address, uint count)
    {
        uint woken = 0;
        lock (_lock)
        {
            if (!_queues.TryGetValue(address, out LinkedList<Waiter>? queue))
            {
                return 0;
            }

            while (woken < count && queue.First is { } first)
            {
                first.Value.IsNotified = true;
                first.Value.Signal.Set();
                Remove(address, first);
                woken++;
            }
        }

        return woken;
    }

    private void Remove(ulong address, LinkedListNode<Waiter> node)
    {
        LinkedList<Waiter> queue = node.List!;
        queue.Remove(node);
        if (queue.Count == 0)
        {
            _queues.Remove(address);
        }
    }

    private static void Sleep(ManualResetEventSlim signal, long timeout, CancellationToken interruption)
    {
        if (timeout < 0)
        {
            signal.Wait(interruption);
            return;
        }

        // Never short: a part of a microsecond or millisecond counts as a whole one.
        long end = Watchdog.Now + (timeout / 1000) + (timeout % 1000 == 0 ? 0 : 1);
        long left = end - Watchdog.Now;
        while (left > 0 && !signal.Wait((int)Math.Min((left + 999) / 1000, int.MaxValue), interruption))
        {
            left = end - Watchdog.Now;
        }
    }
}
