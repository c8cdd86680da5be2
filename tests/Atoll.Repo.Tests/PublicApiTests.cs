using System.Reflection;

namespace Atoll.Repo.Tests;

/// <summary>Keeps src/X/PublicAPI.txt equal to what X really offers, so that a change of it is seen in review.</summary>
public sealed class PublicApiTests
{
    private static readonly string[] Shipped = [.. RepositoryFiles.WithExtension(".csproj")
        .Where(file => file.StartsWith("src/", StringComparison.Ordinal)).Select(file => Path.GetFileNameWithoutExtension(file)).Where(name => name is not ("Atoll.Cli" or "Atoll.Bindings"))];

    public static TheoryData<string> Assemblies => [.. Shipped];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void The_public_surface_is_the_one_written_down(string name)
    {
        string file = RepositoryFiles.FullPath($"src/{name}/PublicAPI.txt");
        string now = PublicApi.Describe(Assembly.Load(name));
        if (Environment.GetEnvironmentVariable("ATOLL_UPDATE_API") == "1")
        {
            File.WriteAllText(file, now);
        }

        string before = File.Exists(file) ? File.ReadAllText(file) : string.Empty;
        string[] difference = [.. PublicApi.Difference(before, now)];
        Assert.True(
            difference.Length == 0,
            $"src/{name}/PublicAPI.txt differs from the assembly. If the change is meant, run the tests with ATOLL_UPDATE_API=1 and commit the file.\n{string.Join('\n', difference)}");
    }

    [Fact]
    public void The_command_offers_no_public_types() => Assert.Empty(Assembly.Load("atoll").GetExportedTypes());

    [Fact]
    public void A_surface_is_described_with_its_modifiers_and_a_change_is_found()
    {
        string text = PublicApi.Describe(typeof(PublicApiTests).Assembly);
        Assert.Contains("sealed class Atoll.Repo.Tests.PublicApiTests\n", text);
        Assert.Contains("    static TheoryData<string> Assemblies { get; }\n", text);
        Assert.Contains("    void The_public_surface_is_the_one_written_down(string name)\n", text);
        Assert.Equal(["- class A > int B()", "+ class A > long B()"], PublicApi.Difference("class A\n    int B()\n", "class A\n    long B()\n"));
        Assert.Empty(PublicApi.Difference(text, text));
    }
}
