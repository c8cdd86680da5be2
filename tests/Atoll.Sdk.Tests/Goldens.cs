using Atoll.Wit;

namespace Atoll.Sdk.Tests;

/// <summary>Compares generated files with those that are written down; with <c>ATOLL_UPDATE_GOLDEN=1</c> it writes them.</summary>
internal static class Goldens
{
    public static string Root { get; } = FindRoot();

    public static void Check(string folder, string world, GuestLanguage language)
    {
        string data = Path.Combine(Root, "tests", "data", "sdk", "golden");
        WitModel model = WitModel.Parse(File.ReadAllText(Path.Combine(data, world + ".wit")), world + ".wit");
        foreach (GeneratedFile file in GuestBindings.Generate(language, model, model.SelectWorld()))
        {
            string path = Path.Combine(data, folder, world, file.Path);
            if (Environment.GetEnvironmentVariable("ATOLL_UPDATE_GOLDEN") == "1")
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, file.Text);
            }

            Assert.True(File.Exists(path), $"{path} is not there: set ATOLL_UPDATE_GOLDEN=1 to write it");
            Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), file.Text);
        }
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Atoll.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("the tests run outside of the repository");
    }
}
