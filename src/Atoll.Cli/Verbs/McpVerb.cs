using System.CommandLine;
using Atoll.Cli.CommandLine;
using Atoll.Mcp;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll mcp</c>: what concerns clients of the server.</summary>
internal sealed class McpVerb : Verb
{
    public override string Name => "mcp";

    public override string Summary => "Connect MCP clients to this server; check its files and print their schemas.";

    public override IReadOnlyList<Verb> Children { get; } = [new McpAddVerb(), new McpCheckVerb(), new McpSchemaVerb()];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll mcp add vscode", "makes VS Code start the server for this folder, after showing the change"),
        new("atoll mcp check", "says what is wrong in .mcp of this folder"),
        new("atoll mcp schema tool", "prints the JSON Schema of .mcp/tools/*.json"),
    ];
}

/// <summary><c>atoll mcp add</c>: writes a client's configuration.</summary>
internal sealed class McpAddVerb : Verb
{
    private static readonly Dictionary<string, McpClientKind> Clients = new()
    {
        ["vscode"] = McpClientKind.VSCode,
        ["claude"] = McpClientKind.Claude,
        ["cursor"] = McpClientKind.Cursor,
    };

    private readonly Argument<string> _client = CommonOptions.File("CLIENT", "vscode, claude or cursor.");

    private readonly Option<string?> _workspace = CommonOptions.Text("--workspace", "DIR", "The folder that the client opens and the server serves (default: this one).");

    private readonly Option<bool> _write = new("--write") { Description = "Let the tools of this server write into the workspace." };

    private readonly Option<string> _name = new("--name") { HelpName = "NAME", Description = "The server's name in the client (default: atoll).", DefaultValueFactory = _ => "atoll" };

    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Write without asking." };

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "add";

    public override string Summary => "Write a client's configuration, after showing what changes.";

    public override string Remarks =>
        "The files are .vscode/mcp.json, .mcp.json (Claude Code) and .cursor/mcp.json of the workspace. Other servers and other settings in them stay as they are.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll mcp add vscode", "shows the change of .vscode/mcp.json and asks before it is written"),
        new("atoll mcp add claude --write --yes", "lets Claude Code's tools write into this folder; does not ask"),
    ];

    public override void Define(Command command)
    {
        _client.CompletionSources.Add([.. Clients.Keys]);
        command.Add(_client);
        command.Add(_workspace);
        command.Add(_write);
        command.Add(_name);
        command.Add(_yes);
        command.Add(_json);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string client = arguments.GetValue(_client)!;
        if (!Clients.TryGetValue(client, out McpClientKind kind))
        {
            throw CliException.Usage($"there is no client `{client}`. Choose one of: {string.Join(", ", Clients.Keys)}.");
        }

        string workspace = context.Resolve(arguments.GetValue(_workspace) ?? ".");
        if (!Directory.Exists(workspace))
        {
            throw CliException.Usage($"--workspace: {workspace} is no folder.");
        }

        (string command, List<string> words) = ServerCommand(context);
        words.AddRange(["serve", "--stdio", "--workspace", workspace]);
        if (arguments.GetValue(_write))
        {
            words.Add("--write");
        }

        McpClientConfiguration plan = McpClientConfiguration.Plan(kind, workspace, arguments.GetValue(_name)!, command, words);
        bool json = arguments.GetValue(_json);
        bool write = !plan.IsUpToDate && (arguments.GetValue(_yes) || (!json && Ask(plan, context)));
        if (write)
        {
            plan.Write();
        }

        if (json)
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteString("file", plan.File);
                writer.WriteString("diff", plan.Diff);
                writer.WriteBoolean("upToDate", plan.IsUpToDate);
                writer.WriteBoolean("written", write);
            });
        }
        else
        {
            context.Out.WriteLine(plan.IsUpToDate ? $"{plan.File} says so already." : write ? $"{plan.File} is written. Reload the client to connect." : "Nothing was written.");
        }

        return Task.FromResult(plan.IsUpToDate || write || json ? ExitCodes.Ok : ExitCodes.Failed);
    }

    private static bool Ask(McpClientConfiguration plan, CliContext context)
    {
        context.Error.WriteLine(plan.File);
        context.Error.WriteLine(plan.Diff.TrimEnd());
        context.Error.Write("Write this? [y/N] ");
        string? answer = context.In.ReadLine();
        if (answer is null)
        {
            context.Error.WriteLine();
            throw CliException.Failed("there is nobody to ask: nothing was written. Use --yes to write without asking.");
        }

        return answer.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    // In a clone the launcher is what stays valid when the sources change; an installed tool is its own program.
    private static (string Command, List<string> Words) ServerCommand(CliContext context)
    {
        if (context.GetVariable("ATOLL_REPOSITORY") is { Length: > 0 } repository)
        {
            return (Path.Combine(repository, OperatingSystem.IsWindows() ? "atoll.cmd" : "atoll"), []);
        }

        string program = Environment.ProcessPath ?? "atoll";
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? (program, [Path.Combine(AppContext.BaseDirectory, "atoll.dll")])
            : (program, []);
    }
}

/// <summary><c>atoll mcp schema</c>: the schemas for editors and checks.</summary>
internal sealed class McpSchemaVerb : Verb
{
    private readonly Argument<string> _which = CommonOptions.File("WHICH", "tool (.mcp/tools/*.json) or config (.mcp/config.json).");

    public override string Name => "schema";

    public override string Summary => "Print the JSON Schema of a tool's manifest or of the configuration.";

    public override IReadOnlyList<Example> Examples => [new("atoll mcp schema config > .mcp/config.schema.json", "lets an editor complete and check .mcp/config.json")];

    public override void Define(Command command)
    {
        _which.CompletionSources.Add("tool", "config");
        command.Add(_which);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string which = arguments.GetValue(_which)!;
        context.Out.WriteLine(which switch
        {
            "tool" => McpSchemas.Tool.TrimEnd(),
            "config" => McpSchemas.Config.TrimEnd(),
            _ => throw CliException.Usage($"there is no schema `{which}`. Choose one of: tool, config."),
        });
        return Task.FromResult(ExitCodes.Ok);
    }
}
