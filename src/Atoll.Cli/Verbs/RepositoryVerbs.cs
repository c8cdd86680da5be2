using System.CommandLine;
using System.Diagnostics;
using Atoll.Cli.CommandLine;

namespace Atoll.Cli.Verbs;

/// <summary>What the verbs share that work on a clone of the sources.</summary>
internal static class Repository
{
    /// <summary>The root of the clone: the folder with <c>Atoll.slnx</c> above the current one or above the program.</summary>
    public static string Find(string verb, CliContext context)
    {
        // The launcher says where it stands; without it the program or the current folder may be inside of a clone.
        foreach (string? start in new[] { context.GetVariable("ATOLL_REPOSITORY"), AppContext.BaseDirectory, context.CurrentDirectory })
        {
            for (string? folder = start; !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
            {
                if (File.Exists(Path.Combine(folder, "Atoll.slnx")))
                {
                    return folder;
                }
            }
        }

        throw CliException.Usage($"`atoll {verb}` works on a clone of Atoll's sources, and there is none at or above `{context.CurrentDirectory}`. Run it inside of a clone.");
    }

    public static async Task<int> RunDotnetAsync(string folder, IEnumerable<string> arguments, CliContext context)
    {
        context.Out.Flush();
        ProcessStartInfo start = new("dotnet") { WorkingDirectory = folder, UseShellExecute = false };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw CliException.Failed("`dotnet` cannot be started: install the .NET SDK 10 and put it on PATH.", exception);
        }

        using (process)
        {
            try
            {
                await process.WaitForExitAsync(context.Cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }

            return process.ExitCode;
        }
    }
}

/// <summary><c>atoll bench NAME</c>: runs the benchmarks of the clone.</summary>
internal sealed class BenchVerb : Verb
{
    private readonly Argument<string> _name = CommonOptions.File("NAME", "Which benchmark: components, engine, kernels, limits or tools.");

    public override string Name => "bench";

    public override string Summary => "Run a benchmark of the sources.";

    public override string Remarks => "Words after NAME are handed to the benchmark; `atoll bench NAME --help` of the benchmark itself lists them.";

    public override bool PassesArguments => true;

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll bench kernels", "compares the C kernels with Node on this machine; ends with `kernels: geomean=… worst=…`"),
        new("atoll bench tools", "measures tool calls against a peer; ends with `tools: p50_us=… p99_us=… …`"),
    ];

    public override void Define(Command command) => command.Add(_name);

    public override async Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string root = Repository.Find(Name, context);
        string project = Path.Combine(root, "bench", "Atoll.Bench", "Atoll.Bench.csproj");
        if (!File.Exists(project))
        {
            throw CliException.Failed($"this clone has no benchmarks: `{project}` is missing. Check out the whole repository.");
        }

        // Built apart from running, so that the build's lines stay out of the benchmark's output.
        int built = await Repository.RunDotnetAsync(root, ["build", "-c", "Release", "-v", "q", "--nologo", project], context).ConfigureAwait(false);
        if (built != 0)
        {
            throw CliException.Failed($"the benchmarks do not build (dotnet's exit code {built}); its messages are above.");
        }

        string program = Path.Combine(root, "artifacts", "bin", "Atoll.Bench", "release", "Atoll.Bench.dll");
        return await Repository.RunDotnetAsync(root, [program, arguments.GetValue(_name)!, .. context.GuestArguments], context).ConfigureAwait(false);
    }
}

/// <summary><c>atoll pack</c>: makes the packages.</summary>
internal sealed class PackVerb : Verb
{
    private readonly Option<string?> _output = CommonOptions.Text("--output", "DIR", "Where the packages go (default: artifacts/packages of the clone).");

    private readonly Option<string?> _version = CommonOptions.Text("--version", "VERSION", "The packages' version (default: the one in Directory.Build.props).");

    public override string Name => "pack";

    public override string Summary => "Make the NuGet packages and the dotnet tool from the sources.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll pack", "writes *.nupkg and *.snupkg into artifacts/packages"),
        new("atoll pack --version 0.1.1-preview.1 --output out", "the same with another version, into ./out"),
    ];

    public override void Define(Command command)
    {
        command.Add(_output);
        command.Add(_version);
    }

    public override async Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string root = Repository.Find(Name, context);
        string output = arguments.GetValue(_output) is { } given ? context.Resolve(given) : Path.Combine(root, "artifacts", "packages");
        List<string> command = ["pack", "-c", "Release", "-v", "q", "--nologo", "-o", output, Path.Combine(root, "Atoll.slnx")];
        if (arguments.GetValue(_version) is { } version)
        {
            command.Add($"-p:Version={version}");
        }

        int code = await Repository.RunDotnetAsync(root, command, context).ConfigureAwait(false);
        if (code != 0)
        {
            throw CliException.Failed($"packing failed (dotnet's exit code {code}); its messages are above.");
        }

        foreach (string package in Directory.GetFiles(output, "*nupkg").Order(StringComparer.Ordinal))
        {
            context.Out.WriteLine(Path.GetRelativePath(context.CurrentDirectory, package));
        }

        return ExitCodes.Ok;
    }
}
