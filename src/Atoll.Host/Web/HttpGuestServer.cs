using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Atoll.Components;
using Atoll.Host.Configuration;
using Atoll.Host.Telemetry;
using Atoll.Wasi;
using Atoll.Wasi.Platform;
using Atoll.Wasi.Preview2.Http;
using Atoll.Wasm;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoll.Host.Web;

/// <summary>Serves HTTP with a component that exports <c>wasi:http/incoming-handler</c>: each request is answered by an instance as if it were new.</summary>
/// <remarks>Made once, then run once. Thread-safe. Disposal ends it, and may be repeated.</remarks>
public sealed class HttpGuestServer : IAsyncDisposable
{
    // Bytes on a stream after which a request is stopped.
    private const long MaximumOutput = 4 << 20;

    private readonly HttpGuestOptions _options;
    private readonly ComponentPool _pool;
    private readonly GuestThreadPool _threads;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Grants _grants;
    private readonly string _handler;
    private readonly HttpGuestLog _log;
    private int _disposed;

    private HttpGuestServer(ComponentPool pool, string handler, Grants grants, HttpGuestOptions options, HttpGuestLog log)
    {
        _pool = pool;
        _handler = handler;
        _grants = grants.AllowLogging(log.Entry, limitBytes: MaximumOutput);
        _options = options;
        _threads = new GuestThreadPool(options.MaxConcurrency, options.MaxConcurrency);
        _log = log;
    }

    /// <summary>Where it listens while it runs; null otherwise.</summary>
    public Uri? Endpoint { get; private set; }

    /// <summary>Why each request gets an instance of its own, for people; null when instances are used again as if they were new.</summary>
    public string? ReuseObstacle => _pool.ReuseObstacle;

    /// <summary>Instances that wait for a request.</summary>
    internal int IdleInstances => _pool.IdleCount;

    /// <summary>Links the component and makes a first instance.</summary>
    /// <param name="linker">What its imports are satisfied from: <see cref="WasiCommand.AddWasi"/> and whatever else it imports.</param>
    /// <param name="component">
    /// The component. When what it does while it is instantiated leaves handles, each request gets an instance of its own, which takes longer (<see cref="ReuseObstacle"/>).
    /// </param>
    /// <param name="grants">What it may reach. Its standard output and error go to the log.</param>
    /// <param name="options">How to serve.</param>
    /// <param name="log">The log, in general standard error. It stays the caller's.</param>
    /// <exception cref="UnlinkableException">It exports no <c>wasi:http/incoming-handler</c> of a version 0.2.x, or imports are missing.</exception>
    /// <exception cref="ConfigurationException">An option is out of its range.</exception>
    /// <exception cref="WasmException">It cannot be instantiated.</exception>
    public static HttpGuestServer Create(ComponentLinker linker, Component component, Grants grants, HttpGuestOptions options, TextWriter log)
    {
        ArgumentNullException.ThrowIfNull(component);
        ArgumentNullException.ThrowIfNull(grants);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(log);
        if (options.MaxConcurrency < 1 || options.MaxBodyBytes < 0 || options.Timeout <= TimeSpan.Zero || options.DrainTime < TimeSpan.Zero)
        {
            throw new ConfigurationException("Concurrency and time-out must be larger than 0, and the size of bodies and the time to drain not smaller.");
        }

        string handler = IncomingHandler.Find(component)
            ?? throw new UnlinkableException(["the component exports no wasi:http/incoming-handler@0.2.x: it answers no requests"]);
        HttpGuestLog lines = new(log, options.JsonLog);
        try
        {
            ComponentPool pool = new(linker, component, new InstancePoolOptions
            {
                MaxInstances = options.MaxConcurrency,
                MaxIdle = options.MaxConcurrency,
                Store = new StoreOptions { MaxMemoryBytes = options.MaxMemoryBytes, Timeout = options.Timeout },
                MakeState = () => new WasiContext(WithOutput(grants, lines.Lines("stdout"), lines.Lines("stderr"))),
            });
            return new HttpGuestServer(pool, handler, grants, options, lines);
        }
        catch
        {
            lines.Dispose();
            throw;
        }
    }

