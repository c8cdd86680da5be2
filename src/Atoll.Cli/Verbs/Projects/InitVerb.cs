using System.CommandLine;
using Atoll.Cli.CommandLine;
using Atoll.Sdk.Manifests;
using Atoll.Sdk.Projects;
using Atoll.Sdk.Toolchains;
using Atoll.Wasi;

namespace Atoll.Cli.Verbs.Projects;

/// <summary><c>atoll init</c>: a new component's project.</summary>
internal sealed class InitVerb : Verb
{
    private readonly Argument<string> _name = new("NAME") { HelpName = "NAME", Description = "The component's name, in kebab case; a folder of this name is made here." };

    private readonly Option<string> _language = new("--lang")
    {
        HelpName = "LANG", Required = true, Description = "What it is written in: c, rust, js, ts or assemblyscript; go, python and csharp are written with the commands of their own tools.",
    };

    private readonly Option<bool> _tool = new("--tool") { Description = "Begin with a tool that can fail, instead of a greeting." };

    private readonly Option<bool> _probe = new("--probe") { Description = "Begin with a probe of endpoints (atoll:platform/probe); C and Rust." };

    private readonly Option<bool> _http = new("--http") { Description = "Begin with an answer to requests of HTTP (wasi:http/incoming-handler), for `atoll serve-http`; C and Rust." };

    private readonly Option<string?> _world = CommonOptions.Text("--world", "WIT", "A .wit file or folder whose only world it implements; it is copied into the project.");

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "init";

    public override string Summary => "Make the project of a new component.";

    public override string Remarks => "It writes wit/world.wit, Component.toml, a source file, a test, README.md and .gitignore. Nothing that is there is overwritten.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll init --lang c greeter", "makes greeter/, which `atoll build greeter` builds"),
        new("atoll init --lang ts --tool word-counter", "makes a tool in TypeScript"),
        new("atoll init --lang rust --probe my-probe", "makes a probe in Rust"),
        new("atoll init --lang rust --world plugin.wit my-plugin", "makes a component of the world in plugin.wit"),
    ];

    public override void Define(Command command)
    {
        command.Add(_language);
        command.Add(_tool);
        command.Add(_probe);
        command.Add(_http);
        command.Add(_world);
        command.Add(_json);
        command.Add(_name);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        (string name, string language) = (arguments.GetValue(_name)!, arguments.GetValue(_language)!);
        if (!ManifestSchema.Languages.Contains(language))
        {
            throw CliException.Usage($"there is no language `{language}`. {Spelling.Suggest(language, ManifestSchema.Languages) ?? $"Choose one of {string.Join(", ", ManifestSchema.Languages)}."}");
        }

        (Option<bool> Option, string Kind, string? Package)[] kinds = [(_tool, "tool", null), (_probe, "probe", "atoll:platform"), (_http, "http", "wasi:http")];
        (Option<bool> Option, string Kind, string? Package)[] chosen = [.. kinds.Where(kind => arguments.GetValue(kind.Option))];
        string? wit = arguments.GetValue(_world) is { } given ? context.Resolve(given) : null;
        if (wit is not null && !File.Exists(wit) && !Directory.Exists(wit))
        {
            throw CliException.Failed($"--world: {arguments.GetValue(_world)} does not exist. Check the path (looked at {wit}).");
        }

        if (chosen.Length + (wit is null ? 0 : 1) > 1)
        {
            throw CliException.Usage("--tool, --probe, --http and --world exclude each other. Give one of them.");
        }

        if (Toolchain.Of(language) is null && chosen.Length + (wit is null ? 0 : 1) > 0)
        {
            throw CliException.Usage($"--lang {language} has the plain project only: leave --tool, --probe, --http and --world out.");
        }

        NewProject project = new(name, language, chosen is [var kind] ? kind.Kind : "greet", wit)
        {
            Dependencies = chosen is [{ Package: { } package }] ? WitLibrary.Open(package).Vendored : [],
        };
        IReadOnlyList<string> files = ProjectTemplate.Write(project, context.CurrentDirectory);
        if (arguments.GetValue(_json))
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteString("folder", name);
                writer.WriteString("language", language);
                writer.WriteStartArray("files");
                foreach (string file in files)
                {
                    writer.WriteStringValue(file);
                }

                writer.WriteEndArray();
            });
            return Task.FromResult(ExitCodes.Ok);
        }

        foreach (string file in files)
        {
            context.Out.WriteLine($"{name}/{file}");
        }

        context.Out.WriteLine(project.IsBuilt
            ? $"\nNext: cd {name} && {CommandIn(name, context)} {(files.Any(file => file.StartsWith("tests/", StringComparison.Ordinal)) ? "test" : "build")}"
            : $"\n{language} is built by its own tools, which Atoll does not try: {name}/README.md has the commands.");
        return Task.FromResult(ExitCodes.Ok);
    }

    /// <summary>What the command is called in a folder: in a clone its launcher is on nobody's PATH.</summary>
    private static string CommandIn(string folder, CliContext context) =>
        context.GetVariable("ATOLL_REPOSITORY") is { Length: > 0 } repository ? Path.GetRelativePath(context.Resolve(folder), Path.Combine(repository, "atoll")) : "atoll";
}
