using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Atoll.Components;
using Atoll.Components.Types;
using Atoll.Host.Configuration;
using Atoll.Host.Security;
using Atoll.Mcp.Tools;
using Atoll.Wasi;
using Atoll.Wasi.Platform;
using Atoll.Wasm;
using Microsoft.Extensions.Logging;

namespace Atoll.Mcp.Components;

/// <summary>A function of a component. Each call, or each session, has an instance of its own. Thread-safe.</summary>
internal sealed partial class ComponentToolProgram : IToolProgram
{
    // Compiling is the host's work: the first instance of a component waits for it.
    private static readonly TimeSpan FirstTime = TimeSpan.FromSeconds(60);
    private static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly ToolManifest _manifest;
    private const int MaxLogBytes = 256 << 10;
    private static readonly ComponentLinker Linker = new ComponentLinker().AddWasi().AddPlatform();
    private readonly ToolGrants _grants;
    private readonly ComponentSessions _sessions;
    private readonly ComponentFunctionType _type;
    private readonly ILogger _logger;
    private volatile bool _isCompiled;

    public ComponentToolProgram(ToolManifest manifest, ComponentSessions sessions, ILogger logger)
    {
        _manifest = manifest;
        _sessions = sessions;
        _logger = logger;
        _grants = new ToolGrants(manifest.Name, logger);
        _type = manifest.Component!.Type.Functions.First(function => function.Key == manifest.Function).Value;
    }

    /// <summary>Whether an instance was made, so that the next one needs no compiling.</summary>
    public bool IsCompiled => _isCompiled;

