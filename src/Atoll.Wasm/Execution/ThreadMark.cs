using Atoll.Wasm.Platform;

namespace Atoll.Wasm.Execution;

/// <summary>What stores know of a thread: its identity, never used again for another, and its stack.</summary>
internal sealed unsafe class ThreadMark
{
    [ThreadStatic]
    private static ThreadMark? s_current;

    // Keeps what EndCell points to.
    private readonly ThreadEnd? _end;

    private ThreadMark()
    {
        StackRange stack = ThreadStack.Range;
        nuint floor = stack.End + Store.StackHeadroom;
        _end = stack.Top > floor ? ThreadEnd.Watch() : null;
        if (_end is not null)
        {
            EndCell = _end.Cell;
            Floor = floor;
            Size = stack.Top - floor;
        }
    }

    public static ThreadMark Current => s_current ??= new ThreadMark();

    /// <summary>Lowest stack address of guest code; meaningful when <see cref="Size"/> is not 0.</summary>
    public nuint Floor { get; }

    /// <summary>Bytes from <see cref="Floor"/> to the upper end of the stack; 0 where the system tells neither that nor when the thread ends.</summary>
    public nuint Size { get; }

    /// <summary>Zero as long as the thread runs, and something else before its stack can become another thread's.</summary>
    public int* EndCell { get; }
}

/// <summary>
/// A store's promise to let a thread in without an atomic instruction, which would cost more than the call. The thread says that it is inside, then looks
/// whether the promise still holds; who takes the promise back says so, then makes all processors of the process order their memory, then looks whether
/// the thread is inside. One of the two sees the other.
/// </summary>
/// <remarks>
/// Which thread runs is told by the address of a local: as long as a thread lives, nobody else's locals lie in its stack. To ask the system's thread-local
/// memory takes as long as the rest of a call.
/// </remarks>
internal sealed unsafe class ThreadBias(ThreadMark thread)
{
    public readonly nuint Floor = thread.Floor;
    public readonly nuint Size = thread.Size;
    public readonly int* EndCell = thread.EndCell;
    public readonly ThreadMark Thread = thread;
    public bool IsInside;
    public bool IsRevoked;

    /// <summary>Ends a call. For the thread that it was given to.</summary>
    public void Leave() => Volatile.Write(ref IsInside, false);

    /// <summary>Takes the promise back; false when the thread is inside. For other threads than the one it was given to.</summary>
    public bool TryRevoke()
    {
        Volatile.Write(ref IsRevoked, true);
        Interlocked.MemoryBarrierProcessWide();
        return !Volatile.Read(ref IsInside);
    }
}
