using System.Diagnostics;
using System.Runtime;
using Atoll.Wasm.Debugging;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm;

/// <summary>
/// Samples where guests spend their time. Guests of an engine with <see cref="WasmEngineOptions.Profiling"/> look at function entries and at the ends of
/// loops' rounds whether a sample is due; the stack that is found then counts for the time since the last look. Time in a host function counts for the guest
/// function that runs next, which mostly is its caller.
/// </summary>
/// <remarks>Thread-safe; several stores can share one (<see cref="StoreOptions.Profiler"/>). It has a thread of its own until it is disposed; what it found can be read after that too.</remarks>
public sealed class GuestProfiler : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<StopSignal> _signals = [];
    private readonly ProfileTree _tree = new();
    private readonly TimeSpan _interval;
    private readonly ManualResetEventSlim _end = new();

    /// <summary>Begins to sample.</summary>
    /// <param name="interval">Time between samples, at least a millisecond; null for one millisecond.</param>
    /// <exception cref="ArgumentOutOfRangeException">The interval is shorter than a millisecond, or longer than a minute.</exception>
    public GuestProfiler(TimeSpan? interval = null)
    {
        _interval = interval ?? TimeSpan.FromMilliseconds(1);
        ArgumentOutOfRangeException.ThrowIfLessThan(_interval, TimeSpan.FromMilliseconds(1), nameof(interval));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_interval, TimeSpan.FromMinutes(1), nameof(interval));
        new Thread(Tick, 256 * 1024) { IsBackground = true, Name = "Atoll profiler", Priority = ThreadPriority.AboveNormal }.Start();
    }

    /// <summary>Samples so far.</summary>
    public long Samples
    {
        get
        {
            lock (_lock)
            {
                return _tree.Samples;
            }
        }
    }

    /// <summary>Time that they stand for.</summary>
    public TimeSpan Time
    {
        get
        {
            lock (_lock)
            {
                return TimeSpan.FromMicroseconds(_tree.Microseconds);
            }
        }
    }

    /// <summary>Writes the samples as speedscope's JSON (https://www.speedscope.app/file-format-schema.json), in the order of time.</summary>
    /// <param name="output">Where to; UTF-8.</param>
    /// <param name="name">Name of the profile, for example the program's.</param>
    public void WriteSpeedscope(Stream output, string name)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(name);
        lock (_lock)
        {
            _tree.WriteSpeedscope(output, name);
        }
    }

    /// <summary>Writes a line for each different stack, <c>outermost;…;innermost microseconds</c>, as flamegraph.pl and inferno read them.</summary>
    /// <param name="output">Where to.</param>
    public void WriteFolded(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        lock (_lock)
        {
            _tree.WriteFolded(output);
        }
    }

    /// <summary>Ends sampling. Twice is harmless.</summary>
    public void Dispose() => _end.Set();

    internal void Add(StopSignal signal)
    {
        lock (_lock)
        {
            _signals.Add(signal);
        }
    }

    internal void Remove(StopSignal signal)
    {
        lock (_lock)
        {
            _signals.Remove(signal);
        }
    }

    /// <summary>Called by a guest's thread that found a sample due.</summary>
    internal unsafe void Take(StoreControl* control, ref long compiled)
    {
        long due = Interlocked.Exchange(ref control->SampleDue, 0);
        long inCompiler = JitInfo.GetCompilationTime(currentThread: true).Ticks / TimeSpan.TicksPerMicrosecond;
        long compiling = Math.Clamp(inCompiler - compiled, 0, due);
        List<GuestFunction> stack = GuestStackReader.ReadCurrent();
        lock (_lock)
        {
            _tree.Add(stack, due - compiling, compiling);
        }

        // What sampling took is nobody's time.
        compiled = JitInfo.GetCompilationTime(currentThread: true).Ticks / TimeSpan.TicksPerMicrosecond;
        Interlocked.Exchange(ref control->SampleDue, 0);
    }

    /// <summary>Tells guests that time has passed. Under load the system wakes the thread late; so it is measured and not counted.</summary>
    private unsafe void Tick()
    {
        long last = Stopwatch.GetTimestamp();
        while (!_end.Wait(_interval))
        {
            long now = Stopwatch.GetTimestamp();
            long passed = Math.Max(1, (long)Stopwatch.GetElapsedTime(last, now).TotalMicroseconds);
            last = now;
            lock (_lock)
            {
                foreach (StopSignal signal in _signals)
                {
                    Interlocked.Add(ref signal.Control->SampleDue, passed);
                }
            }
        }
    }
}
