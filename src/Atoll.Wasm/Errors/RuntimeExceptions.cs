using System.Collections.Immutable;

namespace Atoll.Wasm;

/// <summary>Which limit stopped the guest.</summary>
public enum LimitKind
{
    /// <summary>The store's fuel is used up.</summary>
    Fuel,

    /// <summary>The store's deadline has passed.</summary>
    Time,

    /// <summary>A memory would be larger than the store, the engine or the system allows.</summary>
    Memory,

    /// <summary>A table would be larger than the store or the engine allows.</summary>
    Table,

    /// <summary>The guests of the store hold as many bytes in structures, arrays and exceptions as they may.</summary>
    Heap,

    /// <summary>All instances of a pool are rented.</summary>
    Instances,

    /// <summary>All threads of a pool are busy, and as many calls wait as may.</summary>
    Threads,
}

/// <summary>
/// A guest reached a limit. One that used up fuel or time was stopped: its instances may be inspected, not called. A memory or table that is too
/// large from the start keeps its module from being instantiated; one that grows too large does not throw, its guest gets -1. A guest that holds too
/// many structures, arrays and exceptions is stopped as by a trap: its instances stay callable.
/// </summary>
public sealed class LimitExceededException : WasmException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="limit">Which limit was reached.</param>
    /// <param name="message">Text for people.</param>
    public LimitExceededException(LimitKind limit, string message)
        : base(message) => Limit = limit;

    /// <summary>Which limit was reached.</summary>
    public LimitKind Limit { get; }

    /// <inheritdoc/>
    public override string Code => Limit switch
    {
        LimitKind.Fuel => "limit.fuel",
        LimitKind.Time => "limit.time",
        LimitKind.Memory => "limit.memory",
        LimitKind.Instances => "limit.instances",
        LimitKind.Heap => "limit.heap",
        _ => "limit.table",
    };
}

/// <summary>A module cannot be instantiated with the imports at hand.</summary>
public sealed class UnlinkableException : WasmException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="missing">One line for each import that is missing or of another type.</param>
    public UnlinkableException(ImmutableArray<string> missing)
        : base(string.Join("; ", missing)) => Missing = missing;

    /// <summary>One line for each import that is missing or of another type.</summary>
    public ImmutableArray<string> Missing { get; }

    /// <inheritdoc/>
    public override string Code => "unlinkable";
}

/// <summary>A function of the host threw; what it threw is the inner exception, and the guest never sees it.</summary>
public sealed class HostFunctionException : WasmException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="function">Name of the host function.</param>
    /// <param name="inner">What it threw.</param>
    public HostFunctionException(string function, Exception inner)
        : base($"the host function '{function}' failed: {inner.Message}", inner) => Function = function;

    /// <summary>Name of the host function, <c>module.name</c> where it has one.</summary>
    public string Function { get; }

    /// <inheritdoc/>
    public override string Code => "host-function";
}

/// <summary>The guest asked to exit (for example WASI's <c>proc_exit</c>). Not an error of anybody.</summary>
public sealed class GuestExitException : WasmException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="exitCode">The guest's exit code.</param>
    public GuestExitException(int exitCode)
        : base($"the guest exited with code {exitCode}") => ExitCode = exitCode;

    /// <summary>The guest's exit code.</summary>
    public int ExitCode { get; }

    /// <inheritdoc/>
    public override string Code => "exit";
}
