using Microsoft.CodeAnalysis;

namespace Atoll.Bindings.Tests.Generation;

/// <summary>The generated code as text, so that a change of it is seen in review.</summary>
public sealed class GoldenTests
{
    [Theory]
    [InlineData("guest.wit", "hosted")]
    [InlineData("shapes.wit", "")]
    [InlineData("store.wit", "")]
    public void The_code_is_the_one_written_down(string file, string world)
    {
        GeneratorDriverRun run = GeneratorDriverRun.Of(TestFiles.Wit(file), world).Run();
        Assert.Empty(run.Diagnostics);
        Assert.Empty(run.Output.GetDiagnostics(TestContext.Current.CancellationToken).Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
        string folder = TestFiles.PathTo("Golden", Path.GetFileNameWithoutExtension(file));
        Dictionary<string, string> made = run.Result.GeneratedSources.ToDictionary(source => source.HintName + ".txt", source => source.SourceText.ToString());
        if (Environment.GetEnvironmentVariable("ATOLL_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(folder);
            foreach ((string name, string text) in made)
            {
                File.WriteAllText(Path.Combine(folder, name), text);
            }
        }

        Assert.True(Directory.Exists(folder), $"{folder} is missing: run the tests with ATOLL_UPDATE_GOLDEN=1 and commit it.");
        Assert.Equal(Directory.GetFiles(folder).Select(path => Path.GetFileName(path)).Order(), made.Keys.Order());
        Assert.All(made, source => Assert.Equal(File.ReadAllText(Path.Combine(folder, source.Key)).ReplaceLineEndings("\n"), source.Value));
    }

    [Fact]
    public void Two_runs_make_the_same_text()
    {
        string[] first = Texts(), second = Texts();
        Assert.NotEmpty(first);
        Assert.Equal(first, second);

        static string[] Texts() => [.. GeneratorDriverRun.Of(TestFiles.Wit("shapes.wit")).Run().Result.GeneratedSources.Select(source => source.SourceText.ToString())];
    }
}
