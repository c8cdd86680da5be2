using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Atoll.Host.Security;

/// <summary>One thing that a manifest asks for.</summary>
/// <param name="Word">The text in the manifest.</param>
/// <param name="Access">The access to folders that it asks for.</param>
/// <param name="Root">The folder that it is limited to; null for every granted folder.</param>
internal sealed record FolderPermission(string Word, FolderAccess Access, string? Root);

/// <summary>
/// What a tool's manifest asks for. The words <c>read</c> and <c>write</c> are shorthands for <c>fs:read:**</c> and <c>fs:write:**</c>,
/// that is, for what the operator grants; a capability string asks for less (<c>fs:read:/data/**</c>). So does <c>net:connect:**</c> for the hosts that
/// the operator grants, and <c>net:connect:HOST:PORT</c> for some of them; <c>kv:read:BUCKET</c> and <c>kv:write:BUCKET</c> ask for a bucket of keys and values,
/// with <c>**</c> for all that the operator grants. Asking grants nothing.
/// </summary>
internal sealed class ToolPermissions
{
    /// <summary>The pattern that stands for every host that the operator grants.</summary>
    public const string AnyHost = "**";

    private ToolPermissions()
    {
    }

    public static ToolPermissions None { get; } = new();

    public ImmutableArray<FolderPermission> Folders { get; private init; } = [];

    /// <summary>Hosts that it asks for: patterns <c>HOST:PORT</c>, or <see cref="AnyHost"/>.</summary>
    public ImmutableArray<string> Hosts { get; private init; } = [];

    /// <summary>Buckets that it asks for.</summary>
    public ImmutableArray<BucketPermission> Buckets { get; private init; } = [];

    public ImmutableArray<string> Words { get; private init; } = [];

    /// <summary>Well-formed capabilities of kinds that no policy can grant to a tool yet.</summary>
    public ImmutableArray<string> Unsupported { get; private init; } = [];

    public bool AsksToWrite => Folders.Any(f => f.Access == FolderAccess.Write);

    public static bool TryParse(IEnumerable<string> words, PathStyle style, [NotNullWhen(true)] out ToolPermissions? permissions, out string? error)
    {
        var parts = new Parts();
        permissions = null;
        foreach (var word in words)
        {
            if ((error = parts.Add(word, style)) is not null)
            {
                return false;
            }
        }

        permissions = new ToolPermissions { Folders = [.. parts.Folders], Hosts = [.. parts.Hosts], Buckets = [.. parts.Buckets], Words = [.. words], Unsupported = [.. parts.Unsupported] };
        error = null;
        return true;
    }

    /// <summary>What was read so far.</summary>
    private sealed class Parts
    {
        public List<FolderPermission> Folders { get; } = [];

        public List<string> Hosts { get; } = [];

        public List<BucketPermission> Buckets { get; } = [];

        public List<string> Unsupported { get; } = [];

        /// <summary>Reads one word; gives what is wrong with it, or null.</summary>
        public string? Add(string word, PathStyle style)
        {
            switch (word)
            {
                case "read" or "fs:read:**":
                    Folders.Add(new FolderPermission(word, FolderAccess.Read, null));
                    return null;
                case "write" or "fs:write:**":
                    Folders.Add(new FolderPermission(word, FolderAccess.Write, null));
                    return null;
            }

            var shown = Configuration.Printable.Shorten(word);
            var parts = word.Split(':', 3);
            if (parts.Length < 2 || parts.Any(p => p.Length == 0) || word.Any(char.IsControl))
            {
                return $"the permission \"{shown}\" is not known; use \"read\", \"write\" or a capability such as \"fs:read:/data/**\"";
            }

            var pattern = parts.Length == 3 ? parts[2] : "";
            switch (parts[0])
            {
                case "fs":
                    return AddFolder(word, parts[1], pattern, style)
                        ? null
                        : $"the permission \"{shown}\" must have the form fs:read:/folder/** or fs:write:/folder/** with an absolute folder";
                case "net":
                    Hosts.Add(pattern);
                    return (parts[1] != "connect" ? "only connecting can be asked for" : pattern == AnyHost ? null : NetworkAccess.Check(pattern)) is { } problem
                        ? $"the permission \"{shown}\" must have the form net:connect:HOST:PORT, or net:connect:** for the hosts that the operator grants ({problem})"
                        : null;
                case "kv":
                    if (BucketPermission.TryParse(parts[1], pattern) is not { } bucket)
                    {
                        return $"the permission \"{shown}\" must have the form kv:read:BUCKET or kv:write:BUCKET; a name has letters, digits, `-`, `_` and `.`, and ** stands for the buckets that the operator grants";
                    }

                    Buckets.Add(bucket);
                    return null;
                default:
                    Unsupported.Add(word);
                    return null;
            }
        }

        private bool AddFolder(string word, string action, string root, PathStyle style)
        {
            var isFolder = root.EndsWith("/**", StringComparison.Ordinal);
            root = isFolder ? root[..^3] : root;
            root = root.Length == 0 && isFolder ? "/" : root;
            if (action is not ("read" or "write") || !isFolder || root.Contains('*', StringComparison.Ordinal) || !HostPath.IsAbsolute(root, style))
            {
                return false;
            }

            Folders.Add(new FolderPermission(word, action == "write" ? FolderAccess.Write : FolderAccess.Read, HostPath.Normalize(root, style)));
            return true;
        }
    }
}
