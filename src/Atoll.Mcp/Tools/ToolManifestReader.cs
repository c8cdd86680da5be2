using System.Text.RegularExpressions;
using Atoll.Host.Configuration;
using Atoll.Host.Security;
using Atoll.Mcp.Schema;

namespace Atoll.Mcp.Tools;

/// <summary>Reads a manifest of <c>.mcp/tools/</c>. Every problem is reported with its line; a manifest with a problem is not used.</summary>
internal static partial class ToolManifestReader
{
    private static JsonSchema AnyInput { get; } = JsonSchema.Compile(System.Text.Json.JsonElement.Parse("""{"type":"object"}"""));

    public static SourceJsonLimits Limits { get; } = new(MaxBytes: 256 * 1024);

    /// <summary>Reads a manifest file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="folder">The folder that holds <c>.mcp</c>; entries are relative to it.</param>
    public static ManifestResult Read(string file, string folder)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (stream.Length > Limits.MaxBytes)
            {
                return new(null, [new Problem(file, 0, 0, $"the manifest has {stream.Length} bytes; at most {Limits.MaxBytes} are read. Make it smaller.")]);
            }

            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return Parse(file, bytes, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(null, [new Problem(file, 0, 0, $"the manifest cannot be read: {e.Message}")]);
        }
    }

    public static ManifestResult Parse(string file, ReadOnlyMemory<byte> utf8, string folder)
    {
        var root = SourceJson.Parse(file, utf8, Limits, out var problem);
        if (root is null)
        {
            return new(null, [problem!]);
        }

        if (root.Kind != SourceJsonKind.Object)
        {
            return new(null, [new Problem(file, 1, 1, "a manifest must be a JSON object with \"name\", \"version\", \"description\", \"entry\" and \"inputSchema\".")]);
        }

        var problems = new List<Problem>();
        var reader = new SourceReader(file, root, problems);
        reader.RefuseUnknown("$schema", "name", "title", "version", "description", "entry", "sha256", "permissions", "lifetime", "idempotent", "inputSchema", "outputSchema");
        var name = Match(reader, "name", NamePattern(), "1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit");
        var version = Match(reader, "version", VersionPattern(), "a semantic version such as 1.0.0");
        var title = reader.String("title", maxLength: 256);
        var sha256 = root.Members.ContainsKey("sha256") ? Match(reader, "sha256", HashPattern(), "64 lower-case hexadecimal digits") : null;
        var (kind, entry, function) = Entry(reader, folder);

        // The type of a component's function says what the schema says, and its documentation what the description says.
        var isComponent = kind == ToolEntryKind.Component;
        var description = reader.String("description", required: !isComponent, maxLength: 8192);
        var lifetime = Lifetime(reader, isComponent);
        var isIdempotent = reader.Boolean("idempotent") ?? false;
        var permissions = Permissions(reader);
        var input = Schema(reader, "inputSchema", required: !isComponent);
        var output = Schema(reader, "outputSchema", required: false);
        if (problems.Count > 0)
        {
            return new(null, problems);
        }

        return new(
            new ToolManifest
            {
                Name = name!, Title = title, Version = version!, Description = description ?? "", EntryKind = kind, Entry = entry!, Sha256 = sha256,
                Permissions = permissions!, InputSchema = input ?? AnyInput, OutputSchema = output, File = file, ChecksInput = input is not null, Function = function, Lifetime = lifetime,
                IsIdempotent = isIdempotent,
            },
            []);
    }

    private static string? Match(SourceReader reader, string property, Regex pattern, string what)
    {
        var text = reader.String(property, required: true, maxLength: 256);
        if (text is not null && !pattern.IsMatch(text))
        {
            reader.Report(reader.Node.Members[property], $"\"{property}\" must be {what}, not \"{Printable.Shorten(text, 80)}\".");
            return null;
        }

        return text;
    }

    private static ToolLifetime Lifetime(SourceReader reader, bool isComponent)
    {
        if (reader.String("lifetime", required: false) is not { } text)
        {
            return ToolLifetime.Call;
        }

        if (text is not ("call" or "session") || (text == "session" && !isComponent))
        {
            reader.Report(reader.Node.Members["lifetime"], "\"lifetime\" must be \"call\", or for a function of a component \"session\".");
        }

        return text == "session" ? ToolLifetime.Session : ToolLifetime.Call;
    }

    private static (ToolEntryKind Kind, string? Entry, string? Function) Entry(SourceReader reader, string folder)
    {
        if (reader.String("entry", required: true) is not { } text)
        {
            return default;
        }

        var at = reader.Node.Members["entry"];
        if (text.StartsWith("native://", StringComparison.Ordinal) && text.Length > 9)
        {
            return (ToolEntryKind.Native, text[9..], null);
        }

        if (!text.StartsWith("wasm://", StringComparison.Ordinal))
        {
            reader.Report(at, $"\"entry\" must be wasm://path/below/the/folder.wasm, wasm://component.wasm#interface.function or native://name, not \"{Printable.Shorten(text, 80)}\".");
            return default;
        }

        // Forward slashes on every system, so that a manifest means the same everywhere.
        var relative = text["wasm://".Length..];
        string? function = null;
        if (relative.IndexOf('#', StringComparison.Ordinal) is >= 0 and var mark)
        {
            (relative, function) = (relative[..mark], relative[(mark + 1)..]);
        }

        var parts = relative.Split('/');
        if (relative.Length == 0 || relative.Contains('\\', StringComparison.Ordinal) || relative.Any(char.IsControl) || relative.Contains(':', StringComparison.Ordinal)
            || parts.Any(p => p is "" or "." or ".."))
        {
            reader.Report(at, "\"entry\" must be a path below the folder that holds .mcp, with forward slashes and without \"..\" (wasm://bin/tool.wasm).");
            return default;
        }

        return (function is null ? ToolEntryKind.Wasm : ToolEntryKind.Component, Path.Combine([folder, .. parts]), function);
    }

    private static ToolPermissions? Permissions(SourceReader reader)
    {
        if (reader.Array("permissions", 64) is not { } items)
        {
            return ToolPermissions.None;
        }

        if (items.FirstOrDefault(i => i.Kind != SourceJsonKind.String) is { } wrong)
        {
            reader.Report(wrong, "\"permissions\" must be a list of strings.");
            return null;
        }

        if (!ToolPermissions.TryParse(items.Select(i => i.Text), HostPath.Current, out var permissions, out var error))
        {
            reader.Report(reader.Node.Members["permissions"], error + ".");
        }

        return permissions;
    }

    private static JsonSchema? Schema(SourceReader reader, string property, bool required)
    {
        if (reader.Get(property, SourceJsonKind.Object, "a JSON Schema (an object)", required) is not { } source)
        {
            return null;
        }

        // MCP (tools/list): both schemas must be of type object at the root.
        if (!source.Members.TryGetValue("type", out var type) || type.Kind != SourceJsonKind.String || type.Text != "object")
        {
            reader.Report(source, $"\"{property}\" must have \"type\": \"object\" at its root.");
            return null;
        }

        try
        {
            return JsonSchema.Compile(source.ToElement());
        }
        catch (JsonSchemaException e)
        {
            reader.Report(source, $"\"{property}\" is not a usable JSON Schema: {e.Message}.");
            return null;
        }
    }

    [GeneratedRegex(@"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}([-+][0-9A-Za-z.+-]{1,64})?\z")]
    private static partial Regex VersionPattern();

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex HashPattern();
}
