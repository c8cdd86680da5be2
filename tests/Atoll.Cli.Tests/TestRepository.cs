namespace Atoll.Cli.Tests;

/// <summary>Where the checkout is that the test was built from.</summary>
internal static class TestRepository
{
    public static string Root { get; } = Find();

    public static string PathTo(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Atoll.slnx")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("Atoll.slnx is not above the test program: run the tests from a checkout.");
    }
}
