using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;
using Atoll.Cli.Verbs;
using Atoll.Cli.Verbs.Projects;

namespace Atoll.Cli.CommandLine;

/// <summary>Parses a command line, runs the verb and turns every way it can end into an exit code.</summary>
internal static class AtollCommand
{
    public const string Summary = "Runs WebAssembly programs in a sandbox and serves WebAssembly tools over MCP.";

    private static readonly (string Name, Func<Verb> Make)[] Verbs =
    [
        ("run", static () => new RunVerb()),
        ("invoke", static () => new InvokeVerb()),
        ("validate", static () => new ValidateVerb()),
        ("inspect", static () => new InspectVerb()),
        ("wat", static () => new WatVerb()),
        ("print", static () => new PrintVerb()),
        ("compile", static () => new CompileVerb()),
        ("cache", static () => new CacheVerb()),
        ("wit", static () => new WitVerb()),
        .. IsForAuthors ? (ReadOnlySpan<(string, Func<Verb>)>)
        [
            ("component", static () => new ComponentVerb()),
            ("bindgen", static () => new BindgenVerb()),
        ] : [],
        ("compose", static () => new ComposeVerb()),
        ("wast", static () => new WastVerb()),
        .. IsForAuthors ? (ReadOnlySpan<(string, Func<Verb>)>)
        [
            ("init", static () => new InitVerb()),
            ("build", static () => new BuildVerb()),
            ("test", static () => new TestVerb()),
            ("dev", static () => new DevVerb()),
        ] : [],
        ("serve", static () => new ServeVerb()),
        ("serve-http", static () => new ServeHttpVerb()),
        ("mcp", static () => new McpVerb()),
        .. IsForAuthors ? (ReadOnlySpan<(string, Func<Verb>)>)
        [
            ("bench", static () => new BenchVerb()),
            ("pack", static () => new PackVerb()),
            ("package", static () => new PackageVerb()),
        ] : [],
        ("completions", static () => new CompletionsVerb()),
        ("version", static () => new VersionVerb()),
    ];

    /// <summary>Whether the verbs are there that make components and packages. The program inside of an editor's extension is built without them.</summary>
    [FeatureSwitchDefinition("Atoll.Cli.IsForAuthors")]
    private static bool IsForAuthors => !AppContext.TryGetSwitch("Atoll.Cli.IsForAuthors", out bool isOn) || isOn;

    public static Option<bool> Help { get; } = new("--help", "-h", "-?") { Description = "Show this help.", Recursive = true };

    public static Option<bool> Debug { get; } = new("--debug") { Description = "Show stack traces of Atoll itself when something fails.", Recursive = true };

    /// <summary>All verbs, in the order that help shows.</summary>
    public static IReadOnlyList<Verb> AllVerbs() => [.. Verbs.Select(verb => verb.Make())];

    public static RootCommand BuildRoot(string? only = null)
    {
        RootCommand root = new(Summary);

        // The parser brings its own help, version and suggestion directive; help is ours (examples, exit codes).
        root.Options.Clear();
        root.Directives.Clear();
        root.Add(Help);
        root.Add(Debug);
        foreach ((string name, Func<Verb> make) in Verbs)
        {
            // Only the verb that is asked for is built: the others cost start-up time.
            if (only is null || only == name)
            {
                root.Add(new VerbCommand(make()));
            }
        }

        return root;
    }

    public static async Task<int> InvokeAsync(string[] args, CliContext context)
    {
        bool debug = false;
        try
        {
            args = args switch
            {
                ["--version"] => ["version"],
                ["help", .. var verb] => [.. verb, "--help"],
                _ => args,
            };

            string? known = args.Length > 0 && Array.Exists(Verbs, verb => verb.Name == args[0]) ? args[0] : null;
            RootCommand root = BuildRoot(known);
            if (known is not null && root.Subcommands is [VerbCommand { Verb.PassesArguments: true } command])
            {
                int own = GuestArguments.CountOwn(command, args.AsSpan(1)) + 1;
                context = context with { GuestArguments = args[own..] };
                args = args[..own];
            }

            ParseResult result = root.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
            debug = result.GetValue(Debug);
            return await RunAsync(result, args, context).ConfigureAwait(false);
        }
        catch (Exception exception) when (ErrorReport.For(exception) is { } report)
        {
            ErrorReport.Tell(report, context.Error, debug ? exception : null);
            return report.ExitCode;
        }
    }

    private static async Task<int> RunAsync(ParseResult result, string[] args, CliContext context)
    {
        Command command = result.CommandResult.Command;
        if (result.GetValue(Help) || args.Length == 0)
        {
            HelpWriter.Write(context.Out, command);
            return ExitCodes.Ok;
        }

        if (command is VerbCommand && GuestArguments.FindUnknownOption(command, args) is { } unknown)
        {
            string path = HelpWriter.PathOf(command);
            throw CliException.Usage($"`{path}` has no option `{unknown}`. Try `{path} --help`.");
        }

        if (result.Errors.Count > 0 || command is not VerbCommand)
        {
            throw CliException.Usage(DescribeErrors(result, command, args));
        }

        return await ((VerbCommand)command).Verb.RunAsync(result, context).ConfigureAwait(false);
    }

    private static string DescribeErrors(ParseResult result, Command command, string[] args)
    {
        string path = HelpWriter.PathOf(command);
        if (command is not VerbCommand)
        {
            string? closest = Verbs.Select(verb => verb.Name).MinBy(name => EditDistance.Between(name, args[0]));
            string hint = closest is not null && EditDistance.Between(closest, args[0]) <= 2 ? $" Did you mean `{closest}`?" : string.Empty;
            return args[0].StartsWith('-')
                ? $"there is no option `{args[0]}` before the verb.{hint} Try `atoll --help`."
                : $"there is no verb `{args[0]}`.{hint} Try `atoll --help`.";
        }

        // The verb itself says what it needs when only a child of it was left out.
        if (((VerbCommand)command).Verb.Children.Count > 0)
        {
            return $"`{path}` needs one of: {string.Join(", ", command.Subcommands.Select(child => child.Name))}. Try `{path} --help`.";
        }

        return $"{string.Join(" ", result.Errors.Select(Describe))} Try `{path} --help`.";
    }

    /// <summary>An error of the parser's; where it would name a type of .NET, what is expected.</summary>
    private static string Describe(ParseError error) =>
        error.SymbolResult is OptionResult { Option: { } option, Tokens: [.., { } last] } && WholeNumbers(option.ValueType) is { } range && error.Message.Contains("System.", StringComparison.Ordinal)
            ? $"`{last.Value}` is no whole number {range}, which {option.Name} takes."
            : error.Message;

    private static string? WholeNumbers(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var known when known == typeof(int) => $"up to {int.MaxValue}",
        var known when known == typeof(long) => $"up to {long.MaxValue}",
        var known when known == typeof(ulong) => $"from 0 to {ulong.MaxValue}",
        _ => null,
    };
}
