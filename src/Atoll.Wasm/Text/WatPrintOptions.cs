namespace Atoll.Wasm.Text;

/// <summary>How a module is written as text.</summary>
public sealed record WatPrintOptions
{
    /// <summary>
    /// Whether instructions of functions and the contents of segments and custom sections are left out; <c>...</c> stands for them, which no
    /// reader of the text format accepts.
    /// </summary>
    /// <value>Default: false.</value>
    public bool Skeleton { get; init; }

    /// <summary>What a module may be at most.</summary>
    /// <value>Default: null, for the limits that an engine has by default.</value>
    public ModuleLimits? Limits { get; init; }
}
