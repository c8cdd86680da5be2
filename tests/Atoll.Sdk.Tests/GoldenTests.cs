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
    public void Code_is_as_it_was(GuestLanguage language, string world) => Goldens.Check(language.ToString().ToLowerInvariant(), world, language);

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
