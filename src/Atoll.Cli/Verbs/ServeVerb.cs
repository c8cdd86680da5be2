using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Atoll.Cli.CommandLine;
using Atoll.Mcp;
using Microsoft.Extensions.Logging;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll serve</c>: the MCP server.</summary>
internal sealed class ServeVerb : Verb
{
    private readonly Option<bool> _stdio = new("--stdio") { Description = "Speak MCP over standard input and output instead of HTTP." };

    private readonly Option<bool> _operator = new("--operator")
    {
        Description = "For an editor that starts the server: standard input and output are the operator's, who can grant and revoke there, and clients come by HTTP with a token.",
    };

    private readonly Argument<string[]> _components = new("COMPONENT")
    {
        HelpName = "COMPONENT",
        Description = "Components, or folders with components: all their functions are tools, with no grants but --net.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<bool> _keep = new("--keep") { Description = "Keep one instance of each COMPONENT for as long as a client's session, instead of one for each call." };

    private readonly Option<string?> _workspace = CommonOptions.Text("--workspace", "DIR", "The folder that relative paths start from and that is served (default: this one).");

    private readonly Option<string[]> _allow = CommonOptions.Many("--allow", "DIR", "Let tools reach this folder too. Repeatable; adds to FS_ALLOWLIST and the configuration.");

    private readonly Option<string[]> _net = CommonOptions.Many(
        "--net", "HOST:PORT", "Let tools that ask for it, and COMPONENTs, connect to a host: a name (`*` for one label, `**` for any), an address or a range; PORT may be `*`. Repeatable.");

    private readonly Option<bool> _netPrivate = new("--net-private")
    {
        Description = "Let names of granted hosts stand for private addresses too. Without it only addresses that are granted themselves may be private.",
    };

    private readonly Option<string[]> _kv = CommonOptions.Many(
        "--kv", "BUCKET[:ro]", "Let tools that ask for it, and COMPONENTs, open a bucket of keys and values that begins empty and ends with the server; `:ro` for reading only. Repeatable.");

    private readonly Option<bool> _write = new("--write") { Description = "Let tools write into the folders that they may reach." };

    private readonly Option<bool> _readOnly = new("--read-only") { Description = "Let tools read only, whatever the configuration says." };

    private readonly Option<string?> _tools = CommonOptions.Text("--tools", "DIR", "A folder that holds .mcp/tools, searched before all others.");

    private readonly Option<string?> _config = CommonOptions.Text("--config", "FILE", "The configuration (default: .mcp/config.json of the workspace, if there is one).");

    private readonly Option<string> _host = new("--host") { HelpName = "ADDRESS", Description = "Where HTTP listens; only loopback addresses are accepted (default: 127.0.0.1).", DefaultValueFactory = _ => "127.0.0.1" };

    private readonly Option<int> _port = new("--port")
    {
        HelpName = "PORT",
        Description = "The port of HTTP; 0 takes a free one (default: 7411).",
        DefaultValueFactory = _ => 7411,
        CustomParser = ParsePort,
    };

    private readonly Option<LogLevel> _logLevel = new("--log-level")
    {
        HelpName = "LEVEL",
        Description = "trace, debug, information, warning, error, critical or none (default: information).",
        DefaultValueFactory = _ => LogLevel.Information,
        CustomParser = ParseLevel,
    };

    private readonly Option<bool> _noCache = new("--no-cache") { Description = "Do not use code that `atoll compile` keeps." };

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Do not describe at the start what is served." };

    public override string Name => "serve";

    public override string Summary => "Serve WebAssembly tools over MCP.";

    public override string Remarks =>
        "With no options and no configuration it serves this folder, read-only, on http://127.0.0.1:7411/mcp (and /healthz). " +
        "The environment variable FS_ALLOWLIST (folders, separated by commas) names the folders to serve instead of this one. Ctrl-C ends it.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll serve", "serves this folder read-only over HTTP and prints how to connect"),
        new("atoll serve --stdio --workspace ~/project --write", "what a client starts: tools may change ~/project"),
        new("atoll serve --allow /data --port 0", "serves /data too, on a free port"),
        new("atoll serve --stdio calc.wasm", "offers the functions of a component as tools"),
        new("atoll serve --net api.example.org:443", "lets tools connect to one host, if their manifests ask for it"),
    ];

    public override void Define(Command command)
    {
        foreach (Option option in new Option[] { _stdio, _operator, _keep, _workspace, _allow, _net, _netPrivate, _kv, _write, _readOnly, _tools, _config, _host, _port, _logLevel, _noCache, _quiet })
        {
            command.Add(option);
        }

        command.Add(_components);
    }

    public override async Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        ServeOptions options = Options(arguments, context);
        if (arguments.GetValue(_stdio) && arguments.GetValue(_operator))
        {
            throw CliException.Usage("--stdio and --operator exclude each other: standard input belongs to a client or to the operator.");
        }

        McpServerHost server = McpServerHost.Create(options, context.Error);
        await using (server.ConfigureAwait(false))
        {
            try
            {
                if (arguments.GetValue(_operator))
                {
                    await server.RunOperatorAsync(context.OpenStandard(StandardStream.Input), context.OpenStandard(StandardStream.Output), context.Cancellation).ConfigureAwait(false);
                }
                else if (arguments.GetValue(_stdio))
                {
                    await server.RunStdioAsync(context.OpenStandard(StandardStream.Input), context.OpenStandard(StandardStream.Output), context.Cancellation).ConfigureAwait(false);
                }
                else
                {
                    await server.RunHttpAsync(context.Cancellation).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (context.Cancellation.IsCancellationRequested)
            {
                // Ctrl-C is how a server is meant to end.
            }
        }

        return ExitCodes.Ok;
    }

    internal ServeOptions Options(ParseResult arguments, CliContext context)
    {
        bool write = arguments.GetValue(_write), readOnly = arguments.GetValue(_readOnly);
        if (write && readOnly)
        {
            throw CliException.Usage("--write and --read-only exclude each other. Give one of them.");
        }

        return new ServeOptions
        {
            Workspace = context.Resolve(arguments.GetValue(_workspace) ?? "."),
            AllowedFolders = [.. (arguments.GetValue(_allow) ?? []).Select(context.Resolve)],
            Hosts = arguments.GetValue(_net) ?? [],
            HostsMayBePrivate = arguments.GetValue(_netPrivate),
            Buckets = arguments.GetValue(_kv) ?? [],
            ReadOnly = write ? false : readOnly ? true : null,
            Components = [.. (arguments.GetValue(_components) ?? []).Select(context.Resolve)],
            KeepInstances = arguments.GetValue(_keep),
            ToolsFolder = arguments.GetValue(_tools) is { } tools ? context.Resolve(tools) : null,
            ConfigFile = arguments.GetValue(_config) is { } config ? context.Resolve(config) : null,
            FsAllowList = context.GetVariable("FS_ALLOWLIST"),
            GrantsFile = GrantsFile(context),
            Token = context.GetVariable("ATOLL_TOKEN") is { Length: > 0 } token ? token : null,
            Host = arguments.GetValue(_host)!,
            Port = arguments.GetValue(_port),
            Version = VersionVerb.Short,
            CodeCache = arguments.GetValue(_noCache) ? null : CodeStore.OpenExisting(context),
            Quiet = arguments.GetValue(_quiet),
            LogLevel = arguments.GetValue(_logLevel),
        };
    }

    // Beside the user's other settings, never in a workspace.
    private static string? GrantsFile(CliContext context)
    {
        string folder = context.GetVariable("ATOLL_CONFIG_DIR") is { Length: > 0 } given
            ? context.Resolve(given)
            : Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "atoll");
        return Path.IsPathFullyQualified(folder) ? Path.Join(folder, "grants.json") : null;
    }

    private static int ParsePort(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= 65535)
        {
            return port;
        }

        result.AddError($"`{text}` is not a port: give a number from 0 to 65535.");
        return 0;
    }

    private static LogLevel ParseLevel(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (Enum.TryParse(text, ignoreCase: true, out LogLevel level) && !char.IsAsciiDigit(text[0]))
        {
            return level;
        }

        result.AddError($"`{text}` is not a log level: give trace, debug, information, warning, error, critical or none.");
        return LogLevel.Information;
    }
}
