using System.Text.Json;
using Atoll.Components.Binary;
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

        // The tool of the second suite has this by default.
        bool isTool = unit.StartsWith("component-model/wasm-tools/", StringComparison.Ordinal);
        ComponentFeatures features = isTool ? ComponentFeatures.Async : ComponentFeatures.None;
        WasmFeatures core = WasmFeatures.All;
        foreach (string flag in Flags(unit))
        {
            features |= Feature(flag);
            core = flag == "-exceptions" ? core & ~WasmFeatures.Exceptions : core;
        }

        return new ComponentLoadOptions { Features = features, CoreFeatures = core };
    }

    private static ComponentFeatures Feature(string flag) => flag switch
    {
        "cm-async" or "component_model_async" => ComponentFeatures.Async,
        "cm-async-stackful" or "component_model_async_stackful" => ComponentFeatures.AsyncStackful,
        "cm-more-async-builtins" or "component_model_more_async_builtins" => ComponentFeatures.MoreAsyncBuiltins,
        "cm-threading" or "component_model_threading" => ComponentFeatures.Threading,
        "cm-error-context" or "component_model_error_context" => ComponentFeatures.ErrorContext,
        "cm-fixed-length-lists" => ComponentFeatures.FixedLengthLists,
        "cm-map" or "component_model_map" => ComponentFeatures.Maps,
        "cm-values" => ComponentFeatures.Values,
        "cm-nested-names" => ComponentFeatures.NestedNames,
        "cm-canon-names" => ComponentFeatures.CanonicalNames,
        "cm64" => ComponentFeatures.Memory64,
        "cm-gc" or "component_model_gc" => ComponentFeatures.GarbageCollection,
        _ => ComponentFeatures.None,
    };
}
