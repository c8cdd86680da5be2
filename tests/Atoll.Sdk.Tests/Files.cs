namespace Atoll.Sdk.Tests;

/// <summary>Files of the repository.</summary>
internal static class Files
{
    public static string Root { get; } = FindRoot();

    public static string Data(string path) => Path.Combine(Root, "tests/data/sdk", path);

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Directory.Build.props")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"no repository above {AppContext.BaseDirectory}");
    }
}

/// <summary>A folder that is gone when it is disposed.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("atoll-sdk-").FullName;

    public void Write(IEnumerable<GeneratedFile> files)
    {
        foreach (GeneratedFile file in files)
        {
            string path = System.IO.Path.Combine(Path, file.Path);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            File.WriteAllText(path, file.Text);
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
