namespace Atoll.Bench;

/// <summary>Finds the checkout that this program was built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Atoll.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("Atoll.slnx was not found above the program; run it from a checkout");
    }
}
