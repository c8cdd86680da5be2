using Atoll.Sdk.Manifests;
using Atoll.Sdk.Toml;

namespace Atoll.Sdk.Projects;

/// <summary>One call, or one request of HTTP, with what it should give.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="Call">The call in WAVE, for example <c>greet("Ada")</c>; null for a request.</param>
/// <param name="Request">The request; null for a call.</param>
/// <param name="Response">What the answer should be; null when any will do.</param>
/// <param name="Returns">The result in WAVE; null when any will do or the call should trap.</param>
/// <param name="Traps">Whether the call should trap.</param>
/// <param name="Log">The lines that it should write; null when any will do.</param>
/// <param name="Calls">The functions of the host that it should call, in order; null when any will do.</param>
internal sealed record TestCase(
    string Name, Placed<string>? Call, Placed<TestRequest>? Request, TestResponse? Response, Placed<string>? Returns, bool Traps, IReadOnlyList<string>? Log, IReadOnlyList<string>? Calls);

/// <summary>A file of <c>tests/</c>.</summary>
/// <param name="Path">Relative to the project.</param>
/// <param name="Source">Its text.</param>
/// <param name="Cases">The cases, in the order of the file.</param>
/// <param name="Mock">The set-up of the mock host; null for none.</param>
internal sealed record TestFile(string Path, SourceText Source, IReadOnlyList<TestCase> Cases, TomlTable? Mock)
{
    private static readonly string[] CaseKeys = ["name", "call", "returns", "request", "response", "traps", "log", "calls"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="DiagnosticException">It has errors; all are in it.</exception>
    public static TestFile Read(string path, ReadOnlySpan<byte> utf8)
    {
        TomlDocument document = TomlDocument.Read(path, utf8);
        List<Diagnostic> errors = [];
        List<TestCase> cases = [];
        foreach (TomlEntry entry in document.Root.Entries)
        {
            switch (entry)
            {
                case { Key: "case", Value: TomlArray { IsOfTables: true } tables }:
                    cases.AddRange(tables.Items.Select(item => ReadCase(document.Source, (TomlTable)item, errors)).OfType<TestCase>());
                    break;
                case { Key: "mock", Value: TomlTable }:
                    break;
                default:
                    errors.Add(document.Source.Error($"there is no `{entry.Key}` of this kind in a test file", entry.KeySpan, "Cases begin with [[case]], the set-up of the host with [mock]."));
                    break;
            }
        }

        if (cases.Count == 0 && errors.Count == 0)
        {
            errors.Add(document.Source.Error("the file has no cases", new TextSpan(0, 1), "Write [[case]], then call = 'greet(\"Ada\")' and returns = '\"…\"'."));
        }

        return errors.Count == 0 ? new TestFile(path, document.Source, cases, document.Root.Find("mock")?.Value as TomlTable) : throw new DiagnosticException(errors);
    }

    private static TestCase? ReadCase(SourceText source, TomlTable table, List<Diagnostic> errors)
    {
        int before = errors.Count;
        foreach (TomlEntry unknown in table.Entries.Where(entry => !CaseKeys.Contains(entry.Key)))
        {
            errors.Add(source.Error($"a case has no `{unknown.Key}`", unknown.KeySpan, Spelling.Suggest(unknown.Key, CaseKeys) ?? $"It has {string.Join(", ", CaseKeys)}."));
        }

        Placed<string>? name = Text("name"), call = Text("call"), returns = Text("returns");
        bool traps = table.Find("traps") is { } trap && (trap.Value is TomlBoolean truth ? truth.Value : Wrong(trap, "true or false"));
        string[]? log = Texts("log"), calls = Texts("calls");
        TomlEntry? asked = table.Find("request"), answered = table.Find("response");
        Placed<TestRequest>? request = asked is null ? null : TestRequest.Read(source, asked, errors);
        TestResponse? response = answered is null ? null : TestResponse.Read(source, answered, errors);
        if (call is null == asked is null && errors.Count == before)
        {
            errors.Add(call is null
                ? source.Error("the case calls nothing", table.Span, "Add call = 'function(arguments)' in WAVE, or request = { path = \"/\" }.")
                : source.Error("a case is a call or a request", asked!.KeySpan, "Make two cases of it."));
        }

        if ((request is null ? answered?.KeySpan : returns?.Span) is { } mixed && errors.Count == before)
        {
            errors.Add(source.Error("`returns` is for a call, `response` for a request", mixed));
        }

        if (traps && (returns?.Span ?? answered?.Value.Span) is { } both)
        {
            errors.Add(source.Error("a call that traps returns nothing", both, "Leave what it returns or `traps` out."));
        }

        return errors.Count == before
            ? new TestCase(name?.Value ?? call?.Value ?? $"{request!.Value.Value.Method} {request.Value.Value.Path}", call, request, response, returns, traps, log, calls)
            : null;

        Placed<string>? Text(string key) => table.Find(key) switch
        {
            null => null,
            { Value: TomlString text } => new Placed<string>(text.Value, text.Span),
            { } other => Wrong(other, "a string") ? null : null,
        };

        string[]? Texts(string key) => table.Find(key) switch
        {
            null => null,
            { Value: TomlArray array } when array.Items.All(item => item is TomlString) => [.. array.Items.Select(item => ((TomlString)item).Value)],
            { } other => Wrong(other, "an array of strings") ? null : null,
        };

        bool Wrong(TomlEntry entry, string expected)
        {
            errors.Add(source.Error($"`{entry.Key}` is {expected}, not {entry.Value.Kind}", entry.Value.Span));
            return false;
        }
    }
}
