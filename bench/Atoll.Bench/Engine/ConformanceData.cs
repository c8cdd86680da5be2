namespace Atoll.Bench;

/// <summary>Finds the conformance suites, whose programs are measured too.</summary>
internal static class ConformanceData
{
    /// <exception cref="InvalidOperationException">They are not there.</exception>
    public static string Root
    {
        get
        {
            string root = Environment.GetEnvironmentVariable("ATOLL_CONFORMANCE") ?? Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "conformance"));
            return Directory.Exists(root) ? root : throw new InvalidOperationException($"the suites are not in {root}; set ATOLL_CONFORMANCE");
        }
    }
}
