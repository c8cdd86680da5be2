using System.Text.RegularExpressions;
using Atoll.Components;

namespace Atoll.Sdk.Manifests;

/// <summary>All keys of <c>Component.toml</c>, in the order of the documentation.</summary>
internal static partial class ManifestSchema
{
    public static IReadOnlyList<string> Languages { get; } = ["c", "rust", "js", "ts", "assemblyscript", "go", "python", "csharp"];

    public static IReadOnlyList<string> Lifetimes { get; } = ["call", "session"];

    public static IReadOnlyList<string> ConfigurationTypes { get; } = ["string", "integer", "number", "boolean"];

    public static IReadOnlyList<ManifestKey> Keys { get; } =
    [
        new("name", ManifestType.Text, "The component's name. The file that is built has it too.") { IsRequired = true, Example = "\"greeter\"", Check = CheckComponentName },
        new("version", ManifestType.Text, "Its version, as Semantic Versioning 2.0.0 has it.") { IsRequired = true, Example = "\"0.1.0\"", Check = CheckVersion },
        new("description", ManifestType.Text, "What it does, in a sentence or two.") { Example = "\"Greets people by name.\"" },
        new("authors", ManifestType.Texts, "Who wrote it.") { Example = "[\"Ada Lovelace <ada@example.org>\"]" },
        new("licence", ManifestType.Text, "Under which licence it may be used: an SPDX expression.") { Example = "\"Apache-2.0\"" },
        new("world", ManifestType.Text, "The world of `wit/` that it implements.") { Default = "the only world of `wit/`", Example = "\"greeter\"" },
        new("build", ManifestType.Table, "How it is built.") { IsRequired = true },
        new("build.language", ManifestType.Text, "What it is written in.") { IsRequired = true, Choices = Languages, Example = "\"c\"" },
        new("build.sources", ManifestType.Texts, "The source files, relative to the project, with `/`. For all but C one file, where the program begins; in JavaScript, TypeScript and AssemblyScript it is called `guest`.")
        {
            Default = "C: all `src/*.c`; Rust: `src/lib.rs`; else `src/guest` with the language's ending", Example = "[\"src/greeter.c\"]", Check = CheckRelativePath,
        },
        new("build.optimize", ManifestType.Text, "What the compiler aims at: a small component or a fast one.") { Default = "`speed`", Choices = ["speed", "size"], Example = "\"size\"" },
        new("tools", ManifestType.Table, "The exported functions that are offered as tools, by the tools' names. Without any, all functions are, under their own names."),
        new("tools.*", ManifestType.Table, "One tool.") { CheckName = CheckToolName, Example = "[tools.greet]" },
        new("tools.*.function", ManifestType.Text, "The function: `func`, `iface#func` or `ns:pkg/iface#func`.") { Default = "the tool's name", Example = "\"greet\"" },
        new("tools.*.description", ManifestType.Text, "What it does and when to use it; models read it.") { Default = "the function's documentation in WIT", Example = "\"Greets somebody by name.\"" },
        new("tools.*.lifetime", ManifestType.Text, "Whether each call has a fresh instance, or each client's session.") { Default = "`call`", Choices = Lifetimes, Example = "\"session\"" },
        new("tools.*.idempotent", ManifestType.Truth, "Whether calling it again with the same arguments changes nothing more, so that a failed call may be tried again.") { Default = "`false`", Example = "true" },
        new("capabilities", ManifestType.Table, "What it wants to reach: capabilities with the reasons, which are shown to who grants them. Asking grants nothing.")
        {
            Example = "\"net:connect:api.example.org:443\" = \"asks for the weather\"",
        },
        new("capabilities.*", ManifestType.Text, "Why it wants the capability.") { CheckName = CheckCapability, Example = "\"asks for the weather\"", Check = CheckReason },
        new("limits", ManifestType.Table, "What one call needs at most. The host may allow less."),
        new("limits.memory", ManifestType.Size, "Memory.") { Default = "the host's limit", Example = "\"64MB\"" },
        new("limits.time", ManifestType.Duration, "Time.") { Default = "the host's limit", Example = "\"5s\"" },
        new("limits.fuel", ManifestType.Count, "Instructions, about.") { Default = "the host's limit", Example = "100000000" },
        new("configuration", ManifestType.Table, "The settings that it reads from `wasi:config/store`, by their keys."),
        new("configuration.*", ManifestType.Table, "One setting.") { CheckName = CheckSettingName, Example = "[configuration.unit]" },
        new("configuration.*.type", ManifestType.Text, "What its value must read as.") { Default = "`string`", Choices = ConfigurationTypes, Example = "\"string\"" },
        new("configuration.*.description", ManifestType.Text, "What it is for.") { Example = "\"Celsius or Fahrenheit.\"" },
        new("configuration.*.default", ManifestType.Any, "Its value when none is given.") { Example = "\"celsius\"" },
        new("configuration.*.required", ManifestType.Truth, "Whether a value must be given. Excludes `default`.") { Default = "`false`", Example = "true" },
        new("configuration.*.secret", ManifestType.Truth, "Whether the value is never shown. Excludes `default`.") { Default = "`false`", Example = "true" },
    ];

