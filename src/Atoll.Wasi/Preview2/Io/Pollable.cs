using Atoll.Components;
using Atoll.Wasm;

namespace Atoll.Wasi.Preview2.Io;

/// <summary>Something that a guest can wait for.</summary>
internal interface IWaitable
{
    /// <summary>
    /// Whether it has happened. Does not wait. While it has not, each call sees to it that <see cref="WasiContext.Bell"/> of the run rings once it may have.
    /// </summary>
    bool IsReady();

    /// <summary>Nanoseconds after which to look again though no bell rang; <see cref="ulong.MaxValue"/> for what rings the bell.</summary>
    ulong TimeLeft => ulong.MaxValue;
}

/// <summary><c>wasi:io/poll.pollable</c>, over whatever can be waited for.</summary>
/// <param name="context">The run.</param>
/// <param name="target">What it waits for.</param>
/// <param name="parent">What it was made from, which must not be dropped before it; null for nothing.</param>
internal sealed class Pollable(WasiContext context, IWaitable target, WasiResource? parent = null) : WasiResource(context, parent)
{
    public IWaitable Target { get; } = target;

    /// <summary>Waits until one thing is ready.</summary>
    /// <exception cref="TrapException">It is not, and the thread may not wait.</exception>
    /// <exception cref="LimitExceededException">The deadline has passed.</exception>
    /// <exception cref="OperationCanceledException">Somebody cancelled.</exception>
    public static void Wait(ComponentCaller caller, WasiContext context, IWaitable target)
    {
        while (true)
        {
            context.Bell.Reset();
            if (target.IsReady())
            {
                return;
            }

            context.Wait(caller, target.TimeLeft);
        }
    }

    /// <summary>Waits until one or more of many are ready; gives their indices.</summary>
    /// <exception cref="TrapException">There are none; or none is ready, and the thread may not wait.</exception>
    /// <exception cref="LimitExceededException">The deadline has passed.</exception>
    /// <exception cref="OperationCanceledException">Somebody cancelled.</exception>
    public static uint[] Poll(ComponentCaller caller, WasiContext context, Pollable[] pollables)
    {
        if (pollables.Length == 0)
        {
            throw new TrapException(TrapKind.Host, "poll was called with an empty list, which would wait for ever");
        }

        List<uint> ready = [];
        while (true)
        {
            // Each look at a long list is work for the guest.
            caller.Work((uint)Math.Min(pollables.Length * 64L, uint.MaxValue));
            context.Bell.Reset();
            ulong timeLeft = ulong.MaxValue;
            for (int i = 0; i < pollables.Length; i++)
            {
                if (pollables[i].Target.IsReady())
                {
                    ready.Add((uint)i);
                }
                else
                {
                    timeLeft = Math.Min(timeLeft, pollables[i].Target.TimeLeft);
                }
            }

            if (ready.Count != 0)
            {
                return [.. ready];
            }

            context.Wait(caller, timeLeft);
        }
    }
}

/// <summary>What is always ready.</summary>
internal sealed class AlwaysReady : IWaitable
{
    public static readonly AlwaysReady Instance = new();

    public bool IsReady() => true;
}

/// <summary>The end of a task, however it ends.</summary>
internal sealed class TaskWaitable(WasiContext context, Task task) : IWaitable
{
    private bool _isAwaited;

    public bool IsReady()
    {
        if (task.IsCompleted)
        {
            return true;
        }

        if (!_isAwaited)
        {
            _isAwaited = true;
            context.RingAfter(task);
        }

        return false;
    }
}
