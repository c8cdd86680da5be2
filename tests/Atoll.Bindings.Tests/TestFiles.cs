namespace Atoll.Bindings.Tests;

/// <summary>Files of the checkout, and the sample components beside the conformance data.</summary>
internal static class TestFiles
{
    public static string Root { get; } = FindRoot();

    public static string PathTo(params string[] parts) => Path.Combine([Root, "tests", "Atoll.Bindings.Tests", .. parts]);

    public static string Wit(string name) => File.ReadAllText(PathTo("wit", name));

    /// <summary>A sample component; skips the test where there are none, and fails in continuous integration.</summary>
    public static byte[] Guest(string name)
    {
        string conformance = Environment.GetEnvironmentVariable("ATOLL_CONFORMANCE") ?? Path.Combine(Root, "..", "shared", "conformance");
        string file = Path.Combine(conformance, "..", "guests", "wasm", name);
        if (!File.Exists(file))
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", $"{name} is not there: set ATOLL_CONFORMANCE to the conformance data.");
        }

        return File.ReadAllBytes(file);
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Atoll.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("Atoll.slnx is not above the test program: run the tests from a checkout.");
    }
}
