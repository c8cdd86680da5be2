using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Atoll.Host.Configuration;
using Atoll.Host.Security;
using Atoll.Host.Telemetry;
using Atoll.Host.Web;
using Atoll.Mcp.Server;
using Atoll.Mcp.Tools;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Server;

namespace Atoll.Mcp;

/// <summary>
/// Serves tools over MCP: configuration, policy, tools and transports put together. Made once, then run over standard streams or HTTP.
/// Thread-safe. Disposal stops taking calls, ends the log, and may be repeated.
/// </summary>
public sealed class McpServerHost : IAsyncDisposable
{
    private readonly ServeOptions _options;
    private readonly HostConfiguration _configuration;
    private readonly PolicyDecisionPoint _policy;
    private volatile ToolCatalog _catalog;
    private readonly ToolPrograms _programs;
    private readonly TextLoggerProvider _log;
    private readonly ILoggerFactory _loggers;
    private readonly CancellationTokenSource _stopped = new();
    private readonly OperatorState _state;
    private readonly OperatorGrants _grants;
    private Task _warming = Task.CompletedTask;
    private int _started;
    private bool _needsToken;
    private Task _watching = Task.CompletedTask;
    private int _disposed;

    private McpServerHost(
        ServeOptions options, HostConfiguration configuration, IPAddress? address, TextWriter log, IReadOnlyDictionary<string, IToolProgram> natives)
    {
        _options = options;
        _configuration = configuration;
        Address = address;
        _log = new TextLoggerProvider(log, static exception => exception is McpProtocolException);
        var quiet = options.LogLevel > LogLevel.Warning ? options.LogLevel : LogLevel.Warning;
        _loggers = new LoggerFactory([_log], new LoggerFilterOptions
        {
            MinLevel = options.LogLevel,
            Rules = { new LoggerFilterRule(null, "ModelContextProtocol", quiet, null), new LoggerFilterRule(null, "Microsoft", quiet, null) },
        });
        Metrics = new MetricStore();
        _programs = new ToolPrograms(Metrics, natives, options.CodeCache, _loggers);
        _policy = new PolicyDecisionPoint(configuration.Policy, _loggers.CreateLogger<PolicyDecisionPoint>());
        _catalog = LoadCatalog();
        _grants = OpenGrants(options, configuration, out var grantProblems);
        Runner = new ToolRunner(configuration, _policy, _programs.Get, _loggers.CreateLogger<ToolRunner>(), _grants);
        Tools = new ToolServer(_catalog, Runner, Metrics, options.Version, Instructions());
        _state = new OperatorState(
            configuration, options.Version, [.. configuration.Problems, .. grantProblems], options.Token ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24)))
        {
            CatalogProblems = _catalog.Problems,
        };
    }

    /// <summary>The address that HTTP listens on while it runs, e.g. <c>http://127.0.0.1:7411/mcp</c>; null otherwise.</summary>
    public Uri? Endpoint { get; private set; }

    internal ToolRunner Runner { get; }

    internal ToolServer Tools { get; }

    internal ToolCatalog Catalog => _catalog;

    internal MetricStore Metrics { get; }

    internal ToolPrograms Programs => _programs;

    /// <summary>Ends when the tools have been called once.</summary>
    internal Task Warming => _warming;

    private IPAddress? Address { get; }

    /// <summary>Reads the configuration and the tools. Tools whose manifest is wrong are reported in the log; the others are served.</summary>
    /// <param name="options">What the command line says.</param>
    /// <param name="log">Log and descriptions, in general standard error.</param>
    /// <returns>The host.</returns>
    /// <exception cref="ConfigurationException">The options or the configuration file are wrong.</exception>
    public static McpServerHost Create(ServeOptions options, TextWriter log)
        => Create(options, log, new Dictionary<string, IToolProgram>());

    /// <summary>The same with further native tools, for tests and measuring.</summary>
    internal static McpServerHost Create(ServeOptions options, TextWriter log, IReadOnlyDictionary<string, IToolProgram> natives)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(log);
        if (options.Port is < 0 or > 65535)
        {
            throw new ConfigurationException($"The port {options.Port} does not exist. Use one from 1 to 65535, or 0 for a free one.");
        }

        if (options.Token is { } token && (token.Length is < 32 or > 256 || !token.All(char.IsAsciiLetterOrDigit)))
        {
            throw new ConfigurationException("The token for HTTP clients must have 32 to 256 letters and digits.");
        }

        var address = LoopbackGuard.ParseBindAddress(options.Host);
        var configuration = ConfigurationReader.Read(new ConfigurationSource
        {
            Workspace = options.Workspace, AllowedFolders = options.AllowedFolders, ReadOnly = options.ReadOnly, ConfigFile = options.ConfigFile,
            FsAllowList = options.FsAllowList, Hosts = options.Hosts, HostsMayBePrivate = options.HostsMayBePrivate, Buckets = options.Buckets,
        });
        if (options.Components.FirstOrDefault(path => !File.Exists(path) && !Directory.Exists(path)) is { } missing)
        {
            throw new ConfigurationException($"The component {missing} does not exist. Correct the path.");
        }

        if (options.ToolsFolder is { } folder && !Directory.Exists(folder))
        {
            throw new ConfigurationException($"The folder {folder} of --tools does not exist. Correct the path.");
        }

        return new McpServerHost(options, configuration, address, log, natives);
    }

    /// <summary>What is served, how to connect a client, and how to grant more.</summary>
    /// <returns>Several lines of text.</returns>
    public string Describe() => ServeDescription.Write(_options, _configuration, _catalog, Endpoint);

    /// <summary>Serves one client over streams until it closes its side or the token is cancelled. Only MCP messages are written to the output.</summary>
    /// <param name="input">The client's messages.</param>
    /// <param name="output">Our messages.</param>
    /// <param name="cancellationToken">Ends serving.</param>
    /// <returns>A task that ends when serving has ended.</returns>
    public Task RunStdioAsync(Stream input, Stream output, CancellationToken cancellationToken) => RunStdioAsync(input, output, null, cancellationToken);

    /// <summary>
    /// Serves the program on the operator's side (an editor) over streams, and other clients over HTTP, until that program closes its side or
    /// the token is cancelled. Besides MCP the operator's side can ask for the state, grant and revoke while the server runs, and is told of
    /// calls that were refused. HTTP clients must send the token that it is told.
    /// </summary>
    /// <param name="input">The operator's messages.</param>
    /// <param name="output">Our messages.</param>
    /// <param name="cancellationToken">Ends serving.</param>
    /// <returns>A task that ends when serving has ended.</returns>
    /// <exception cref="ConfigurationException">The port cannot be listened on.</exception>
    public async Task RunOperatorAsync(Stream input, Stream output, CancellationToken cancellationToken)
    {
        _needsToken = true;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped.Token);
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var http = RunHttpAsync(listening.SetResult, stop.Token);
        try
        {
            await Task.WhenAny(http, listening.Task).ConfigureAwait(false);
            if (!http.IsCompleted)
            {
                var channel = new OperatorChannel(Tools, _grants, _policy, _state, _loggers.CreateLogger<OperatorChannel>());
                await RunStdioAsync(input, output, channel, stop.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await http.ConfigureAwait(false);
        }
    }

    private async Task RunStdioAsync(Stream input, Stream output, OperatorChannel? channel, CancellationToken cancellationToken)
    {
        Start();
        await using var transport = new StdioTransport(input, output, Tools, _configuration.Budgets.InputBytes + (64 << 10), _loggers, channel);
        await using var server = McpServer.Create(transport, Tools.Options, _loggers, null);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped.Token);
        try
        {
            await server.RunAsync(stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to end.
        }
        finally
        {
            _programs.EndSession(transport.SessionId!);
        }
    }

    /// <summary>Serves over HTTP on loopback until the token is cancelled.</summary>
    /// <param name="cancellationToken">Ends serving.</param>
    /// <returns>A task that ends when serving has ended.</returns>
    /// <exception cref="ConfigurationException">The port cannot be listened on.</exception>
    public Task RunHttpAsync(CancellationToken cancellationToken) => RunHttpAsync(static () => { }, cancellationToken);

    private async Task RunHttpAsync(Action listening, CancellationToken cancellationToken)
    {
        using var server = BuildHttp(out var sessions);
        await using (sessions.ConfigureAwait(false))
        {
            Uri bound;
            try
            {
                bound = await server.StartAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                throw new ConfigurationException($"Cannot listen on {_options.Host}:{_options.Port}: {e.Message.TrimEnd('.')}. Choose another port with --port.", e);
            }

            _state.Endpoint = Endpoint = new Uri(bound, "/mcp");
            Start();
            listening();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped.Token);
            await Task.Delay(Timeout.Infinite, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _state.Endpoint = Endpoint = null;

            // Long polls and event streams do not end by themselves. Who restarts the server from an editor waits for it.
            using var patience = new CancellationTokenSource(_needsToken ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(2));
            await server.StopAsync(patience.Token).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopped.CancelAsync().ConfigureAwait(false);

        // It leaves no folder behind; a tool in it is stopped by its own time limit.
        await _watching.WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _warming.WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Runner.Dispose();
        _programs.Dispose();
        _loggers.Dispose();
        _log.Dispose();
    }

    private BareKestrel BuildHttp(out HttpSessions sessions)
    {
        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        kestrel.Limits.MaxRequestBodySize = _configuration.Budgets.InputBytes + (64 << 10);
        kestrel.Limits.MaxConcurrentConnections = 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        if (Address is null && _options.Port != 0)
        {
            kestrel.ListenLocalhost(_options.Port, Http1);
        }
        else
        {
            kestrel.Listen(Address ?? IPAddress.Loopback, _options.Port, Http1);
        }

        sessions = new HttpSessions(Tools.Options, _loggers, TimeProvider.System, _programs.EndSession);
        var endpoint = new HttpEndpoint(Tools.Options, sessions, _loggers, TimeProvider.System, _catalog.Tools.Length, _needsToken ? _state.Token : null);
        return new BareKestrel(kestrel, endpoint.HandleAsync, _loggers);

        static void Http1(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;
    }

    private static OperatorGrants OpenGrants(ServeOptions options, HostConfiguration configuration, out IReadOnlyList<Problem> problems)
    {
        problems = [];
        if (options.GrantsFile is not { } path)
        {
            return new OperatorGrants();
        }

        try
        {
            var file = GrantFile.Open(path, configuration);
            var grants = new OperatorGrants(file);
            problems = file.Problems;
            return grants;
        }
        catch (ConfigurationException e)
        {
            problems = [new Problem(path, 0, 0, e.Message) { IsWarning = true }];
            return new OperatorGrants();
        }
    }

    private void Start()
    {
        if (Interlocked.Exchange(ref _started, 1) != 0)
        {
            return;
        }

        if (!_options.Quiet)
        {
            _log.WriteLine(Describe());
        }

        var logger = _loggers.CreateLogger<McpServerHost>();
        foreach (var problem in _state.AllProblems)
        {
#pragma warning disable CA1848, CA2254 // Written once, at the start.
            logger.LogWarning("{Problem}", problem);
#pragma warning restore CA1848, CA2254
        }

        _watching = new ComponentWatch(Watched).RunAsync(() => TakeChanges(logger), _stopped.Token);
        _warming = Task.Run(() => WarmUp.RunAsync(_catalog, _programs, _options.Version, _configuration.Budgets.MemoryBytes, logger, _stopped.Token));
    }

    private ToolCatalog LoadCatalog() => ToolCatalog.Load(
        ToolFolders.Search(_options, _configuration), _policy.IsEnabled, _programs.Natives, _programs.Components,
        new OfferedComponents(_options.Components, _options.KeepInstances ? ToolLifetime.Session : ToolLifetime.Call, _options.Hosts));

    /// <summary>The components of the command line, those of manifests, and the folder that <c>--tools</c> names.</summary>
    private List<string> Watched()
    {
        List<string> watched = [.. _options.Components, .. _catalog.Tools.Where(tool => tool.Component is not null).Select(tool => tool.Entry).Distinct().Except(_options.Components)];
        if (_options.ToolsFolder is { } folder)
        {
            watched.Add(Path.Combine(folder, ".mcp", "tools"));
        }

        return watched;
    }

    /// <summary>Offers what the files of the components hold now. One that cannot be used stays as it was, and the log says why.</summary>
    private void TakeChanges(ILogger logger)
    {
        var before = _catalog;
        var after = LoadCatalog();
        var broken = after.Problems.Except(before.Problems).ToList();
#pragma warning disable CA1848, CA2254 // Written when somebody builds.
        foreach (var problem in broken)
        {
            logger.LogWarning("{Problem}", problem);
        }

        if (before.Tools.Any(tool => tool.Component is not null && broken.Exists(problem => problem.File == tool.File) && !after.Tools.Any(other => other.File == tool.File)))
        {
            logger.LogWarning("A changed component cannot be used; what was there before is still offered.");
            return;
        }

        _catalog = after;
        _state.CatalogProblems = after.Problems;
        Tools.Replace(after);
        _programs.Forget(before.Tools);
        Runner.Forget(before.Tools);
        logger.LogInformation("Took the changed components: {Count} tools.", after.Tools.Length);
#pragma warning restore CA1848, CA2254
    }

    private string Instructions()
    {
        var text = new StringBuilder("File tools that run in a sandbox. Paths may be absolute, relative to the workspace, or file:// URIs. ");
        text.Append("Workspace: ").Append(_configuration.Workspace).Append(". Granted folders: ");
        text.AppendJoin(", ", _configuration.Policy.Folders.Select(f => f.Path)).Append(". ");
        text.Append(_configuration.Policy.ReadOnly ? "The server is read-only." : "Writing is allowed where the operator granted it.");
        return text.ToString();
    }
}