    /// <summary>Serves until the token is cancelled; then requests that run get <see cref="HttpGuestOptions.DrainTime"/> to end.</summary>
    /// <param name="started">Called with the address when it listens.</param>
    /// <param name="cancellationToken">Ends serving.</param>
    /// <exception cref="ConfigurationException">The address cannot be listened on.</exception>
    public async Task RunAsync(Action<Uri>? started = null, CancellationToken cancellationToken = default)
    {
        using BareKestrel server = Build();
        try
        {
            Endpoint = await server.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw new ConfigurationException($"Cannot listen on {_options.Address}: {exception.Message.TrimEnd('.')}. Choose another address.", exception);
        }

        started?.Invoke(Endpoint);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped.Token);
        await Task.Delay(Timeout.Infinite, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Endpoint = null;
        using CancellationTokenSource patience = new(_options.DrainTime);
        await server.StopAsync(patience.Token).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _stopped.CancelAsync().ConfigureAwait(false);
            _threads.Dispose();
            _pool.Dispose();
            _log.Dispose();
        }
    }

    private static Grants WithOutput(Grants grants, LineStream output, LineStream errors) =>
        grants.AllowStdout(output, MaximumOutput, neverWaits: true).AllowStderr(errors, MaximumOutput, neverWaits: true);

    private BareKestrel Build()
    {
        KestrelServerOptions kestrel = new()
        {
            AddServerHeader = false,
            RequestHeaderEncodingSelector = static _ => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static _ => Encoding.Latin1,
        };
        kestrel.Limits.MaxRequestBodySize = _options.MaxBodyBytes;
        kestrel.Limits.MaxConcurrentConnections = 10_000;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Listen(_options.Address, static listen => listen.Protocols = HttpProtocols.Http1);
        return new BareKestrel(kestrel, HandleAsync, NullLoggerFactory.Instance);
    }

    private async Task HandleAsync(HttpContext http)
    {
        long began = Stopwatch.GetTimestamp();
        KestrelExchange exchange = new(http);
        GuestAnswer answer = new(this, exchange, TraceOf(http), http.RequestAborted);
        string? problem;
        if (_threads.TryRun(answer.Run))
        {
            await answer.Task.ConfigureAwait(false);
            problem = await FinishAsync(http, exchange, answer.Exception).ConfigureAwait(false);
        }
        else
        {
            problem = "all instances are busy";
            http.Response.Headers.RetryAfter = "1";
            await RefuseAsync(http, StatusCodes.Status503ServiceUnavailable).ConfigureAwait(false);
        }

        if (problem is not null || _options.LogRequests)
        {
            _log.Request(http, Stopwatch.GetElapsedTime(began), problem);
        }
    }

    /// <summary>The trace that a request belongs to, or a new one.</summary>
    private static string TraceOf(HttpContext http) =>
        TraceId.TryParseTraceParent(http.Request.Headers["traceparent"], out string? known) ? known : TraceId.Create();

    /// <summary>Sees to it that the client gets a whole answer or none.</summary>
    /// <returns>Null, or what went wrong.</returns>
    private static async Task<string?> FinishAsync(HttpContext http, KestrelExchange exchange, Exception? exception)
    {
        bool isSettled = await exchange.SettleAsync().ConfigureAwait(false);
        if (exception is null or GuestExitException && exchange is { IsFinished: true, Failure: null } && isSettled)
        {
            return null;
        }

        if (http.RequestAborted.IsCancellationRequested)
        {
            // A guest may go on after its answer; a client that has all of it need not wait for that. Of an answer to HEAD the headers are all.
            bool hasAll = HttpMethods.IsHead(http.Request.Method) ? http.Response.HasStarted : exchange is { IsWhole: true, Failure: null } && isSettled;
            return hasAll && exception is null or OperationCanceledException ? null : "the client went away";
        }

        (int status, string problem) = Describe(exchange, exception);
        if (http.Response.HasStarted || exchange.HasBody)
        {
            // Half an answer must not look like a whole one.
            http.Abort();
        }
        else
        {
            http.Response.Clear();
            await RefuseAsync(http, status).ConfigureAwait(false);
        }

        return problem;
    }

    private static (int Status, string Problem) Describe(KestrelExchange exchange, Exception? exception) => exception switch
    {
        LimitExceededException { Limit: LimitKind.Time } => (StatusCodes.Status504GatewayTimeout, "the time is over"),
        WasmException failed and not GuestExitException => (StatusCodes.Status500InternalServerError, $"{failed.Message} [{failed.Code}]"),
        not null and not GuestExitException => (StatusCodes.Status500InternalServerError, exception.ToString()),
        _ when exchange.Failure is { } failure => (StatusOf(failure), $"the guest answered with the error {failure.Name}"),
        _ when exchange.IsAnswered => (StatusCodes.Status500InternalServerError, "the guest did not finish the body of its answer"),
        _ => (StatusCodes.Status500InternalServerError, "the guest did not answer"),
    };

    private static int StatusOf(ErrorCode code) => code switch
    {
        ErrorCode.HttpRequestBodySize => StatusCodes.Status413PayloadTooLarge,
        ErrorCode.DnsTimeout or ErrorCode.ConnectionTimeout or ErrorCode.ConnectionReadTimeout or ErrorCode.ConnectionWriteTimeout or ErrorCode.HttpResponseTimeout =>
            StatusCodes.Status504GatewayTimeout,
        ErrorCode.DnsError or ErrorCode.DestinationNotFound or ErrorCode.DestinationUnavailable or ErrorCode.DestinationIpProhibited or ErrorCode.DestinationIpUnroutable
            or ErrorCode.ConnectionRefused or ErrorCode.ConnectionTerminated => StatusCodes.Status502BadGateway,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>An answer that says nothing about the guest.</summary>
    private static Task RefuseAsync(HttpContext http, int status)
    {
        byte[] text = Encoding.ASCII.GetBytes($"{Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status)}\n");
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain";
        http.Response.ContentLength = text.Length;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.Body.WriteAsync(text).AsTask();
    }

    /// <summary>One answer in the making, on a thread for guests.</summary>
    private sealed class GuestAnswer(HttpGuestServer server, KestrelExchange exchange, string traceId, CancellationToken aborted)
    {
        // What goes on with the connection runs at once on this thread, until it has to wait: a second change of threads would cost more than all of it.
        private readonly TaskCompletionSource _done = new();

        public Task Task => _done.Task;

        /// <summary>How the guest failed; read when the task has ended.</summary>
        public Exception? Exception { get; private set; }

        public void Run()
        {
            try
            {
                using LineStream output = server._log.Lines("stdout");
                using LineStream errors = server._log.Lines("stderr");
                WasiContext context = new(WithOutput(server._grants, output, errors).AllowContext(new CallContext { TraceId = traceId }));
                using ComponentLease lease = server._pool.Rent(aborted, context);
                try
                {
                    IncomingHandler.Handle(lease.Instance, server._handler, context, exchange);
                }
                finally
                {
                    // Before the instance goes back, which drops what the guest still owns.
                    context.Dispose();
                }
            }
            catch (Exception exception)
            {
                Exception = exception;
            }

            _done.SetResult();
        }
    }
}
