using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Atoll.Components;
using Atoll.Host.Configuration;
using Atoll.Host.Context;
using Atoll.Host.Security;
using Atoll.Host.Telemetry;
using Atoll.Mcp.Schema;
using Atoll.Wasm;
using Microsoft.Extensions.Logging;

namespace Atoll.Mcp.Tools;

/// <summary>A request to call a tool, as a transport got it.</summary>
/// <param name="Tool">The tool.</param>
/// <param name="Arguments">The arguments.</param>
/// <param name="Frame">The client's context frame; null when it sent none.</param>
/// <param name="TraceParent">The client's <c>traceparent</c>; null when it sent none.</param>
internal sealed record ToolCall(
    ToolManifest Tool, IEnumerable<KeyValuePair<string, JsonElement>>? Arguments, JsonElement? Frame = null, string? TraceParent = null)
{
    /// <summary>The arguments as JSON text, when the transport has them so; then <see cref="Arguments"/> is null.</summary>
    public ReadOnlyMemory<byte> RawArguments { get; init; }

    /// <summary>The client's session, whose instances the call may use; null where it has none.</summary>
    public string? Session { get; init; }
}

/// <summary>
/// Runs calls: checks the input, decides the access, maps paths, runs the program on a guest thread under its limits, reads its answer.
/// Thread-safe. Disposal stops taking calls.
/// </summary>
internal sealed partial class ToolRunner : IDisposable
{
    private static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // A name that stands twice could mean one thing to the check and another to the tool.
    private static readonly JsonDocumentOptions InputOptions = new() { MaxDepth = 64, AllowDuplicateProperties = false };
    private readonly HostConfiguration _configuration;
    private readonly PolicyDecisionPoint _policy;
    private readonly PathMapper _paths;
    private readonly Func<ToolManifest, IToolProgram> _programs;
    private readonly GuestThreadPool _threads;

    // The decision depends on nothing else, and one instance per decision lets programs keep what they opened for it.
    private AccessCache _access = new([]);
    private readonly OperatorGrants _grants;
    private readonly ILogger<ToolRunner> _logger;

    /// <summary>Makes a runner.</summary>
    /// <param name="configuration">Limits and outermost frame.</param>
    /// <param name="policy">Decides the access.</param>
    /// <param name="programs">Gives a tool's program; the same one for the same tool.</param>
    /// <param name="logger">Log.</param>
    /// <param name="grants">What the operator grants while the server runs; null for nothing.</param>
    public ToolRunner(
        HostConfiguration configuration, PolicyDecisionPoint policy, Func<ToolManifest, IToolProgram> programs, ILogger<ToolRunner> logger, OperatorGrants? grants = null)
    {
        _grants = grants ?? new OperatorGrants();
        _configuration = configuration;
        _policy = policy;
        _paths = new PathMapper(configuration.Workspace, configuration.Aliases);
        _programs = programs;
        _threads = new GuestThreadPool(configuration.Budgets.MaxThreads, configuration.Budgets.MaxQueue);
        _logger = logger;
    }

    /// <summary>Calls a tool.</summary>
    /// <returns>The answer; every failure of the tool or refusal of the host is one.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; the guest has been or is being stopped.</exception>
    public async Task<ToolResult> CallAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var prepared = Prepare(call, cancellationToken);
        var result = prepared.Error is { } error
            ? new ToolResult(default, error, FrameElement(prepared.Frame), prepared.Frame.TraceId)
            : await RunAsync(prepared, cancellationToken).ConfigureAwait(false);
        using var scope = _logger.BeginScope(new TraceScope(result.TraceId));
        var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        if (result.Error is null)
        {
            LogDone(call.Tool.Name, elapsed);
        }
        else
        {
            LogFailed(call.Tool.Name, result.Error.Code, elapsed, Printable.Shorten(result.Error.Message, 500));
            if (result.Error.Denial is not null)
            {
                Denied?.Invoke(call, result);
            }
        }

