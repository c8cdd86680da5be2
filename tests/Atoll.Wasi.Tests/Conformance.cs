namespace Atoll.Wasi.Tests;

/// <summary>Finds the conformance data: <c>ATOLL_CONFORMANCE</c>, or the folder beside the repository.</summary>
internal static class Conformance
{
    public static string? Find()
    {
        string? root = Environment.GetEnvironmentVariable("ATOLL_CONFORMANCE");
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); root is null && folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Directory.Build.props")))
            {
                root = Path.GetFullPath(Path.Combine(folder.FullName, "../shared/conformance"));
            }
        }

        return Directory.Exists(root) ? root : null;
    }

    /// <summary>The folder; when it is missing the test is skipped, under CI it fails.</summary>
    public static string Root()
    {
        if (Find() is { } root)
        {
            return root;
        }

        const string Message = "conformance data not found: set ATOLL_CONFORMANCE or put it at ../shared/conformance";
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", Message);
        Assert.Skip(Message);
        return "";
    }
}

/// <summary>A folder that is deleted with its content.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("atoll-test-").FullName;

    public string Copy(string source)
    {
        string target = System.IO.Path.Combine(Path, System.IO.Path.GetFileName(source));
        Directory.CreateDirectory(target);
        foreach (string folder in Directory.EnumerateDirectories(source, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(System.IO.Path.Combine(target, System.IO.Path.GetRelativePath(source, folder)));
        }

        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = System.IO.Path.Combine(target, System.IO.Path.GetRelativePath(source, file));
            File.WriteAllBytes(copy, File.ReadAllBytes(file));
        }

        return target;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
