using System.Text.Json;
using System.Text.Json.Nodes;
using Atoll.Components.Binary;
using Atoll.Wit;
using Atoll.Wit.Syntax;

namespace Atoll.Components.Worlds;

/// <summary>
/// Documentation and feature gates of a package, which the binary format keeps in a custom section <c>package-docs</c>: a byte for the version, then JSON.
/// Whoever made the binary wrote it, so what does not have the expected form is passed over, and texts are made fit for WIT.
/// </summary>
internal sealed class PackageDocs
{
    public const string SectionName = "package-docs";
    private const int MaxBytes = 16 << 20;
    private const int MaxSections = 256;
    private readonly JsonObject _root;

    private PackageDocs(JsonObject root)
    {
        _root = root;
        Package = Text(root, "package");
    }

    /// <summary>The package that they are of; null in binaries of older tools, where it is the only one.</summary>
    public string? Package { get; }

    /// <summary>Documentation of the package itself.</summary>
    public string? Docs => Text(_root, "docs");

    public static IReadOnlyList<PackageDocs> Read(ComponentDefinition definition)
    {
        List<PackageDocs> all = [];
        foreach (CustomEntry section in definition.Definitions.OfType<CustomEntry>().Where(section => section.Name == SectionName).Take(MaxSections))
        {
            ReadOnlyMemory<byte> content = definition.Bytes.AsMemory(section.Content.Start..section.Content.End);
            if (content.Length is > 1 and <= MaxBytes && content.Span[0] <= 1 && Parse(content.Span[1..]) is { } root)
            {
                all.Add(new PackageDocs(root));
            }
        }

        return all;
    }

    public DocsNode Interface(string name) => new(Member(Member(_root, "interfaces"), name));

    public DocsNode World(string name) => new(Member(Member(_root, "worlds"), name));

    private static JsonObject? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonNode.Parse(json, null, new JsonDocumentOptions { MaxDepth = 32, AllowDuplicateProperties = false }) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal static JsonNode? Member(JsonNode? node, string name) => (node as JsonObject)?[name];

    internal static string? Text(JsonNode? node, string name) => Clean(Member(node, name));

    /// <summary>A text that WIT can hold and a terminal can show.</summary>
    internal static string? Clean(JsonNode? node)
    {
        if (node is not JsonValue value || !value.TryGetValue(out string? raw))
        {
            return null;
        }

        string text = raw.Replace("\r\n", "\n", StringComparison.Ordinal).Trim('\n');
        return text.Length == 0 ? null : string.Create(text.Length, text, static (clean, source) =>
        {
            for (int i = 0; i < source.Length; i++)
            {
                clean[i] = source[i] == '\r' || WitLexer.IsForbidden(source[i]) ? '\ufffd' : source[i];
            }
        });
    }
}

/// <summary>What is said about an interface, a world, a type or a function, and about what is within.</summary>
internal readonly record struct DocsNode(JsonNode? Node)
{
    public WitAnnotations Annotations()
    {
        // The oldest form has a text alone for a function.
        string? docs = PackageDocs.Clean(Node) ?? PackageDocs.Text(Node, "docs");
        JsonNode? stability = PackageDocs.Member(Node, "stability");
        JsonNode? stable = PackageDocs.Member(stability, "stable");
        JsonNode? unstable = PackageDocs.Member(stability, "unstable");
        WitVersion? since = Version(stable, "since");
        WitVersion? deprecated = Version(stable, "deprecated") ?? Version(unstable, "deprecated");
        string? feature = PackageDocs.Text(unstable, "feature");
        return docs is null && since is null && deprecated is null && feature is null
            ? WitAnnotations.None
            : new WitAnnotations(docs, since, feature, deprecated, externalId: null);
    }

    public DocsNode Type(string name) => Within("types", name);

    public DocsNode Function(string name) => Within("funcs", name);

    /// <summary>An interface without a name of its own that a world imports.</summary>
    public DocsNode Imported(string name) => Within("interfaces", name);

    /// <summary>A function or interface that a world exports; those that it does not import as well stand among the others in older binaries.</summary>
    public DocsNode Exported(string group, string name) =>
        Within(group + "_exports", name) is { Node: not null } found ? found : Within(group == "func" ? "funcs" : "interfaces", name);

    /// <summary>Documentation of a field, case or flag.</summary>
    public string? Item(string name) => PackageDocs.Text(PackageDocs.Member(Node, "items"), name);

    private DocsNode Within(string group, string name) => new(PackageDocs.Member(PackageDocs.Member(Node, group), name));

    private static WitVersion? Version(JsonNode? node, string name) =>
        PackageDocs.Text(node, name) is { } text && WitVersion.TryParse(text, out WitVersion? version) ? version : null;
}
