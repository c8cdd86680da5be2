namespace Atoll.Wasm.Compilation;

/// <summary>
/// What RyuJIT counts in a method before it compiles it. Past any of the limits it stops optimising, which makes code 2 to 3 times slower. It counts
/// only the method itself, not what it inlines: so the body of a giant function is a method that the function's own method inlines.
/// </summary>
internal readonly record struct JitBudget(int IlBytes, int Instructions, int Blocks, int Locals, int References)
{
    /// <summary>The limits (compiler.h of RyuJIT: DEFAULT_MIN_OPTS_…).</summary>
    public static readonly JitBudget Limits = new(60_000, 20_000, 2_000, 2_000, 8_000);

    public bool Exceeds(JitBudget limits) =>
        IlBytes > limits.IlBytes || Instructions > limits.Instructions || Blocks > limits.Blocks || Locals > limits.Locals || References > limits.References;
}
