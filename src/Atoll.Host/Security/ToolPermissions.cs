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
/// the operator grants, and <c>net:connect:HOST:PORT</c> for some of them. Asking grants nothing.
/// </summary>
internal sealed class ToolPermissions
{
    /// <summary>The pattern that stands for every host that the operator grants.</summary>
    public const string AnyHost = "**";

    private ToolPermissions(ImmutableArray<FolderPermission> folders, ImmutableArray<string> hosts, ImmutableArray<string> words, ImmutableArray<string> unsupported)
    {
        Folders = folders;
        Hosts = hosts;
        Words = words;
        Unsupported = unsupported;
    }

    public static ToolPermissions None { get; } = new([], [], [], []);

    public ImmutableArray<FolderPermission> Folders { get; }

    /// <summary>Hosts that it asks for: patterns <c>HOST:PORT</c>, or <see cref="AnyHost"/>.</summary>
    public ImmutableArray<string> Hosts { get; }

    public ImmutableArray<string> Words { get; }

    /// <summary>Well-formed capabilities of kinds that no policy can grant to a tool yet.</summary>
    public ImmutableArray<string> Unsupported { get; }

    public bool AsksToWrite => Folders.Any(f => f.Access == FolderAccess.Write);

    public static bool TryParse(IEnumerable<string> words, PathStyle style, [NotNullWhen(true)] out ToolPermissions? permissions, out string? error)
    {
        var folders = ImmutableArray.CreateBuilder<FolderPermission>();
        var hosts = ImmutableArray.CreateBuilder<string>();
        var unsupported = ImmutableArray.CreateBuilder<string>();
        permissions = null;
        foreach (var word in words)
        {
            if (!TryParseOne(word, style, folders, hosts, unsupported, out error))
            {
                return false;
            }
        }

        permissions = new ToolPermissions(folders.ToImmutable(), hosts.ToImmutable(), [.. words], unsupported.ToImmutable());
        error = null;
        return true;
    }

    private static bool TryParseOne(
        string word,
        PathStyle style,
        ImmutableArray<FolderPermission>.Builder folders,
        ImmutableArray<string>.Builder hosts,
        ImmutableArray<string>.Builder unsupported,
        out string? error)
    {
        error = null;
        switch (word)
        {
            case "read" or "fs:read:**":
                folders.Add(new FolderPermission(word, FolderAccess.Read, null));
                return true;
            case "write" or "fs:write:**":
                folders.Add(new FolderPermission(word, FolderAccess.Write, null));
                return true;
        }

        var parts = word.Split(':', 3);
        if (parts.Length < 2 || parts[0].Length == 0 || parts.Any(p => p.Length == 0) || word.Any(char.IsControl))
        {
            error = $"the permission \"{Configuration.Printable.Shorten(word)}\" is not known; use \"read\", \"write\" or a capability such as \"fs:read:/data/**\"";
            return false;
        }

        if (parts[0] == "net")
        {
            var host = parts.Length == 3 ? parts[2] : "";
            var problem = parts[1] != "connect" ? "only connecting can be asked for"
                : host == AnyHost ? null
                : NetworkAccess.Check(host);
            error = problem is null ? null
                : $"the permission \"{Configuration.Printable.Shorten(word)}\" must have the form net:connect:HOST:PORT, or net:connect:** for the hosts that the operator grants ({problem})";
            hosts.Add(host);
            return error is null;
        }

        if (parts[0] != "fs")
        {
            unsupported.Add(word);
            return true;
        }

        var root = parts.Length == 3 ? parts[2] : "";
        var isFolder = root.EndsWith("/**", StringComparison.Ordinal);
        root = isFolder ? root[..^3] : root;
        root = root.Length == 0 && isFolder ? "/" : root;
        if (parts[1] is not ("read" or "write") || !isFolder || root.Contains('*', StringComparison.Ordinal) || !HostPath.IsAbsolute(root, style))
        {
            error = $"the permission \"{Configuration.Printable.Shorten(word)}\" must have the form fs:read:/folder/** or fs:write:/folder/** with an absolute folder";
            return false;
        }

        folders.Add(new FolderPermission(word, parts[1] == "write" ? FolderAccess.Write : FolderAccess.Read, HostPath.Normalize(root, style)));
        return true;
    }
}
