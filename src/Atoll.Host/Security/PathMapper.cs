using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Atoll.Host.Security;

/// <summary>A path from a client in its host form and in the form that the guest sees.</summary>
/// <param name="Host">Normalised absolute host path.</param>
/// <param name="Guest">Absolute path with forward slashes below a mounted folder.</param>
internal readonly record struct MappedPath(string Host, string Guest);

/// <summary>Names the same folder in the client's terms and in this machine's, for clients that run elsewhere (Windows host, container).</summary>
/// <param name="From">Absolute folder as the client writes it.</param>
/// <param name="To">Absolute folder of this machine.</param>
internal sealed record PathAlias(string From, string To);

/// <summary>
/// Maps paths as agents send them — absolute, relative to the workspace, <c>file://</c> URIs, <c>C:\…</c> — to host and guest paths.
/// Lexical and immutable; safe for concurrent use. Whether the path may be used is the policy's decision, not made here.
/// </summary>
internal sealed class PathMapper
{
    private readonly PathStyle _style;
    private readonly ImmutableArray<PathAlias> _aliases;

    /// <summary>Makes a mapper.</summary>
    /// <param name="workspace">Absolute folder that relative paths start from.</param>
    /// <param name="aliases">Other names of folders; the longest match wins.</param>
    /// <param name="style">The rules of this machine's paths.</param>
    public PathMapper(string workspace, IEnumerable<PathAlias>? aliases = null, PathStyle? style = null)
    {
        _style = style ?? HostPath.Current;
        Workspace = HostPath.Normalize(workspace, _style);
        _aliases = [.. (aliases ?? []).Select(a => new PathAlias(Canonical(a.From), HostPath.Normalize(a.To, _style))).OrderByDescending(a => a.From.Length)];
    }

    public string Workspace { get; }

    /// <summary>Maps one path.</summary>
    /// <param name="path">The text of the client.</param>
    /// <param name="workspace">Folder for relative paths; null for the mapper's own.</param>
    /// <param name="mapped">The result.</param>
    /// <param name="error">Why not: what is wrong and what to send instead.</param>
    public bool TryMap(string path, string? workspace, out MappedPath mapped, [NotNullWhen(false)] out string? error)
    {
        mapped = default;
        if (path.Length > HostPath.MaxLength)
        {
            error = $"the path has {path.Length} characters; at most {HostPath.MaxLength} are accepted";
            return false;
        }

        if (path.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
        {
            if (!HostPath.TryFromFileUri(path, out var local, out error))
            {
                return false;
            }

            path = local;
        }

        if (path.Contains('\0', StringComparison.Ordinal))
        {
            error = "the path has a NUL character; remove it";
            return false;
        }

        if (path.StartsWith(@"\\", StringComparison.Ordinal) || (_style == PathStyle.Windows && path.StartsWith("//", StringComparison.Ordinal)))
        {
            error = "network and device paths (\\\\server\\share, \\\\?\\…) cannot be used; send a path of a local drive";
            return false;
        }

        var host = HostPath.Normalize(ToAbsolute(path, workspace ?? Workspace), _style);
        mapped = new MappedPath(host, HostPath.ToGuest(host, _style));
        error = null;
        return true;
    }

    private string ToAbsolute(string path, string workspace)
    {
        if (TryAlias(path, out var aliased))
        {
            return aliased;
        }

        if (_style == PathStyle.Windows)
        {
            if (HostPath.HasDrive(path))
            {
                return path.Length == 2 ? path + "\\" : path;
            }

            // The guest's own form of a drive path, /c/Users, comes back from tools and is sent again by agents.
            if (path.Length >= 2 && path[0] == '/' && char.IsAsciiLetter(path[1]) && (path.Length == 2 || path[2] == '/'))
            {
                return path[1] + ":\\" + (path.Length == 2 ? "" : path[3..]);
            }

            return path.StartsWith('\\') || path.StartsWith('/') ? workspace[..2] + path : workspace + "\\" + path;
        }

        if (HostPath.HasDrive(path))
        {
            // A Windows client of a server inside WSL: its drives are mounted there under /mnt.
            return "/mnt" + HostPath.ToGuest(Canonical(path), PathStyle.Windows);
        }

        return path.StartsWith('/') ? path : workspace + "/" + path;
    }

    private bool TryAlias(string path, [NotNullWhen(true)] out string? mapped)
    {
        mapped = null;
        if (_aliases.IsEmpty || !(path.StartsWith('/') || HostPath.HasDrive(path)))
        {
            return false;
        }

        var canonical = Canonical(path);
        foreach (var alias in _aliases)
        {
            var style = HostPath.HasDrive(alias.From) ? PathStyle.Windows : PathStyle.Unix;
            if (HostPath.IsWithin(canonical, alias.From, style))
            {
                var rest = canonical[alias.From.Length..];
                mapped = alias.To + (_style == PathStyle.Unix ? "/" + rest.Replace('\\', '/') : "\\" + rest.Replace('/', '\\'));
                return true;
            }
        }

        return false;
    }

    private static string Canonical(string path)
        => HostPath.HasDrive(path) ? HostPath.Normalize(path.Length == 2 ? path + "\\" : path, PathStyle.Windows) : HostPath.Normalize(path, PathStyle.Unix);
}
