using Atoll.Fuzz.Mutation;
using Atoll.Fuzz.Running;

[assembly: AssemblyFixture(typeof(Atoll.Fuzz.Tests.Totals))]

namespace Atoll.Fuzz.Tests;

/// <summary>The short form of the fuzzer: always the same cases, so that a failure can be had again. <c>atoll fuzz</c> is the long form.</summary>
public sealed class FuzzTests(Totals totals)
{
    private const int CasesInBatch = 50;
    private static readonly Lazy<Corpus> Suites = new(() => Corpus.Read(Corpus.FindRoot()));

    /// <summary>Batches, so that they can run at the same time and a failure names few seeds.</summary>
    public static TheoryData<int> Batches() => [.. Enumerable.Range(0, 10)];

    [Theory]
    [MemberData(nameof(Batches))]
    public void Generated_modules_do_the_same_on_both_sides(int batch) => Run(FuzzKind.Generated, batch, CasesInBatch);

    [Theory]
    [MemberData(nameof(Batches))]
    public void Changed_modules_are_refused_or_do_the_same_on_both_sides(int batch) => Run(FuzzKind.Module, batch, 2 * CasesInBatch);

    [Theory]
    [MemberData(nameof(Batches))]
    public void Changed_texts_are_refused_or_do_the_same_on_both_sides(int batch) => Run(FuzzKind.Text, batch, CasesInBatch);

    private void Run(FuzzKind kind, int batch, int cases)
    {
        List<string> failures = [];
        for (int i = 0; i < cases; i++)
        {
            (RunReport report, Finding? finding) = FuzzCase.Run(kind, (ulong)((batch * cases) + i), Suites.Value, reductions: 1000);
            totals.Add(kind, report);
            if (finding is not null)
            {
                failures.Add($"{finding.Save()}: {finding.Problem}");
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }
}
