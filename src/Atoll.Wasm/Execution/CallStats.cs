using System.Diagnostics;
using Atoll.Wasm.Execution;
using Atoll.Wasm.Platform;

namespace Atoll.Wasm;

/// <summary>What a call into guest code used, calls from inside of it included.</summary>
/// <param name="Fuel">Fuel; 0 when the engine does not count it. After a trap up to one run of straight-line code may be missing.</param>
/// <param name="CpuTime">Processor time of the calling thread, in host functions too; zero where the system does not tell (it does on Linux, macOS and Windows).</param>
/// <param name="Elapsed">Time on the clock.</param>
/// <param name="PeakMemoryBytes">Largest size of all memories of the store together.</param>
/// <param name="HostCalls">Number of calls of host functions by guests.</param>
public readonly record struct CallStats(ulong Fuel, TimeSpan CpuTime, TimeSpan Elapsed, ulong PeakMemoryBytes, long HostCalls);

/// <content>Statistics of calls.</content>
public sealed unsafe partial class Store
{
    private readonly CallMeter? _meter;

    /// <summary>What the last outermost call that has ended used, however it ended; null before the first.</summary>
    /// <exception cref="InvalidOperationException">The store does not collect them (<see cref="StoreOptions.CollectStats"/>).</exception>
    public CallStats? LastCall => _meter is { } meter
        ? meter.Last
        : throw new InvalidOperationException("the store collects no statistics; make it with CollectStats = true");

    /// <summary>Whether guests of the store call host functions through code that counts.</summary>
    internal bool CountsHostCalls => _meter is not null;

    internal void CountHostCall() => _meter!.HostCalls++;

    /// <summary>Measures one call at a time. A store that has one lets nobody in the short way, so that others pay nothing.</summary>
    private sealed class CallMeter
    {
        private long _began;
        private TimeSpan _cpu;

        public CallStats? Last { get; set; }

        /// <summary>Fuel at the beginning, and what the host has added since.</summary>
        public long Fuel { get; set; }

        public ulong Peak { get; set; }

        public long HostCalls { get; set; }

        public void Begin(StoreControl* control, ulong memoryBytes)
        {
            Fuel = control->Fuel;
            Peak = memoryBytes;
            HostCalls = 0;
            _began = Stopwatch.GetTimestamp();
            _cpu = ThreadClock.Now;
        }

        public void End(StoreControl* control, bool countsFuel)
        {
            TimeSpan cpu = ThreadClock.Now - _cpu;
            Last = new CallStats(countsFuel ? (ulong)Math.Max(0, Fuel - control->Fuel) : 0, cpu, Stopwatch.GetElapsedTime(_began), Peak, HostCalls);
        }
    }
}
