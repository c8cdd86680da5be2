using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Wasm;

namespace Atoll.Components.Text;

/// <summary>What a script of the suites says at its start of what it uses.</summary>
/// <param name="Options">For its components.</param>
/// <param name="ValidatesOnly">Whether its components are not instantiated.</param>
internal sealed record ScriptFeatures(ComponentLoadOptions Options, bool ValidatesOnly)
{
    private const string Setting = ";;!";
    private const string ToolLine = ";; RUN";

    /// <summary>Everything may be used, and everything runs.</summary>
    public static ScriptFeatures All { get; } = new(new ComponentLoadOptions { Features = ComponentFeatures.All, CoreFeatures = WasmFeatures.All }, ValidatesOnly: false);

    public static ScriptFeatures Of(string text)
    {
        List<string> flags = [];
        bool isTool = false;
        bool hasSettings = false;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            ReadOnlySpan<char> line = raw.Trim();
            if (line.IsEmpty)
            {
                continue;
            }

            if (!line.StartsWith(";;"))
            {
                break;
            }

            if (line.StartsWith(Setting))
            {
                hasSettings = true;
                string[] parts = line[Setting.Length..].ToString().Split('=', StringSplitOptions.TrimEntries);
                if (parts is [var name, "true"])
                {
                    flags.Add(name);
                }
            }
            else if (line.StartsWith(ToolLine))
            {
                isTool = true;
                flags.AddRange(ToolFlags(line.ToString()));
            }
        }

        return isTool || hasSettings ? new ScriptFeatures(OptionsOf(flags, isTool), isTool) : All;
    }

    /// <summary>What flags of the suites switch on.</summary>
    /// <param name="flags">Words of either runner.</param>
    /// <param name="isTool">Whether they are for the tool that only validates, which has asynchronous functions by default.</param>
    public static ComponentLoadOptions OptionsOf(IEnumerable<string> flags, bool isTool)
    {
        ComponentFeatures features = isTool ? ComponentFeatures.Async : ComponentFeatures.None;
        WasmFeatures core = WasmFeatures.All;
        foreach (string flag in flags)
        {
            features |= Feature(flag);
            core = flag == "-exceptions" ? core & ~WasmFeatures.Exceptions : core;
        }

        return new ComponentLoadOptions { Features = features, CoreFeatures = core };
    }

    private static IEnumerable<string> ToolFlags(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < words.Length; i++)
        {
            string? list = words[i] == "-f" && i + 1 < words.Length ? words[i + 1]
                : words[i].StartsWith("--features=", StringComparison.Ordinal) ? words[i]["--features=".Length..]
                : null;
            foreach (string flag in list?.Split(',') ?? [])
            {
                yield return flag;
            }
        }
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
