using System.CommandLine;
using Atoll.Cli.CommandLine;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll run</c>: runs a WASI program, module or component, with what was granted and nothing else.</summary>
internal sealed class RunVerb : Verb
{
    private readonly GrantOptions _grants = new();

    private readonly LimitOptions _limits = new();

    private readonly Option<bool> _noCache = new("--no-cache") { Description = "Do not use code that `atoll compile` keeps." };

    private readonly Option<bool> _deterministic = new("--deterministic")
    {
        Description = "The same program with the same input does the same on every machine: one NaN, no threads, random numbers from a fixed seed, and a clock that begins " +
            "with the year 2000 and moves when it is looked at; sleeping takes no time. Not with --timeout; use --fuel. Files are as they are.",
    };

    private readonly Option<bool> _faultChecks = CommonOptions.FaultChecks();

    private readonly Option<bool> _stats = new("--stats") { Description = "Say on standard error at the end what the guest used: time, memory, calls of the host; with --fuel also fuel." };

    private readonly Option<bool> _json = new("--json") { Description = "With --stats: as one line with a JSON object." };

    private readonly Option<string?> _profile = CommonOptions.Text(
        "--profile", "OUT", "Write where the guest spent its time: OUT.json for speedscope, OUT.folded or OUT.txt for flamegraph.pl and inferno.");

    private readonly Option<TimeSpan?> _profileInterval = Quantities.DurationOption("--profile-interval", "Time between samples of --profile, from 1ms (which it is) to 1m.");

    private readonly Argument<string> _program = CommonOptions.File("PROGRAM", "A WASI program (.wasm or .wat): a module of preview 1 or a component of WASI 0.2. Everything after it goes to the guest, options too.");

    public override string Name => "run";

    public override string Summary => "Run a WebAssembly program in a sandbox.";

    public override string Remarks =>
        "The guest has standard input, output and error, its arguments, clocks and random numbers. Folders, environment variables and the network it has only when they are granted here. " +
        "The guest's own exit code is passed on; when Atoll ends the guest, the last lines on standard error begin with `atoll: ` and say why.";

    public override bool PassesArguments => true;

    public override IReadOnlyList<int> OtherExitCodes =>
        [ExitCodes.Failed, ExitCodes.BadModule, ExitCodes.Trap, ExitCodes.Limit, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll run hello.wasm Ada", "runs it with the argument Ada"),
        new("atoll run --dir ./data::/data:ro --env LANG=C convert.wasm /data/in.csv", "lets it read ./data as /data"),
        new("atoll run --timeout 5s --max-memory 64MB untrusted.wasm", "stops it after five seconds; it never has more than 64 MiB"),
    ];

    public override void Define(Command command)
    {
        _grants.Define(command);
        _limits.Define(command);
        command.Add(_noCache);
        command.Add(_deterministic);
        command.Add(_faultChecks);
        command.Add(_stats);
        command.Add(_json);
        command.Add(_profile);
        command.Add(_profileInterval);
        command.Add(_program);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string path = arguments.GetValue(_program)!;
        bool stats = arguments.GetValue(_stats);
        bool json = arguments.GetValue(_json);
        if (json && !stats)
        {
            throw CliException.Usage("--json says how --stats reports; standard output is the guest's. Add --stats, or leave it out.");
        }

        bool deterministic = arguments.GetValue(_deterministic);
        if (deterministic && arguments.GetValue(_limits.Timeout) is not null)
        {
            throw CliException.Usage("--timeout would end the guest at another point each time; with --deterministic limit it with --fuel.");
        }

        GuestRun run = new()
        {
            Path = path,
            Granted = _grants.Read(arguments, context),
            MaxMemoryBytes = arguments.GetValue(_limits.MaxMemory),
            Timeout = arguments.GetValue(_limits.Timeout),
            Fuel = arguments.GetValue(_limits.Fuel),
            UseCache = !arguments.GetValue(_noCache),
            Deterministic = deterministic,
            FaultChecks = arguments.GetValue(_faultChecks),
            Profile = GuestProfile.For(arguments.GetValue(_profile), arguments.GetValue(_profileInterval), context),
            Stats = !stats ? StatsForm.None : json ? StatsForm.Json : StatsForm.Text,
        };
        return Task.FromResult(run.Start(context));
    }
}
