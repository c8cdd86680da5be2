using System.Runtime.InteropServices;

namespace Atoll.Wasm.Platform;

/// <summary>Processor time of the current thread.</summary>
internal static unsafe partial class ThreadClock
{
    /// <summary>Processor time that the current thread has used, kernel included; zero where the system does not tell.</summary>
    public static TimeSpan Now => OperatingSystem.IsWindows() ? Windows()
        : OperatingSystem.IsLinux() ? Posix(3)
        : OperatingSystem.IsMacOS() ? Posix(16)
        : TimeSpan.Zero;

    private static TimeSpan Posix(int clock)
    {
        // Seconds and nanoseconds.
        long* time = stackalloc long[2];
        return clock_gettime(clock, time) == 0 ? new TimeSpan((time[0] * TimeSpan.TicksPerSecond) + (time[1] / 100)) : TimeSpan.Zero;
    }

    private static TimeSpan Windows()
    {
        long created;
        long ended;
        long kernel;
        long user;
        return GetThreadTimes(GetCurrentThread(), &created, &ended, &kernel, &user) != 0 ? new TimeSpan(kernel + user) : TimeSpan.Zero;
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, long* time);

    [LibraryImport("kernel32")]
    private static partial nint GetCurrentThread();

    [LibraryImport("kernel32")]
    private static partial int GetThreadTimes(nint thread, long* created, long* ended, long* kernel, long* user);
}
