using System.Text.Json;
using System.Text.Json.Nodes;
using Atoll.Host.Configuration;
using Atoll.Host.Telemetry;
using Atoll.Mcp.Tools;
using Atoll.Mcp.Tools.Native;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Atoll.Mcp.Server;

/// <summary>The tools and resources in the protocol's terms, the same for every transport and session. Thread-safe.</summary>
internal sealed class ToolServer
{
    /// <summary>Where a request's <c>_meta</c> carries the context frame.</summary>
    public const string ContextKey = "atoll/context";

    /// <summary>Where a result's <c>_meta</c> says how the frame was applied.</summary>
    public const string ContextUsedKey = "atoll/context_used";

    /// <summary>Where a failed result's <c>_meta</c> carries code and message.</summary>
    public const string ErrorKey = "atoll/error";

    /// <summary>Where a result's <c>_meta</c> carries the trace id that the log lines have.</summary>
    public const string TraceKey = "atoll/trace_id";

    public const string MetricsUri = "atoll://telemetry/metrics";
    private const int MaxMetrics = 1000;
    private static readonly TimeSpan ListLifetime = TimeSpan.FromMinutes(5);
    private readonly ToolRunner _runner;
    private readonly MetricStore _metrics;
    private readonly ToolListChanges _changes = new();
    private volatile Offer _offer;

    public ToolServer(ToolCatalog catalog, ToolRunner runner, MetricStore metrics, string version, string instructions)
    {
        _offer = Offer.Of(catalog);
        _runner = runner;
        _metrics = metrics;
        Options = new McpServerOptions
        {
            ServerInfo = new Implementation { Name = "atoll", Title = "Atoll", Version = version },
            ServerInstructions = instructions,
            Capabilities = new ServerCapabilities { Tools = new ToolsCapability(), Resources = new ResourcesCapability() },
            ToolCollection = _changes,
            ScopeRequests = false,
            Handlers = new McpServerHandlers
            {
                ListToolsHandler = (_, _) => ValueTask.FromResult(_offer.ToList()),
                CallToolHandler = CallAsync,
                ListResourcesHandler = (_, _) => ValueTask.FromResult(ListResources()),
                ReadResourceHandler = (request, _) => ValueTask.FromResult(ReadResource(request.Params?.Uri)),
                ListResourceTemplatesHandler = (_, _) => ValueTask.FromResult(new ListResourceTemplatesResult { TimeToLive = ListLifetime, CacheScope = CacheScope.Private }),
            },
        };
    }

    /// <summary>What the SDK's server is made from; shared by all sessions.</summary>
    public McpServerOptions Options { get; }

    public ToolRunner Runner => _runner;

    public ToolCatalog Catalog => _offer.Catalog;

    /// <summary>Finds a tool by either of its names.</summary>
    public ToolManifest? Find(string name) => _offer.Catalog.Find(name);

    /// <summary>Offers other tools from now on; clients are told when the list is another. Calls that run go on with what they began with.</summary>
    public void Replace(ToolCatalog catalog)
    {
        Offer before = _offer, after = Offer.Of(catalog);
        _offer = after;
        if (before.Text != after.Text)
        {
            _changes.Tell();
        }
    }

    /// <summary>A failure as text for a model.</summary>
    public static string ErrorText(ToolError error) => $"{error.Message} [{error.Code}]";

    private static Tool Describe(ToolManifest tool) => new()
    {
        Name = tool.PublicName,
        Title = tool.Title,
        Description = tool.Description,
        InputSchema = tool.InputSchema.ForClients,
        OutputSchema = tool.OutputSchema?.ForClients,
        Annotations = new ToolAnnotations
        {
            Title = tool.Title, ReadOnlyHint = !tool.Permissions.AsksToWrite, DestructiveHint = tool.Permissions.AsksToWrite, OpenWorldHint = false,
            IdempotentHint = tool.IsIdempotent ? true : null,
        },
    };

