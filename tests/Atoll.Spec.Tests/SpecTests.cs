using System.Text.Json;
using Atoll.Wasm;
using Atoll.Wasm.Text;

[assembly: AssemblyFixture(typeof(Atoll.Spec.Tests.Totals))]

namespace Atoll.Spec.Tests;

/// <summary>The official core suite: every file of <c>scope.txt</c>, in both of its forms.</summary>
public sealed class SpecTests(Totals totals)
{
    private static readonly string[] Groups =
    [
        "core/3.0-mixed", "core/wasm-2.0", "core/bulk-memory", "core/custom-annotations", "core/exceptions", "core/extended-const", "core/function-references",
        "core/gc", "core/memory64", "core/multi-memory", "core/simd", "core/relaxed-simd", "core/tail-call", "core-proposals/custom-page-sizes",
        "core-proposals/legacy-exceptions",
        "core-proposals/threads", "core-proposals/wide-arithmetic", "core-wasmtime/custom-page-sizes", "core-wasmtime/function-references",
        "core-wasmtime/gc", "core-wasmtime/memory64", "core-wasmtime/misc", "core-wasmtime/multi-memory", "core-wasmtime/simd", "core-wasmtime/tail-call",
        "core-wasmtime/threads", "core-wasmtime/winch",
    ];

    // Of the first the data have only the binary form; the text of the second is not in the specification's grammar: (ref.i31 local.get 1).
    private static readonly string[] HaveNoText = ["core-wasmtime/misc/embenchen_fannkuch", "core-wasmtime/gc/anyref_that_is_i31_barriers"];

    /// <summary>Files that ask for canonical NaNs.</summary>
    internal static readonly string[] Deterministic = ["core-wasmtime/simd/canonicalize-nan", "core-wasmtime/misc/canonicalize-nan-scalar"];

    // What the suite's list of features may say of a file that this engine must run.
    private static readonly string[] Features =
        ["extended-const", "multi-memory", "simd", "relaxed-simd", "memory64", "function-references", "gc", "exceptions", "tail-call", "threads"];

    /// <summary>Files inside of the scope.</summary>
    public static TheoryData<string> Files() => [.. SpecData.Lines("scope.txt").Where(line => line[0] != '-')];

    [Theory]
    [MemberData(nameof(Files))]
    public void From_binaries(string unit) => Run(unit, "json", null, "default");

    [Theory]
    [MemberData(nameof(Files))]
    public void From_text(string unit) => Run(unit, "wast", null, "default");

    [Theory]
    [MemberData(nameof(Files))]
    [Trait("Category", "Long")]
    public void With_fuel(string unit) => Run(unit, "wast", new WasmEngineOptions { ConsumeFuel = true }, "fuel");

    [Theory]
    [MemberData(nameof(Files))]
    [Trait("Category", "Long")]
    public void With_the_portable_memory(string unit) => Run(unit, "json", new WasmEngineOptions { PortableMemory = true }, "portable-memory");

    [Theory]
    [MemberData(nameof(Files))]
    [Trait("Category", "Long")]
    public void Checked_by_faults(string unit) => Run(unit, "json", new WasmEngineOptions { FaultChecks = true }, "faults");

    [Theory]
    [MemberData(nameof(Files))]
    [Trait("Category", "Long")]
    public void Without_interruption(string unit) => Run(unit, "json", new WasmEngineOptions { Interruptible = false }, "no-interruption");

    [Theory]
    [MemberData(nameof(Files))]
    [Trait("Category", "Long")]
    public void Compiled_when_called(string unit) => Run(unit, "json", new WasmEngineOptions { EagerCodeBytes = 0, InterpretColdCode = false }, "lazy");

    [Theory]
    [MemberData(nameof(Files))]
    [Trait("Category", "Long")]
    public void Interpreted(string unit) => Run(unit, "json", new WasmEngineOptions { EagerCodeBytes = 0, ColdRounds = 1_000_000 }, "interpreted");

    [Theory]
    [MemberData(nameof(Files))]
    [Trait("Category", "Long")]
    public void Interpreted_then_compiled(string unit) => Run(unit, "json", new WasmEngineOptions { EagerCodeBytes = 0, ColdRounds = 1 }, "mixed");

