using System.Text.Json;
using Atoll.Components.Binary;
using Atoll.Components.Text;
using Atoll.Components.Types;
using Atoll.Wasm;

namespace Atoll.Components.Tests;

/// <summary>What the suites' own list of flags switches on for a file. The specification's files are not in it: they use everything.</summary>
internal sealed class SuiteFeatures
{
    private readonly Dictionary<string, string[]> _flags;

    public SuiteFeatures(string root)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(root, "features.json")));
        _flags = document.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.EnumerateArray().Select(v => v.GetString()!).ToArray());
    }

    public string[] Flags(string unit) => _flags.GetValueOrDefault(unit, []);

    public ComponentLoadOptions Options(string unit)
    {
        if (unit.StartsWith("component-model/spec/", StringComparison.Ordinal))
        {
            return new ComponentLoadOptions { Features = ComponentFeatures.All, CoreFeatures = WasmFeatures.All };
        }

        return ScriptFeatures.OptionsOf(Flags(unit), unit.StartsWith("component-model/wasm-tools/", StringComparison.Ordinal));
    }
}