        return result;
    }

    /// <summary>Tells of calls that were refused a capability, before they are answered. Handlers must not block.</summary>
    public event Action<ToolCall, ToolResult>? Denied;

    /// <summary>Runs the program of a tool on the calling thread and tells how long the program alone took; for benchmarks.</summary>
    internal TimeSpan Measure(ToolManifest tool, string path)
    {
        var arguments = new Dictionary<string, JsonElement> { ["path"] = JsonSerializer.SerializeToElement(path) };
        var prepared = Prepare(new ToolCall(tool, arguments), default);
        var call = new ProgramCall(tool, prepared.Input, prepared.Access, prepared.Frame, _configuration.Budgets.OutputBytes, _logger, default);
        var program = _programs(tool);
        var started = Stopwatch.GetTimestamp();
        var output = program.Run(call);
        var elapsed = Stopwatch.GetElapsedTime(started);
        return output.Error is null ? elapsed : throw new InvalidOperationException(output.Error.Message);
    }

    /// <summary>Lets go of what was decided for tools that are not offered any more.</summary>
    public void Forget(IEnumerable<ToolManifest> tools)
    {
        foreach (var tool in tools)
        {
            foreach (var readOnly in new[] { false, true })
            {
                _access.ByTool.TryRemove((tool, readOnly, true), out _);
                _access.ByTool.TryRemove((tool, readOnly, false), out _);
            }
        }
    }

    /// <summary>Calls that run or wait for a guest thread.</summary>
    public int Busy => _threads.Busy;

    public void Dispose() => _threads.Dispose();

    private Prepared Prepare(ToolCall call, CancellationToken cancellationToken)
    {
        var tool = call.Tool;
        FrameRequest? request = null;
        string? frameError = null;
        if (call.Frame is { } sent)
        {
            request = FrameRequest.Parse(sent, out frameError);
        }

        if (!TraceId.TryParseTraceParent(call.TraceParent, out var traceId))
        {
            traceId = request?.TraceId ?? TraceId.Create();
        }

        var frame = _configuration.Frame.Narrow(request is null ? null : request with { Workspace = null }, traceId, _configuration.FixedTenant);
        using var scope = _logger.BeginScope(new TraceScope(traceId));
        var access = AccessOf(tool, request?.ReadOnly == true, frame.Offline);
        frame = frame with { ReadOnly = frame.ReadOnly && !access.Folders.Any(f => f.Access == FolderAccess.Write) };
        var prepared = new Prepared(tool, access, frame) { Session = call.Session };
        if (frameError is not null)
        {
            return prepared with { Error = new ToolError("invalid_input", frameError + ".") };
        }

        if (tool.Permissions.Unsupported is [var capability, ..])
        {
            return prepared with { Error = new ToolError("denied", $"Capability not granted: {capability} — this version cannot grant capabilities of this kind to a tool.") { Denial = new Denial(capability, "") } };
        }

        if (request?.Workspace is { } workspace)
        {
            if (MapPath(prepared, workspace, null, out var mapped) is { } refused)
            {
                return prepared with { Error = refused };
            }

            prepared = prepared with { Frame = frame with { Workspace = mapped.Host } };
        }

        cancellationToken.ThrowIfCancellationRequested();
        return WriteInput(prepared, call.RawArguments.IsEmpty ? Serialize(call.Arguments) : call.RawArguments);
    }

    private static ReadOnlyMemory<byte> Serialize(IEnumerable<KeyValuePair<string, JsonElement>>? arguments)
    {
        var raw = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(raw, WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in arguments ?? [])
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return raw.WrittenMemory;
    }

    private Prepared WriteInput(Prepared prepared, ReadOnlyMemory<byte> raw)
    {
        if (raw.Length > _configuration.Budgets.InputBytes)
        {
            return prepared with
            {
                Error = new ToolError("too_large", $"the input has {raw.Length} bytes; at most {_configuration.Budgets.InputBytes} are accepted. Send less, or raise budgets.input_bytes."),
            };
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(raw, InputOptions);
        }
        catch (JsonException e)
        {
            return prepared with { Error = new ToolError("invalid_input", $"The input of {prepared.Tool.PublicName} cannot be read: {Printable.Shorten(e.Message)}") };
        }

        using (document)
        {
            return WriteInput(prepared, document, raw.Length);
        }
    }

    private Prepared WriteInput(Prepared prepared, JsonDocument document, int length)
    {
        if (prepared.Tool.ChecksInput && prepared.Tool.InputSchema.Validate(document.RootElement) is { Count: > 0 } problems)
        {
            return prepared with { Error = new ToolError("invalid_input", $"The input of {prepared.Tool.PublicName} is not valid: {string.Join("; ", problems)}.") };
        }

        ToolError? refused = null;
        string? firstPath = null;
        var input = new ArrayBufferWriter<byte>(length + 512);
        using (var writer = new Utf8JsonWriter(input, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("input"u8);
            PathRewriter.Write(prepared.Tool.InputSchema, document.RootElement, writer, text =>
            {
                if (refused is not null)
                {
                    return text;
                }

                refused = MapPath(prepared, text, prepared.Frame.Workspace, out var mapped);
                firstPath ??= mapped.Host;
                return mapped.Guest ?? text;
            });
            writer.WritePropertyName("context"u8);
            prepared.Frame.WriteTo(writer, HostPath.ToGuest(prepared.Frame.Workspace, HostPath.Current));
            writer.WriteEndObject();
        }

        return prepared with { Error = refused, Input = input.WrittenMemory, FirstPath = firstPath };
    }

    private ToolError? MapPath(Prepared prepared, string text, string? workspace, out MappedPath mapped)
    {
        if (!_paths.TryMap(text, workspace, out mapped, out var error))
        {
            return new ToolError("invalid_input", $"The path \"{Printable.Shorten(text)}\" cannot be used: {error}.");
        }

        return _policy.CheckPath(prepared.Tool.Name, prepared.Access, mapped.Host) is { } denial ? new ToolError("denied", denial.Message) { Denial = denial } : null;
    }

    /// <summary>What calls of the tool may use now; those without a frame of their own, and beyond grants for one call.</summary>
    internal EffectiveAccess StandingAccess(ToolManifest tool)
        => _policy.Decide(tool.Name, tool.Permissions, frameReadOnly: false, _configuration.Frame.Offline, TargetsFor(tool, _grants.Standing));

    private EffectiveAccess AccessOf(ToolManifest tool, bool readOnly, bool offline)
    {
        var standing = _grants.Standing;
        var cache = _access;
        if (cache.Grants != standing)
        {
            _access = cache = new AccessCache(standing);
        }

        var once = _grants.TakeOnce(tool.Name);
        return once.IsEmpty
            ? cache.ByTool.GetOrAdd(
                (tool, readOnly, offline), key => _policy.Decide(key.Tool.Name, key.Tool.Permissions, key.ReadOnly, key.Offline, TargetsFor(key.Tool, standing)))
            : _policy.Decide(tool.Name, tool.Permissions, readOnly, offline, TargetsFor(tool, [.. standing, .. once]));
    }

    // A folder that is gone would only be reported at every call.
    private IEnumerable<GrantTarget> TargetsFor(ToolManifest tool, ImmutableArray<OperatorGrant> grants)
        => grants.Where(g => g.Tool == tool.Name && g.Program == tool.ProgramOfGrants(_configuration.Workspace) && (g.Target.Folder is not { } folder || Directory.Exists(folder.Path)))
            .Select(g => g.Target);

    private async Task<ToolResult> RunAsync(Prepared prepared, CancellationToken cancellationToken)
    {
        // The answer is written by the guest's thread, which is done with the guest: one thread switch less for each call.
        var completion = new TaskCompletionSource<ToolResult>();
        var state = 0; // 0 waiting, 1 running, 2 cancelled while it waited
        if (!_threads.TryRun(() =>
        {
            if (Interlocked.CompareExchange(ref state, 1, 0) == 0)
            {
                Run(prepared, completion, cancellationToken);
            }
        }))
        {
            var budgets = _configuration.Budgets;
            return Fail(prepared, new ToolError("busy", $"All {budgets.MaxThreads} guest threads are busy and {budgets.MaxQueue} calls wait. Try again later, or raise \"concurrency\" in the configuration."));
        }

        using var registration = cancellationToken.Register(() =>
        {
            if (Interlocked.CompareExchange(ref state, 2, 0) == 0)
            {
                completion.TrySetCanceled(cancellationToken);
            }
        });
        return await completion.Task.ConfigureAwait(false);
    }

    private void Run(Prepared prepared, TaskCompletionSource<ToolResult> completion, CancellationToken cancellationToken)
    {
        using var scope = _logger.BeginScope(new TraceScope(prepared.Frame.TraceId));
        try
        {
            var output = _programs(prepared.Tool).Run(new ProgramCall(
                prepared.Tool, prepared.Input, prepared.Access, prepared.Frame, _configuration.Budgets.OutputBytes, _logger, cancellationToken) { Session = prepared.Session });
            var result = output.Error is { } error ? Fail(prepared, error) : ReadOutput(prepared, output.Output);
            completion.TrySetResult(output.DeniedNetwork is { } asked ? ExplainNetwork(prepared, result, asked) : result);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            completion.TrySetCanceled(cancellationToken);
        }
        catch (Exception e)
        {
            // A defect of the host, not of the tool. The thread and the server go on; the client is told no details.
            LogBroken(e, prepared.Tool.Name);
            completion.TrySetResult(Fail(prepared, new ToolError("internal", $"The host failed to run {prepared.Tool.Name}; see its log (trace {prepared.Frame.TraceId}).")));
        }
    }

    private ToolResult ReadOutput(Prepared prepared, ReadOnlyMemory<byte> output)
    {
        JsonElement root;
        try
        {
            // Clones share one buffer with the document, so the document is left to the collector.
            root = JsonDocument.Parse(output, new JsonDocumentOptions { MaxDepth = 128 }).RootElement;
        }
        catch (JsonException e)
        {
            return Fail(prepared, new ToolError("bad_output", $"{prepared.Tool.Name} did not answer with one JSON object: {Printable.Shorten(e.Message)} This is a defect of the tool."));
        }

        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("ok"u8, out var ok) || ok.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            return Fail(prepared, new ToolError("bad_output", $"{prepared.Tool.Name} answered without \"ok\". This is a defect of the tool."));
        }

        var used = root.TryGetProperty("context_used"u8, out var context) && context.ValueKind == JsonValueKind.Object ? context : FrameElement(prepared.Frame);
        if (ok.ValueKind == JsonValueKind.False)
        {
            return new ToolResult(default, ErrorOf(prepared, root), used, prepared.Frame.TraceId);
        }

        if (!root.TryGetProperty("data"u8, out var data))
        {
            return Fail(prepared, new ToolError("bad_output", $"{prepared.Tool.Name} answered \"ok\" without \"data\". This is a defect of the tool."));
        }

        if (prepared.Tool.OutputSchema?.Validate(data) is { Count: > 0 } problems)
        {
            LogOutputMismatch(prepared.Tool.Name, string.Join("; ", problems));
        }

        return new ToolResult(data, null, used, prepared.Frame.TraceId);
    }

    private ToolError ErrorOf(Prepared prepared, JsonElement root)
    {
        var error = root.TryGetProperty("error"u8, out var value) && value.ValueKind == JsonValueKind.Object ? value : default;
        var code = Text(error, "code"u8) ?? "failed";
        var message = Printable.Shorten(Text(error, "message"u8) ?? $"{prepared.Tool.Name} failed without saying why.", 4000);
        code = code.Length <= 64 && !code.Any(char.IsControl) ? code : "failed";
        var leadsOut = code == "denied" && prepared.FirstPath is { } path && LeadsOut(prepared.Access, path);
        if (code != "read_only" && !leadsOut)
        {
            return new ToolError(code, message) { Value = error.ValueKind == JsonValueKind.Object && error.TryGetProperty("value"u8, out var carried) ? carried : default };
        }

        // The sandbox refused: say what is missing in the terms of the one who can grant it.
        var denial = _policy.Explain(prepared.Tool.Name, prepared.Access, prepared.FirstPath, writing: prepared.Access.AsksToWrite);
        return new ToolError(code, leadsOut ? $"{denial.Message} A symbolic link on the way leads out of the granted folders. ({message})" : $"{denial.Message} ({message})") { Denial = leadsOut ? denial with { Grant = null } : denial };
    }

    // A tool that failed after the sandbox refused it a host failed in general because of that: say what is missing. One that made do is left alone.
    private ToolResult ExplainNetwork(Prepared prepared, ToolResult result, Capability asked)
    {
        if (result.Error is not { Code: not ("time_limit" or "memory_limit" or "output_limit") } error)
        {
            return result;
        }

        var denial = _policy.ExplainNetwork(prepared.Tool.Name, prepared.Tool.Permissions, prepared.Frame.Offline, asked, prepared.Access.Network);
        return result with { Error = error with { Code = "denied", Message = $"{denial.Message} ({error.Message})", Denial = denial } };
    }

    // Only words a refusal that the sandbox has made already; races do not matter here.
    private static bool LeadsOut(EffectiveAccess access, string path)
    {
        var real = RealPath.Of(path);
        return !access.Folders.Any(f => HostPath.IsWithin(real, RealPath.Of(f.Path), HostPath.Current));
    }

    private static ToolResult Fail(Prepared prepared, ToolError error) => new(default, error, FrameElement(prepared.Frame), prepared.Frame.TraceId);

    private static string? Text(JsonElement element, ReadOnlySpan<byte> name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static JsonElement FrameElement(ContextFrame frame)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            frame.WriteTo(writer, HostPath.ToGuest(frame.Workspace, HostPath.Current));
        }

        return JsonDocument.Parse(buffer.WrittenMemory).RootElement;
    }

    /// <summary>Decisions that hold as long as the operator's grants stay the same.</summary>
    private sealed class AccessCache(ImmutableArray<OperatorGrant> grants)
    {
        public ImmutableArray<OperatorGrant> Grants { get; } = grants;

        public ConcurrentDictionary<(ToolManifest Tool, bool ReadOnly, bool Offline), EffectiveAccess> ByTool { get; } = new();
    }

    private sealed record Prepared(ToolManifest Tool, EffectiveAccess Access, ContextFrame Frame)
    {
        public ReadOnlyMemory<byte> Input { get; init; }

        public string? FirstPath { get; init; }

        public ToolError? Error { get; init; }

        public string? Session { get; init; }
    }

    [LoggerMessage(EventId = 200, Level = LogLevel.Information, Message = "{Tool} ok in {Milliseconds:0.000} ms")]
    private partial void LogDone(string tool, double milliseconds);

    [LoggerMessage(EventId = 201, Level = LogLevel.Information, Message = "{Tool} failed ({Code}) in {Milliseconds:0.000} ms: {Reason}")]
    private partial void LogFailed(string tool, string code, double milliseconds, string reason);

    [LoggerMessage(EventId = 202, Level = LogLevel.Error, Message = "the host failed to run {Tool}")]
    private partial void LogBroken(Exception exception, string tool);

    [LoggerMessage(EventId = 203, Level = LogLevel.Warning, Message = "{Tool}: the answer does not match outputSchema: {Problems}")]
    private partial void LogOutputMismatch(string tool, string problems);
}

/// <summary>Log scope that carries a trace id.</summary>
internal sealed class TraceScope(string traceId) : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => 1;

    public KeyValuePair<string, object?> this[int index] => new("trace_id", traceId);

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        yield return this[0];
    }

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => "trace_id=" + traceId;
}
