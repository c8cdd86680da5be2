using Atoll.Components;
using Atoll.Host.Configuration;
using Atoll.Host.Security;
using Atoll.Mcp.Schema;

namespace Atoll.Mcp.Tools;

/// <summary>What runs a tool.</summary>
internal enum ToolEntryKind
{
    /// <summary>A WebAssembly program below the folder that holds <c>.mcp</c>.</summary>
    Wasm,

    /// <summary>Code of the host itself.</summary>
    Native,

    /// <summary>A function of a component.</summary>
    Component,
}

/// <summary>How long the instance lives that a component's function is called on.</summary>
internal enum ToolLifetime
{
    /// <summary>For one call.</summary>
    Call,

    /// <summary>As long as the client's MCP session; without one, for one call.</summary>
    Session,
}

/// <summary>A tool as its manifest describes it. Immutable.</summary>
internal sealed class ToolManifest
{
    /// <summary>The dotted name, e.g. <c>fs.read</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The name for clients, which every model API accepts: <c>fs_read</c>.</summary>
    public string PublicName => ToPublicName(Name);

    public string? Title { get; init; }

    public required string Version { get; init; }

    public required string Description { get; init; }

    public required ToolEntryKind EntryKind { get; init; }

    /// <summary>Absolute path of the WebAssembly file, or the name after <c>native://</c>.</summary>
    public required string Entry { get; init; }

    /// <summary>SHA-256 that the WebAssembly file must have, in lower-case hexadecimal; null when the manifest does not say.</summary>
    public string? Sha256 { get; init; }

    public required ToolPermissions Permissions { get; init; }

    public required JsonSchema InputSchema { get; init; }

    public JsonSchema? OutputSchema { get; init; }

    /// <summary>Whether the input is checked against the schema. A schema that comes from the function's type is not: reading the values says more.</summary>
    public bool ChecksInput { get; init; } = true;

    /// <summary>The component whose function it is; null for tools of other kinds.</summary>
    public Component? Component { get; init; }

    /// <summary>The function: its whole name, or while the component is not read yet what the manifest calls it.</summary>
    public string? Function { get; init; }

    public ToolLifetime Lifetime { get; init; }

    /// <summary>Whether a call that is made again changes nothing more.</summary>
    public bool IsIdempotent { get; init; }

    /// <summary>The manifest's file.</summary>
    public required string File { get; init; }

    /// <summary>SHA-256 of the program's file, read once; null for the host's own tools and for a file that cannot be read.</summary>
    public Lazy<string?> ProgramHash => field ??= new Lazy<string?>(HashProgram);

    /// <summary>
    /// What a grant to the tool holds for: the hash of a program of the workspace, which can be replaced by whoever changes the workspace; null for tools from elsewhere. So a
    /// tool of the workspace does not inherit what one from elsewhere was granted that had its name before.
    /// </summary>
    public string? ProgramOfGrants(string workspace) => HostPath.IsWithin(File, workspace, HostPath.Current) ? ProgramHash.Value ?? string.Empty : null;

    public static string ToPublicName(string name) => name.Replace('.', '_');

    private string? HashProgram()
    {
        try
        {
            using var file = EntryKind == ToolEntryKind.Native ? null : System.IO.File.OpenRead(Entry);
            return file is null ? null : Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>What came out of reading tool folders.</summary>
internal sealed record ManifestResult(ToolManifest? Manifest, IReadOnlyList<Problem> Problems);
