using Atoll.Wasm;

namespace Atoll.Components.Types;

/// <summary>Bounds on what a component may contain. They protect the host: a component beyond them is refused before memory or time is spent on it.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public sealed record ComponentLimits
{
    /// <summary>The limits used when none are given.</summary>
    public static ComponentLimits Default { get; } = new();

    /// <summary>Bytes of the whole component.</summary>
    /// <value>The default is 1 GiB.</value>
    public int MaxComponentBytes { get; init; } = 1 << 30;

    /// <summary>Components within components, and component types within component types.</summary>
    /// <value>The default is 100.</value>
    public int MaxNesting { get; init; } = 100;

    /// <summary>Parts of one type, each counted as often as it would be written out.</summary>
    /// <value>The default is 1,000,000.</value>
    public int MaxTypeSize { get; init; } = 1_000_000;

    /// <summary>Types within types.</summary>
    /// <value>The default is 100.</value>
    public int MaxTypeDepth { get; init; } = 100;

    /// <summary>Entries of one index space of one component.</summary>
    /// <value>The default is 1,000,000.</value>
    public int MaxDefinitions { get; init; } = 1_000_000;

    /// <summary>Core modules, components and instances of one component, each.</summary>
    /// <value>The default is 1,000.</value>
    public int MaxInstances { get; init; } = 1_000;

    /// <summary>Fields, cases, labels and elements of one type.</summary>
    /// <value>The default is 10,000.</value>
    public int MaxParts { get; init; } = 10_000;

    /// <summary>Steps of comparing and copying types, over the whole component: a step takes some ten nanoseconds, or some ten bytes.</summary>
    /// <value>The default is 10,000,000.</value>
    public int MaxTypeWork { get; init; } = 10_000_000;

    /// <summary>Bounds of the core modules within.</summary>
    public ModuleLimits Modules { get; init; } = ModuleLimits.Default;
}
