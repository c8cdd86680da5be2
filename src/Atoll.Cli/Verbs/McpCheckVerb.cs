using System.CommandLine;
using Atoll.Cli.CommandLine;
using Atoll.Host.Configuration;
using Atoll.Mcp;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll mcp check</c>: what is wrong in the files of <c>.mcp</c>.</summary>
internal sealed class McpCheckVerb : Verb
{
    private const int MaxBytes = 1 << 20;

    private readonly Argument<string[]> _files = new("FILE")
    {
        HelpName = "FILE",
        Description = "Manifests or a config.json (default: all of .mcp of the workspace).",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _workspace = CommonOptions.Text("--workspace", "DIR", "The folder that holds .mcp (default: this one).");

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "check";

    public override string Summary => "Check tools' manifests and the configuration without running anything.";

    public override string Remarks =>
        "Beyond the schemas it looks whether programs are there, have the hash and the function that is named, and need the permissions that are asked for. Warnings do not make it fail.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll mcp check", "checks .mcp/config.json and .mcp/tools/*.json of this folder"),
        new("atoll mcp check .mcp/tools/fetch.json --json", "reports one manifest's problems with lines and columns as JSON"),
    ];

    public override void Define(Command command)
    {
        command.Add(_files);
        command.Add(_workspace);
        command.Add(_json);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string workspace = context.Resolve(arguments.GetValue(_workspace) ?? ".");
        if (!Directory.Exists(workspace))
        {
            throw CliException.Usage($"--workspace: {workspace} is no folder.");
        }

        string[] named = arguments.GetValue(_files) ?? [];
        IReadOnlyList<string> files = named.Length > 0 ? [.. named.Select(context.Resolve)] : FileCheck.FilesOf(workspace);
        List<Problem> problems = [.. files.SelectMany(file => FileCheck.Check(file, Read(file), workspace))];
        if (arguments.GetValue(_json))
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteNumber("files", files.Count);
                JsonOutput.Array(writer, "problems", problems, problem =>
                {
                    writer.WriteString("file", problem.File);
                    writer.WriteNumber("line", problem.Line);
                    writer.WriteNumber("column", problem.Column);
                    writer.WriteNumber("endLine", problem.EndLine);
                    writer.WriteNumber("endColumn", problem.EndColumn);
                    writer.WriteString("severity", problem.IsWarning ? "warning" : "error");
                    writer.WriteString("message", problem.Message);
                });
            });
        }
        else
        {
            foreach (Problem problem in problems)
            {
                context.Out.WriteLine(problem.IsWarning ? $"{problem} (warning)" : problem.ToString());
            }

            context.Out.WriteLine(problems.Count == 0 ? $"{files.Count} files, no problems" : $"{files.Count} files, {problems.Count} problems");
        }

        return Task.FromResult(problems.Exists(problem => !problem.IsWarning) ? ExitCodes.Failed : ExitCodes.Ok);
    }

    private static byte[] Read(string file)
    {
        if (Directory.Exists(file))
        {
            throw CliException.Failed($"{file} is a folder. Name the files, or the workspace with --workspace.");
        }

        try
        {
            FileInfo info = new(file);
            return info.Length <= MaxBytes ? File.ReadAllBytes(file) : throw CliException.Failed($"{file} has {info.Length} bytes; at most {MaxBytes} are read.");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CliException.Failed($"{file} does not exist. Check the path.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.Failed($"{file} cannot be read: {exception.Message}", exception);
        }
    }
}
