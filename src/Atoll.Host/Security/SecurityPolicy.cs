using System.Collections.Immutable;

namespace Atoll.Host.Security;

/// <summary>What the operator lets every tool do, with exceptions by tool. Immutable; safe for concurrent use.</summary>
internal sealed record SecurityPolicy
{
    /// <summary>Folders that tools may use; nothing else of the file system can be reached.</summary>
    public ImmutableArray<FolderGrant> Folders { get; init; } = [];

    /// <summary>When set, no tool may write anywhere, whatever the folders say.</summary>
    public bool ReadOnly { get; init; } = true;

    /// <summary>Whether the command line demands reading only: then no grant opens a folder for writing either.</summary>
    public bool ReadOnlyAlways { get; init; }

    /// <summary>Hosts that tools may connect to, as <c>HOST:PORT</c>; no others can be reached.</summary>
    public ImmutableArray<string> Hosts { get; init; } = [];

    /// <summary>Whether names among the hosts may stand for addresses that are not public.</summary>
    public bool HostsMayBePrivate { get; init; }

    /// <summary>Buckets that tools may open; no others are there.</summary>
    public ImmutableArray<BucketGrant> Buckets { get; init; } = [];

    /// <summary>Tools (dotted name) with rules of their own; each rule can only take away.</summary>
    public ImmutableDictionary<string, ToolRule> Tools { get; init; } = ImmutableDictionary<string, ToolRule>.Empty;

    /// <summary>Where the operator changes this, for messages: the configuration file's path.</summary>
    public string ConfigurationFile { get; init; } = ".mcp/config.json";

    public PathStyle Style { get; init; } = HostPath.Current;
}

/// <summary>The operator's rule for one tool.</summary>
/// <param name="Enabled">When false the tool is not offered and cannot be called.</param>
/// <param name="Permissions">When set, the tool gets no more than this, whatever its manifest asks for.</param>
internal sealed record ToolRule(bool Enabled = true, ToolPermissions? Permissions = null);
