using System.Collections.Immutable;
using Atoll.Host.Context;
using Atoll.Host.Security;

namespace Atoll.Host.Configuration;

/// <summary>Limits of one tool call and of all of them together.</summary>
internal sealed record ToolBudgets
{
    /// <summary>Longest time a call may run; default 30 s.</summary>
    public long CpuMilliseconds { get; init; } = 30_000;

    /// <summary>Most linear memory a call may have; default 256 MiB.</summary>
    public long MemoryBytes { get; init; } = 256L << 20;

    /// <summary>Most bytes a call may write to standard output; default 8 MiB.</summary>
    public int OutputBytes { get; init; } = 8 << 20;

    /// <summary>Most bytes of input a call may get; default 8 MiB.</summary>
    public int InputBytes { get; init; } = 8 << 20;

    /// <summary>Most guest threads, that is, calls that run or sleep at the same time; default 256.</summary>
    public int MaxThreads { get; init; } = 256;

    /// <summary>Most calls that wait for a guest thread; further ones are refused; default 1024.</summary>
    public int MaxQueue { get; init; } = 1024;
}

/// <summary>Everything that an operator can set: the merge of defaults, <c>.mcp/config.json</c>, <c>FS_ALLOWLIST</c> and the command line. Immutable.</summary>
internal sealed record HostConfiguration
{
    public required string Workspace { get; init; }

    public required SecurityPolicy Policy { get; init; }

    public ToolBudgets Budgets { get; init; } = new();

    public ImmutableArray<PathAlias> Aliases { get; init; } = [];

    /// <summary>Further folders that hold a <c>.mcp</c> folder with tools.</summary>
    public ImmutableArray<string> ToolFolders { get; init; } = [];

    /// <summary>The operator's outermost context frame.</summary>
    public required ContextFrame Frame { get; init; }

    /// <summary>Whether the operator fixed tenant and stage.</summary>
    public bool FixedTenant { get; init; }

    /// <summary>The configuration file that was read; null when there is none.</summary>
    public string? File { get; init; }

    /// <summary>What was wrong in the file, the allow-list and so on, without being reason enough to stop.</summary>
    public ImmutableArray<Problem> Problems { get; init; } = [];
}
