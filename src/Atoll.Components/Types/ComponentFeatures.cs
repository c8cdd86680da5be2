namespace Atoll.Components.Types;

/// <summary>Parts of the Component Model beyond its first release ("Explainer", the marks at its gated features).</summary>
/// <remarks>A component that uses a part that is not enabled is invalid; the error names the part.</remarks>
[Flags]
public enum ComponentFeatures
{
    /// <summary>Only what the first release has.</summary>
    None = 0,

    /// <summary>Asynchronous functions, streams, futures and the built-in functions for them.</summary>
    Async = 1 << 0,

    /// <summary>Asynchronous functions without a callback. Needs <see cref="Async"/>.</summary>
    AsyncStackful = 1 << 1,

    /// <summary>The rarer forms of the built-in functions for asynchronous work. Needs <see cref="Async"/>.</summary>
    MoreAsyncBuiltins = 1 << 2,

    /// <summary>Threads within a component instance that take turns.</summary>
    Threading = 1 << 3,

    /// <summary><c>error-context</c>.</summary>
    ErrorContext = 1 << 4,

    /// <summary>Lists whose length is part of the type.</summary>
    FixedLengthLists = 1 << 5,

    /// <summary><c>map</c> types.</summary>
    Maps = 1 << 6,

    /// <summary>Imports, exports and the start function of values.</summary>
    Values = 1 << 7,

    /// <summary>Names with several namespaces and projections.</summary>
    NestedNames = 1 << 8,

    /// <summary>Versions in names that are cut to what decides on compatibility.</summary>
    CanonicalNames = 1 << 9,

    /// <summary>Names that tell which interface an instance implements.</summary>
    Implements = 1 << 10,

    /// <summary>64-bit memories in the canonical ABI.</summary>
    Memory64 = 1 << 11,

    /// <summary>The canonical ABI on objects of the garbage collector.</summary>
    GarbageCollection = 1 << 12,

    /// <summary>Threads that run in parallel.</summary>
    SharedEverythingThreads = 1 << 13,

    /// <summary>What can run.</summary>
    Default = ErrorContext | FixedLengthLists | Maps | NestedNames | CanonicalNames | Implements | Memory64,

    /// <summary>All that can be checked.</summary>
    All = (1 << 14) - 1,
}
