namespace Atoll.Sdk.Tests;

/// <summary>Holds a page of docs/reference to the table that it is made of; <c>ATOLL_UPDATE_GOLDEN=1</c> writes it.</summary>
internal static class ReferencePage
{
    public static void Check(string name, string text)
    {
        string file = Path.Combine(Root(), "docs", "reference", name);
        if (Environment.GetEnvironmentVariable("ATOLL_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
            return;
        }

        Assert.True(File.Exists(file), $"{file} is missing: run the tests with ATOLL_UPDATE_GOLDEN=1 and commit it.");
        Assert.Equal(File.ReadAllText(file).ReplaceLineEndings("\n"), text);
    }

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Atoll.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside of a clone");
        }

        return folder;
    }
}
