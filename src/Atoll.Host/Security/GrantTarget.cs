using System.Globalization;

namespace Atoll.Host.Security;

/// <summary>What the operator may open for one tool while the server runs: a folder, or one port of one host. Immutable.</summary>
internal sealed record GrantTarget
{
    private GrantTarget(FolderGrant? folder, string? host) => (Folder, Host) = (folder, host);

    /// <summary>The folder; null when it is a host.</summary>
    public FolderGrant? Folder { get; }

    /// <summary>The host as <c>HOST:PORT</c>; null when it is a folder.</summary>
    public string? Host { get; }

    /// <summary>The grant as capability string: <c>fs:write:/folder/**</c>, <c>net:connect:example.org:443</c>.</summary>
    public string Capability => Folder?.Capability ?? "net:connect:" + Host;

    public static implicit operator GrantTarget(FolderGrant folder) => new(folder, null);

    /// <summary>Reads <c>fs:read:/folder/**</c>, <c>fs:write:/folder/**</c> with an absolute folder, or <c>net:connect:HOST:PORT</c> with one port of one host; null for anything else.</summary>
    public static GrantTarget? TryParse(string capability) =>
        !ToolPermissions.TryParse([capability], HostPath.Current, out var parsed, out _) ? null
        : parsed.Folders is [{ Root: { } root, Access: var access }] ? new FolderGrant(root, access)
        : parsed.Hosts is [var host] ? OfHost(host)
        : null;

    /// <summary>One port of one host; null when the text names more, or none.</summary>
    public static GrantTarget? OfHost(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            && text.AsSpan(0, colon).IndexOfAny('*', '/') < 0 && NetworkAccess.Check(text) is null
            ? new GrantTarget(null, text)
            : null;
    }
}
