using System.CommandLine;
using System.Diagnostics;
using Atoll.Cli.CommandLine;
using Atoll.Mcp;
using Atoll.Sdk.Projects;
using Microsoft.Extensions.Logging;

namespace Atoll.Cli.Verbs.Projects;

/// <summary><c>atoll dev</c>: builds on each save and serves what was built.</summary>
internal sealed class DevVerb : Verb
{
    private readonly Argument<string> _folder = ProjectInput.Folder();

    private readonly Option<int> _port = new("--port") { HelpName = "PORT", Description = "The port of HTTP; 0 takes a free one (default: 7411).", DefaultValueFactory = _ => 7411 };

    private readonly Option<bool> _noServe = new("--no-serve") { Description = "Only build: a running `atoll serve build/NAME.wasm` takes each new component by itself." };

    private readonly Option<bool> _install = ProjectInput.Install();

    public override string Name => "dev";

    public override string Summary => "Build a project on each save, and serve its functions as tools over MCP.";

    public override string Remarks =>
        "The component is swapped while clients stay connected: the next call has the new one, and clients are told when the list of tools changed. When a build fails its errors are "
        + "shown and the old component stays. Ctrl-C ends it.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll dev", "serves the project of this folder on http://127.0.0.1:7411/mcp and builds it on each save"),
        new("atoll dev greeter --no-serve", "builds greeter/ on each save"),
    ];

    public override void Define(Command command)
    {
        command.Add(_port);
        command.Add(_noServe);
        command.Add(_install);
        command.Add(_folder);
    }

    public override async Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string root = context.Resolve(arguments.GetValue(_folder)!);
        ProjectBuilder builder = ProjectInput.Builder(context);

        // What is saved during the first build is seen by the first look after it.
        ProjectWatch watch = new(root);
        ProjectFolder project = ProjectFolder.Open(root);
        Show(await ProjectInput.BuildAsync(builder, project, new BuildRequest(), arguments.GetValue(_install), context).ConfigureAwait(false), null, context);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(context.Cancellation);
        Task building = BuildOnChangeAsync(root, builder, watch, context with { Cancellation = stop.Token });
        try
        {
            if (arguments.GetValue(_noServe))
            {
                context.Error.WriteLine("watching; Ctrl-C ends it.");
                await building.ConfigureAwait(false);
            }
            else
            {
                await ServeAsync(project, arguments.GetValue(_port), context).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (context.Cancellation.IsCancellationRequested)
        {
            // Ctrl-C is how it is meant to end.
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await building.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return ExitCodes.Ok;
    }

    private static async Task ServeAsync(ProjectFolder project, int port, CliContext context)
    {
        string output = project.PathTo(ProjectFolder.Output);
        McpServerHost server = McpServerHost.Create(
            new ServeOptions
            {
                Workspace = project.Root,

                // The manifest's tools, or without any all functions; none of those that come with Atoll.
                ToolsFolder = output,
                ShippedToolsFolder = output,
                Components = project.Manifest.Tools.Count == 0 ? [project.PathTo(project.Artifact)] : [],
                Port = port,
                Version = VersionVerb.Short,
                LogLevel = LogLevel.Information,
                DescribesGrants = false,
            },
            context.Error);
        await using (server.ConfigureAwait(false))
        {
            await server.RunHttpAsync(context.Cancellation).ConfigureAwait(false);
        }
    }

    private static async Task BuildOnChangeAsync(string root, ProjectBuilder builder, ProjectWatch watch, CliContext context)
    {
        while (true)
        {
            await watch.WaitAsync(context.Cancellation).ConfigureAwait(false);
            long start = Stopwatch.GetTimestamp();
            try
            {
                // The manifest may be what changed.
                BuildResult result = await builder.BuildAsync(ProjectFolder.Open(root), new BuildRequest(), context.Cancellation).ConfigureAwait(false);
                Show(result, Stopwatch.GetElapsedTime(start), context);
            }
            catch (Exception exception) when (exception is not OperationCanceledException && ErrorReport.For(exception) is { ExitCode: not ExitCodes.Internal } report)
            {
                report.Write(context.Error, null);
                context.Error.WriteLine("the old component stays; waiting for the next save.");
            }
        }
    }

    private static void Show(BuildResult result, TimeSpan? time, CliContext context)
    {
        ProjectInput.WriteWarnings(result.Warnings, context);
        context.Error.WriteLine($"built     {result.Artifact}  {Quantities.FormatSize(result.Bytes)}{(time is { } took ? $"  {(long)took.TotalMilliseconds} ms" : "")}");
    }
}
