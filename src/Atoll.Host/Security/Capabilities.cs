namespace Atoll.Host.Security;

/// <summary>Capability strings that name one folder.</summary>
internal static class Capabilities
{
    /// <summary>Reads <c>fs:read:/folder/**</c> or <c>fs:write:/folder/**</c> with an absolute folder; null for anything else.</summary>
    public static FolderGrant? TryParseFolder(string capability)
        => ToolPermissions.TryParse([capability], HostPath.Current, out var parsed, out _) && parsed.Folders is [{ Root: { } root, Access: var access }]
            ? new FolderGrant(root, access)
            : null;
}
