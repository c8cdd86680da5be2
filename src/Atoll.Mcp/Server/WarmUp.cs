using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atoll.Components;
using Atoll.Components.Types;
using Atoll.Host.Configuration;
using Atoll.Host.Context;
using Atoll.Host.Security;
using Atoll.Host.Telemetry;
using Atoll.Mcp.Schema;
using Atoll.Mcp.Tools;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ModelContextProtocol.Server;

namespace Atoll.Mcp.Server;

/// <summary>
/// Makes the first real call fast: calls each WebAssembly tool once through a server of its own, so that everything on the way (protocol,
/// policy, engine, the tool) is compiled to machine code. The tools see an empty folder made for this, read-only, and no network; nothing is logged, and
/// nothing of it can be seen by a real call.
/// </summary>
internal static partial class WarmUp
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // A component may have hundreds of functions, and each of them may loop for as long as its call may take.
    private static readonly TimeSpan PatienceForAll = TimeSpan.FromMinutes(2);

    public static async Task RunAsync(ToolCatalog catalog, ToolPrograms programs, string version, long memoryBytes, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            var folder = Directory.CreateTempSubdirectory("atoll-warm-").FullName;
            try
            {
                await CallAllAsync(catalog, programs, version, memoryBytes, folder, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            // Only speed is lost.
            LogCold(logger, e.Message);
        }
    }

    private static async Task CallAllAsync(ToolCatalog catalog, ToolPrograms programs, string version, long memoryBytes, string folder, CancellationToken cancellationToken)
    {
        // The resolved path: a temporary folder can lie behind a link.
        folder = RealPath.Of(folder);
        var file = Path.Combine(folder, "file.txt");
        await File.WriteAllTextAsync(file, "warm\n", cancellationToken).ConfigureAwait(false);
        var budgets = new ToolBudgets { CpuMilliseconds = 1000, MemoryBytes = memoryBytes, OutputBytes = 1 << 20, MaxThreads = 1 };
        var policy = new SecurityPolicy { Folders = [new FolderGrant(folder, FolderAccess.Read)] };
        var configuration = new HostConfiguration
        {
            Workspace = folder, Policy = policy, Budgets = budgets,
            Frame = new ContextFrame { CpuMilliseconds = budgets.CpuMilliseconds, MemoryBytes = budgets.MemoryBytes, Workspace = folder, ReadOnly = true },
        };
        using var runner = new ToolRunner(configuration, new PolicyDecisionPoint(policy, NullLogger<PolicyDecisionPoint>.Instance), programs.Get, NullLogger<ToolRunner>.Instance);
        var tools = new ToolServer(catalog, runner, new MetricStore(1), version, "");
        var (input, output) = (new Pipe(), new Pipe());
        await using var transport = new StdioTransport(input.Reader.AsStream(), output.Writer.AsStream(), tools, 1 << 20, NullLoggerFactory.Instance);
        await using var server = McpServer.Create(transport, tools.Options, NullLoggerFactory.Instance, null);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(PatienceForAll);
        var run = server.RunAsync(stop.Token);
        try
        {
            using var answers = new StreamReader(output.Reader.AsStream());
            await using var requests = new StreamWriter(input.Writer.AsStream(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
            foreach (var request in Requests(catalog, file))
            {
                await requests.WriteLineAsync(request.AsMemory(), stop.Token).ConfigureAwait(false);
                await answers.ReadLineAsync(stop.Token).AsTask().WaitAsync(Patience, stop.Token).ConfigureAwait(false);
            }
        }
        catch (TimeoutException e)
        {
            throw new IOException(e.Message, e);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            programs.EndSession(transport.SessionId!);
        }
    }

    private static IEnumerable<string> Requests(ToolCatalog catalog, string file)
    {
        const string meta = """{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"warm-up","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}""";
        var id = 0;
        yield return Request("server/discover", new JsonObject());
        yield return Request("tools/list", new JsonObject());

        // Readers first: they are what a client calls first, and they cannot do anything but read.
        foreach (var tool in catalog.Tools.Where(t => t.EntryKind != ToolEntryKind.Native).OrderBy(t => t.Permissions.AsksToWrite).ThenBy(t => t.Name != "fs.read"))
        {
            yield return Request("tools/call", new JsonObject { ["name"] = tool.PublicName, ["arguments"] = Arguments(tool, file) });
        }

        string Request(string method, JsonObject parameters)
        {
            parameters["_meta"] = JsonNode.Parse(meta);
            return new JsonObject { ["jsonrpc"] = "2.0", ["id"] = ++id, ["method"] = method, ["params"] = parameters }.ToJsonString();
        }
    }

    // The values of a component's function are read by its type, and a refusal would not reach the component.
    private static JsonNode? Arguments(ToolManifest tool, string file) => tool is not { ChecksInput: false, Component: { } component }
        ? Example(tool.InputSchema.Root, file, 0)
        : new JsonObject(component.Type.Functions.First(function => function.Key == tool.Function).Value.Parameters
            .Select(parameter => KeyValuePair.Create(parameter.Name, Example(parameter.Type))));

    /// <summary>Some value of a type, in the form that <see cref="ComponentJson"/> reads. Types are not nested deeply, and none holds itself.</summary>
    private static JsonNode? Example(ComponentValueType type) => type switch
    {
        RecordType record => new JsonObject(record.Fields.Select(field => KeyValuePair.Create(field.Name, Example(field.Type)))),
        VariantType { Cases: [var first, ..] } => Tagged(first.Name, first.Type),
        ListType { Length: { } length } list => new JsonArray([.. Enumerable.Range(0, (int)Math.Min(length, 1024)).Select(_ => Example(list.Element))]),
        TupleType tuple => new JsonArray([.. tuple.Elements.Select(Example)]),
        EnumType names => names.Names[0],
        OptionType { Value: OptionType } => Tagged("none", null),
        OptionType => null,
        ResultType result => Tagged("ok", result.Ok),
        { Kind: ComponentValueKind.Bool } => true,
        { Kind: ComponentValueKind.String or ComponentValueKind.Char } => "x",
        { Kind: ComponentValueKind.Map } => new JsonObject(),
        { Kind: ComponentValueKind.List or ComponentValueKind.Flags } => new JsonArray(),
        _ => 1,
    };

    private static JsonObject Tagged(string name, ComponentValueType? type)
    {
        var value = new JsonObject { ["tag"] = name };
        if (type is not null)
        {
            value["val"] = Example(type);
        }

        return value;
    }

    /// <summary>Some value with what the schema requires. It need not be valid: a refusal warms most of the way too.</summary>
    private static JsonNode? Example(SchemaNode schema, string file, int depth)
    {
        if (schema.Enum is [var first, ..])
        {
            return JsonNode.Parse(first.GetRawText());
        }

        if (schema.Properties is not null || (schema.Types & JsonTypes.Object) != 0)
        {
            var members = new JsonObject();
            foreach (var name in depth > 4 ? [] : schema.Required ?? [])
            {
                members[name] = schema.Properties?.GetValueOrDefault(name) is { } member ? Example(member, file, depth + 1) : "x";
            }

            return members;
        }

        if (schema.Items is not null)
        {
            return new JsonArray(Example(schema.Items, file, depth + 1));
        }

        return (schema.Types & JsonTypes.String) != 0 || schema.IsPath ? schema.IsPath ? file : "x"
            : (schema.Types & JsonTypes.Boolean) != 0 ? true
            : schema.Minimum ?? 1;
    }

    [LoggerMessage(EventId = 400, Level = LogLevel.Debug, Message = "the tools could not be warmed: {Reason}")]
    private static partial void LogCold(ILogger logger, string reason);
}
