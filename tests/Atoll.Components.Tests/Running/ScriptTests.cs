using System.Text.Json;
using Atoll.Components.Types;
using Atoll.Spec.Tests;

namespace Atoll.Components.Tests;

/// <summary>The component suites, run: instances, calls, traps.</summary>
public sealed class ScriptTests(Totals totals)
{
    // The third suite only validates: what its scripts call modules has imports that nobody defines.
    private static readonly string[] Runnable = ["component-model/spec/", "component-model/wasmtime/"];

    // Folders about what is not there yet.
    internal static readonly string[] Missing = ["/async/", "/threading/", "/gc/"];

    public static TheoryData<string> Files() =>
        [.. SpecData.Lines("scope.txt").Where(line => Array.Exists(Runnable, line.StartsWith) && !Array.Exists(Missing, folder => line.Contains(folder, StringComparison.Ordinal)))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Components_run_as_the_suite_says(string unit)
    {
        string root = SpecData.Root();
        SuiteFeatures features = new(root);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(root, unit, $"{Path.GetFileName(unit)}.json")));
        ScriptRunner runner = new(Path.Combine(root, unit), features.Options(unit));
        HashSet<string> expected = [.. SpecData.Lines("expectations-run.txt").Select(line => line.Split(' ', 2)[0]).Where(place => place.StartsWith(unit + ":", StringComparison.Ordinal))];
        List<string> unexpected = [];
        foreach (JsonElement command in document.RootElement.GetProperty("commands").EnumerateArray())
        {
            string? problem;
            try
            {
                problem = runner.Run(command);
            }
            catch (Exception exception)
            {
                problem = $"{exception.GetType().Name}: {exception.Message}";
            }

            int line = command.GetProperty("line").GetInt32();
            totals.Add("run", problem is null ? "passed" : "expected_failures");
            if (problem is not null && !expected.Remove($"{unit}:{line}"))
            {
                unexpected.Add($"{unit}:{line} {command.GetProperty("type").GetString()}: {problem}");
            }
        }

        Assert.True(unexpected.Count == 0, $"{unexpected.Count} failures:\n{string.Join('\n', unexpected.Take(60))}");
        Assert.True(expected.Count == 0, $"passes, but expectations-run.txt says it fails: {string.Join(", ", expected)}");
    }
}
