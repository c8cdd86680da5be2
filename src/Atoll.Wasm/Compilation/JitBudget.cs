namespace Atoll.Wasm.Compilation;

/// <summary>
/// What RyuJIT counts in a method before it compiles it. Past any of the limits it stops optimising, and the code is two to three times as slow. It counts
/// in the method itself only, not in what that inlines. So the body of a giant function is a method of its own that may be inlined, and the
/// function's method does nothing but call it. When RyuJIT will not inline it, nothing is lost but a few nanoseconds for each call.
/// </summary>
/// <param name="IlBytes">Bytes of IL.</param>
/// <param name="Instructions">Instructions of IL.</param>
/// <param name="Blocks">Basic blocks.</param>
/// <param name="Locals">Locals and arguments.</param>
/// <param name="References">Instructions that name a local or an argument.</param>
/// <param name="Merges">
/// No limit of RyuJIT's, but most of its time where a great many branches meet: for each variable and each block it goes over all
/// pairs of branches to the block. A loop around 1,500 cases with 120 variables took 16 s instead of 0.1 s.
/// </param>
internal readonly record struct JitBudget(int IlBytes, int Instructions, int Blocks, int Locals, int References, long Merges)
{
    /// <summary>RyuJIT's limits (DEFAULT_MIN_OPTS_…).</summary>
    public static readonly JitBudget Limits = new(60_000, 20_000, 2_000, 2_000, 8_000, long.MaxValue);

    /// <summary>Past this, optimising takes so long (two to four seconds) that slow code is the better choice: the time grows faster than the code.</summary>
    public static readonly JitBudget Worthwhile = new(400_000, 200_000, 20_000, 2_000, 100_000, 80_000_000);

    public bool Exceeds(JitBudget limits) =>
        IlBytes > limits.IlBytes || Instructions > limits.Instructions || Blocks > limits.Blocks || Locals > limits.Locals || References > limits.References
        || Merges > limits.Merges;
}
