using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Spec.Tests;
using Atoll.Wasm;

[assembly: AssemblyFixture(typeof(Atoll.Components.Tests.Totals))]

namespace Atoll.Components.Tests;

/// <summary>The component suites: what decoder and validator say of each binary. Commands that run something are counted.</summary>
public sealed class SuiteTests(Totals totals)
{
    private static readonly string[] Groups =
    [
        "spec/async", "spec/binary", "spec/linking", "spec/resources", "spec/validation", "spec/values", "wasm-tools", "wasm-tools/async",
        "wasm-tools/error-context", "wasm-tools/gc", "wasm-tools/memory64", "wasm-tools/shared-everything-threads", "wasm-tools/values", "wasmtime",
        "wasmtime/async", "wasmtime/gc", "wasmtime/threading",
    ];

    // Flags of features that may keep a file out of the scope.
    private static readonly string[] Missing = ["cm-gc", "component_model_gc", "shared-everything-threads"];

    /// <summary>Files inside of the scope.</summary>
    public static TheoryData<string> Files() => [.. SpecData.Lines("scope.txt").Where(line => line[0] != '-')];

    [Theory]
    [MemberData(nameof(Files))]
    public void Components_are_judged_as_the_suite_says(string unit)
    {
        string root = SpecData.Root();
        List<ScriptCommand> commands = SuiteScript.Read(Path.Combine(root, unit, $"{Path.GetFileName(unit)}.json"));
        Assert.NotEmpty(commands);
        ComponentLoadOptions options = new SuiteFeatures(root).Options(unit);
        HashSet<string> expected = [.. SpecData.Lines("expectations.txt").Select(line => line.Split(' ', 2)[0]).Where(place => place.StartsWith(unit + ":", StringComparison.Ordinal))];
        List<string> unexpected = [];
        totals.Add("suites", "files");
        foreach (ScriptCommand command in commands)
        {
            totals.Add("suites", command.Demand.ToString().ToLowerInvariant());
            if (Problem(command, options) is { } problem)
            {
                totals.Add("suites", "expected_failures");
                if (!expected.Remove($"{unit}:{command.Line}"))
                {
                    unexpected.Add($"{unit}:{command.Line} {command.Type} ({command.Text}): {problem}");
                }
            }
        }

        Assert.True(unexpected.Count == 0, $"{unexpected.Count} failures:\n{string.Join('\n', unexpected.Take(60))}");
        Assert.True(expected.Count == 0, $"passes, but expectations.txt says it fails: {string.Join(", ", expected)}");
    }

    /// <summary>A file can only be left out for a feature that the suites' own list names.</summary>
    [Fact]
    public void The_scope_decides_on_every_file_of_its_folders()
    {
        string root = SpecData.Root();
        SuiteFeatures features = new(root);
        Dictionary<string, bool> scope = SpecData.Lines("scope.txt").ToDictionary(line => line.TrimStart('-').Trim().Split(':')[0], line => line[0] != '-');
        foreach (string group in Groups)
        {
            foreach (string folder in Directory.EnumerateDirectories(Path.Combine(root, "component-model", group)))
            {
                string name = Path.GetFileName(folder);
                if (!File.Exists(Path.Combine(folder, $"{name}.json")))
                {
                    continue;
                }

                string unit = $"component-model/{group}/{name}";
                Assert.True(scope.Remove(unit, out bool isIn), $"scope.txt says nothing of {unit}");
                Assert.True(isIn || features.Flags(unit).Any(Missing.Contains), $"{unit} needs no missing feature but is left out");
            }
        }

        Assert.True(scope.Count == 0, $"scope.txt names files that do not exist: {string.Join(", ", scope.Keys)}");
    }

    /// <summary>What is left out is understood or refused with a reason, and that it is not there is said by name.</summary>
    [Fact]
    public void Files_outside_of_the_scope_are_refused_by_name()
    {
        string root = SpecData.Root();
        ComponentLoadOptions options = new() { Features = ComponentFeatures.All, CoreFeatures = WasmFeatures.All };
        foreach (string unit in SpecData.Lines("scope.txt").Where(line => line[0] == '-').Select(line => line.TrimStart('-').Trim().Split(':')[0]))
        {
            foreach (ScriptCommand command in SuiteScript.Read(Path.Combine(root, unit, $"{Path.GetFileName(unit)}.json")))
            {
                totals.Add("left-out", command.Demand.ToString().ToLowerInvariant());
                if (command.Demand == Demand.Valid && Problem(command, options) is { } problem)
                {
                    // Of shared references in core modules the engine knows nothing.
                    Assert.Matches("not supported yet|core module: malformed reference type 0x65", problem);
                    totals.Add("left-out", "refused_by_name");
                }
            }
        }
    }

    [Fact]
    public void Expectations_belong_to_files_of_the_scope()
    {
        HashSet<string> scope = [.. SpecData.Lines("scope.txt").Where(line => line[0] != '-')];
        foreach (string line in SpecData.Lines("expectations.txt"))
        {
            string[] parts = line.Split(' ', 2);
            Assert.True(parts.Length == 2 && scope.Contains(parts[0].Split(':')[0]), $"expectations.txt: '{line}' is not 'file:line reason'");
        }
    }

    private static string? Problem(ScriptCommand command, ComponentLoadOptions options)
    {
        if (command.Demand > Demand.Invalid)
        {
            return null;
        }

        Demand verdict = Demand.Valid;
        string message = "";
        try
        {
            ComponentLoader.Load(File.ReadAllBytes(command.File!), options, TestContext.Current.CancellationToken);
        }
        catch (MalformedComponentException e)
        {
            (verdict, message) = (Demand.Malformed, e.Message);
        }
        catch (InvalidComponentException e)
        {
            (verdict, message) = (Demand.Invalid, e.Message);
        }

        return verdict == command.Demand ? null : $"{verdict} {message}";
    }
}
