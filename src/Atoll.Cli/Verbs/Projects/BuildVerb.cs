using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Atoll.Cli.CommandLine;
using Atoll.Sdk.Projects;
using Atoll.Sdk.Toml;

namespace Atoll.Cli.Verbs.Projects;

/// <summary><c>atoll build</c>: a project's component.</summary>
internal sealed class BuildVerb : Verb
{
    private readonly Argument<string> _folder = ProjectInput.Folder();

    private readonly Option<bool> _force = new("--force") { Description = "Build although nothing changed since the last time." };

    private readonly Option<bool> _writeManifest = new("--write-manifest")
    {
        Description = "Add to Component.toml the tools and capabilities that world and binary have and it does not name.",
    };

    private readonly Option<bool> _install = ProjectInput.Install();

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "build";

    public override string Summary => "Build the component of a project.";

    public override string Remarks =>
        "Bindings of the world go to build/bindings/, the component to build/NAME.wasm. It must be what Component.toml says: a capability that its imports need and "
        + "that is not asked for is an error. Missing tools are named with their size; on a terminal it offers to install them.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.BadModule, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll build", "builds the project of this folder and prints the component's size and hash"),
        new("atoll build greeter --install", "builds greeter/, and installs what its language needs"),
        new("atoll build --json", "prints {\"file\":…,\"bytes\":…,\"sha256\":…,\"up_to_date\":…,\"toolchain\":…,\"ms\":…,\"warnings\":[…]}"),
    ];

    public override void Define(Command command)
    {
        command.Add(_force);
        command.Add(_writeManifest);
        command.Add(_install);
        command.Add(_json);
        command.Add(_folder);
    }

    public override async Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        bool json = arguments.GetValue(_json);
        long start = Stopwatch.GetTimestamp();
        try
        {
            ProjectFolder project = ProjectFolder.Open(context.Resolve(arguments.GetValue(_folder)!));
            BuildRequest request = new(arguments.GetValue(_force), arguments.GetValue(_writeManifest));
            BuildResult result = await ProjectInput.BuildAsync(ProjectInput.Builder(context), project, request, arguments.GetValue(_install), context).ConfigureAwait(false);
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            if (json)
            {
                WriteJson(result, time, context);
            }
            else
            {
                ProjectInput.WriteWarnings(result.Warnings, context);
                string seconds = time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
                context.Out.WriteLine($"{result.Artifact}  {Quantities.FormatSize(result.Bytes)}  sha256:{result.Sha256}  {(result.WasUpToDate ? "up to date" : $"{seconds} s")}");
            }

            return ExitCodes.Ok;
        }
        catch (DiagnosticException exception) when (json)
        {
            JsonOutput.Write(context.Out, writer => ProjectInput.WriteFindings(writer, "errors", exception.Diagnostics));
            return ExitCodes.Failed;
        }
    }

    private static void WriteJson(BuildResult result, TimeSpan time, CliContext context) => JsonOutput.Write(context.Out, writer =>
    {
        writer.WriteString("file", result.Artifact);
        writer.WriteNumber("bytes", result.Bytes);
        writer.WriteString("sha256", result.Sha256);
        writer.WriteBoolean("up_to_date", result.WasUpToDate);
        writer.WriteString("toolchain", result.Toolchain);
        writer.WriteNumber("ms", (long)time.TotalMilliseconds);
        ProjectInput.WriteFindings(writer, "warnings", result.Warnings);
    });
}
