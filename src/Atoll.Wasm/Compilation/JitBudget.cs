namespace Atoll.Wasm.Compilation;

/// <summary>
/// What RyuJIT counts in a method before it compiles it. Past any of the limits it stops optimising, and the code is two to three times as slow. It counts
/// in the method itself only, not in what that inlines. So the body of a giant function is a method of its own that may be inlined, and the
/// function's method does nothing but call it. When RyuJIT will not inline it, nothing is lost but a few nanoseconds for each call.
/// </summary>
internal readonly record struct JitBudget(int IlBytes, int Instructions, int Blocks, int Locals, int References)
{
    /// <summary>RyuJIT's limits (DEFAULT_MIN_OPTS_…).</summary>
    public static readonly JitBudget Limits = new(60_000, 20_000, 2_000, 2_000, 8_000);

    /// <summary>Past this, optimising takes so long that slow code is the better choice: the time grows faster than the code.</summary>
    public static readonly JitBudget Worthwhile = new(600_000, 400_000, 20_000, 2_000, 200_000);

    public bool Exceeds(JitBudget limits) =>
        IlBytes > limits.IlBytes || Instructions > limits.Instructions || Blocks > limits.Blocks || Locals > limits.Locals || References > limits.References;
}
