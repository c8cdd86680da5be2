using System.Text;
using System.Text.Json;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Validation;

namespace Atoll.Wasm.Tests.Validation;

/// <summary>Every binary module of the official core suite: accepted, malformed or invalid as the suite says, in its words.</summary>
public sealed class CoreSuiteTests
{
    private static readonly string[] Groups = ["wasm-2.0", "bulk-memory", "exceptions", "extended-const", "function-references", "gc", "memory64", "multi-memory", "simd", "tail-call"];

    [Fact]
    public void Every_binary_module_is_judged_as_the_suite_says()
    {
        string core = Path.Combine(Conformance.Root(), "core");
        var failures = new StringBuilder();
        int passed = 0;
        foreach (string file in Groups.SelectMany(g => Directory.EnumerateFiles(Path.Combine(core, g), "*.json", SearchOption.AllDirectories)).Order(StringComparer.Ordinal))
        {
            string unit = Path.GetRelativePath(core, Path.GetDirectoryName(file)!).Replace('\\', '/');
            using JsonDocument script = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (JsonElement command in script.RootElement.GetProperty("commands").EnumerateArray())
            {
                if (Judge(command, Path.GetDirectoryName(file)!) is not { } verdict)
                {
                    continue;
                }

                string place = $"{unit}:{command.GetProperty("line").GetInt32()}";
                if (verdict.Length == 0)
                {
                    passed++;
                }
                else
                {
                    failures.AppendLine($"{place} {verdict}");
                }
            }
        }

        Assert.True(failures.Length == 0, failures.ToString());
        Assert.True(passed > 1000, $"only {passed} modules were found");
        TestContext.Current.TestOutputHelper?.WriteLine($"{passed} modules");
    }

    /// <summary>Null: not a module of ours; empty: as expected; otherwise what went wrong.</summary>
    private static string? Judge(JsonElement command, string folder)
    {
        string type = command.GetProperty("type").GetString()!;
        if (type is not ("module" or "module_definition" or "assert_invalid" or "assert_malformed" or "assert_trap" or "assert_unlinkable" or "assert_uninstantiable")
            || !command.TryGetProperty("filename", out JsonElement name))
        {
            return null;
        }

        if (command.TryGetProperty("binary_filename", out JsonElement binary))
        {
            name = binary;
        }
        else if (command.TryGetProperty("module_type", out JsonElement form) && form.GetString() == "text")
        {
            return null;
        }

        WasmException? error = null;
        try
        {
            ModuleDefinition module = ModuleDecoder.Decode(File.ReadAllBytes(Path.Combine(folder, name.GetString()!)), ModuleLimits.Default);
            ModuleValidator.Validate(module, ModuleLimits.Default, CancellationToken.None);
        }
        catch (WasmException caught)
        {
            error = caught;
        }

        return type switch
        {
            "assert_invalid" => Compare(error as InvalidModuleException, error, command),
            "assert_malformed" => Compare(error as MalformedModuleException, error, command),
            _ => error is null ? "" : $"{type}: {error.Message}",
        };
    }

    private static string Compare(WasmException? expectedKind, WasmException? actual, JsonElement command)
    {
        string text = command.GetProperty("text").GetString()!;
        return expectedKind is not null && expectedKind.Message.StartsWith(text, StringComparison.Ordinal)
            ? ""
            : $"expected {command.GetProperty("type").GetString()} \"{text}\", got {actual?.GetType().Name ?? "no error"} {actual?.Message}";
    }
}
