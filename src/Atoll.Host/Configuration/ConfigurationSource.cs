namespace Atoll.Host.Configuration;

/// <summary>What the command line and the environment say.</summary>
internal sealed record ConfigurationSource
{
    /// <summary>The folder that is served when nothing else is said; made absolute.</summary>
    public required string Workspace { get; init; }

    public IReadOnlyList<string> AllowedFolders { get; init; } = [];

    /// <summary>Hosts that tools may connect to, as <c>HOST:PORT</c>.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Whether names of hosts may stand for private addresses.</summary>
    public bool HostsMayBePrivate { get; init; }

    /// <summary>Buckets that tools may open, as <c>BUCKET</c> or <c>BUCKET:ro</c>.</summary>
    public IReadOnlyList<string> Buckets { get; init; } = [];

    public bool? ReadOnly { get; init; }

    /// <summary>A configuration file that the operator named. Null: <c>.mcp/config.json</c> of the workspace, when there is one.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Value of the environment variable <c>FS_ALLOWLIST</c>.</summary>
    public string? FsAllowList { get; init; }
}
