using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Wit;

namespace Atoll.Components.Writing;

/// <summary>What an import of a core module asks for.</summary>
/// <param name="Kind"><see cref="CanonKind.Lower"/> for a function, else a canonical function on a resource.</param>
/// <param name="IsExport">Whether the resource is one of an exported interface.</param>
/// <param name="Interface">The import or export of the world that it belongs to; null for the world itself.</param>
/// <param name="Name">Name of the function or resource.</param>
internal sealed record CoreImport(CanonKind Kind, bool IsExport, string? Interface, string Name);

/// <summary>
/// How the imports and exports of a core module are named for what they are in the world: the names that wit-component has always read, and those of
/// "BuildTargets" (prefix <c>cm32p2</c>).
/// </summary>
internal static class CoreNames
{
    private const string Root = "$root";
    private const string ExportPrefix = "[export]";
    private const string Standard = "cm32p2";
    private const string StandardExport = "_ex_";

    private static readonly (string Prefix, CanonKind Kind)[] ResourcePrefixes =
    [
        ("[resource-drop]", CanonKind.ResourceDrop), ("[resource-new]", CanonKind.ResourceNew), ("[resource-rep]", CanonKind.ResourceRep),
    ];

    private static readonly (string Suffix, CanonKind Kind)[] StandardSuffixes =
    [
        ("_drop", CanonKind.ResourceDrop), ("_new", CanonKind.ResourceNew), ("_rep", CanonKind.ResourceRep),
    ];

    public static string[] Memory { get; } = ["memory", "cm32p2_memory"];

    public static string[] Realloc { get; } = ["cabi_realloc", "cm32p2_realloc"];

    public static string[] Initialize { get; } = ["_initialize", "cm32p2_initialize"];

    /// <summary>The names that a function of the world can have as an export of the module, the usual one first.</summary>
    public static string[] Function(string? @interface, string name) =>
        [@interface is null ? name : $"{@interface}#{name}", $"{Standard}|{Canonical(@interface)}|{name}"];

    public static string[] PostReturn(string? @interface, string name) =>
        ["cabi_post_" + Function(@interface, name)[0], Function(@interface, name)[1] + "_post"];

    public static string[] Destructor(string @interface, string resource) =>
        [$"{@interface}#[dtor]{resource}", $"{Standard}|{Canonical(@interface)}|{resource}_dtor"];

    /// <summary>Takes the two names of an import apart.</summary>
    /// <returns>What it asks for; null when the module name is of nothing in the world.</returns>
    public static CoreImport? Parse(string module, string name, ComponentType world)
    {
        bool isStandard = module == Standard || module.StartsWith(Standard + "|", StringComparison.Ordinal);
        string prefix = isStandard ? StandardExport : ExportPrefix;
        string place = !isStandard ? module : module == Standard ? Root : module[(Standard.Length + 1)..];
        bool isExport = place.StartsWith(prefix, StringComparison.Ordinal);
        place = isExport ? place[prefix.Length..] : place;
        string? found = null;
        if (place != Root)
        {
            found = (isExport ? world.Exports : world.Imports)
                .FirstOrDefault(item => item.Type.Kind == ComponentExternKind.Instance && (isStandard ? Canonical(item.Name) : item.Name) == place)?.Name;
            if (found is null)
            {
                return null;
            }
        }

        foreach ((string word, CanonKind kind) in isStandard ? StandardSuffixes : ResourcePrefixes)
        {
            if (isStandard ? name.EndsWith(word, StringComparison.Ordinal) : name.StartsWith(word, StringComparison.Ordinal))
            {
                return new CoreImport(kind, isExport, found, isStandard ? name[..^word.Length] : name[word.Length..]);
            }
        }

        return new CoreImport(CanonKind.Lower, isExport, found, name);
    }

    /// <summary>A name whose version is cut to what decides on compatibility ("Explainer", "canonical interface names").</summary>
    private static string Canonical(string? name)
    {
        if (name is null)
        {
            return "";
        }

        int at = name.IndexOf('@', StringComparison.Ordinal);
        return at >= 0 && WitVersion.TryParse(name[(at + 1)..], out WitVersion? version) ? $"{name[..(at + 1)]}{version.Track}" : name;
    }
}
