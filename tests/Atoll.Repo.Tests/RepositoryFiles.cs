namespace Atoll.Repo.Tests;

/// <summary>The files of the checkout, without what is built or downloaded into it.</summary>
internal static class RepositoryFiles
{
    private static readonly HashSet<string> SkippedFolders = [".git", ".vs", ".idea", "artifacts", "bin", "obj", "node_modules", "target", "out", "dist"];

    private static readonly HashSet<string> TextExtensions =
    [
        ".cs", ".csproj", ".props", ".targets", ".slnx", ".md", ".json", ".txt", ".sh", ".cmd", ".c", ".h", ".rs", ".toml", ".js", ".mjs", ".ts",
        ".wat", ".wast", ".yml", ".yaml", ".editorconfig", ".gitignore", ".gitattributes", "",
    ];

    public static string Root { get; } = FindRoot();

    /// <summary>Paths relative to the root, with '/', in order.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Walk(Root, string.Empty).Order(StringComparer.Ordinal)];

    public static string FullPath(string relative) => Path.Combine(Root, relative.Replace('/', Path.DirectorySeparatorChar));

    public static string Read(string relative) => File.ReadAllText(FullPath(relative));

    public static IEnumerable<string> WithExtension(params string[] extensions) => All.Where(file => extensions.Contains(Path.GetExtension(file)));

    /// <summary>Files that people write: sources, scripts and documents.</summary>
    public static IEnumerable<string> Texts() => All.Where(file => TextExtensions.Contains(Path.GetExtension(file)) && !file.Contains("/bin/", StringComparison.Ordinal));

    private static IEnumerable<string> Walk(string folder, string prefix)
    {
        foreach (string file in Directory.GetFiles(folder))
        {
            yield return prefix + Path.GetFileName(file);
        }

        foreach (string child in Directory.GetDirectories(folder))
        {
            string name = Path.GetFileName(child);

            // Guests' and kernels' "bin" holds checked-in modules; every other one is built.
            bool isModules = name == "bin" && (prefix.StartsWith("guests/", StringComparison.Ordinal) || prefix == "bench/kernels/");
            if ((SkippedFolders.Contains(name) && !isModules) || new DirectoryInfo(child).LinkTarget is not null)
            {
                continue;
            }

            foreach (string file in Walk(child, prefix + name + "/"))
            {
                yield return file;
            }
        }
    }

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Atoll.slnx")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("Atoll.slnx is not above the test program: run the tests from a checkout.");
    }
}
