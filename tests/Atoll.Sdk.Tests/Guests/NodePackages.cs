namespace Atoll.Sdk.Tests.Guests;

/// <summary>The packages of <c>eng/js</c>, which npm installs the first time.</summary>
internal static class NodePackages
{
    private static readonly Lazy<string?> Installed = new(Install);

    /// <summary>The folder that has <c>node_modules</c>; skips the test where there is none, and fails it in continuous integration.</summary>
    public static string Folder()
    {
        if (Installed.Value is null)
        {
            Programs.Missing("npm is not installed, or cannot install the packages of eng/js");
        }

        return Installed.Value!;
    }

    private static string? Install()
    {
        string folder = Path.Combine(Files.Root, "artifacts/npm/js");
        string package = File.ReadAllText(Path.Combine(Files.Root, "eng/js/package.json"));
        string lockFile = File.ReadAllText(Path.Combine(Files.Root, "eng/js/package-lock.json"));
        string done = Path.Combine(folder, "node_modules/.package-lock.json");
        string ours = Path.Combine(folder, "package-lock.json");
        if (File.Exists(done) && File.Exists(ours) && File.ReadAllText(ours) == lockFile)
        {
            return folder;
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "package.json"), package);
        File.WriteAllText(ours, lockFile);
        try
        {
            Programs.Run(folder, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix", folder);
            File.WriteAllText(ours, lockFile);
            return folder;
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or Xunit.Sdk.XunitException)
        {
            return null;
        }
    }
}
