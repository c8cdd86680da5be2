using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Atoll.Bench;

/// <summary>
/// Keeps what happens to a processor from deciding a comparison of two processes. The units of a core are often shared with a second processor, which may be somebody
/// else's virtual machine: the same code then takes up to twice the processor time, for tenths of seconds or many seconds, and code of many instructions suffers
/// more than code that waits for results. So both processes run on the same processor, and a fixed piece of work that occupies a core's units tells whether it was shared.
/// </summary>
internal sealed class Yardstick : IDisposable
{
    /// <summary>How much longer than its best the work may take where nobody shares the core; where somebody does, it takes about twice as long.</summary>
    private const double Tolerance = 1.15;

    private static double s_best = double.MaxValue;
    private static int s_sink;

    private readonly Process _self = Process.GetCurrentProcess();
    private readonly NodePeer _peer;
    private readonly nint _allowed;

    /// <summary>Of the calling process's first thread, which must be the one that measures, and of the peer's.</summary>
    public Yardstick(NodePeer peer)
    {
        _peer = peer;
        _allowed = OperatingSystem.IsLinux() ? _self.ProcessorAffinity : 0;
    }

    /// <summary>Moves both sides to one of the processors that they may use, to another one every second round. Their other threads stay where they are.</summary>
    public void Place(int round)
    {
        if (OperatingSystem.IsLinux())
        {
            nint[] processors = [.. Enumerable.Range(0, nint.Size * 8).Select(i => (nint)1 << i).Where(bit => (_allowed & bit) != 0)];
            Move(processors[round / 2 % processors.Length]);
        }
    }

    /// <summary>Does the work once; gives the processor time that it took in milliseconds.</summary>
    public static double Measure()
    {
        double before = NodePeer.OurCpuMilliseconds;
        s_sink = Work(s_sink);
        double time = NodePeer.OurCpuMilliseconds - before;
        s_best = Math.Min(s_best, time);
        return time;
    }

    /// <summary>Whether the work takes that long where nobody shares the core, as far as is known by now.</summary>
    public static bool IsAlone(double time) => time <= s_best * Tolerance;

    /// <summary>Waits until no other thread of this process has anything to compile: the runtime begins a tenth of a second after the last new method.</summary>
    public static void Settle()
    {
        for (int i = 0; i < 20; i++)
        {
            double before = NodePeer.OurCpuMilliseconds;
            Thread.Sleep(120);
            if (NodePeer.OurCpuMilliseconds - before < 1)
            {
                return;
            }
        }
    }

    public void Dispose()
    {
        if (OperatingSystem.IsLinux())
        {
            _self.ProcessorAffinity = _allowed;
        }

        _self.Dispose();
    }

    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    private void Move(nint processor)
    {
        _self.ProcessorAffinity = processor;
        _peer.ProcessorAffinity = processor;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int Work(int seed)
    {
        int a = seed, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8;
        for (int i = 0; i < 400_000; i++)
        {
            a += i;
            b ^= i;
            c += i;
            d ^= i;
            e += i;
            f ^= i;
            g += i;
            h ^= i;
        }

        return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
    }
}
