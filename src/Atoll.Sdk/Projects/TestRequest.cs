using Atoll.Sdk.Manifests;
using Atoll.Sdk.Toml;

namespace Atoll.Sdk.Projects;

/// <summary>A request that a case sends to a component that answers requests.</summary>
/// <param name="Method"><c>GET</c> and so on.</param>
/// <param name="Path">Path and query, from the slash on.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="Body">Its body; empty for none.</param>
internal sealed record TestRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body)
{
    private static readonly string[] Keys = ["method", "path", "headers", "body"];

    /// <summary>Reads one from the value of <c>request</c>; null where it has errors.</summary>
    public static Placed<TestRequest>? Read(SourceText source, TomlEntry entry, List<Diagnostic> errors)
    {
        int before = errors.Count;
        TestTable table = new(source, entry, Keys, errors);
        string? path = table.Text("path");
        if (path is null ? errors.Count == before : !path.StartsWith('/'))
        {
            errors.Add(source.Error("a request has a path that begins with a slash", table.Span, "Write request = { method = \"GET\", path = \"/\" }."));
        }

        TestRequest request = new(table.Text("method") ?? "GET", path ?? "/", table.Texts("headers"), table.Text("body") ?? "");
        return errors.Count == before ? new Placed<TestRequest>(request, table.Span) : null;
    }
}

/// <summary>What a case expects of an answer.</summary>
/// <param name="Status">The status; null when any will do.</param>
/// <param name="Headers">Headers that it must have, with these values.</param>
/// <param name="Body">The whole body; null when any will do.</param>
internal sealed record TestResponse(long? Status, IReadOnlyDictionary<string, string> Headers, string? Body)
{
    private static readonly string[] Keys = ["status", "headers", "body"];

    /// <summary>Reads one from the value of <c>response</c>; null where it has errors.</summary>
    public static TestResponse? Read(SourceText source, TomlEntry entry, List<Diagnostic> errors)
    {
        int before = errors.Count;
        TestTable table = new(source, entry, Keys, errors);
        TestResponse response = new(table.Integer("status"), table.Texts("headers"), table.Text("body"));
        return errors.Count == before ? response : null;
    }

    /// <summary>What is otherwise in an answer; null when nothing is.</summary>
    public string? Compare(TestAnswer answer)
    {
        if (Status is { } status && status != answer.Status)
        {
            return $"expected status {status}\nbut got  {answer.Status} with the body {answer.Body}";
        }

        foreach ((string name, string value) in Headers)
        {
            string? got = answer.Headers.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
            if (got != value)
            {
                return $"expected {name}: {value}\nbut got  {(got is null ? $"no {name}" : $"{name}: {got}")}";
            }
        }

        return Body is null || Body == answer.Body ? null : $"expected body {Body}\nbut got  body {answer.Body}";
    }
}

/// <summary>What a component answered.</summary>
/// <param name="Status">The status.</param>
/// <param name="Headers">The headers; those of one name are one, with commas between.</param>
/// <param name="Body">The body as text in UTF-8.</param>
internal sealed record TestAnswer(int Status, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>The table that is a key's value in a case, with what is wrong with it.</summary>
internal sealed class TestTable
{
    private readonly SourceText _source;
    private readonly List<Diagnostic> _errors;
    private readonly TomlTable? _table;

    public TestTable(SourceText source, TomlEntry entry, string[] keys, List<Diagnostic> errors)
    {
        _source = source;
        _errors = errors;
        Span = entry.Value.Span;
        _table = entry.Value as TomlTable;
        if (_table is null)
        {
            Wrong(entry, "a table");
        }

        foreach (TomlEntry unknown in _table?.Entries.Where(known => !keys.Contains(known.Key)) ?? [])
        {
            errors.Add(source.Error($"`{entry.Key}` has no `{unknown.Key}`", unknown.KeySpan, Spelling.Suggest(unknown.Key, keys) ?? $"It has {string.Join(", ", keys)}."));
        }
    }

    public TextSpan Span { get; }

    public string? Text(string key) => Find(key) switch
    {
        null => null,
        { Value: TomlString text } => text.Value,
        { } other => Wrong(other, "a string"),
    };

    public long? Integer(string key)
    {
        TomlEntry? entry = Find(key);
        if (entry is not null and not { Value: TomlInteger })
        {
            Wrong(entry, "a number");
        }

        return (entry?.Value as TomlInteger)?.Value;
    }

    public IReadOnlyDictionary<string, string> Texts(string key)
    {
        TomlEntry? entry = Find(key);
        if (entry is { Value: TomlTable table } && table.Entries.All(item => item.Value is TomlString))
        {
            return table.Entries.ToDictionary(item => item.Key, item => ((TomlString)item.Value).Value, StringComparer.OrdinalIgnoreCase);
        }

        if (entry is not null)
        {
            Wrong(entry, "a table of strings");
        }

        return new Dictionary<string, string>();
    }

    private TomlEntry? Find(string key) => _table?.Find(key);

    private string? Wrong(TomlEntry entry, string expected)
    {
        _errors.Add(_source.Error($"`{entry.Key}` is {expected}, not {entry.Value.Kind}", entry.Value.Span));
        return null;
    }
}