    [Theory]
    [MemberData(nameof(Files))]
    [Trait("Category", "Long")]
    public void Compiled_as_giants(string unit) => Run(unit, "json", new WasmEngineOptions { EachIsGiant = true }, "giant");

    [Theory]
    [MemberData(nameof(Files))]
    [Trait("Category", "Long")]
    public void Deterministic_interpreted(string unit) =>
        Run(unit, "json", new WasmEngineOptions { Deterministic = true, Features = WasmFeatures.Default, EagerCodeBytes = 0, ColdRounds = 1_000_000 }, "deterministic-interpreted");

    [Theory]
    [MemberData(nameof(Files))]
    [Trait("Category", "Long")]
    public void Pinned(string unit) => Run(unit, "json", new WasmEngineOptions { CodeLifetime = CodeLifetime.Pinned }, "pinned");

    [Theory]
    [MemberData(nameof(Files))]
    [Trait("Category", "Long")]
    public void Deterministic_compiled(string unit) =>
        Run(unit, "json", new WasmEngineOptions { Deterministic = true, Features = WasmFeatures.Default }, "deterministic");

    /// <summary>A file can only be left out for a feature that the suite's own list names.</summary>
    [Fact]
    public void The_scope_decides_on_every_file_of_its_groups()
    {
        string root = SpecData.Root();
        Dictionary<string, string> scope = SpecData.Lines("scope.txt").ToDictionary(
            line => line.TrimStart('-').Trim().Split(':')[0],
            line => line[0] != '-' ? "in" : line.Split(':', 2).ElementAtOrDefault(1)?.Trim() ?? "");
        using JsonDocument levels = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(root, "levels.json")));
        foreach (string group in Groups)
        {
            foreach (string folder in Directory.EnumerateDirectories(Path.Combine(root, group)))
            {
                string unit = $"{group}/{Path.GetFileName(folder)}";
                Assert.True(scope.Remove(unit, out string? state), $"scope.txt says nothing of {unit}");

                // The list covers the specification's own files.
                bool needsMore = !levels.RootElement.TryGetProperty(unit, out JsonElement needed) || needed.EnumerateArray().Any(f => !Features.Contains(f.GetString()));
                Assert.True(state == "in" || needsMore, $"{unit} needs no later feature but is left out");
                Assert.True(state.Length > 0, $"{unit} is left out without a reason");
            }
        }

        Assert.True(scope.Count == 0, $"scope.txt names files that do not exist: {string.Join(", ", scope.Keys)}");
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

    private void Run(string unit, string form, WasmEngineOptions? engine, string options)
    {
        if (form == "wast" && HaveNoText.Contains(unit))
        {
            return;
        }

        string file = Path.Combine(SpecData.Root(), unit, $"{Path.GetFileName(unit)}.{form}");
        List<WastCommand> commands = form == "json" ? JsonScript.Read(file) : WastParser.Parse(TextSource.Read(File.ReadAllBytes(file)));
        Assert.NotEmpty(commands);
        if (!unit.StartsWith("core/", StringComparison.Ordinal))
        {
            // The other suites use proposals, which are off by default.
            engine = (engine ?? new WasmEngineOptions()) with { Features = WasmFeatures.All };
        }

        if (Deterministic.Contains(unit))
        {
            engine = (engine ?? new WasmEngineOptions()) with { Deterministic = true };
        }

        WastResult result = WastScript.Run(commands, new WastOptions { FileName = unit, Engine = engine }, TestContext.Current.CancellationToken);
        HashSet<string> expected = [.. SpecData.Lines("expectations.txt").Select(line => line.Split(' ', 2)[0]).Where(place => place.StartsWith(unit + ":", StringComparison.Ordinal))];
        List<WastFailure> unexpected = [.. result.Failures.Where(failure => !expected.Remove($"{failure.File}:{failure.Line}"))];
        Assert.True(unexpected.Count == 0, $"{unexpected.Count} failures:\n{string.Join('\n', unexpected.Take(40))}");
        Assert.True(expected.Count == 0, $"passes, but expectations.txt says it fails: {string.Join(", ", expected)}");
        totals.Add($"form={form} options={options}", result);
    }
}