    private async ValueTask<CallToolResult> CallAsync(RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken)
    {
        var parameters = request.Params ?? throw new McpProtocolException("tools/call needs params with \"name\".", McpErrorCode.InvalidParams);
        var tool = Find(parameters.Name)
            ?? throw new McpProtocolException($"Unknown tool: {Printable.Shorten(parameters.Name, 100)}. tools/list names the tools.", McpErrorCode.InvalidParams);
        JsonElement? frame = null;
        string? traceParent = null;
        if (parameters.Meta is { } meta)
        {
            if (meta.TryGetPropertyValue(ContextKey, out var sent) && sent is not null)
            {
                frame = ToElement(sent);
            }

            traceParent = meta.TryGetPropertyValue("traceparent", out var trace) && trace is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
        }

        var result = await _runner.CallAsync(new ToolCall(tool, parameters.Arguments, frame, traceParent) { Session = request.Server.SessionId }, cancellationToken).ConfigureAwait(false);
        return ToResult(tool, result);
    }

    private static CallToolResult ToResult(ToolManifest tool, ToolResult result)
    {
        var meta = new JsonObject { [ContextUsedKey] = JsonObject.Create(result.ContextUsed), [TraceKey] = result.TraceId };
        if (result.Error is not { } error)
        {
            return new CallToolResult { Content = [new TextContentBlock { Text = result.Data.GetRawText() }], StructuredContent = result.Data, Meta = meta };
        }

        var details = new JsonObject { ["code"] = error.Code, ["message"] = error.Message };
        if (error.Value.ValueKind != JsonValueKind.Undefined)
        {
            details["value"] = JsonNode.Parse(error.Value.GetRawText());
        }

        if (error.Denial is { } denial)
        {
            details["capability"] = denial.Capability;
            if (denial.Grant is { } grant)
            {
                details["grant"] = grant.Capability;
            }
        }

        meta[ErrorKey] = details;
        return new CallToolResult
        {
            IsError = true,
            Content = [new TextContentBlock { Text = ErrorText(error) }],

            // Clients check structured content against outputSchema even when the call failed, and the failure does not match it.
            StructuredContent = tool.OutputSchema is null ? ToElement(new JsonObject { ["error"] = details.DeepClone() }) : null,
            Meta = meta,
        };
    }

    private static ListResourcesResult ListResources() => new()
    {
        Resources =
        [
            new Resource
            {
                Uri = MetricsUri, Name = "metrics", Title = "Metric points", MimeType = "application/json",
                Description = $"The newest metric points that telemetry.push received, at most {MaxMetrics}.",
            },
        ],
        TimeToLive = ListLifetime,
        CacheScope = CacheScope.Private,
    };

    private ReadResourceResult ReadResource(string? uri) => uri == MetricsUri
        ? new ReadResourceResult
        {
            Contents = [new TextResourceContents { Uri = MetricsUri, MimeType = "application/json", Text = TelemetryPush.ToJson(_metrics, MaxMetrics) }],
            TimeToLive = TimeSpan.Zero,
            CacheScope = CacheScope.Private,
        }
        : throw new McpProtocolException($"Unknown resource: {Printable.Shorten(uri, 100)}. resources/list names the resources.", McpErrorCode.ResourceNotFound);

    private static JsonElement ToElement(JsonNode node)
    {
        using var document = JsonDocument.Parse(node.ToJsonString());
        return document.RootElement.Clone();
    }

    /// <summary>What is offered at one time.</summary>
    private sealed record Offer(ToolCatalog Catalog, IReadOnlyList<Tool> Tools, string Text)
    {
        public static Offer Of(ToolCatalog catalog)
        {
            Tool[] tools = [.. catalog.Tools.Select(Describe)];

            // By a type that the library has generated code for: a trimmed program has no other.
            return new Offer(catalog, tools, JsonSerializer.Serialize(new ListToolsResult { Tools = [.. tools] }, McpJsonUtilities.DefaultOptions));
        }

        /// <summary>A list of its own for each answer: the protocol library may add to it.</summary>
        public ListToolsResult ToList() => new() { Tools = [.. Tools], TimeToLive = ListLifetime, CacheScope = CacheScope.Private };
    }

    /// <summary>An empty collection: it is how the protocol library tells every session that the list changed.</summary>
    private sealed class ToolListChanges : McpServerPrimitiveCollection<McpServerTool>
    {
        public void Tell() => RaiseChanged();
    }
}
