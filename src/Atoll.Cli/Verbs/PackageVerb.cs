using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Atoll.Cli.CommandLine;
using Atoll.Cli.Packaging;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll package</c>: makes what is installed elsewhere.</summary>
internal sealed class PackageVerb : Verb
{
    public override string Name => "package";

    public override string Summary => "Make packages for editors from the sources.";

    public override IReadOnlyList<Verb> Children { get; } = [new PackageVsixVerb()];

    public override IReadOnlyList<Example> Examples => [new("atoll package vsix", "makes the extension for VS Code, one package for each platform")];
}

/// <summary><c>atoll package vsix</c>: the extension for VS Code.</summary>
internal sealed class PackageVsixVerb : Verb
{
    /// <summary>What the marketplace accepts is more; a tool that people download with their editor has no reason to be larger.</summary>
    private const double MaxMegabytes = 12;

    private static readonly string[] SelfContained = ["linux-x64", "win32-x64"];

    private static readonly string[] Targets = [.. SelfContained, "darwin-arm64", "darwin-x64", "linux-arm64", "universal"];

    private readonly Option<string[]> _targets = CommonOptions.Many("--target", "TARGET", $"Only this platform: {string.Join(", ", Targets)}. Repeatable (default: all).");

    private readonly Option<string?> _output = CommonOptions.Text("--output", "DIR", "Where the packages go (default: artifacts/vsix of the clone).");

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "vsix";

    public override string Summary => "Make the extension for VS Code with the host inside.";

    public override string Remarks =>
        "linux-x64 and win32-x64 carry the host as one program that needs nothing installed; the others carry it for an installed .NET 10 runtime. " +
        "It needs the .NET SDK and Node with npm. Each package is checked for size (12 MB) and content before it is kept. " +
        "Of the host inside, what a start and first calls run is compiled ahead of time: this program is started once to record that.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll package vsix", "writes atoll-TARGET-VERSION.vsix for each platform into artifacts/vsix"),
        new("atoll package vsix --target linux-x64 --output out", "makes one of them, into ./out"),
    ];

    public override void Define(Command command)
    {
        _targets.CompletionSources.Add(Targets);
        command.Add(_targets);
        command.Add(_output);
        command.Add(_json);
    }

    public override async Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string[] targets = arguments.GetValue(_targets) is { Length: > 0 } given ? [.. given.Distinct()] : Targets;
        if (Array.Find(targets, target => !Targets.Contains(target)) is { } unknown)
        {
            throw CliException.Usage($"there is no target `{unknown}`. Choose one of: {string.Join(", ", Targets)}.");
        }

        string root = Repository.Find("package", context);
        string output = arguments.GetValue(_output) is { } folder ? context.Resolve(folder) : Path.Combine(root, "artifacts", "vsix");
        string extension = Path.Combine(root, "extensions", "vscode");
        Directory.CreateDirectory(output);
        await BundleAsync(extension, context).ConfigureAwait(false);
        string? profile = null;
        if (targets.Any(SelfContained.Contains))
        {
            profile = Path.Combine(root, "artifacts", "vsix-host", "start.mibc");
            int methods = await StartRecording.WriteAsync(profile, context.Cancellation).ConfigureAwait(false);
            context.Error.WriteLine($"a start of the server runs {methods} methods");
        }

        List<(string Target, string File, long Bytes)> made = [];
        foreach (string target in targets)
        {
            string host = await PublishHostAsync(root, target, profile, context).ConfigureAwait(false);
            VsixFile vsix = VsixFile.Collect(extension, root, host, target);
            string file = Path.Combine(output, $"atoll-{target}-{vsix.Version}.vsix");
            long bytes = vsix.Write(file);
            if (bytes > MaxMegabytes * 1_000_000)
            {
                File.Delete(file);
                throw CliException.Failed($"the package for {target} has {Megabytes(bytes)} MB, and at most {MaxMegabytes:0} are allowed. See what grew in {host}.");
            }

            made.Add((target, file, bytes));
            context.Error.WriteLine($"{Path.GetRelativePath(context.CurrentDirectory, file)}  {Megabytes(bytes)} MB");
        }

        Report(made, arguments.GetValue(_json), context);
        return ExitCodes.Ok;
    }

    private static void Report(List<(string Target, string File, long Bytes)> made, bool json, CliContext context)
    {
        if (json)
        {
            JsonOutput.Write(context.Out, writer => JsonOutput.Array(writer, "packages", made, package =>
            {
                writer.WriteString("target", package.Target);
                writer.WriteString("file", package.File);
                writer.WriteNumber("bytes", package.Bytes);
            }));
            return;
        }

        foreach ((string _, string file, long _) in made)
        {
            context.Out.WriteLine(Path.GetRelativePath(context.CurrentDirectory, file));
        }
    }

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("0.00", CultureInfo.InvariantCulture);

    // npm fetches the bundler once; after that nothing is downloaded.
    private static async Task BundleAsync(string extension, CliContext context)
    {
        if (!Directory.Exists(Path.Combine(extension, "node_modules", "esbuild")))
        {
            await RunAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"], extension, context).ConfigureAwait(false);
        }

        await RunAsync("node", [Path.Combine("scripts", "build.mjs"), "--production"], extension, context).ConfigureAwait(false);
    }

    private static async Task<string> PublishHostAsync(string root, string target, string? profile, CliContext context)
    {
        bool whole = SelfContained.Contains(target);
        string host = Path.Combine(root, "artifacts", "vsix-host", whole ? target : "portable");
        if (Directory.Exists(host))
        {
            Directory.Delete(host, recursive: true);
        }

        List<string> command = ["publish", Path.Combine(root, "src", "Atoll.Cli", "Atoll.Cli.csproj"), "-c", "Release", "-v", "q", "--nologo", "-o", host, "-p:UseAppHost=" + (whole ? "true" : "false")];
        command.AddRange(whole ? ["-r", target.Replace("win32", "win", StringComparison.Ordinal), "-p:AtollTrimmed=true", $"-p:AtollStartProfile={profile}"] : ["--self-contained", "false", "-p:DebugType=none"]);
        int code = await Repository.RunDotnetAsync(root, command, context with { Out = context.Error }).ConfigureAwait(false);
        return code == 0 ? host : throw CliException.Failed($"the host for {target} does not build (dotnet's exit code {code}); its messages are above.");
    }

    private static async Task RunAsync(string program, IEnumerable<string> arguments, string folder, CliContext context)
    {
        ProcessStartInfo start = new(OperatingSystem.IsWindows() && program == "npm" ? "npm.cmd" : program) { WorkingDirectory = folder, UseShellExecute = false };
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
            throw CliException.Failed($"`{program}` cannot be started: install Node 20 or newer with npm and put it on PATH.", exception);
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

            if (process.ExitCode != 0)
            {
                throw CliException.Failed($"`{program}` ended with code {process.ExitCode}; its messages are above.");
            }
        }
    }
}
