namespace Atoll.Repo.Tests;

/// <summary>Applies <see cref="Tidy"/> to the checkout, and shows that each rule can fail.</summary>
public sealed class TidyTests
{
    private static readonly string[] CodeExtensions = [".cs", ".c", ".h", ".rs", ".ts", ".mjs", ".js", ".sh"];

    [Fact]
    public void Files_and_methods_are_short()
    {
        Exemptions exemptions = new(RepositoryFiles.Read("eng/tidy-exemptions.txt"));
        List<string?> complaints = [];
        foreach (string file in RepositoryFiles.WithExtension(CodeExtensions))
        {
            string text = RepositoryFiles.Read(file);
            complaints.Add(exemptions.Check(file, Tidy.CountLines(text), Tidy.MaxFileLines));
            if (file.EndsWith(".cs", StringComparison.Ordinal))
            {
                // Overloads share a name: the longest counts.
                complaints.AddRange(Tidy.Methods(text).GroupBy(method => method.Name)
                    .Select(group => exemptions.Check($"{file}::{group.Key}", group.Max(method => method.Lines), Tidy.MaxMethodLines)));
            }
        }

        None(complaints.OfType<string>());
        None(exemptions.Unused);
    }

    [Fact]
    public void Nothing_is_left_unfinished() => AssertNone(Texts(), Tidy.Leftovers);

    [Fact]
    public void No_path_of_a_machine_is_written_down() => AssertNone(Texts(), text => Tidy.MachinePaths(text, MachineFolders()));

    [Fact]
    public void Comments_carry_no_issue_numbers() =>
        AssertNone(RepositoryFiles.WithExtension(".cs").Where(file => !IsOwn(file)), text => Tidy.IssueNumbers(Tidy.Comments(text)));

    [Fact]
    public void Links_in_documents_lead_somewhere()
    {
        List<string> broken = [];
        foreach (string file in RepositoryFiles.WithExtension(".md"))
        {
            string folder = Path.GetDirectoryName(file) ?? string.Empty;
            broken.AddRange(Tidy.BrokenLinks(RepositoryFiles.Read(file), folder, Exists).Select(target => $"{file}: {target}"));
        }

        None(broken);

        static bool Exists(string path) => File.Exists(RepositoryFiles.FullPath(path)) || Directory.Exists(RepositoryFiles.FullPath(path));
    }

    [Fact]
    public void Modules_of_guests_have_their_listed_hashes()
    {
        List<string> problems = [];
        foreach (IGrouping<string, string> folder in RepositoryFiles.WithExtension(".wasm").Where(file => file.StartsWith("guests/", StringComparison.Ordinal) || file.StartsWith("bench/", StringComparison.Ordinal))
            .GroupBy(file => Path.GetDirectoryName(file)!))
        {
            string sums = Path.Combine(folder.Key, "SHA256SUMS").Replace('\\', '/');
            Dictionary<string, byte[]> modules = folder.ToDictionary(file => Path.GetFileName(file), file => File.ReadAllBytes(RepositoryFiles.FullPath(file)));
            problems.AddRange(File.Exists(RepositoryFiles.FullPath(sums))
                ? Tidy.HashProblems(RepositoryFiles.Read(sums), modules).Select(problem => $"{sums}: {problem}")
                : [$"{folder.Key} has modules and no SHA256SUMS."]);
        }

        None(problems);
    }

