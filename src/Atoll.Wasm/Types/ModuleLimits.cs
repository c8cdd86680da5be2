namespace Atoll.Wasm;

/// <summary>Bounds on what a module may contain. They protect the host: a module beyond them is refused before memory is spent on it.</summary>
/// <remarks>
/// The defaults are the implementation limits of the WebAssembly JavaScript interface, so a module that runs in a browser fits.
/// A module beyond a limit is reported as <see cref="MalformedModuleException"/> or, where only validation can tell, as
/// <see cref="InvalidModuleException"/>; the message names the limit. Immutable and thread-safe.
/// </remarks>
public sealed record ModuleLimits
{
    /// <summary>The limits used when none are given.</summary>
    public static ModuleLimits Default { get; } = new();

    /// <summary>Bytes of the whole module.</summary>
    /// <value>The default is 1 GiB.</value>
    public int MaxModuleBytes { get; init; } = 1 << 30;

    /// <summary>Entries of the type section.</summary>
    /// <value>The default is 1,000,000.</value>
    public int MaxTypes { get; init; } = 1_000_000;

    /// <summary>Functions, imported ones included.</summary>
    /// <value>The default is 1,000,000.</value>
    public int MaxFunctions { get; init; } = 1_000_000;

    /// <summary>Imports of all kinds.</summary>
    /// <value>The default is 1,000,000.</value>
    public int MaxImports { get; init; } = 1_000_000;

    /// <summary>Exports of all kinds.</summary>
    /// <value>The default is 1,000,000.</value>
    public int MaxExports { get; init; } = 1_000_000;

    /// <summary>Globals, imported ones included.</summary>
    /// <value>The default is 1,000,000.</value>
    public int MaxGlobals { get; init; } = 1_000_000;

    /// <summary>Tables, imported ones included.</summary>
    /// <value>The default is 100,000.</value>
    public int MaxTables { get; init; } = 100_000;

    /// <summary>Memories, imported ones included.</summary>
    /// <value>The default is 100.</value>
    public int MaxMemories { get; init; } = 100;

    /// <summary>Tags, imported ones included.</summary>
    /// <value>The default is 1,000,000.</value>
    public int MaxTags { get; init; } = 1_000_000;

    /// <summary>Element segments.</summary>
    /// <value>The default is 100,000.</value>
    public int MaxElementSegments { get; init; } = 100_000;

    /// <summary>Elements of one element segment.</summary>
    /// <value>The default is 10,000,000.</value>
    public int MaxSegmentElements { get; init; } = 10_000_000;

    /// <summary>Data segments.</summary>
    /// <value>The default is 100,000.</value>
    public int MaxDataSegments { get; init; } = 100_000;

    /// <summary>Custom sections.</summary>
    /// <value>The default is 100,000.</value>
    public int MaxCustomSections { get; init; } = 100_000;

    /// <summary>Locals of one function, its parameters included.</summary>
    /// <value>The default is 50,000.</value>
    public int MaxLocals { get; init; } = 50_000;

    /// <summary>Bytes of one function body.</summary>
    /// <value>The default is 7,654,321.</value>
    public int MaxFunctionBytes { get; init; } = 7_654_321;

    /// <summary>Parameters of one function or block type.</summary>
    /// <value>The default is 1,000.</value>
    public int MaxParameters { get; init; } = 1_000;

    /// <summary>Results of one function or block type.</summary>
    /// <value>The default is 1,000.</value>
    public int MaxResults { get; init; } = 1_000;

    /// <summary>Fields of one structure type, and operands of <c>array.new_fixed</c>.</summary>
    /// <value>The default is 10,000.</value>
    public int MaxFields { get; init; } = 10_000;

    /// <summary>Bytes of one name of an import, export or custom section.</summary>
    /// <value>The default is 100,000.</value>
    public int MaxNameBytes { get; init; } = 100_000;

    /// <summary>Targets of one <c>br_table</c>, its default target not counted.</summary>
    /// <value>The default is 65,520.</value>
    public int MaxBranchTableTargets { get; init; } = 65_520;

    /// <summary>Blocks within blocks in one function.</summary>
    /// <value>The default is 10,000.</value>
    public int MaxNesting { get; init; } = 10_000;

    /// <summary>Values on the operand stack of one function.</summary>
    /// <value>The default is 1,000,000.</value>
    public int MaxOperands { get; init; } = 1_000_000;

    /// <summary>Refuses negative limits, which could only be mistakes.</summary>
    internal void Check()
    {
        NotNegative(MaxModuleBytes, nameof(MaxModuleBytes));
        NotNegative(MaxTypes, nameof(MaxTypes));
        NotNegative(MaxFunctions, nameof(MaxFunctions));
        NotNegative(MaxImports, nameof(MaxImports));
        NotNegative(MaxExports, nameof(MaxExports));
        NotNegative(MaxGlobals, nameof(MaxGlobals));
        NotNegative(MaxTables, nameof(MaxTables));
        NotNegative(MaxMemories, nameof(MaxMemories));
        NotNegative(MaxTags, nameof(MaxTags));
        NotNegative(MaxElementSegments, nameof(MaxElementSegments));
        NotNegative(MaxSegmentElements, nameof(MaxSegmentElements));
        NotNegative(MaxDataSegments, nameof(MaxDataSegments));
        NotNegative(MaxCustomSections, nameof(MaxCustomSections));
        NotNegative(MaxLocals, nameof(MaxLocals));
        NotNegative(MaxFunctionBytes, nameof(MaxFunctionBytes));
        NotNegative(MaxParameters, nameof(MaxParameters));
        NotNegative(MaxResults, nameof(MaxResults));
        NotNegative(MaxFields, nameof(MaxFields));
        NotNegative(MaxNameBytes, nameof(MaxNameBytes));
        NotNegative(MaxBranchTableTargets, nameof(MaxBranchTableTargets));
        NotNegative(MaxNesting, nameof(MaxNesting));
        NotNegative(MaxOperands, nameof(MaxOperands));
    }

    private static void NotNegative(int value, string name)
    {
        if (value < 0)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{nameof(ModuleLimits)}.{name} must not be negative");
        }
    }
}
