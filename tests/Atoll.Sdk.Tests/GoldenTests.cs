using Atoll.Wit;

namespace Atoll.Sdk.Tests;

/// <summary>Generated code of small worlds, in full; <c>ATOLL_UPDATE_GOLDEN=1</c> writes it anew.</summary>
public sealed class GoldenTests
{
    /// <summary>Languages with bindings, and worlds.</summary>
    public static TheoryData<GuestLanguage, string> Cases()
    {
        TheoryData<GuestLanguage, string> data = [];
        foreach (GuestLanguage language in Enum.GetValues<GuestLanguage>())
        {
            data.Add(language, "plugin");
            data.Add(language, "store");
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Code_is_as_it_was(GuestLanguage language, string world)
    {
        IReadOnlyList<GeneratedFile> files = Generate(language, world);
        string folder = Files.Data($"golden/{language.ToString().ToLowerInvariant()}/{world}");
        if (Environment.GetEnvironmentVariable("ATOLL_UPDATE_GOLDEN") == "1")
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }

            foreach (GeneratedFile file in files)
            {
                string path = Path.Combine(folder, file.Path);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, file.Text);
            }
        }

        Assert.True(Directory.Exists(folder), $"{folder} is missing: run the tests with ATOLL_UPDATE_GOLDEN=1 and commit it.");
        Assert.Equal(
            Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/')).Order(StringComparer.Ordinal),
            files.Select(file => file.Path).Order(StringComparer.Ordinal));
        Assert.All(files, file => Assert.Equal(File.ReadAllText(Path.Combine(folder, file.Path)), file.Text));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Files_say_what_wrote_them(GuestLanguage language, string world) =>
        Assert.All(Generate(language, world), file => Assert.Contains("atoll bindgen", file.Text[..Math.Min(512, file.Text.Length)], StringComparison.Ordinal));

    private static IReadOnlyList<GeneratedFile> Generate(GuestLanguage language, string world)
    {
        string path = Files.Data($"golden/{world}.wit");
        WitModel model = WitModel.Parse(File.ReadAllText(path), path);
        return GuestBindings.Generate(language, model, model.SelectWorld());
    }
}