    public ProgramOutput Run(ProgramCall call)
    {
        ComponentValue[] arguments;
        try
        {
            using JsonDocument input = JsonDocument.Parse(call.Input, new JsonDocumentOptions { MaxDepth = 128 });
            arguments = ComponentJson.ReadArguments(input.RootElement.GetProperty("input"u8), _type);
        }
        catch (ComponentJsonException e)
        {
            return new ToolError("invalid_input", $"The input of {_manifest.PublicName} is not valid: {e.Message}.");
        }

        ProgramOutput output;
        CurrentCall current = new(call.Logger, _manifest.Name);
        try
        {
            output = _manifest.Lifetime == ToolLifetime.Session && call.Session is { } session ? CallInSession(call, session, arguments, ref current) : CallOnce(call, arguments, current);
        }
        catch (OperationCanceledException) when (call.CancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (Describe(e, call) is { } error)
        {
            output = error;
        }

        return output with { DeniedNetwork = current.DeniedNetwork };
    }

    private ProgramOutput CallOnce(ProgramCall call, ComponentValue[] arguments, CurrentCall current)
    {
        ComponentInstance instance = Make(call, current);
        try
        {
            return Answer(Invoke(instance, call, arguments), call);
        }
        finally
        {
            ComponentSessions.End(instance.Store);
        }
    }

    private ProgramOutput CallInSession(ProgramCall call, string session, ComponentValue[] arguments, ref CurrentCall current)
    {
        // An instance keeps what it was granted, so calls that may reach different things do not share one.
        ComponentSessions.Kept kept = _sessions.Take(new(_manifest.Component!, session, call.Access.Text), current, made => Make(call, made), call.CancellationToken);
        current = kept.Current!;
        bool isSound = false;
        try
        {
            ComponentValue? result = Invoke(kept.Instance!, call, arguments);
            isSound = true;
            return Answer(result, call);
        }
        finally
        {
            _sessions.Return(kept, isSound);
        }
    }

    private ComponentInstance Make(ProgramCall call, CurrentCall current)
    {
        LogOutput log = new(current, MaxLogBytes);
        WasiContext wasi = new(_grants.For(call.Access)
            .AllowStdout(log, neverWaits: true)
            .AllowStderr(log, neverWaits: true)
            .AllowLogging(entry => LogEntry(current.Logger, LevelOf(entry.Level), current.Tool, entry), limitBytes: MaxLogBytes)
            .AllowMetadata(new ComponentMetadata(_manifest.Name, _manifest.Version))
            .OnDecision(current.See));
        Store store = new(_manifest.Component!.Engine, new StoreOptions
        {
            State = wasi,
            MaxMemoryBytes = (ulong)call.Frame.MemoryBytes,
            Timeout = _isCompiled ? TimeSpan.FromMilliseconds(call.Frame.CpuMilliseconds) : FirstTime,
            CancellationToken = call.CancellationToken,
        });
        try
        {
            ComponentInstance instance = Linker.Instantiate(store, _manifest.Component!);
            _isCompiled = true;
            return instance;
        }
        catch
        {
            ComponentSessions.End(store);
            throw;
        }
    }

    private ComponentValue? Invoke(ComponentInstance instance, ProgramCall call, ComponentValue[] arguments)
    {
        instance.Store.CancellationToken = call.CancellationToken;
        ((WasiContext)instance.Store.State!).CallContext = call.Frame.ToCallContext(HostPath.ToGuest(call.Frame.Workspace, HostPath.Current));
        instance.Store.SetDeadline(TimeSpan.FromMilliseconds(call.Frame.CpuMilliseconds));
        return instance.GetFunction(_manifest.Function!)!.Invoke(arguments);
    }

    /// <summary>The answer in the form that all tools give: <c>{"ok":true,"data":{…}}</c>, or for an <c>err</c> <c>{"ok":false,"error":{…}}</c>.</summary>
    private ProgramOutput Answer(ComponentValue? result, ProgramCall call)
    {
        ComponentValueType? type = _type.Result;
        bool isError = false;
        if (type is ResultType outcome)
        {
            (string name, result) = result!.Value.AsCase();
            isError = name == "err";
            type = isError ? outcome.Error : outcome.Ok;
        }

        ArrayBufferWriter<byte> output = new(512);
        try
        {
            using Utf8JsonWriter writer = new(output, WriterOptions);
            writer.WriteStartObject();
            writer.WriteBoolean("ok"u8, !isError);
            if (isError)
            {
                WriteError(writer, result, type, call.MaxOutputBytes);
            }
            else
            {
                WriteData(writer, result, type, call.MaxOutputBytes);
            }

            writer.WriteEndObject();
        }
        catch (InvalidOperationException)
        {
            return new ToolError("output_limit", $"{_manifest.Name} returned more than {call.MaxOutputBytes} bytes. Ask for less at a time, or raise budgets.output_bytes.");
        }

        return new ProgramOutput(output.WrittenMemory, null);
    }

    private static void WriteData(Utf8JsonWriter writer, ComponentValue? value, ComponentValueType? type, int maxBytes)
    {
        writer.WritePropertyName("data"u8);
        if (value is { } record && type is RecordType)
        {
            ComponentJson.Write(writer, record, type, maxBytes);
            return;
        }

        writer.WriteStartObject();
        if (value is { } other)
        {
            writer.WritePropertyName(WitSchema.ResultMember);
            ComponentJson.Write(writer, other, type!, maxBytes);
        }

        writer.WriteEndObject();
    }

    private void WriteError(Utf8JsonWriter writer, ComponentValue? value, ComponentValueType? type, int maxBytes)
    {
        writer.WriteStartObject("error"u8);
        writer.WriteString("code"u8, "failed"u8);
        if (value is { } error)
        {
            ArrayBufferWriter<byte> json = new(128);
            using (Utf8JsonWriter inner = new(json, WriterOptions))
            {
                ComponentJson.Write(inner, error, type!, maxBytes);
            }

            writer.WriteString("message"u8, error.Kind == ComponentValueKind.String ? error.AsString() : $"{_manifest.PublicName} failed: {System.Text.Encoding.UTF8.GetString(json.WrittenSpan)}");
            writer.WritePropertyName("value"u8);
            writer.WriteRawValue(json.WrittenSpan, skipInputValidation: true);
        }
        else
        {
            writer.WriteString("message"u8, $"{_manifest.PublicName} failed without saying why.");
        }

        writer.WriteEndObject();
    }

    /// <summary>How a call that ended badly is told; null for a defect of the host.</summary>
    private ToolError? Describe(Exception exception, ProgramCall call)
    {
        switch (exception)
        {
            case LimitExceededException { Limit: LimitKind.Memory or LimitKind.Table } limit:
                return new ToolError("memory_limit", $"{_manifest.Name} cannot start: {limit.Message}. Raise budgets.memory_bytes, which is {call.Frame.MemoryBytes}.");
            case LimitExceededException:
                return new ToolError("time_limit", $"{_manifest.Name} was stopped after {call.Frame.CpuMilliseconds} ms. Ask for less at a time, or raise budgets.cpu_ms.");
            case TrapException trap:
                LogTrap(call.Logger, _manifest.Name, trap.Message, string.Join(" < ", trap.GuestStack.Take(16)));
                string kind = trap.Kind == TrapKind.StackExhausted ? "used up its stack" : $"crashed ({trap.Kind})";
                return new ToolError("crashed", $"{_manifest.Name} {kind}; the server's log has the guest's stack. Its memory limit is {call.Frame.MemoryBytes} bytes (budgets.memory_bytes).");
            case GuestExitException exit:
                return new ToolError("crashed", $"{_manifest.Name} ended with exit code {exit.ExitCode} instead of returning.");
            case GuestThrownException thrown:
                LogTrap(call.Logger, _manifest.Name, thrown.Message, string.Join(" < ", thrown.GuestStack.Take(16)));
                return new ToolError("crashed", $"{_manifest.Name} threw an exception that it did not catch; the server's log has the guest's stack.");
            case UnlinkableException missing:
                return new ToolError("unavailable", $"{_manifest.Name} cannot run: {Printable.Shorten(string.Join("; ", missing.Missing), 1000)}");
            case WasmException or NotSupportedException:
                LogUnavailable(_logger, exception, _manifest.Name);
                return new ToolError("unavailable", $"{_manifest.Name} cannot run: {Printable.Shorten(exception.Message, 1000)}");
            default:
                return null;
        }
    }

    private static LogLevel LevelOf(GuestLogLevel level) => (LogLevel)level;

    [LoggerMessage(EventId = 322, Message = "{Tool}| {Entry}")]
    private static partial void LogEntry(ILogger logger, LogLevel level, string tool, GuestLogEntry entry);

    [LoggerMessage(EventId = 320, Level = LogLevel.Warning, Message = "{Tool} trapped: {Error}; guest stack: {GuestStack}")]
    private static partial void LogTrap(ILogger logger, string tool, string error, string guestStack);

    [LoggerMessage(EventId = 321, Level = LogLevel.Error, Message = "{Tool} cannot run")]
    private static partial void LogUnavailable(ILogger logger, Exception exception, string tool);
}
