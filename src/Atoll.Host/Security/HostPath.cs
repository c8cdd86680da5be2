using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Atoll.Host.Security;

/// <summary>
/// Lexical work on host paths. Nothing here touches the file system: whether a path really stays inside a folder is enforced by the
/// sandbox when the guest opens it; here a path is only normalised, compared and given its guest name.
/// </summary>
internal static class HostPath
{
    public const int MaxLength = 4096;

    public static PathStyle Current { get; } = OperatingSystem.IsWindows() ? PathStyle.Windows : PathStyle.Unix;

    /// <summary>Whether the text has the form <c>C:\…</c>, <c>C:/…</c> or <c>C:</c>.</summary>
    public static bool HasDrive(ReadOnlySpan<char> path)
        => path.Length >= 2 && path[1] == ':' && char.IsAsciiLetter(path[0]) && (path.Length == 2 || path[2] is '\\' or '/');

    public static bool IsAbsolute(ReadOnlySpan<char> path, PathStyle style)
        => style == PathStyle.Windows ? HasDrive(path) : path.StartsWith('/');

    /// <summary>Folds <c>.</c>, <c>..</c>, repeated separators and a trailing separator; <c>..</c> at the root stays at the root.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="style">The rules.</param>
    public static string Normalize(string path, PathStyle style)
    {
        var rootLength = style == PathStyle.Windows ? 2 : 0;
        var separator = style == PathStyle.Windows ? '\\' : '/';
        var rest = path.AsSpan(rootLength);
        if (rootLength == 0 && IsNormalUnix(rest))
        {
            return path;
        }

        var parts = new List<string>();
        var text = style == PathStyle.Windows ? rest.ToString().Replace('/', '\\') : rest.ToString();
        foreach (var part in text.Split(separator))
        {
            if (part is "" or ".")
            {
                continue;
            }

            if (part != "..")
            {
                parts.Add(part);
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
        }

        var builder = new StringBuilder(path.Length);
        if (style == PathStyle.Windows)
        {
            builder.Append(char.ToUpperInvariant(path[0])).Append(':');
        }

        foreach (var part in parts)
        {
            builder.Append(separator).Append(part);
        }

        return parts.Count == 0 ? builder.Append(separator).ToString() : builder.ToString();
    }

    /// <summary>Whether a normalised path is the folder or lies below it.</summary>
    public static bool IsWithin(string path, string folder, PathStyle style)
    {
        var comparison = style == PathStyle.Windows ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        if (!path.StartsWith(folder, comparison))
        {
            return false;
        }

        // On Unix a backslash is an ordinary character of a name: "/data\x" is not below "/data".
        var separator = style == PathStyle.Windows ? '\\' : '/';
        return path.Length == folder.Length || folder[^1] == separator || path[folder.Length] == separator;
    }

    /// <summary>The folder that holds a normalised path; null for a root, and for what lies directly below one: a root is never a narrow folder.</summary>
    public static string? Parent(string path, PathStyle style)
    {
        var cut = path.LastIndexOf(style == PathStyle.Windows ? '\\' : '/');
        return cut <= (style == PathStyle.Windows ? 2 : 0) ? null : path[..cut];
    }

    /// <summary>The name that a guest has for a host path: the path itself on Unix, <c>/c/Users/me</c> for <c>C:\Users\me</c>.</summary>
    public static string ToGuest(string normalized, PathStyle style)
    {
        if (style == PathStyle.Unix)
        {
            return normalized;
        }

        var rest = normalized[2..].Replace('\\', '/');
        return "/" + char.ToLowerInvariant(normalized[0]) + (rest == "/" ? "" : rest);
    }

    /// <summary>Turns a <c>file:</c> URI into the path it names; percent escapes are decoded as UTF-8.</summary>
    public static bool TryFromFileUri(string uri, [NotNullWhen(true)] out string? path, [NotNullWhen(false)] out string? error)
    {
        path = null;
        error = null;
        var rest = uri.AsSpan("file:".Length);
        if (rest.StartsWith("//"))
        {
            rest = rest[2..];
            var slash = rest.IndexOf('/');
            var host = slash < 0 ? rest : rest[..slash];
            if (!host.IsEmpty && !host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            {
                error = $"the URI names the host '{host}'; only files of this machine can be used (file:///path)";
                return false;
            }

            rest = slash < 0 ? "/" : rest[slash..];
        }

        var cut = rest.IndexOfAny('?', '#');
        if (!TryPercentDecode(cut < 0 ? rest : rest[..cut], out path))
        {
            error = "the URI has a broken percent escape or one that is not UTF-8";
            return false;
        }

        // file:///C:/x and the older file:///C|/x carry a slash before the drive.
        if (path.Length >= 3 && path[0] == '/' && char.IsAsciiLetter(path[1]) && path[2] is ':' or '|' && (path.Length == 3 || path[3] is '/' or '\\'))
        {
            path = path[1] + ":" + (path.Length == 3 ? "/" : path[3..]);
        }

        return true;
    }

    private static bool IsNormalUnix(ReadOnlySpan<char> path)
    {
        if (path.Length > 1 && path[^1] == '/')
        {
            return false;
        }

        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '/' && i + 1 < path.Length && path[i + 1] is '/' or '.')
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryPercentDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? decoded)
    {
        decoded = null;
        if (text.Length > MaxLength * 3)
        {
            return false;
        }

        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var length = 0;
        while (!text.IsEmpty)
        {
            var percent = text.IndexOf('%');
            var plain = percent < 0 ? text : text[..percent];
            length += Encoding.UTF8.GetBytes(plain, bytes.AsSpan(length));
            text = text[plain.Length..];
            if (text.IsEmpty)
            {
                break;
            }

            if (text.Length < 3 || !char.IsAsciiHexDigit(text[1]) || !char.IsAsciiHexDigit(text[2]))
            {
                return false;
            }

            bytes[length++] = (byte)((Convert.ToInt32(text[1].ToString(), 16) << 4) | Convert.ToInt32(text[2].ToString(), 16));
            text = text[3..];
        }

        try
        {
            decoded = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, 0, length);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
