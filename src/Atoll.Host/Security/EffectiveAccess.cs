using System.Collections.Immutable;

namespace Atoll.Host.Security;

/// <summary>What one call of a tool may really use: operator ∩ manifest ∩ context frame. A value.</summary>
/// <param name="Folders">The folders, none of them inside another one with the same or a wider access.</param>
/// <param name="AsksToWrite">Whether the manifest asks to write: a path outside is then denied as <c>fs:write</c>.</param>
/// <param name="ReadOnlyBecause">Why a tool that asks to write may not; null when it may.</param>
internal sealed record EffectiveAccess(ImmutableArray<FolderGrant> Folders, bool AsksToWrite, string? ReadOnlyBecause)
{
    /// <summary>What the manifest asks for.</summary>
    public ToolPermissions Declared { get; init; } = ToolPermissions.None;

    /// <summary>Whether no grant can let the call write: its frame or the command line forbids it.</summary>
    public bool NeverWrites { get; init; }

    /// <summary>Hosts that it may connect to; null for none.</summary>
    public NetworkAccess? Network { get; init; }

    /// <summary>Buckets that it may open.</summary>
    public ImmutableArray<BucketGrant> Buckets { get; init; } = [];

    /// <summary>All of it in words; equal words, equal access.</summary>
    public string Text => string.Join(
        '|', Folders.Select(folder => folder.Capability).Concat(Buckets.Select(bucket => bucket.Capability)).Append(Network?.Text ?? "").Where(part => part.Length > 0));
}

/// <summary>A refusal: the capability that is missing and what the operator can do.</summary>
/// <param name="Capability">Capability string, e.g. <c>fs:read:/etc/passwd</c>.</param>
/// <param name="Message">The text for client and log.</param>
internal sealed record Denial(string Capability, string Message)
{
    /// <summary>The path that was refused, whole; null when none was named.</summary>
    public string? Path { get; init; }

    /// <summary>
    /// The narrowest grant that would do: a host, or the smallest folder as far as the path alone tells (nothing is looked up: a client must
    /// not learn here which folders exist); null when no grant would do.
    /// </summary>
    public GrantTarget? Grant { get; init; }
}
