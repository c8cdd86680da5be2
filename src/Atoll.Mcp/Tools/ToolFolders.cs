using Atoll.Host.Configuration;

namespace Atoll.Mcp.Tools;

/// <summary>Where tools are looked for, the most important folder first.</summary>
internal static class ToolFolders
{
    public static IEnumerable<string> Search(ServeOptions options, HostConfiguration configuration)
    {
        if (options.ToolsFolder is { } named)
        {
            yield return Path.GetFullPath(named);
        }

        if (Shipped(options) is { } shipped)
        {
            yield return shipped;
        }

        foreach (var folder in configuration.ToolFolders)
        {
            yield return folder;
        }

        yield return configuration.Workspace;
    }

    // Installed: "tools" beside the program. In a clone, where the program runs from the build's output: guests/tools of the repository.
    private static string? Shipped(ServeOptions options)
    {
        if (options.ShippedToolsFolder is { } given)
        {
            return Path.GetFullPath(given);
        }

        var installed = Path.Combine(AppContext.BaseDirectory, "tools");
        if (HasTools(installed))
        {
            return installed;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "guests", "tools");
            if (HasTools(candidate) && File.Exists(Path.Combine(folder.FullName, "Atoll.slnx")))
            {
                return candidate;
            }
        }

        return null;
    }

    private static bool HasTools(string folder) => Directory.Exists(Path.Combine(folder, ".mcp", "tools"));
}
