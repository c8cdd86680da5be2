using System.Runtime.InteropServices;

namespace Atoll.Wasm.Platform;

/// <summary>A cell of native memory that changes from zero when the thread that asked for it ends, before its stack can become another thread's.</summary>
/// <remarks>
/// The C library calls a function on thread-specific values when a thread ends. No managed code may run by then; a function of the library itself is taken
/// that writes to what it is given: the one that raises a semaphore. Linux only; macOS has no such semaphores.
/// </remarks>
internal sealed unsafe partial class ThreadEnd
{
    /// <summary>More than a semaphore takes in any C library (32 bytes in glibc and musl).</summary>
    private const int CellBytes = 128;

    private static readonly uint? Key = MakeKey();

    private ThreadEnd() => Cell = (int*)NativeMemory.AllocZeroed(CellBytes);

    ~ThreadEnd()
    {
        // The thread has let go of its managed memory, but may not have come to the end where the library writes to the cell.
        if (Volatile.Read(ref *Cell) == 0)
        {
            GC.ReRegisterForFinalize(this);
        }
        else
        {
            NativeMemory.Free(Cell);
        }
    }

    public int* Cell { get; }

    /// <summary>Watches the current thread; null where that cannot be done.</summary>
    public static ThreadEnd? Watch()
    {
        if (Key is not { } key)
        {
            return null;
        }

        ThreadEnd end = new();
        if (pthread_setspecific(key, end.Cell) == 0)
        {
            return end;
        }

        *end.Cell = 1;
        return null;
    }

    private static uint? MakeKey()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "sem_post", out nint raise))
        {
            return null;
        }

        uint key;
        return pthread_key_create(&key, raise) == 0 ? key : null;
    }

    [LibraryImport("libc")]
    private static partial int pthread_key_create(uint* key, nint destructor);

    [LibraryImport("libc")]
    private static partial int pthread_setspecific(uint key, void* value);
}
