using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Atoll.Mcp.Tools;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Atoll.Mcp.Server;

/// <summary>
/// Messages as lines over two streams. Plain tool calls are answered right here; everything else goes to the SDK's server, which costs
/// several times the call itself. Lines have a limit, and a line that is no message is answered with an error, not with silence.
/// </summary>
internal sealed partial class StdioTransport : TransportBase
{
    private static readonly JsonTypeInfo<JsonRpcMessage> MessageType = (JsonTypeInfo<JsonRpcMessage>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcMessage));
    private readonly Stream _input;
    private readonly Stream _output;
    private readonly ToolServer _tools;
    private readonly int _maxLine;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _calls = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ended = new();
    private readonly ILogger _logger;
    private readonly OperatorChannel? _operator;
    private SessionState _state;
    private int _disposed;

    public StdioTransport(Stream input, Stream output, ToolServer tools, int maxLine, ILoggerFactory loggers, OperatorChannel? channel = null)
        : base("atoll", loggers)
    {
        _input = input;
        _output = output;
        _tools = tools;
        _maxLine = maxLine;
        _logger = loggers.CreateLogger<StdioTransport>();

        // One client: the connection is its session, whatever revision it speaks.
        SessionId = "stdio-" + Guid.NewGuid().ToString("n");
        _operator = channel;
        if (channel is not null)
        {
            tools.Runner.Denied += TellDenied;
        }

        SetConnected();

        // Standard input can only be read by blocking, so it gets a thread of its own.
        new Thread(Read) { IsBackground = true, Name = "atoll input" }.Start();
    }

    public override async Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default)
        => await WriteAsync(JsonSerializer.SerializeToUtf8Bytes(message, MessageType), true, cancellationToken).ConfigureAwait(false);

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        // The blocked read cannot be cancelled: its thread ends with the stream or with the process.
        _tools.Runner.Denied -= TellDenied;
        await _ended.CancelAsync().ConfigureAwait(false);
        SetDisconnected();
    }

    private void Read()
    {
        Exception? error = null;
        try
        {
            ReadLines();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            error = _ended.IsCancellationRequested ? null : e;
        }

        foreach (var call in _calls)
        {
            Cancel(call.Value);
        }

        SetDisconnected(error);
    }

    private void ReadLines()
    {
        var buffer = new byte[16 << 10];
        var length = 0;
        var skipping = false;
        while (!_ended.IsCancellationRequested)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            var read = _input.Read(buffer.AsSpan(length));
            var searched = length;
            length += read;
            var start = 0;
            while (buffer.AsSpan(searched, length - searched).IndexOf((byte)'\n') is >= 0 and var at)
            {
                Take(buffer.AsSpan(start..(searched + at)), ref skipping);
                start = searched = searched + at + 1;
            }

            buffer.AsSpan(start, length - start).CopyTo(buffer);
            length -= start;
            if (read == 0)
            {
                Take(buffer.AsSpan(0, length), ref skipping);
                return;
            }

            if (length > _maxLine)
            {
                if (!skipping)
                {
                    Refuse(McpErrorCode.InvalidRequest, $"A message must not have more than {_maxLine} bytes.");
                }

                skipping = true;
                length = 0;
            }
        }
    }

    private void Take(ReadOnlySpan<byte> text, ref bool skipping)
    {
        if (skipping || text.Trim(" \t\r"u8).IsEmpty)
        {
            skipping = false;
            return;
        }

        // RFC 8259 §8.1: JSON is UTF-8. The reader would find broken text only where a string is unescaped, long after.
        if (!Utf8.IsValid(text))
        {
            Refuse(McpErrorCode.ParseError, "Each line must be one JSON-RPC message in UTF-8.");
            return;
        }

        var line = text.ToArray();
        if (TryCall(line))
        {
            return;
        }

        JsonRpcMessage? message;
        try
        {
            message = JsonSerializer.Deserialize(line, MessageType);
        }
        catch (JsonException)
        {
            message = null;
        }

        switch (message)
        {
            case null:
                Refuse(McpErrorCode.ParseError, "Each line must be one JSON-RPC message.");
                return;
            case JsonRpcRequest { Method: RequestMethods.Initialize }:
                _state = SessionState.Initializing;
                break;
            case JsonRpcRequest request when _operator is not null && OperatorChannel.Takes(request.Method):
                _ = AnswerOperatorAsync(_operator, request);
                return;
            case JsonRpcNotification { Method: NotificationMethods.InitializedNotification } when _state == SessionState.Initializing:
                _state = SessionState.Initialized;
                break;
            case JsonRpcNotification { Method: NotificationMethods.CancelledNotification } cancelled when TryCancel(cancelled):
                return;
        }

        WriteMessageAsync(message).GetAwaiter().GetResult();
    }

    private bool TryCall(byte[] line)
    {
        if (!DirectCall.TryRead(line, _state, out var call) || _tools.Find(call.Name) is not { } tool)
        {
            return false;
        }

        var id = line[call.Id];
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        var key = Encoding.UTF8.GetString(id);
        if (!_calls.TryAdd(key, cancel))
        {
            // The same id twice at a time: the SDK knows what to do.
            cancel.Dispose();
            return false;
        }

        var arguments = call.Arguments.Equals(default) ? default : line.AsMemory(call.Arguments);
        _ = AnswerAsync(new ToolCall(tool, null, call.Frame, call.TraceParent) { RawArguments = arguments, Session = SessionId }, id, key, cancel, call.IsStateless);
        return true;
    }

    private async Task AnswerAsync(ToolCall call, byte[] id, string key, CancellationTokenSource cancel, bool isStateless)
    {
        try
        {
            var result = await _tools.Runner.CallAsync(call, cancel.Token).ConfigureAwait(false);
            await WriteAsync(ToolResultWriter.Write(id, call.Tool, result, isStateless ? _tools.Options.ServerInfo : null), false, _ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The client does not want the answer any more, or is gone.
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            LogGone(_logger, e);
        }
        catch (Exception e)
        {
            // A defect of ours. The client must not wait for ever, and is told no details.
            LogBroken(_logger, e, call.Tool.Name);
            await RefuseAsync(id, McpErrorCode.InternalError, "The server failed to answer; see its log.").ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            _calls.TryRemove(new(key, cancel));
            cancel.Dispose();
        }
    }

    private async Task AnswerOperatorAsync(OperatorChannel channel, JsonRpcRequest request)
    {
        JsonRpcMessage answer;
        try
        {
            // A check reads programs: other messages must not wait for it.
            var result = await Task.Run(() => channel.Answer(request.Method, request.Params)).ConfigureAwait(false);
            answer = new JsonRpcResponse { Id = request.Id, Result = result };
        }
        catch (McpProtocolException e)
        {
            answer = new JsonRpcError { Id = request.Id, Error = new JsonRpcErrorDetail { Code = (int)e.ErrorCode, Message = e.Message } };
        }
        catch (Exception e)
        {
            LogBroken(_logger, e, request.Method);
            answer = new JsonRpcError { Id = request.Id, Error = new JsonRpcErrorDetail { Code = (int)McpErrorCode.InternalError, Message = "The server failed to answer; see its log." } };
        }

        await TrySendAsync(answer).ConfigureAwait(false);
    }

    private void TellDenied(ToolCall call, ToolResult result) => _ = TrySendAsync(OperatorChannel.Denied(call, result, call.Session == SessionId));

    private async Task TrySendAsync(JsonRpcMessage message)
    {
        try
        {
            await SendMessageAsync(message, _ended.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            LogGone(_logger, e);
        }
    }

    private bool TryCancel(JsonRpcNotification notification)
    {
        if (notification.Params is not System.Text.Json.Nodes.JsonObject parameters || parameters["requestId"] is not { } id || !_calls.TryGetValue(id.ToJsonString(), out var call))
        {
            return false;
        }

        Cancel(call);
        return true;
    }

    private static void Cancel(CancellationTokenSource call)
    {
        try
        {
            call.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was answered at this moment.
        }
    }

    // JSON-RPC 2.0 §5: the id is null when it could not be read.
    private void Refuse(McpErrorCode code, string message) => RefuseAsync("null"u8.ToArray(), code, message).GetAwaiter().GetResult();

    private async Task RefuseAsync(byte[] id, McpErrorCode code, string message)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("jsonrpc"u8, "2.0"u8);
            writer.WritePropertyName("id"u8);
            writer.WriteRawValue(id);
            writer.WriteStartObject("error"u8);
            writer.WriteNumber("code"u8, (int)code);
            writer.WriteString("message"u8, message);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        await WriteAsync(buffer.WrittenMemory, true, _ended.Token).ConfigureAwait(false);
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> message, bool endLine, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // A message is written whole or not at all, so it is not cancelled half-way.
            await _output.WriteAsync(message, CancellationToken.None).ConfigureAwait(false);
            if (endLine)
            {
                await _output.WriteAsync("\n"u8.ToArray(), CancellationToken.None).ConfigureAwait(false);
            }

            await _output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    [LoggerMessage(EventId = 500, Level = LogLevel.Debug, Message = "an answer could not be written; the client is gone")]
    private static partial void LogGone(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 501, Level = LogLevel.Error, Message = "a call of {Tool} could not be answered")]
    private static partial void LogBroken(ILogger logger, Exception exception, string tool);
}
