namespace Atoll.Spec.Tests;

/// <summary>Where the suites are: <c>ATOLL_CONFORMANCE</c>, or <c>../shared/conformance</c> beside the repository.</summary>
internal static class SpecData
{
    /// <summary>The folder; when it is missing the test is skipped and says so, under CI it fails.</summary>
    public static string Root()
    {
        string? root = Environment.GetEnvironmentVariable("ATOLL_CONFORMANCE") ?? BesideRepository();
        if (root is not null && Directory.Exists(root))
        {
            return root;
        }

        const string Message = "conformance data not found: set ATOLL_CONFORMANCE or put it at ../shared/conformance";
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", Message);
        Assert.Skip(Message);
        return "";
    }

    /// <summary>The lines of a list that is checked in beside the tests, comments left out.</summary>
    public static IEnumerable<string> Lines(string file) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, file))
            .Select(line => line.Split('#')[0].Trim())
            .Where(line => line.Length > 0);

    private static string? BesideRepository()
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
