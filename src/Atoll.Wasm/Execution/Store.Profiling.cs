using System.Runtime.CompilerServices;

namespace Atoll.Wasm
{
    /// <content>Profiles.</content>
    public sealed unsafe partial class Store
    {
        private readonly GuestProfiler? _profiler;
        private long _compilerTime;

        /// <summary>The guest found that a sample is due.</summary>
        internal void TakeSample()
        {
            if (_profiler is { } profiler)
            {
                profiler.Take(Control, ref _compilerTime);
            }
        }

        /// <summary>Time outside of guests is nobody's.</summary>
        private void BeginProfile()
        {
            _compilerTime = System.Runtime.JitInfo.GetCompilationTime(currentThread: true).Ticks / TimeSpan.TicksPerMicrosecond;
            Interlocked.Exchange(ref Control->SampleDue, 0);
        }
    }
}

namespace Atoll.Wasm.Execution
{
    /// <content>Profiles.</content>
    internal static unsafe partial class GuestRuntime
    {
        /// <summary>Called by code that is profiled.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void LookForSample(InstanceContext context)
        {
            if (context.Control->SampleDue != 0)
            {
                TakeSample(context);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void TakeSample(InstanceContext context) => context.Store.TakeSample();
    }
}
