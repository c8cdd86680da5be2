namespace Atoll.Cli.Tests;

/// <summary>Compares text with a file in Golden/; <c>ATOLL_UPDATE_GOLDEN=1</c> writes the file instead.</summary>
internal static class Golden
{
    public static void Check(string name, string text)
    {
        string file = TestRepository.PathTo("tests", "Atoll.Cli.Tests", "Golden", name);
        if (Environment.GetEnvironmentVariable("ATOLL_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(file, text);
            return;
        }

        Assert.True(File.Exists(file), $"{file} is missing: run the tests with ATOLL_UPDATE_GOLDEN=1 and commit it.");
        Assert.Equal(File.ReadAllText(file).ReplaceLineEndings("\n"), text);
    }
}
