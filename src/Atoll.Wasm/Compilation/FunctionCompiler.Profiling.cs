using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>
/// Where guests that are profiled look whether a sample is due: at entries and at the back edges of loops. The request to stop cannot serve for this, because code
/// that it reaches never goes on.
/// </content>
internal sealed partial class FunctionCompiler
{
    private bool Samples(Frame target) => _options.Profiling && target.Kind == FrameKind.Loop;

    /// <summary>A call right before a return may be made a jump by the JIT compiler, and then its caller is not seen by a profile.</summary>
    private void KeepFrame()
    {
        if (_options.Profiling)
        {
            _il.Emit(Il.Nop);
        }
    }

    private void LookForSample()
    {
        LoadContext();
        CallHelper(nameof(GuestRuntime.LookForSample));
    }
}
