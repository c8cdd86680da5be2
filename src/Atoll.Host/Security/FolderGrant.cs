namespace Atoll.Host.Security;

/// <summary>What may be done in a granted folder.</summary>
public enum FolderAccess
{
    /// <summary>Files and folders may be read and listed.</summary>
    Read,

    /// <summary>Files and folders may be read, made, changed and removed.</summary>
    Write,
}

/// <summary>A host folder that tools may use. A value; the path is absolute and normalised.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Access">What may be done in it.</param>
public sealed record FolderGrant(string Path, FolderAccess Access)
{
    /// <summary>The grant as capability string.</summary>
    public string Capability => (Access == FolderAccess.Write ? "fs:write:" : "fs:read:") + (Path == "/" ? "/**" : Path + "/**");
}
