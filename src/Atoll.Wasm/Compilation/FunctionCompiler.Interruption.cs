using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>
/// Where loops look whether they are to stop: at their back edges, so that the way into a loop costs nothing and the body stays one run of
/// blocks. A back edge needs no look when a function that looks at its stack limit was surely called on the way, because a request to stop
/// moves that limit too.
/// </content>
internal sealed partial class FunctionCompiler
{
    /// <summary>Bytes of code of a function without calls and loops that does not look.</summary>
    private const int MostUnseenCode = 4096;

    /// <summary>Calls of a function, and short loops within its loops, that do not look. All further ones do, so that there is no long way around them.</summary>
    private const int MostUnseenParts = 256;

    private int _calls;
    private int _briefLoops;

    /// <summary>Number of loops around the current instruction.</summary>
    private int _loopDepth;

    /// <summary>Number of the innermost loop of which it is known that, since its header, an interruption would have been seen. 0: of none.</summary>
    private int _seenDepth;

    private void ResetInterruption()
    {
        _loopDepth = 0;
        _seenDepth = 0;
        _calls = 0;
        _briefLoops = 0;
    }

    /// <summary>At the entry of a function without calls, which does not look at its stack.</summary>
    private void LookAtEntry(FunctionBody body)
    {
        if (_options.Interruptible && !_hasCalls && body.Code.Length > MostUnseenCode)
        {
            Look();
        }
    }

    /// <summary>Before a call, once all units of fuel are counted: who is called may not look.</summary>
    private void LookAtCall()
    {
        if (++_calls <= MostUnseenParts)
        {
            return;
        }

        if (_options.Interruptible)
        {
            Look();
        }

        if (_fuelLocal >= 0)
        {
            SpillAll();
            CheckFuel();
        }
    }

    /// <summary>Before a loop that does not look itself. One in another loop is followed by that one's look.</summary>
    private void LookAtBriefLoop()
    {
        if (_options.Interruptible && (_loopDepth == 0 || ++_briefLoops > MostUnseenParts))
        {
            Look();
        }
    }

    /// <summary>The called function looks at its stack limit, and so at requests to stop.</summary>
    private void NoteCall(int callee)
    {
        if (callee >= _definition.ImportedFunctionCount && _definition.Bodies[callee - _definition.ImportedFunctionCount].HasCalls)
        {
            _seenDepth = _loopDepth;
        }
    }

    private bool NeedsLook(Frame target) => _options.Interruptible && target.Kind == FrameKind.Loop && _seenDepth < target.LoopDepth && !target.IsBrief;

    /// <summary>A branch leaves for the frame: what is known there is what all branches know.</summary>
    private void NoteBranch(Frame target)
    {
        target.Branched = true;
        BranchFuel(target);
        target.SeenDepth = Math.Min(target.SeenDepth, _seenDepth);
        if (target.Kind != FrameKind.Loop)
        {
            target.KnownAtEnd = Meet(target.KnownAtEnd);
        }
    }

    /// <summary>Branches to a frame whose values are in place, on nothing or on what <see cref="EmitBranchIf"/> finds on the stack.</summary>
    private void Jump(Frame target)
    {
        long pending = _fuel;
        NoteBranch(target);
        if (NeedsLook(target))
        {
            Look();
        }

        if (Samples(target))
        {
            LookForSample();
        }

        CrossTries(target);
        if (LooksAtFuel(target))
        {
            JumpWithFuel(target);
        }
        else
        {
            _il.Branch(Il.Br, target.Label);
        }

        // What follows is reached by ways around the jump.
        _fuel = pending;
    }

    /// <summary>Reads through a pointer that is null after a request to stop; the exception becomes the reason where the guest was entered (GuestErrors).</summary>
    private void Look()
    {
        LoadControl(nameof(StoreControl.Go));
        _il.Emit(Il.Volatile);
        _il.Emit(Il.LdindI);
        _il.Emit(Il.Volatile);
        _il.Emit(Il.LdindU1);
        _il.Emit(Il.Pop);
    }
}
