using Atoll.Fuzz.Running;

namespace Atoll.Fuzz.Tests;

/// <summary>Cases that once went wrong.</summary>
public sealed class ReplayTests
{
    private const int Variants = 12;

    public static TheoryData<string> Cases() =>
        [.. Directory.EnumerateFiles(Finding.Folder()!).Where(file => !file.EndsWith(".txt", StringComparison.Ordinal)).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    /// <summary>With other arguments and options each time.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Goes_right_now(string name)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(Finding.Folder()!, name));
        for (ulong seed = 0; seed < Variants; seed++)
        {
            RunReport report = name.EndsWith(".wat", StringComparison.Ordinal) ? TextRunner.Run(bytes, seed) : ModuleRunner.Run(bytes, seed);
            Assert.Null(report.Problem);
        }
    }

    [Fact]
    public void Every_case_says_why_it_is_there() =>
        Assert.All(Cases(), row => Assert.True(File.Exists(Path.Combine(Finding.Folder()!, Path.ChangeExtension(row.Data, ".txt"))), row.Data));
}
