using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Atoll.Mcp.Server;

/// <summary>
/// Streamable HTTP at <c>/mcp</c> and <c>GET /healthz</c>. Revisions before 2026-07-28 get sessions; later ones are stateless: each
/// request is a server of its own. Thread-safe.
/// </summary>
internal sealed class HttpEndpoint(McpServerOptions options, HttpSessions sessions, ILoggerFactory loggers, TimeProvider time, int toolCount, string? token = null)
{
    // The first revision whose requests carry their protocol version and client capabilities themselves.
    private const string FirstStatelessVersion = "2026-07-28";
    private const string SessionHeader = "Mcp-Session-Id";
    private const string VersionHeader = "MCP-Protocol-Version";
    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private static readonly MediaTypeHeaderValue EventStream = new("text/event-stream");
    private static readonly JsonTypeInfo<JsonRpcMessage> MessageType = (JsonTypeInfo<JsonRpcMessage>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcMessage));

    public async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        if (LoopbackGuard.Check(request, context.Connection.LocalPort) is { } refusal)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, $"Forbidden: {refusal}.").ConfigureAwait(false);
            return;
        }

        if (request.Path == "/mcp" && token is not null && !LoopbackGuard.HasToken(request, token))
        {
            // Not 401: that makes clients look for an authorization server, and there is none to sign in at.
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "Forbidden: this server belongs to a program that holds its token.").ConfigureAwait(false);
            return;
        }

        try
        {
            switch (request.Path.Value, request.Method)
            {
                case ("/healthz", "GET" or "HEAD"):
                    await HealthAsync(context).ConfigureAwait(false);
                    break;
                case ("/mcp", "POST"):
                    await PostAsync(context).ConfigureAwait(false);
                    break;
                case ("/mcp", "GET"):
                    await GetAsync(context).ConfigureAwait(false);
                    break;
                case ("/mcp", "DELETE"):
                    context.Response.StatusCode = await sessions.RemoveAsync(SessionId(request)).ConfigureAwait(false) ? StatusCodes.Status204NoContent : StatusCodes.Status404NotFound;
                    break;
                case ("/mcp" or "/healthz", _):
                    context.Response.Headers.Allow = request.Path == "/mcp" ? "GET, POST, DELETE" : "GET";
                    await RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "Method not allowed.").ConfigureAwait(false);
                    break;
                default:
                    await RefuseAsync(context, StatusCodes.Status404NotFound, "Not found: the server answers at /mcp and /healthz.").ConfigureAwait(false);
                    break;
            }
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await RefuseAsync(context, e.StatusCode, e.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away; there is nobody to answer.
        }
    }

    private Task HealthAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync($"{{\"status\":\"ok\",\"tools\":{toolCount},\"sessions\":{sessions.Count}}}\n", context.RequestAborted);
    }

    private async Task PostAsync(HttpContext context)
    {
        var headers = context.Request.GetTypedHeaders();
        if (headers.ContentType?.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) != true)
        {
            await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, "Content-Type must be application/json.").ConfigureAwait(false);
            return;
        }

        if (!Accepts(headers, Json) || !Accepts(headers, EventStream))
        {
            await RefuseAsync(context, StatusCodes.Status406NotAcceptable, "Accept must hold application/json and text/event-stream.").ConfigureAwait(false);
            return;
        }

        JsonRpcMessage? message;
        try
        {
            message = await JsonSerializer.DeserializeAsync(context.Request.Body, MessageType, context.RequestAborted).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            message = null;
        }

        if (message is null)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "Parse error: the body must be one JSON-RPC message.", (int)McpErrorCode.ParseError).ConfigureAwait(false);
            return;
        }

        await DispatchAsync(context, message).ConfigureAwait(false);
    }

    private async Task DispatchAsync(HttpContext context, JsonRpcMessage message)
    {
        var sessionId = SessionId(context.Request);
        var bodyVersion = BodyVersion(message);
        var headerVersion = context.Request.Headers[VersionHeader].ToString();
        if (HeaderMismatch(context.Request, message, bodyVersion, headerVersion) is { } mismatch)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, mismatch, (int)McpErrorCode.HeaderMismatch, IdOf(message)).ConfigureAwait(false);
        }
        else if (sessionId.Length > 0)
        {
            if (sessions.Find(sessionId) is { } session)
            {
                await AnswerAsync(context, session, message).ConfigureAwait(false);
            }
            else
            {
                await RefuseAsync(context, StatusCodes.Status404NotFound, "Session not found: send initialize again.", -32001, IdOf(message)).ConfigureAwait(false);
            }
        }
        else if (message is JsonRpcRequest { Method: RequestMethods.Initialize })
        {
            if (await sessions.CreateAsync().ConfigureAwait(false) is { } session)
            {
                context.Response.Headers[SessionHeader] = session.Id;
                await AnswerAsync(context, session, message).ConfigureAwait(false);
            }
            else
            {
                await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "Too many sessions: end one (DELETE) or try again later.", id: IdOf(message)).ConfigureAwait(false);
            }
        }
        else if (string.CompareOrdinal(bodyVersion ?? headerVersion, FirstStatelessVersion) >= 0)
        {
            await AnswerStatelessAsync(context, message, headerVersion).ConfigureAwait(false);
        }
        else
        {
            await RefuseAsync(
                context, StatusCodes.Status400BadRequest, $"Send initialize first, or {VersionHeader}: {FirstStatelessVersion}.", (int)McpErrorCode.InvalidRequest, IdOf(message)).ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(HttpContext context, HttpSession session, JsonRpcMessage message)
    {
        Interlocked.Increment(ref session.Active);
        try
        {
            context.Response.Headers[SessionHeader] = session.Id;
            StartEventStream(context);
            if (!await session.Transport.HandlePostRequestAsync(message, context.Response.Body, context.RequestAborted).ConfigureAwait(false))
            {
                Accepted(context);
            }
        }
        finally
        {
            session.LastUsed = time.GetTimestamp();
            Interlocked.Decrement(ref session.Active);
        }
    }

    private async Task AnswerStatelessAsync(HttpContext context, JsonRpcMessage message, string version)
    {
        message.Context = new JsonRpcMessageContext { ProtocolVersion = version.Length > 0 ? version : null };
        await using var transport = new StreamableHttpServerTransport(loggers) { Stateless = true };
        await using var server = McpServer.Create(transport, options, loggers, null);

        // The request is the server's whole life: when the client goes away, whatever still runs for it is cancelled.
        using var life = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var run = server.RunAsync(life.Token);
        StartEventStream(context);
        var wrote = await transport.HandlePostRequestAsync(
            message,
            context.Response.Body,
            first =>
            {
                if (first is JsonRpcError { Error.Code: (int)McpErrorCode.HeaderMismatch or (int)McpErrorCode.MissingRequiredClientCapability or (int)McpErrorCode.UnsupportedProtocolVersion })
                {
                    context.Response.StatusCode = StatusCodes.Status400BadRequest;
                }

                return ValueTask.CompletedTask;
            },
            context.RequestAborted).ConfigureAwait(false);
        if (!wrote)
        {
            Accepted(context);
        }

        await life.CancelAsync().ConfigureAwait(false);
        await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task GetAsync(HttpContext context)
    {
        if (!Accepts(context.Request.GetTypedHeaders(), EventStream))
        {
            await RefuseAsync(context, StatusCodes.Status406NotAcceptable, "Accept must hold text/event-stream.").ConfigureAwait(false);
            return;
        }

        if (sessions.Find(SessionId(context.Request)) is not { } session)
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, "Session not found: send initialize first.", -32001).ConfigureAwait(false);
            return;
        }

        if (!session.TryStartStream())
        {
            await RefuseAsync(context, StatusCodes.Status409Conflict, "The session has an open GET stream already.").ConfigureAwait(false);
            return;
        }

        Interlocked.Increment(ref session.Active);
        try
        {
            StartEventStream(context);
            context.Response.Headers[SessionHeader] = session.Id;
            await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            await session.Transport.HandleGetRequestAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            session.EndStream();
            session.LastUsed = time.GetTimestamp();
            Interlocked.Decrement(ref session.Active);
        }
    }

    // 2026-07-28, transports: headers repeat parts of the body for proxies; a server must not act when they disagree.
    private static string? HeaderMismatch(HttpRequest request, JsonRpcMessage message, string? bodyVersion, string headerVersion)
    {
        if (bodyVersion is not null && headerVersion.Length > 0 && bodyVersion != headerVersion)
        {
            return $"{VersionHeader} does not match the protocol version in _meta.";
        }

        if (message is not JsonRpcRequest call)
        {
            return null;
        }

        if (request.Headers["Mcp-Method"].ToString() is { Length: > 0 } method && method != call.Method)
        {
            return "Mcp-Method does not match the request's method.";
        }

        if (request.Headers["Mcp-Name"].ToString() is { Length: > 0 } header)
        {
            var parameter = call.Method == RequestMethods.ResourcesRead ? "uri" : "name";
            var name = call.Params is System.Text.Json.Nodes.JsonObject o && o[parameter] is System.Text.Json.Nodes.JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
            if (McpHeaderEncoder.DecodeValue(header) != name)
            {
                return "Mcp-Name does not match the name in the request.";
            }
        }

        return null;
    }

    private static string? BodyVersion(JsonRpcMessage message)
    {
        var parameters = message switch { JsonRpcRequest request => request.Params, JsonRpcNotification notification => notification.Params, _ => null };
        return parameters is System.Text.Json.Nodes.JsonObject o && o["_meta"] is System.Text.Json.Nodes.JsonObject meta
            && meta[MetaKeys.ProtocolVersion] is System.Text.Json.Nodes.JsonValue value && value.TryGetValue<string>(out var version) ? version : null;
    }

    private static bool Accepts(Microsoft.AspNetCore.Http.Headers.RequestHeaders headers, MediaTypeHeaderValue type)
        => headers.Accept.Any(type.IsSubsetOf);

    private static string SessionId(HttpRequest request) => request.Headers[SessionHeader].ToString();

    private static RequestId? IdOf(JsonRpcMessage message) => message is JsonRpcMessageWithId { Id: var id } ? id : null;

    private static void StartEventStream(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache,no-store";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    private static void Accepted(HttpContext context)
    {
        context.Response.Headers.ContentType = default;
        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private static async Task RefuseAsync(HttpContext context, int status, string message, int code = -32000, RequestId? id = null)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        var body = new JsonRpcError { Id = id ?? default, Error = new JsonRpcErrorDetail { Code = code, Message = message } };
        await context.Response.WriteAsync(JsonSerializer.Serialize(body, MessageType), context.RequestAborted).ConfigureAwait(false);
    }
}
