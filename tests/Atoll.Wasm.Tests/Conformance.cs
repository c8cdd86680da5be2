namespace Atoll.Wasm.Tests;

/// <summary>Finds the conformance data: <c>ATOLL_CONFORMANCE</c>, or the folder beside the repository.</summary>
internal static class Conformance
{
    /// <summary>The folder; when it is missing the test is skipped, under CI it fails.</summary>
    public static string Root()
    {
        string? root = Environment.GetEnvironmentVariable("ATOLL_CONFORMANCE") ?? FindBesideRepository();
        if (root is not null && Directory.Exists(root))
        {
            return root;
        }

        const string Message = "conformance data not found: set ATOLL_CONFORMANCE or put it at ../shared/conformance";
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", Message);
        Assert.Skip(Message);
        return "";
    }

    /// <summary>Real programs: core modules only.</summary>
    public static IEnumerable<string> Programs() =>
        Directory.EnumerateFiles(Path.Combine(Root(), "programs"), "*.wasm", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    private static string? FindBesideRepository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Directory.Build.props")))
            {
                return Path.GetFullPath(Path.Combine(folder.FullName, "../shared/conformance"));
            }
        }

        return null;
    }
}
