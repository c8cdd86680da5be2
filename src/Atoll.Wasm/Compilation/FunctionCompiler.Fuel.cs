using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>
/// Fuel. A local holds what is left, less what is known here to have been executed since it was last counted (<see cref="_fuel"/>). The two come together where somebody
/// could see the difference: at calls, returns and throws, and where a loop starts again. Elsewhere only ways that meet have to agree on the difference, so that
/// one of them counts for all. Whether fuel is left is looked up at entries and at the back edges of loops. Traps do not tell what was used since the last call.
/// </content>
internal sealed partial class FunctionCompiler
{
    /// <summary>What is left; in small functions without calls and loops what they used, below zero. -1: fuel is not counted.</summary>
    private int _fuelLocal;

    /// <summary>Units that were executed and are not counted in the local; where ways meet it is the same number for all, and who executed less has added the difference.</summary>
    private long _fuel;

    /// <summary>A small function without calls and loops: it looks at nothing, and subtracts what it used when it returns.</summary>
    private bool _isFuelRelative;

    private void ResetFuel(FunctionBody body)
    {
        _fuelLocal = -1;
        _fuel = 0;
        _isFuelRelative = !body.HasCalls && !body.HasLoops && body.Tries == 0 && body.Code.Length <= MostUnseenCode;
    }

    private void BeginFuel()
    {
        _fuelLocal = AddLocal(LocalKind.I64);
        if (_isFuelRelative)
        {
            _il.LoadInt64(0);
            _il.StoreLocal(_fuelLocal);
            return;
        }

        if (_isCopy)
        {
            _il.LoadArgument(_contextArgument + 2);
        }
        else
        {
            LoadFuelAddress();
        }

        _il.Emit(Il.LdindI8);
        _il.StoreLocal(_fuelLocal);
        CheckFuel();
    }

    /// <summary>Before the start of a loop. One that ends soon by itself is not stopped in between.</summary>
    private void BeginLoopFuel(Frame frame)
    {
        frame.Fuel = 0;
        if (frame.IsBrief)
        {
            CheckFuel();
        }
    }

    private void CheckFuel()
    {
        if (_fuelLocal >= 0)
        {
            _il.LoadLocal(_fuelLocal);
            _il.LoadInt64(0);
            _il.Branch(Il.Blt, ColdLabel(ref _cold.Fuel));
        }
    }

    private bool LooksAtFuel(Frame target) => _fuelLocal >= 0 && target.Kind == FrameKind.Loop && !target.IsBrief;

    /// <summary>
    /// A branch back. The JIT compiler keeps the direction of jumps where neither way goes straight on: the one that is taken has to be the loop's.
    /// </summary>
    private void JumpWithFuel(Frame loop)
    {
        _il.LoadLocal(_fuelLocal);
        _il.LoadInt64(0);
        _il.Branch(Il.Bge, loop.Label);
        _il.Branch(Il.Br, ColdLabel(ref _cold.Fuel));
    }

    /// <summary>Control is about to branch to a frame: the local is to be what is expected there. The first branch decides on that.</summary>
    private void BranchFuel(Frame target)
    {
        if (target.Rounds > 0)
        {
            return;
        }

        if (target.Fuel < 0)
        {
            target.Fuel = _fuel;
        }

        CountFuel(target.Fuel);
    }

    /// <summary>Behind the branch back of a loop: if it is known how often that was taken, no round has counted, and all have used the same.</summary>
    private void NoteRounds(Frame target)
    {
        if (target.Rounds > 0)
        {
            _fuel *= target.Rounds;
        }
    }

    /// <summary>Control joins others that branched to the end of a frame.</summary>
    private void JoinFuel(Frame frame)
    {
        if (_reachable)
        {
            CountFuel(frame.Fuel);
        }

        _fuel = frame.Fuel;
    }

    private void FlushFuel() => CountFuel(0);

    /// <summary>Counts all units but some.</summary>
    private void CountFuel(long rest)
    {
        if (_fuelLocal >= 0 && _fuel != rest)
        {
            _il.LoadLocal(_fuelLocal);
            _il.LoadInt64(_fuel - rest);
            _il.Emit(Il.Sub);
            _il.StoreLocal(_fuelLocal);
        }

        _fuel = rest;
    }

    /// <summary>Tells the store what is left. All units are counted.</summary>
    private void SaveFuel()
    {
        if (_fuelLocal < 0)
        {
            return;
        }

        LoadFuelAddress();
        if (_isFuelRelative)
        {
            _il.Emit(Il.Dup);
            _il.Emit(Il.LdindI8);
            _il.LoadLocal(_fuelLocal);
            _il.Emit(Il.Add);
            _il.Emit(Il.StindI8);
            _il.LoadInt64(0);
            _il.StoreLocal(_fuelLocal);
            return;
        }

        _il.LoadLocal(_fuelLocal);
        _il.Emit(Il.StindI8);
    }

    /// <summary>Takes what the store has after somebody else counted.</summary>
    private void ReloadFuel()
    {
        if (_fuelLocal >= 0 && !_isFuelRelative)
        {
            LoadFuelAddress();
            _il.Emit(Il.LdindI8);
            _il.StoreLocal(_fuelLocal);
        }
    }

    /// <summary>The argument behind the context of a copy of this function: the local itself, so that the copy, which is inlined, goes on in it.</summary>
    private void LendFuel()
    {
        if (_fuelLocal >= 0)
        {
            LoadControl(nameof(StoreControl.StackLimit));
            _il.LoadLocalAddress(_fuelLocal);
        }
    }

    /// <summary>Tells who called what is left. All units are counted.</summary>
    private void ReturnFuel()
    {
        if (_fuelLocal >= 0 && _isCopy)
        {
            _il.LoadArgument(_contextArgument + 2);
            _il.LoadLocal(_fuelLocal);
            _il.Emit(Il.StindI8);
        }
        else
        {
            SaveFuel();
        }
    }

    /// <summary>Not by the local of the control block, which would take a register all the way from the function's start.</summary>
    private void LoadFuelAddress()
    {
        if (_hasCalls)
        {
            LoadControl(nameof(StoreControl.Fuel));
            return;
        }

        LoadContext();
        _il.Emit(Il.Ldfld, _module.ContextField(nameof(InstanceContext.Control)));
        _il.LoadInt32((int)ControlOffsets.Fuel);
        _il.Emit(Il.Add);
    }
}
