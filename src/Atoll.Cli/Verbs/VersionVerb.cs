using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using Atoll.Cli.CommandLine;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll version</c>: what to write into a bug report.</summary>
internal sealed class VersionVerb : Verb
{
    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "version";

    public override string Summary => "Print the version of Atoll and of what it runs on.";

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll version", "prints one line"),
        new("atoll version --json", "prints the parts, for a script or a bug report"),
    ];

    public static string Current { get; } =
        typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The version without the commit: what clients are shown.</summary>
    public static string Short => Current.Split('+')[0];

    public override void Define(Command command) => command.Add(_json);

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        if (arguments.GetValue(_json))
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteString("version", Short);
                writer.WriteString("build", Current);
                writer.WriteString("runtime", RuntimeInformation.FrameworkDescription);
                writer.WriteString("platform", RuntimeInformation.RuntimeIdentifier);
            });
        }
        else
        {
            context.Out.WriteLine($"atoll {Current} ({RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier})");
        }

        return Task.FromResult(ExitCodes.Ok);
    }
}
