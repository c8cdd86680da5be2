using Atoll.Wasm;
using Microsoft.Extensions.Logging;

namespace Atoll.Mcp;

/// <summary>What the command line says about serving. Immutable; checked when the host is made from it.</summary>
public sealed record ServeOptions
{
    /// <summary>The folder that relative paths start from and that is served when nothing else is allowed.</summary>
    public required string Workspace { get; init; }

    /// <summary>Further folders that tools may use: for reading, or for writing when <see cref="ReadOnly"/> is false.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyList<string> AllowedFolders { get; init; } = [];

    /// <summary>Hosts that tools may connect to if their manifests ask for it, as <c>HOST:PORT</c>; <see cref="Components"/> may connect to them all.</summary>
    /// <value>Default: none, and no tool has a network.</value>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Whether names of hosts may stand for addresses that are not public.</summary>
    /// <value>Default: false.</value>
    public bool HostsMayBePrivate { get; init; }

    /// <summary>
    /// Buckets of keys and values (<c>wasi:keyvalue</c>, <c>atoll:platform/key-value</c>) that tools may open if their manifests ask for it, as <c>BUCKET</c> or <c>BUCKET:ro</c>;
    /// <see cref="Components"/> may open them all. They begin empty, are shared by all tools, and end with the server.
    /// </summary>
    /// <value>Default: none.</value>
    public IReadOnlyList<string> Buckets { get; init; } = [];

    /// <summary>Whether tools may only read; null leaves it to the configuration file, whose default is true.</summary>
    /// <value>Default: null.</value>
    public bool? ReadOnly { get; init; }

    /// <summary>A folder that holds a <c>.mcp</c> folder with tools, searched before all others.</summary>
    /// <value>Default: null.</value>
    public string? ToolsFolder { get; init; }

    /// <summary>Components whose functions are all offered as tools, with no grants but <see cref="Hosts"/> and <see cref="Buckets"/>: files, or folders with components in them.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyList<string> Components { get; init; } = [];

    /// <summary>Whether those components keep an instance for each session, or make one for each call.</summary>
    /// <value>Default: false.</value>
    public bool KeepInstances { get; init; }

    /// <summary>A configuration file that the operator trusts; null takes the workspace's <c>.mcp/config.json</c> if there is one.</summary>
    /// <value>Default: null.</value>
    public string? ConfigFile { get; init; }

    /// <summary>Value of the environment variable <c>FS_ALLOWLIST</c>: folders, separated by commas or the system's path separator.</summary>
    /// <value>Default: null.</value>
    public string? FsAllowList { get; init; }

    /// <summary>The folder with the shipped tools; null looks beside the program and, in a clone, in <c>guests/tools</c>.</summary>
    /// <value>Default: null.</value>
    public string? ShippedToolsFolder { get; init; }

    /// <summary>Where tools' compiled code is looked for; with one, code stays until the process ends (<see cref="CodeLifetime.Pinned"/>).</summary>
    /// <value>Default: null, and tools are compiled when they are loaded.</value>
    public ICodeCache? CodeCache { get; init; }

    /// <summary>Address for HTTP; only loopback is accepted.</summary>
    /// <value>Default: 127.0.0.1.</value>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Port for HTTP; 0 takes a free one.</summary>
    /// <value>Default: 7411.</value>
    public int Port { get; init; } = 7411;

    /// <summary>
    /// The user's own file with what was granted for always; it must lie where no tool can write. Null keeps no grants.
    /// </summary>
    /// <value>Default: null.</value>
    public string? GrantsFile { get; init; }

    /// <summary>
    /// What HTTP clients of a server with an operator must send as <c>Authorization: Bearer</c>: 32 to 256 letters and digits. An operator that starts
    /// the server again gives the same one, so that clients stay connected. Null makes one.
    /// </summary>
    /// <value>Default: null.</value>
    public string? Token { get; init; }

    /// <summary>The version that clients are told.</summary>
    /// <value>Default: 0.1.0.</value>
    public string Version { get; init; } = "0.1.0";

    /// <summary>Whether the description at the start also says what is granted, how to grant more, and how clients start the server themselves.</summary>
    /// <value>Default: true; false for a command that has no options for that.</value>
    public bool DescribesGrants { get; init; } = true;

    /// <summary>Leaves out the description that is written at the start.</summary>
    /// <value>Default: false.</value>
    public bool Quiet { get; init; }

    /// <summary>Log lines below this level are left out.</summary>
    /// <value>Default: <see cref="LogLevel.Information"/>.</value>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
