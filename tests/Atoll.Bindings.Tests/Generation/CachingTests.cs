extern alias generator;

using generator::Atoll.Bindings;
using Microsoft.CodeAnalysis;

namespace Atoll.Bindings.Tests.Generation;

/// <summary>Nothing is made again as long as no WIT file changes.</summary>
public sealed class CachingTests
{
    private const string Path = "/project/wit/world.wit";

    [Fact]
    public void A_change_of_code_makes_nothing_again()
    {
        GeneratorDriverRun run = GeneratorDriverRun.Of(TestFiles.Wit("store.wit")).Run();
        Assert.Equal([IncrementalStepRunReason.New], Reasons(run, WitGenerator.CodeStep));

        run.AddCode("class Unrelated;");
        Assert.Equal([IncrementalStepRunReason.Cached], Reasons(run, WitGenerator.CodeStep));
        Assert.All(run.Result.TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(step => step.Outputs), output => Assert.Equal(IncrementalStepRunReason.Cached, output.Reason));
    }

    [Fact]
    public void A_change_that_means_nothing_keeps_the_code()
    {
        GeneratorDriverRun run = GeneratorDriverRun.Of(TestFiles.Wit("store.wit")).Run();
        run.Change(Path, TestFiles.Wit("store.wit") + "\n// a comment\n");
        Assert.Equal([IncrementalStepRunReason.Modified], Reasons(run, WitGenerator.InputStep));
        Assert.Equal([IncrementalStepRunReason.Unchanged], Reasons(run, WitGenerator.CodeStep));
    }

    [Fact]
    public void A_change_of_a_type_changes_the_code()
    {
        GeneratorDriverRun run = GeneratorDriverRun.Of(TestFiles.Wit("store.wit")).Run();
        run.Change(Path, TestFiles.Wit("store.wit").Replace("size: func() -> u32", "size: func() -> u64"));
        Assert.Equal([IncrementalStepRunReason.Modified], Reasons(run, WitGenerator.CodeStep));
        Assert.Contains("ulong Size()", run.Source("My.App.Proxy.TestStore0.2.0.Blobs.Imports.g.cs"));
    }

    private static IEnumerable<IncrementalStepRunReason> Reasons(GeneratorDriverRun run, string step) =>
        run.Result.TrackedSteps[step].SelectMany(made => made.Outputs).Select(output => output.Reason);
}