    /// <summary>The key that a path of names means.</summary>
    public static ManifestKey? Find(IReadOnlyList<string> path) => Keys.FirstOrDefault(key =>
    {
        string[] parts = key.Path.Split('.');
        return parts.Length == path.Count && parts.Zip(path).All(pair => pair.First == "*" || pair.First == pair.Second);
    });

    /// <summary>The names that may stand in the table of a path.</summary>
    public static IEnumerable<ManifestKey> Within(string path) =>
        Keys.Where(key => path.Length == 0 ? !key.Path.Contains('.') : key.Path.Length > path.Length && key.Path.LastIndexOf('.') == path.Length && key.Path.StartsWith(path, StringComparison.Ordinal));

    /// <summary>What is wrong with the name of a component, or null.</summary>
    public static string? CheckComponentName(string name) =>
        ComponentName().IsMatch(name) ? null : $"`{name}` is no name of a component: lower-case words of letters and digits with a hyphen between, each beginning with a letter, at most 64 characters";

    [GeneratedRegex(@"\A(?=.{1,64}\z)[a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)*\z")]
    private static partial Regex ComponentName();

    [GeneratedRegex(@"\A(?:0|[1-9][0-9]{0,8})\.(?:0|[1-9][0-9]{0,8})\.(?:0|[1-9][0-9]{0,8})(?:-(?!0[0-9])[0-9A-Za-z-]{1,32}(?:\.(?!0[0-9])[0-9A-Za-z-]{1,32}){0,8})?(?:\+[0-9A-Za-z.-]{1,64})?\z")]
    private static partial Regex SemanticVersion();

    [GeneratedRegex(@"\A[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}\z")]
    private static partial Regex ToolName();

    [GeneratedRegex(@"\A[a-zA-Z0-9][a-zA-Z0-9._/-]{0,127}\z")]
    private static partial Regex SettingName();

    private static string? CheckVersion(string text) => SemanticVersion().IsMatch(text) ? null : $"`{text}` is no version: write three numbers, for example 0.1.0";

    private static string? CheckToolName(string name) => ToolName().IsMatch(name) ? null : $"`{name}` is no name of a tool: letters, digits, `.`, `_` and `-`, at most 64";

    private static string? CheckSettingName(string name) => SettingName().IsMatch(name) ? null : $"`{name}` is no key of a setting: letters, digits, `.`, `_`, `-` and `/`, at most 128";

    private static string? CheckCapability(string text) => Capability.TryParse(text, out _, out string? error) ? null : error;

    private static string? CheckReason(string text) => string.IsNullOrWhiteSpace(text) ? "the reason is empty; say what the capability is for" : null;

    /// <summary>Paths stay within the project, and are written alike on every system.</summary>
    private static string? CheckRelativePath(string path) =>
        path.Length is > 0 and <= 1024 && !path.Contains('\\') && !path.Contains(':') && !path.Any(char.IsControl) && path.Split('/').All(part => part is not ("" or "." or "..")) && path[0] != '-'
            ? null
            : $"`{path}` is no path within the project: write it with `/`, without `.` and `..`";
}
