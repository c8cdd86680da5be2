using Atoll.Components;
using Atoll.Sdk.Toml;
using Atoll.Wit;

namespace Atoll.Sdk.Manifests;

/// <summary>A capability that the imports of a component may use, and these imports.</summary>
/// <param name="Capability">The capability, as wide as the imports allow.</param>
/// <param name="Because">The imports.</param>
internal sealed record NeededCapability(Capability Capability, IReadOnlyList<string> Because);

/// <summary>Compares a manifest with the world and the binary that it belongs to.</summary>
internal static class ManifestCheck
{
    private const int MaxListed = 20;

    /// <summary>What the manifest says of a world that has it otherwise.</summary>
    public static IEnumerable<Diagnostic> AgainstWorld(ComponentManifest manifest, WitWorld world)
    {
        IReadOnlyList<(string Function, WitFunction Type)> exported = Functions(world);
        foreach (DeclaredTool tool in manifest.Tools)
        {
            (string Function, WitFunction Type)[] found = [.. exported.Where(function => Means(tool.Function.Value, function.Function))];
            if (found is [var only])
            {
                if (tool.Description is null && only.Type.Annotations.Docs is null)
                {
                    yield return manifest.Source.Warning(
                        $"the tool `{tool.Name.Value}` has no description, so a model cannot know when to use it",
                        tool.Name.Span,
                        "Add description = \"…\" here, or a comment with /// before the function in wit/.");
                }

                continue;
            }

            string list = string.Join(", ", (found.Length > 0 ? found : exported).Take(MaxListed).Select(function => function.Function));
            yield return found.Length > 0
                ? manifest.Source.Error($"`{tool.Function.Value}` can mean several functions", tool.Function.Span, $"Name the interface too: {list}.")
                : manifest.Source.Error(
                    $"the world {world.Name} exports no function `{tool.Function.Value}`",
                    tool.Function.Span,
                    Spelling.Suggest(tool.Function.Value, exported.Select(function => ShortName(function.Function))) ?? (list.Length == 0 ? "It exports no functions." : $"It exports {list}."));
        }
    }

    /// <summary>What the manifest asks for and the binary cannot use (a warning), and what the binary needs and the manifest does not name (an error).</summary>
    public static IEnumerable<Diagnostic> AgainstBinary(ComponentManifest manifest, IReadOnlyList<NeededCapability> needed)
    {
        foreach (WantedCapability wanted in manifest.Capabilities.Where(wanted => !needed.Any(need => IsOfKind(wanted.Capability, need.Capability))))
        {
            yield return manifest.Source.Warning(
                $"the component cannot use {wanted.Capability}: it imports nothing for `{wanted.Capability.Area}:{wanted.Capability.Action}`", wanted.Span, "Leave it out.");
        }

        foreach (NeededCapability need in Missing(manifest, needed))
        {
            yield return manifest.Source.Error(
                $"the component needs {need.Capability} and does not ask for it: it imports {string.Join(", ", need.Because.Take(MaxListed))}",
                manifest.Name.Span,
                $"Add to [capabilities]: \"{need.Capability}\" = \"why\"; narrow ** to what is really used. `atoll build --write-manifest` adds it.");
        }
    }

    /// <summary>The needs that no capability of the manifest answers. Imports that serve several actions (reading and writing files) are answered by one of them.</summary>
    public static IEnumerable<NeededCapability> Missing(ComponentManifest manifest, IReadOnlyList<NeededCapability> needed) =>
        needed.Where(need => !needed.Any(other => other.Capability.Area == need.Capability.Area && other.Because.SequenceEqual(need.Because)
            && manifest.Capabilities.Any(wanted => IsOfKind(wanted.Capability, other.Capability))));

    /// <summary>The functions that a world exports: <c>func</c>, or <c>ns:pkg/iface#func</c>.</summary>
    public static IReadOnlyList<(string Function, WitFunction Type)> Functions(WitWorld world) =>
    [
        .. world.Exports.SelectMany(item => item.Function is { } single
            ? [(single.ExternName, single)]
            : item.Interface!.AllFunctions.Select(function => ($"{item.Name}#{function.ExternName}", function))),
    ];

    /// <summary>Whether a name that a person wrote means a function.</summary>
    public static bool Means(string written, string function)
    {
        if (written == function)
        {
            return true;
        }

        int mark = function.IndexOf('#', StringComparison.Ordinal);
        if (mark < 0)
        {
            return false;
        }

        string instance = function[..mark].Split('@')[0], plain = function[(mark + 1)..];
        return written == plain || written == $"{instance}#{plain}" || written == $"{instance[(instance.LastIndexOf('/') + 1)..]}#{plain}";
    }

    private static string ShortName(string function) => function[(function.IndexOf('#', StringComparison.Ordinal) + 1)..];

    private static bool IsOfKind(Capability one, Capability other) => one.Area == other.Area && one.Action == other.Action;
}
