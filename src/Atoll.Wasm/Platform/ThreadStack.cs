using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Atoll.Wasm.Platform;

/// <summary>Where the current thread's stack ends: guest code must stop before, because a real overflow cannot be caught.</summary>
internal static unsafe partial class ThreadStack
{
    [ThreadStatic]
    private static nuint s_end;

    /// <summary>Lowest usable address of the current thread's stack (stacks grow down on every supported platform).</summary>
    public static nuint End
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => s_end != 0 ? s_end : Find();
    }

    /// <summary>The whole stack of the current thread; the upper end is 0 on systems that do not tell.</summary>
    public static StackRange Range
    {
        get
        {
            nuint end = End;
            nuint top = OperatingSystem.IsLinux() ? LinuxTop() : 0;
            return new StackRange(end, end == s_end && top > end ? top : 0);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nuint Find()
    {
        nuint end = OperatingSystem.IsLinux() ? FindLinux()
            : OperatingSystem.IsWindows() ? FindWindows()
            : OperatingSystem.IsMacOS() ? FindMacOS()
            : 0;
        if (end == 0)
        {
            // Unknown system: the runtime only promises that a call may go on for some 64 KiB; take half of it.
            RuntimeHelpers.EnsureSufficientExecutionStack();
            int here;
            end = (nuint)(&here) - 32 * 1024;
            return end;
        }

        s_end = end;
        return end;
    }

    private static nuint FindLinux()
    {
        // pthread_attr_t is 56 bytes on 64-bit glibc and musl; twice that is room enough.
        byte* attributes = stackalloc byte[128];
        if (pthread_getattr_np(pthread_self(), attributes) != 0)
        {
            return 0;
        }

        nuint address;
        nuint size;
        int result = pthread_attr_getstack(attributes, &address, &size);
        nuint guard = 0;
        _ = pthread_attr_getguardsize(attributes, &guard);
        _ = pthread_attr_destroy(attributes);
        if (result != 0 || address == 0)
        {
            return 0;
        }

        // The main thread's stack is bounded by a resource limit that may be "unlimited"; never believe in more than 64 MiB.
        nuint here = (nuint)(&size);
        nuint end = address + guard;
        return here - end > 64u << 20 ? here - (8u << 20) : end;
    }

    private static nuint LinuxTop()
    {
        byte* attributes = stackalloc byte[128];
        if (pthread_getattr_np(pthread_self(), attributes) != 0)
        {
            return 0;
        }

        nuint address;
        nuint size;
        int result = pthread_attr_getstack(attributes, &address, &size);
        _ = pthread_attr_destroy(attributes);
        return result == 0 ? address + size : 0;
    }

    private static nuint FindWindows()
    {
        nuint low;
        nuint high;
        GetCurrentThreadStackLimits(&low, &high);
        // The guard pages that the runtime keeps below are part of the range.
        return low + 64 * 1024;
    }

    private static nuint FindMacOS()
    {
        nint self = pthread_self();
        return (nuint)pthread_get_stackaddr_np(self) - pthread_get_stacksize_np(self);
    }

    [LibraryImport("libc")]
    private static partial nint pthread_self();

    [LibraryImport("libc")]
    private static partial int pthread_getattr_np(nint thread, byte* attributes);

    [LibraryImport("libc")]
    private static partial int pthread_attr_getstack(byte* attributes, nuint* address, nuint* size);

    [LibraryImport("libc")]
    private static partial int pthread_attr_getguardsize(byte* attributes, nuint* size);

    [LibraryImport("libc")]
    private static partial int pthread_attr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial nint pthread_get_stackaddr_np(nint thread);

    [LibraryImport("libc")]
    private static partial nuint pthread_get_stacksize_np(nint thread);

    [LibraryImport("kernel32")]
    private static partial void GetCurrentThreadStackLimits(nuint* low, nuint* high);
}

/// <summary>Where a stack lies in memory.</summary>
/// <param name="End">Lowest usable address.</param>
/// <param name="Top">Address behind the highest byte; 0 when it is not known.</param>
internal readonly record struct StackRange(nuint End, nuint Top);
