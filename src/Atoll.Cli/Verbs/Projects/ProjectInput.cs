using System.CommandLine;
using System.Text.Json;
using Atoll.Cli.CommandLine;
using Atoll.Cli.Inspection;
using Atoll.Components;
using Atoll.Sdk.Manifests;
using Atoll.Sdk.Projects;
using Atoll.Sdk.Toml;
using Atoll.Sdk.Toolchains;
using NeededCapability = Atoll.Sdk.Manifests.NeededCapability;

namespace Atoll.Cli.Verbs.Projects;

/// <summary>What the verbs that work on a component's project have in common.</summary>
internal static class ProjectInput
{
    // Node first, then its packages: more rounds than that would be a circle.
    private const int MaxInstallRounds = 3;

    public static Argument<string> Folder() => new("DIR")
    {
        HelpName = "DIR",
        Description = "The project's folder, which holds Component.toml (default: this one).",
        DefaultValueFactory = _ => ".",
    };

    public static Option<bool> Install() => new("--install") { Description = "Install the tools of the language that are missing, without asking." };

    public static ProjectBuilder Builder(CliContext context) =>
        new(new ToolEnvironment(context.GetVariable), Survey, line => context.Error.WriteLine(line));

    public static IReadOnlyList<NeededCapability> Survey(IReadOnlyList<string> imports) =>
        [.. CapabilitySurvey.OfComponent(imports).Select(needed => new NeededCapability(Capability.Parse(needed.Capability), needed.Because))];

    /// <summary>Builds; when tools are missing, installs them if the user wants that.</summary>
    public static async Task<BuildResult> BuildAsync(ProjectBuilder builder, ProjectFolder project, BuildRequest request, bool install, CliContext context)
    {
        for (int round = 0; ; round++)
        {
            try
            {
                return await builder.BuildAsync(project, request, context.Cancellation).ConfigureAwait(false);
            }
            catch (MissingToolsException missing) when (round < MaxInstallRounds && missing.Missing.All(tool => tool.Commands.Count > 0) && (install || Asks(missing, context)))
            {
                foreach (MissingTool tool in missing.Missing)
                {
                    await InstallAsync(tool, context).ConfigureAwait(false);
                }
            }
        }
    }

    public static void WriteWarnings(IEnumerable<Diagnostic> warnings, CliContext context)
    {
        foreach (Diagnostic warning in warnings)
        {
            context.Error.WriteLine(warning.ToString());
        }
    }

    /// <summary>Members that tell of findings, the same in every verb's JSON.</summary>
    public static void WriteFindings(Utf8JsonWriter writer, string name, IEnumerable<Diagnostic> findings) => JsonOutput.Array(writer, name, findings, finding =>
    {
        writer.WriteString("severity", finding.Severity == DiagnosticSeverity.Error ? "error" : "warning");
        writer.WriteString("file", finding.Path);
        writer.WriteNumber("line", finding.Line);
        writer.WriteNumber("column", finding.Column);
        writer.WriteNumber("length", finding.Length);
        writer.WriteString("message", finding.Message);
        if (finding.Help is not null)
        {
            writer.WriteString("help", finding.Help);
        }
    });

    /// <summary>Asks on a terminal; elsewhere nobody is there to answer.</summary>
    private static bool Asks(MissingToolsException missing, CliContext context)
    {
        if (!context.IsTerminal)
        {
            return false;
        }

        context.Error.WriteLine($"atoll: {missing.Message}");
        foreach (string command in missing.Missing.SelectMany(tool => tool.Commands).Select(words => string.Join(' ', words)))
        {
            context.Error.WriteLine($"    {command}");
        }

        context.Error.Write("Run this now? [y/N] ");
        return context.In.ReadLine()?.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    private static async Task InstallAsync(MissingTool tool, CliContext context)
    {
        ToolEnvironment environment = new(context.GetVariable);
        foreach (IReadOnlyList<string> command in tool.Commands)
        {
            context.Error.WriteLine($"install   {string.Join(' ', command)}");
            ToolOutput output = await environment.RunAsync(command[0], command.Skip(1), Path.GetTempPath(), context.Cancellation).ConfigureAwait(false);
            if (output.ExitCode != 0)
            {
                throw new ProjectException($"{tool.What} could not be installed (exit code {output.ExitCode}):", [.. output.Lines.TakeLast(20)]);
            }
        }
    }
}
