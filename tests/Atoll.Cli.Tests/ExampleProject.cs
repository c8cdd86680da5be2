using Atoll.Sdk.Projects;
using Atoll.Sdk.Toolchains;

namespace Atoll.Cli.Tests;

/// <summary>One of the examples in <c>guests/examples</c>.</summary>
internal sealed class ExampleProject
{
    private ExampleProject(string name, string language) => (Name, Language) = (name, language);

    public static string Folder { get; } = TestRepository.PathTo("guests", "examples");

    public string Name { get; }

    public string Language { get; }

    /// <summary>The component that is checked in; those of JavaScript, which have an engine in them, are too large for that.</summary>
    public string? CheckedIn => Language is "js" or "ts" ? null : Path.Combine(Folder, "bin", Name + ".wasm");

    public static IEnumerable<ExampleProject> All() =>
        Directory.EnumerateFiles(Folder, "Component.toml", SearchOption.AllDirectories).Select(file => Path.GetDirectoryName(file)!).Order(StringComparer.Ordinal)
            .Where(folder => Path.GetDirectoryName(folder) == Folder).Select(Open);

    public static ExampleProject Named(string name) => Open(Path.Combine(Folder, name));

    /// <summary>The project where it is; nothing may be built there.</summary>
    public ProjectFolder Read() => ProjectFolder.Open(Path.Combine(Folder, Name));

    /// <summary>Copies what a person would have written, without anything that was built.</summary>
    public void CopyTo(string folder)
    {
        string from = Path.Combine(Folder, Name), to = Path.Combine(folder, Name);
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(from, file);
            if (relative.Split(Path.DirectorySeparatorChar)[0] != ProjectFolder.Output)
            {
                string target = Path.Combine(to, relative);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }
        }
    }

    /// <summary>Skips the test where the language's tools are not installed, and says which; continuous integration must have them.</summary>
    public async Task NeedToolsAsync(Func<Task<CliResult>> install)
    {
        try
        {
            await Toolchain.Of(Language)!.FindAsync(new ToolEnvironment(Environment.GetEnvironmentVariable), TestContext.Current.CancellationToken);
        }
        catch (MissingToolsException missing) when (missing.Missing.All(tool => tool.What.Contains("npm packages", StringComparison.Ordinal)))
        {
            // They are in nobody's system: npm brings them, into the cache of this user.
            CliResult result = await install();
            Assert.True(result.Code == ExitCodes.Ok, result.Out + result.Error);
        }
        catch (MissingToolsException missing) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            string message = $"{Name}: {missing.Message} {string.Join(' ', missing.Details)}";
            TestContext.Current.SendDiagnosticMessage("SKIPPED " + message);
            Assert.Skip(message);
        }
    }

    private static ExampleProject Open(string folder) => new(Path.GetFileName(folder), ProjectFolder.Open(folder).Manifest.Build.Language.Value);
}
