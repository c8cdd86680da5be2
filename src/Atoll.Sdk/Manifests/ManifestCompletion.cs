using System.Text;
using Atoll.Sdk.Toml;
using Atoll.Wit;

namespace Atoll.Sdk.Manifests;

/// <summary>Adds to the text of a manifest what world and binary have and it does not name. What stands there, comments too, stays as it is.</summary>
internal static class ManifestCompletion
{
    public static string Complete(ComponentManifest manifest, WitWorld world, IReadOnlyList<NeededCapability> needed)
    {
        string text = manifest.Source.Text;
        NeededCapability[] missing = [.. ManifestCheck.Missing(manifest, needed)];
        if (missing.Length > 0)
        {
            string lines = string.Concat(missing.Select(need => $"{Quote(need.Capability.ToString())} = {Quote("imports " + string.Join(", ", need.Because))}\n"));
            text = InsertUnder(text, manifest, "capabilities", lines);
        }

        StringBuilder tools = new();
        foreach ((string function, WitFunction type) in ManifestCheck.Functions(world).Where(function => !manifest.Tools.Any(tool => ManifestCheck.Means(tool.Function.Value, function.Function))))
        {
            // Constructors and methods take handles, which cannot be given as JSON.
            if (type.Kind == WitFunctionKind.Freestanding)
            {
                tools.Append('\n').Append(Tool(function, type));
            }
        }

        return tools.Length == 0 ? text : EndLine(text) + tools;
    }

    /// <summary>The section of a tool, as <c>atoll init</c> writes it too.</summary>
    private static string Tool(string function, WitFunction type)
    {
        int mark = function.IndexOf('#', StringComparison.Ordinal);
        string instance = mark < 0 ? string.Empty : function[..mark].Split('@')[0];
        string name = mark < 0 ? function : $"{instance[(instance.LastIndexOf('/') + 1)..]}.{function[(mark + 1)..]}";
        StringBuilder section = new();
        section.Append("[tools.").Append(name.Contains('.') ? Quote(name) : name).Append("]\n");
        if (name != function)
        {
            section.Append("function = ").Append(Quote(function)).Append('\n');
        }

        return section.Append("description = ").Append(Quote(type.Annotations.Docs ?? $"Calls {type}")).Append('\n').ToString();
    }

    private static string InsertUnder(string text, ComponentManifest manifest, string table, string lines)
    {
        TomlTable root = TomlDocument.Read(manifest.Source.Path, Encoding.UTF8.GetBytes(text)).Root;
        if (root.Find(table)?.Value is TomlTable { HasHeader: true } there)
        {
            int end = text.IndexOf('\n', there.Span.End);
            return end < 0 ? $"{text}\n{lines}" : text.Insert(end + 1, lines);
        }

        return $"{EndLine(text)}\n[{table}]\n{lines}";
    }

    private static string EndLine(string text) => text.EndsWith('\n') ? text : text + "\n";

    /// <summary>A text as a basic string of TOML.</summary>
    public static string Quote(string text)
    {
        StringBuilder quoted = new("\"");
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                '\n' => quoted.Append("\\n"),
                < ' ' or '\u007F' => quoted.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }
}
