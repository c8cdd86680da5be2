using Atoll.Reference.Scripts;
using Atoll.Spec.Tests;
using Atoll.Wasm;
using Atoll.Wasm.Text;

[assembly: AssemblyFixture(typeof(Atoll.Reference.Tests.Totals))]

namespace Atoll.Reference.Tests;

/// <summary>Proves the interpreter by the official suites, and compares the engine with it at every step of them.</summary>
public sealed class SuiteTests(Totals totals)
{
    /// <summary>Files that the engine's own tests cover.</summary>
    public static TheoryData<string> Files() => [.. SpecData.Lines("scope.txt").Where(line => line[0] != '-')];

    /// <summary>Files in which NaNs or relaxed instructions matter.</summary>
    public static TheoryData<string> FloatFiles() =>
        [.. SpecData.Lines("scope.txt").Where(line => line[0] != '-' && FloatWords.Any(word => line.Contains(word, StringComparison.Ordinal)))];

    private static readonly string[] FloatWords = ["/f32", "/f64", "float", "conversions", "canonicalize", "simd_f", "relaxed"];

    [Theory]
    [MemberData(nameof(Files))]
    public void Interpreted_and_compiled_agree(string unit) =>
        Agree(unit, new WasmEngineOptions { Features = WasmFeatures.All, Deterministic = unit.Contains("canonicalize-nan", StringComparison.Ordinal) });

    [Theory]
    [MemberData(nameof(FloatFiles))]
    public void Agree_in_the_deterministic_profile(string unit) => Agree(unit, new WasmEngineOptions { Features = WasmFeatures.All, Deterministic = true });

    [Theory]
    [MemberData(nameof(FloatFiles))]
    public void Agree_in_the_deterministic_profile_while_cold(string unit) =>
        Agree(unit, new WasmEngineOptions { Features = WasmFeatures.All, Deterministic = true, EagerCodeBytes = 0 });

    private void Agree(string unit, WasmEngineOptions options)
    {
        List<WastCommand> commands = JsonScript.Read(Path.Combine(SpecData.Root(), unit, $"{Path.GetFileName(unit)}.json"));
        using PairScript script = new(options);
        script.Run(commands);
        totals.Add(script.Passed, script.Compared);
        HashSet<string> expected = [.. SpecData.Lines("expectations.txt").Select(line => line.Split(' ', 2)[0])];
        Assert.Empty(script.Failures.Where(failure => !expected.Contains($"{unit}:{failure.Line}")).Select(failure => $"{unit}:{failure.Line}: {failure.Problem}"));
    }
}
