using System.Xml.Linq;

namespace Atoll.Repo.Tests;

/// <summary>Holds the projects to docs/ARCHITECTURE.md.</summary>
public sealed class ProjectGraphTests
{
    private static readonly string Architecture = RepositoryFiles.Read("docs/ARCHITECTURE.md");

    /// <summary>Samples, and what templates make: projects of users, which stand on packages.</summary>
    private static bool IsOfUsers(string file) =>
        file.StartsWith("samples/", StringComparison.Ordinal) || file.StartsWith("templates/content/", StringComparison.Ordinal);

    private static string[] SourceProjects { get; } =
        [.. RepositoryFiles.WithExtension(".csproj").Where(file => file.StartsWith("src/", StringComparison.Ordinal))];

    [Fact]
    public void References_follow_the_arrows()
    {
        Dictionary<string, string[]> references = SourceProjects.ToDictionary(
            file => Path.GetFileNameWithoutExtension(file), file => ProjectGraph.ProjectReferences(RepositoryFiles.Read(file)));
        Assert.NotEmpty(references);
        Assert.Empty(ProjectGraph.Violations(ProjectGraph.ParseBlock(Architecture, "arrows", "->"), references));
    }

    [Fact]
    public void Packages_are_those_that_the_architecture_names()
    {
        Dictionary<string, string[]> allowed = ProjectGraph.ParseBlock(Architecture, "packages", ":");
        foreach (string file in SourceProjects)
        {
            string project = Path.GetFileNameWithoutExtension(file);
            Assert.Empty(ProjectGraph.PackageReferences(RepositoryFiles.Read(file)).Except(allowed.GetValueOrDefault(project, [])).Select(package => $"{project} references {package}."));
        }
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        HashSet<string> listed = [.. XDocument.Parse(RepositoryFiles.Read("Atoll.slnx")).Descendants("Project").Select(item => (string)item.Attribute("Path")!)];
        Assert.Equal(RepositoryFiles.WithExtension(".csproj").Where(file => !IsOfUsers(file)).Order(), listed.Order());
    }

    [Fact]
    public void Versions_are_central_and_replaced_versions_stay_errors()
    {
        foreach (string file in RepositoryFiles.WithExtension(".csproj", ".props", ".targets").Where(file => file != "Directory.Packages.props" && !IsOfUsers(file)))
        {
            XDocument project = XDocument.Parse(RepositoryFiles.Read(file));
            Assert.DoesNotContain(project.Descendants("PackageReference"), item => item.Attribute("Version") is not null || item.Attribute("VersionOverride") is not null);
            Assert.DoesNotContain(project.Descendants(), item => item.Name.LocalName is "NoWarn" or "WarningsNotAsErrors" && item.Value.Contains("NU1603"));
        }

        Assert.Contains("<TreatWarningsAsErrors>true<", RepositoryFiles.Read("Directory.Build.props"));
    }

    [Fact]
    public void An_upward_reference_a_stranger_and_a_cycle_are_found()
    {
        Dictionary<string, string[]> arrows = ProjectGraph.ParseBlock("x\n```arrows\nA\nB -> A\nC -> B\n```\n", "arrows", "->");
        Assert.Empty(ProjectGraph.Violations(arrows, new Dictionary<string, string[]> { ["A"] = [], ["B"] = ["A"], ["C"] = ["A", "B"] }));
        Assert.Single(ProjectGraph.Violations(arrows, new Dictionary<string, string[]> { ["A"] = ["B"], ["B"] = ["A"], ["C"] = [] }));
        Assert.Single(ProjectGraph.Violations(arrows, new Dictionary<string, string[]> { ["A"] = [], ["B"] = [], ["C"] = [], ["D"] = [] }));
        Assert.Single(ProjectGraph.Violations(arrows, new Dictionary<string, string[]> { ["A"] = [], ["B"] = [] }));
        arrows["A"] = ["C"];
        Assert.Equal(3, ProjectGraph.Violations(arrows, new Dictionary<string, string[]> { ["A"] = [], ["B"] = [], ["C"] = [] }).Count());
        Assert.Throws<InvalidDataException>(() => ProjectGraph.ParseBlock("no block", "arrows", "->"));
    }

    [Fact]
    public void References_are_read_from_project_files()
    {
        const string Project = """<Project><ItemGroup><ProjectReference Include="..\Atoll.X\Atoll.X.csproj" /><PackageReference Include="P" /></ItemGroup></Project>""";
        Assert.Equal(["Atoll.X"], ProjectGraph.ProjectReferences(Project));
        Assert.Equal(["P"], ProjectGraph.PackageReferences(Project));
    }
}
