using System.Globalization;
using Atoll.Components;
using Atoll.Sdk.Toml;

namespace Atoll.Sdk.Manifests;

/// <summary>Makes a <see cref="ComponentManifest"/> of a document that follows <see cref="ManifestSchema"/>, or tells everything that does not.</summary>
internal sealed class ManifestReader
{
    private const int MaxErrors = 50;
    private readonly SourceText _source;
    private readonly List<Diagnostic> _errors = [];

    private ManifestReader(SourceText source) => _source = source;

    public static ComponentManifest Read(TomlDocument document)
    {
        ManifestReader reader = new(document.Source);
        reader.Walk(document.Root, []);
        if (reader._errors.Count == 0)
        {
            ComponentManifest manifest = reader.Make(document.Root);
            if (reader._errors.Count == 0)
            {
                return manifest;
            }
        }

        throw new DiagnosticException([.. reader._errors.OrderBy(error => error.Line).Take(MaxErrors)]);
    }

    private void Walk(TomlTable table, IReadOnlyList<string> path)
    {
        foreach (TomlEntry entry in table.Entries)
        {
            string[] here = [.. path, entry.Key];
            if (ManifestSchema.Find(here) is not { } key)
            {
                ReportUnknown(entry, path);
                continue;
            }

            if (key.CheckName?.Invoke(entry.Key) is { } badName)
            {
                Report(badName, entry.KeySpan);
            }

            if (key.Judge(entry.Value) is var (message, help))
            {
                Report(message, entry.Value.Span, help);
            }
            else if (entry.Value is TomlTable inner && key.Type == ManifestType.Table)
            {
                Walk(inner, here);
            }
        }

        foreach (ManifestKey missing in ManifestSchema.Within(SchemaPath(path)).Where(key => key.IsRequired && table.Find(key.Path[(key.Path.LastIndexOf('.') + 1)..]) is null))
        {
            string name = missing.Path[(missing.Path.LastIndexOf('.') + 1)..];
            string line = missing.Type == ManifestType.Table ? $"[{missing.Path}]" : $"{name} = {missing.Example}";
            Report($"`{missing.Path}` is missing", table.Span, $"Add {line}");
        }
    }

    private void ReportUnknown(TomlEntry entry, IReadOnlyList<string> path)
    {
        string where = path.Count == 0 ? "here" : $"in [{string.Join('.', path)}]";
        string[] known = [.. ManifestSchema.Within(SchemaPath(path)).Select(key => key.Path[(key.Path.LastIndexOf('.') + 1)..])];
        string? help = entry.Key == "license" ? "Did you mean `licence`?" : Spelling.Suggest(entry.Key, known);
        Report($"there is no key `{entry.Key}` {where}", entry.KeySpan, help ?? $"There are {string.Join(", ", known)}.");
    }

    /// <summary>The path of the schema's key that a path of the document follows.</summary>
    private static string SchemaPath(IReadOnlyList<string> path) => path.Count == 0 ? string.Empty : ManifestSchema.Find(path)!.Path;

    private void Report(string message, TextSpan span, string? help = null) => _errors.Add(_source.Error(message, span, help));

    private ComponentManifest Make(TomlTable root)
    {
        TomlTable build = Table(root, "build")!;
        return new ComponentManifest
        {
            Source = _source,
            Name = PlacedText(root, "name")!.Value,
            Version = Text(root, "version")!,
            Description = Text(root, "description"),
            Authors = [.. Texts(root, "authors").Select(author => author.Value)],
            Licence = Text(root, "licence"),
            World = PlacedText(root, "world"),
            Build = new BuildSettings(PlacedText(build, "language")!.Value, [.. Texts(build, "sources")], Text(build, "optimize") == "size"),
            Tools = [.. Tables(root, "tools").Select(MakeTool)],
            Capabilities = [.. Table(root, "capabilities")?.Entries.Select(entry => new WantedCapability(Capability.Parse(entry.Key), ((TomlString)entry.Value).Value, entry.KeySpan)) ?? []],
            Limits = Table(root, "limits") is { } limits ? MakeLimits(limits) : new WantedLimits(null, null, null),
            Configuration = [.. Tables(root, "configuration").Select(MakeSetting)],
        };
    }

    private static DeclaredTool MakeTool(TomlEntry entry)
    {
        TomlTable table = (TomlTable)entry.Value;
        return new DeclaredTool(
            new(entry.Key, entry.KeySpan),
            PlacedText(table, "function") ?? new(entry.Key, entry.KeySpan),
            Text(table, "description"),
            Text(table, "lifetime") == "session",
            Truth(table, "idempotent"));
    }

    private static WantedLimits MakeLimits(TomlTable table) => new(
        Text(table, "memory") is { } memory && Quantity.TryParseSize(memory, out long bytes) ? bytes : null,
        Text(table, "time") is { } time && Quantity.TryParseDuration(time, out TimeSpan duration) ? duration : null,
        (table.Find("fuel")?.Value as TomlInteger)?.Value);

    private Setting MakeSetting(TomlEntry entry)
    {
        TomlTable table = (TomlTable)entry.Value;
        string type = Text(table, "type") ?? "string";
        bool isRequired = Truth(table, "required"), isSecret = Truth(table, "secret");
        string? value = null;
        if (table.Find("default") is { } given)
        {
            value = (type, given.Value) switch
            {
                ("string", TomlString text) => text.Value,
                ("integer", TomlInteger integer) => integer.Value.ToString(CultureInfo.InvariantCulture),
                ("number", TomlInteger integer) => integer.Value.ToString(CultureInfo.InvariantCulture),
                ("number", TomlFloat number) => number.Value.ToString("R", CultureInfo.InvariantCulture),
                ("boolean", TomlBoolean truth) => truth.Value ? "true" : "false",
                _ => null,
            };
            if (value is null)
            {
                Report($"the default is {given.Value.Kind}, and the setting is of type {type}", given.Value.Span);
            }
            else if (isRequired || isSecret)
            {
                Report($"a {(isSecret ? "secret" : "required")} setting has no default", given.KeySpan, "Leave one of the two out.");
            }
        }

        return new Setting(new(entry.Key, entry.KeySpan), type, Text(table, "description"), value, isRequired, isSecret);
    }

    private static TomlTable? Table(TomlTable table, string key) => (TomlTable?)table.Find(key)?.Value;

    private static IEnumerable<TomlEntry> Tables(TomlTable table, string key) => Table(table, key)?.Entries ?? [];

    private static Placed<string>? PlacedText(TomlTable table, string key) => table.Find(key)?.Value is TomlString text ? new Placed<string>(text.Value, text.Span) : null;

    private static string? Text(TomlTable table, string key) => PlacedText(table, key)?.Value;

    private static bool Truth(TomlTable table, string key) => table.Find(key)?.Value is TomlBoolean { Value: true };

    private static IEnumerable<Placed<string>> Texts(TomlTable table, string key) =>
        table.Find(key)?.Value is TomlArray array ? array.Items.Select(item => new Placed<string>(((TomlString)item).Value, item.Span)) : [];
}
