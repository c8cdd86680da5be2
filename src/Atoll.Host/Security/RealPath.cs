namespace Atoll.Host.Security;

/// <summary>Where a path leads when all symbolic links on the way are followed.</summary>
internal static class RealPath
{
    private const int MaxLinks = 40;

    /// <summary>
    /// Follows the links. Parts that do not exist or cannot be read stay as they are. The answer can be out of date as soon as it is given:
    /// it is for configuration and messages, never a check in front of opening a file.
    /// </summary>
    /// <param name="path">An absolute path.</param>
    public static string Of(string path)
    {
        var links = 0;
        var resolved = Path.GetPathRoot(path)!;
        var rest = new Stack<string>(Parts(path).Reverse());
        while (rest.TryPop(out var part))
        {
            if (part == "..")
            {
                resolved = Path.GetDirectoryName(resolved) ?? resolved;
                continue;
            }

            var next = Path.Combine(resolved, part);
            if (LinkTarget(next) is not { } target || ++links > MaxLinks)
            {
                resolved = next;
                continue;
            }

            if (Path.IsPathRooted(target))
            {
                resolved = Path.GetPathRoot(target)!;
            }

            foreach (var more in Parts(target).Reverse())
            {
                rest.Push(more);
            }
        }

        return resolved;
    }

    private static IEnumerable<string> Parts(string path)
        => path[(Path.GetPathRoot(path)?.Length ?? 0)..].Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar]).Where(p => p is not ("" or "."));

    private static string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
