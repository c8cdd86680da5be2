using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Atoll.Cli.CommandLine;
using Atoll.Components;
using Atoll.Host.Web;
using Atoll.Wasi;
using Atoll.Wasi.Platform;
using Atoll.Wasm;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll serve-http</c>: answers HTTP requests with a component.</summary>
internal sealed class ServeHttpVerb : Verb
{
    private readonly Option<IPEndPoint> _addr = new("--addr")
    {
        HelpName = "ADDRESS:PORT",
        Description = "Where to listen; port 0 takes a free one, 0.0.0.0 listens on every address of this machine (default: 127.0.0.1:8080).",
        DefaultValueFactory = _ => new IPEndPoint(IPAddress.Loopback, 8080),
        CustomParser = ParseAddress,
    };

    private readonly GrantOptions _grants = new();

    private readonly Option<TimeSpan?> _timeout = Quantities.DurationOption("--timeout", "Time that the guest has for a request (default: 30s).");

    private readonly Option<ulong?> _maxMemory = Quantities.SizeOption("--max-memory", "Most memory that the guest may have for a request, for example 64MB.");

    private readonly Option<int> _maxConcurrency = new("--max-concurrency")
    {
        HelpName = "N",
        Description = "Requests that are answered at the same time; as many again wait, others get 503 (default: 64).",
        DefaultValueFactory = _ => 64,
    };

    private readonly Option<ulong?> _maxBody = Quantities.SizeOption("--max-body", "Largest body of a request; larger ones get 413 (default: 32MB).");

    private readonly Option<bool> _log = new("--log") { Description = "Write a line for each request to standard error." };

    private readonly Option<bool> _json = new("--json") { Description = "Write the lines of the log as JSON objects." };

    private readonly Option<bool> _noCache = new("--no-cache") { Description = "Do not use code that `atoll compile` keeps." };

    private readonly Argument<string> _component = CommonOptions.File("COMPONENT", "A component that exports wasi:http/incoming-handler: a .wasm or .wat file.");

    public override string Name => "serve-http";

    public override string Summary => "Answer HTTP requests with a component, in a sandbox.";

    public override string Remarks =>
        "Each request is answered by an instance as if it were new. The guest has clocks and random numbers; what it writes to standard output and error goes to the log. Folders, " +
        "variables and the network it has only when they are granted here. A guest that traps gives 500, one that takes too long 504, and what went wrong is in the log only. " +
        "Ctrl-C or SIGTERM ends it: requests that run have ten seconds to end.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.BadModule, ExitCodes.Trap, ExitCodes.Limit];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll serve-http hello.wasm", "serves it on http://127.0.0.1:8080/"),
        new("atoll serve-http --addr 0.0.0.0:80 --timeout 5s --max-memory 64MB --log site.wasm", "serves it to everybody, with limits for each request"),
        new("atoll serve-http --net api.example.org:443 --env LANG proxy.wasm", "lets it call one host"),
    ];

    public override void Define(Command command)
    {
        command.Add(_addr);
        _grants.Define(command);
        foreach (Option option in new Option[] { _timeout, _maxMemory, _maxConcurrency, _maxBody, _log, _json, _noCache })
        {
            command.Add(option);
        }

        command.Add(_component);
    }

    public override async Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string path = arguments.GetValue(_component)!;
        HttpGuestOptions options = Options(arguments);
        Grants grants = _grants.Read(arguments, context).AddTo(
            Grants.None.AllowClock().AllowRandom().AllowMetadata(new ComponentMetadata(Path.GetFileNameWithoutExtension(path))));
        HttpGuestServer server = ProgramFile.Explain(path, () =>
        {
            byte[] bytes = ProgramFile.ReadBinary(path, context, mayBeComponent: true);
            if (!Component.IsComponent(bytes))
            {
                throw new CliException(
                    ExitCodes.BadModule, $"{path} is no component. Give one that exports wasi:http/incoming-handler, for example made with `jco componentize`.");
            }

            WasmEngine engine = new(CodeStore.Options(fuel: false, arguments.GetValue(_noCache) ? null : CodeStore.OpenExisting(context)));
            return HttpGuestServer.Create(new ComponentLinker().AddWasi().AddPlatform(), Component.Load(engine, bytes, context.Cancellation), grants, options, context.Error);
        });
        await using (server.ConfigureAwait(false))
        {
            if (server.ReuseObstacle is { } obstacle)
            {
                context.Error.WriteLine($"note: each request gets a new instance, which takes longer than one that is used again: {obstacle}.");
            }

            await server.RunAsync(address => context.Error.WriteLine($"serving {path} on {address}"), context.Cancellation).ConfigureAwait(false);
        }

        return ExitCodes.Ok;
    }

    private HttpGuestOptions Options(ParseResult arguments)
    {
        HttpGuestOptions options = new()
        {
            Address = arguments.GetValue(_addr)!,
            MaxConcurrency = arguments.GetValue(_maxConcurrency),
            MaxMemoryBytes = arguments.GetValue(_maxMemory),
            LogRequests = arguments.GetValue(_log),
            JsonLog = arguments.GetValue(_json),
        };
        if (options.MaxConcurrency is < 1 or > 10_000)
        {
            throw CliException.Usage("--max-concurrency must be a number from 1 to 10000.");
        }

        return options with
        {
            Timeout = arguments.GetValue(_timeout) ?? options.Timeout,
            MaxBodyBytes = (long?)arguments.GetValue(_maxBody) ?? options.MaxBodyBytes,
        };
    }

    private static IPEndPoint? ParseAddress(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (text.Contains(':') && IPEndPoint.TryParse(text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" + text[9..] : text, out IPEndPoint? address)
            && (text.StartsWith('[') || text.Count(character => character == ':') == 1))
        {
            return address;
        }

        result.AddError($"`{text}` is not ADDRESS:PORT, for example 127.0.0.1:8080 or [::1]:8080.");
        return null;
    }
}
