namespace Atoll.Wasm.Compilation;

/// <content>Functions that are too large for RyuJIT to optimise (see <see cref="JitBudget"/>).</content>
internal sealed partial class FunctionCompiler
{
    /// <summary>Whether there is a tail call in the body: RyuJIT inlines no method that has one.</summary>
    private bool _hasTailCalls;

    /// <summary>From here on there is only code that throws.</summary>
    private int _coldStart;

    /// <summary>What was compiled last, as RyuJIT counts it.</summary>
    public JitBudget Used { get; private set; }

    public Result Compile(int index)
    {
        Result result = Compile(index, null);
        Used = new JitBudget(
            result.Il.Length, _il.Instructions + _prologue.Instructions, _il.CountBlocks(), _locals.Count + _contextArgument + 1, _il.References + _prologue.References,
            _wasmLocals.Length * _il.CountMerges(_coldStart));
        if (!IsGiant() || _hasTailCalls || result.Handlers.Length > 0
            || VariablePlacement.For(_locals, CountReferences(), _contextArgument + 1, _options.EachIsGiant) is not { } placement)
        {
            return result;
        }

        return Compile(index, placement) with { Locals = placement.Locals, Placement = placement };
    }

    private bool IsGiant() => _options.EachIsGiant || (Used.Exceeds(JitBudget.Limits) && !Used.Exceeds(JitBudget.Worthwhile));

    private int[] CountReferences()
    {
        int[] counts = new int[_locals.Count];
        foreach (IlBuffer il in (ReadOnlySpan<IlBuffer>)[_il, _prologue])
        {
            ReadOnlySpan<int> references = il.LocalReferences;
            for (int i = 0; i < Math.Min(counts.Length, references.Length); i++)
            {
                counts[i] += references[i];
            }
        }

        if (_guardLocal >= 0)
        {
            // Its address is taken: in the frame, it would keep all others there from becoming locals.
            counts[_guardLocal] = int.MaxValue;
        }

        return counts;
    }
}
