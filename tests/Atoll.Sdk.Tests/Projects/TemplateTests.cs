using Atoll.Sdk.Manifests;
using Atoll.Sdk.Projects;
using Atoll.Sdk.Toml;
using Atoll.Wit;

namespace Atoll.Sdk.Tests.Projects;

/// <summary>New projects: what they are made of is right by itself, and nothing is overwritten.</summary>
public sealed class TemplateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atoll-sdk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("greet")]
    [InlineData("tool")]
    public void Every_language_has_a_whole_project(string kind)
    {
        foreach (string language in ManifestSchema.Languages.Where(language => kind == "greet" || Toolchains.Toolchain.Of(language) is not null))
        {
            string name = $"my-{language}-{kind}";
            IReadOnlyList<string> files = ProjectTemplate.Write(new NewProject(name, language, kind), _folder);
            ProjectFolder project = ProjectFolder.Open(Path.Combine(_folder, name));
            Assert.All(files, file => Assert.DoesNotMatch("@(name|snake|pascal|source|commands|call|about)@", File.ReadAllText(project.PathTo(file)).Replace("@param {string} name", "", StringComparison.Ordinal)));
            (_, WitWorld world) = project.LoadWorld();
            Assert.Empty(ManifestCheck.AgainstWorld(project.Manifest, world));
            string test = Assert.Single(project.FilesIn("tests", ".toml"));
            Assert.NotEmpty(TestFile.Read(test, File.ReadAllBytes(project.PathTo(test))).Cases);
        }
    }

    [Theory]
    [InlineData("Greeter", "is no name of a component")]
    [InlineData("../up", "is no name of a component")]
    [InlineData("a--b", "is no name of a component")]
    [InlineData("", "is no name of a component")]
    public void Names_are_checked(string name, string expected) =>
        Assert.Contains(expected, Assert.Throws<ProjectException>(() => ProjectTemplate.Write(new NewProject(name, "c", "greet"), _folder)).Message, StringComparison.Ordinal);

    [Fact]
    public void Keywords_of_WIT_are_no_names()
    {
        Assert.Contains("cannot be the name of a world", Assert.Throws<ProjectException>(() => ProjectTemplate.Write(new NewProject("record", "c", "greet"), _folder)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void Nothing_is_overwritten()
    {
        ProjectTemplate.Write(new NewProject("one", "c", "greet"), _folder);
        Assert.Contains("is there already", Assert.Throws<ProjectException>(() => ProjectTemplate.Write(new NewProject("one", "js", "greet"), _folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[[case]]\nname = \"x\"", 1, 1, "the case calls nothing")]
    [InlineData("[[case]]\ncall = 1", 2, 8, "`call` is a string, not an integer")]
    [InlineData("[[case]]\ncall = 'f()'\nreturn = '1'", 3, 1, "a case has no `return`")]
    [InlineData("[[case]]\ncall = 'f()'\nreturns = '1'\ntraps = true", 3, 11, "returns nothing")]
    [InlineData("[[case]]\ncall = 'f()'\nrequest = { path = '/' }", 3, 1, "a call or a request")]
    [InlineData("[[case]]\nrequest = { path = 'x' }", 2, 11, "begins with a slash")]
    [InlineData("[[case]]\nrequest = { pth = '/' }", 2, 13, "`request` has no `pth`")]
    [InlineData("[[case]]\nrequest = '/'", 2, 11, "`request` is a table, not a string")]
    [InlineData("[[case]]\nrequest = { path = '/', headers = { a = 1 } }", 2, 35, "a table of strings")]
    [InlineData("[[case]]\nrequest = { path = '/' }\nreturns = '1'", 3, 11, "`response` for a request")]
    [InlineData("[[case]]\ncall = 'f()'\nresponse = { status = 200 }", 3, 1, "`response` for a request")]
    [InlineData("[[case]]\nrequest = { path = '/' }\nresponse = { status = '200' }", 3, 23, "`status` is a number")]
    [InlineData("[[case]]\nrequest = { path = '/' }\nresponse = { status = 200 }\ntraps = true", 3, 12, "returns nothing")]
    [InlineData("[[case]]\ncall = 'f()'\nlog = [1]", 3, 7, "an array of strings")]
    [InlineData("[case]\ncall = 'f()'", 1, 2, "no `case` of this kind")]
    [InlineData("", 1, 1, "the file has no cases")]
    public void Mistakes_in_tests_have_a_place(string text, int line, int column, string message)
    {
        Diagnostic error = Assert.Throws<DiagnosticException>(() => TestFile.Read("tests/a.toml", System.Text.Encoding.UTF8.GetBytes(text))).Diagnostics[0];
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal((line, column), (error.Line, error.Column));
    }

    [Fact]
    public void Worlds_are_found_by_name_or_because_there_is_one()
    {
        ProjectTemplate.Write(new NewProject("two", "c", "greet"), _folder);
        string root = Path.Combine(_folder, "two"), manifest = Path.Combine(root, "Component.toml");
        File.AppendAllText(Path.Combine(root, "wit", "world.wit"), "world other {}\n");
        DiagnosticException several = Assert.Throws<DiagnosticException>(() => ProjectFolder.Open(root).LoadWorld());
        Assert.Contains("wit/ has 2 worlds", several.Message, StringComparison.Ordinal);
        File.WriteAllText(manifest, "world = \"othr\"\n" + File.ReadAllText(manifest));
        Assert.Equal((1, "Did you mean `other`?"), Assert.Throws<DiagnosticException>(() => ProjectFolder.Open(root).LoadWorld()).Diagnostics is [var one] ? (one.Line, one.Help!) : default);
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("othr", "other", StringComparison.Ordinal));
        Assert.Equal("other", ProjectFolder.Open(root).LoadWorld().World.Name);
    }
}