    [Fact]
    public void The_size_rules_can_fail()
    {
        string body = string.Concat(Enumerable.Repeat("        x++;\n", 70));
        (string Name, int Lines) method = Assert.Single(Tidy.Methods($"class C\n{{\n    void Long()\n    {{\n{body}    }}\n}}\n"));
        Assert.Equal(("Long", 73), method);
        Assert.Equal(3, Tidy.CountLines("a\nb\nc"));
        Assert.Equal(3, Tidy.CountLines("a\nb\nc\n"));
        Exemptions exemptions = new("# comment\na.cs 700 a table\nb.cs 700 a table\n");
        Assert.Null(exemptions.Check("c.cs", 600, 600));
        Assert.NotNull(exemptions.Check("c.cs", 601, 600));
        Assert.Null(exemptions.Check("a.cs", 700, 600));
        Assert.NotNull(exemptions.Check("a.cs", 701, 600));
        Assert.Equal(["b.cs"], exemptions.Unused);
        Assert.Throws<InvalidDataException>(() => new Exemptions("a.cs 700"));
    }

    [Fact]
    public void The_text_rules_can_fail()
    {
        Assert.Equal(["TO" + "DO", "FIX" + "ME"], Tidy.Leftovers("// TO" + "DO: x\n// FIX" + "ME"));
        Assert.Single(Tidy.Leftovers("throw new NotImplemented" + "Exception();"));
        Assert.Empty(Tidy.Leftovers("todos METHODTODO"));
        Assert.Equal(["/src/atoll"], Tidy.MachinePaths("see /src/atoll/x", ["/src/atoll", "/src/shared"]));
        Assert.Empty(Tidy.MachinePaths("x/src/atoll, $root/src/atoll, https://example.org/src/atoll, /src/atoll-2", ["/src/atoll"]));
        Assert.Contains(RepositoryFiles.Root, MachineFolders());
        Assert.Equal(2, Tidy.IssueNumbers("see issue 2, or #17").Count());
        Assert.Empty(Tidy.IssueNumbers("&#10; tissue 5 section#3 #fff"));
        Assert.Equal("// a b", Tidy.Comments("class C { // a b\n string s = \"# 1\"; }").Trim());
        Assert.Equal(["gone.md"], Tidy.BrokenLinks("[a](here.md#x) [b](gone.md) [c](https://x.y/z) [d](#top)", "docs", path => path == "docs/here.md"));
        Assert.Empty(Tidy.BrokenLinks("[a](../x/y.cs)", "docs", path => path == "x/y.cs"));
    }

    [Fact]
    public void The_hash_rule_can_fail()
    {
        const string HashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        Dictionary<string, byte[]> modules = new() { ["a.wasm"] = [] };
        Assert.Empty(Tidy.HashProblems($"{HashOfNothing}  a.wasm\n", modules));
        Assert.Single(Tidy.HashProblems($"{HashOfNothing}  a.wasm\n", new Dictionary<string, byte[]> { ["a.wasm"] = [1] }));
        Assert.Single(Tidy.HashProblems($"{HashOfNothing}  a.wasm\n{HashOfNothing}  b.wasm\n", modules));
        Assert.Single(Tidy.HashProblems(string.Empty, modules));
    }

    // The tests of the rules show bad text on purpose.
    private static bool IsOwn(string file) => file.StartsWith("tests/Atoll.Repo.Tests/Tidy", StringComparison.Ordinal);

    private static IEnumerable<string> MachineFolders()
    {
        yield return RepositoryFiles.Root;
        yield return Path.Combine(Path.GetDirectoryName(RepositoryFiles.Root)!, "shared");
        yield return Path.Combine(Path.GetDirectoryName(RepositoryFiles.Root)!, "main");
        foreach (string hidden in new[] { ".nuget", ".dotnet", ".npm", ".config" })
        {
            yield return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), hidden);
        }
    }

    private static IEnumerable<string> Texts() => RepositoryFiles.Texts().Where(file => !IsOwn(file));

    private static void AssertNone(IEnumerable<string> files, Func<string, IEnumerable<string>> rule) =>
        None(files.SelectMany(file => rule(RepositoryFiles.Read(file)).Select(found => $"{file}: {found}")));

    // Unlike Assert.Empty it shows all of them.
    private static void None(IEnumerable<string> problems)
    {
        string[] all = [.. problems];
        Assert.True(all.Length == 0, string.Join('\n', all));
    }
}
