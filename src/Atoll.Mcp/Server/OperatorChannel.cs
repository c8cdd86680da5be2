using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atoll.Host.Configuration;
using Atoll.Host.Security;
using Atoll.Mcp.Tools;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Atoll.Mcp.Server;

/// <summary>
/// What the program on the operator's side of the standard streams (an editor) may ask beside MCP: the state, grants, checks of files. It is
/// reached over the streams of the process alone, which whoever started the server holds, and never over HTTP. Thread-safe.
/// </summary>
internal sealed partial class OperatorChannel(ToolServer tools, OperatorGrants grants, PolicyDecisionPoint policy, OperatorState state, ILogger logger)
{
    /// <summary>Tells of a call that was refused a capability.</summary>
    public const string DeniedMethod = "notifications/atoll/denied";

    private const string Prefix = "atoll/";
    private const int MaxArgumentBytes = 64 << 10;

    /// <summary>Whether a request is for this channel.</summary>
    public static bool Takes(string method) => method.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Answers a request.</summary>
    /// <exception cref="McpProtocolException">The request is wrong, or cannot be done.</exception>
    public JsonNode Answer(string method, JsonNode? parameters)
    {
        try
        {
            return method[Prefix.Length..] switch
            {
                "status" => OperatorStatus.Write(tools, grants, policy.Policy, state),
                "grant" => Grant(parameters),
                "revoke" => Revoke(Text(parameters, "id")),
                "check" => Check(Text(parameters, "file"), Text(parameters, "text")),
                _ => throw new McpProtocolException($"Unknown method: {Printable.Shorten(method, 100)}. Known are atoll/status, atoll/grant, atoll/revoke and atoll/check.", McpErrorCode.MethodNotFound),
            };
        }
        catch (ConfigurationException e)
        {
            throw new McpProtocolException(e.Message, McpErrorCode.InvalidParams);
        }
    }

    /// <summary>The notification for a refused call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="result">Its answer.</param>
    /// <param name="own">Whether the operator's side made the call itself.</param>
    public static JsonRpcNotification Denied(ToolCall call, ToolResult result, bool own)
    {
        var error = result.Error!;
        var denial = error.Denial!;
        var parameters = new JsonObject
        {
            ["tool"] = call.Tool.Name, ["publicName"] = call.Tool.PublicName, ["code"] = error.Code, ["message"] = error.Message,
            ["capability"] = denial.Capability, ["traceId"] = result.TraceId, ["own"] = own,
        };
        if (Existing(denial) is { } grant)
        {
            parameters["grant"] = grant.Capability;
        }

        if (Arguments(call) is { } arguments)
        {
            parameters["arguments"] = arguments;
        }

        return new JsonRpcNotification { Method = DeniedMethod, Params = parameters };
    }

    private static JsonNode? Arguments(ToolCall call)
    {
        if (!call.RawArguments.IsEmpty)
        {
            return call.RawArguments.Length > MaxArgumentBytes ? null : JsonNode.Parse(call.RawArguments.Span);
        }

        var copy = new JsonObject();
        var size = 0;
        foreach (var (name, value) in call.Arguments ?? [])
        {
            var text = value.GetRawText();
            if ((size += name.Length + text.Length) > MaxArgumentBytes)
            {
                return null;
            }

            copy[name] = JsonNode.Parse(text);
        }

        return copy;
    }

    // The smallest folder that is there: the path itself when it is one, else the nearest above it.
    private static GrantTarget? Existing(Denial denial)
    {
        if (denial.Grant?.Folder is not { } grant)
        {
            return denial.Grant;
        }

        for (var path = denial.Path; path is not null; path = HostPath.Parent(path, HostPath.Current))
        {
            if (Directory.Exists(path))
            {
                return HostPath.Parent(path, HostPath.Current) is null && path == denial.Path ? null : (GrantTarget)(grant with { Path = path });
            }
        }

        return null;
    }

    private JsonObject Grant(JsonNode? parameters)
    {
        var (name, capability, scopeWord) = (Text(parameters, "tool"), Text(parameters, "capability"), Text(parameters, "scope"));
        var tool = tools.Find(name) ?? throw new ConfigurationException($"There is no tool {Printable.Shorten(name, 100)}.");
        var target = GrantTarget.TryParse(capability)
            ?? throw new ConfigurationException($"{Printable.Shorten(capability)} cannot be granted: give fs:read:/folder/** or fs:write:/folder/** with an absolute folder, or net:connect:HOST:PORT.");
        GrantScope scope = scopeWord switch
        {
            "once" => GrantScope.Once,
            "session" => GrantScope.Session,
            "always" => GrantScope.Always,
            _ => throw new ConfigurationException("\"scope\" must be once, session or always."),
        };
        if (target.Folder is { } opened)
        {
            CheckFolder(opened);
        }

        if (!policy.Holds(tool.Name, tool.Permissions, target))
        {
            throw new ConfigurationException(policy.Policy.ReadOnlyAlways && target.Folder is { Access: FolderAccess.Write }
                ? "The server was started with --read-only: nothing can be granted for writing."
                : $"{capability} would not help: the manifest of {tool.Name} does not ask for it, or \"tools\" in {policy.Policy.ConfigurationFile} takes it away.");
        }

        // Who gives a grant back says what it held for, which is null for a tool from elsewhere.
        var program = tool.ProgramOfGrants(state.Configuration.Workspace);
        if (parameters is JsonObject given && given.TryGetPropertyValue("program", out var held) && (held is null ? null : Text(parameters, "program")) != program)
        {
            throw new ConfigurationException($"The program of {tool.Name} is not the one that this was granted to.");
        }

        var grant = grants.Add(tool.Name, target, scope, program);
        LogGranted(logger, tool.Name, target.Capability, scopeWord);
        return OperatorStatus.Write(grant);
    }

    private void CheckFolder(FolderGrant folder)
    {
        if (!Directory.Exists(folder.Path))
        {
            throw new ConfigurationException($"The folder {folder.Path} does not exist.");
        }

        if (HostPath.Normalize(Path.GetPathRoot(folder.Path)!, HostPath.Current) == folder.Path)
        {
            throw new ConfigurationException("A whole file system is not granted here. Grant a folder in the configuration.");
        }

        if (grants.OpensFile(folder))
        {
            throw new ConfigurationException($"{folder.Path} holds the file with the grants: a tool that could write there could grant itself anything.");
        }
    }

    private JsonObject Revoke(string id)
    {
        var grant = grants.Revoke(id) ?? throw new ConfigurationException("There is no such grant any more.");
        LogRevoked(logger, grant.Tool, grant.Target.Capability);
        return OperatorStatus.Write(grant);
    }

    private JsonObject Check(string file, string text) => new()
    {
        ["problems"] = OperatorStatus.Write(FileCheck.Check(file, Encoding.UTF8.GetBytes(text), state.Configuration.Workspace)),
    };

    private static string Text(JsonNode? parameters, string name)
        => parameters is JsonObject members && members[name] is JsonValue value && value.TryGetValue<string>(out var text)
            ? text
            : throw new ConfigurationException($"params.{name} must be a string.");

    [LoggerMessage(EventId = 110, Level = LogLevel.Information, Message = "audit: granted {Tool} {Capability} ({Scope}) by the operator")]
    private static partial void LogGranted(ILogger logger, string tool, string capability, string scope);

    [LoggerMessage(EventId = 111, Level = LogLevel.Information, Message = "audit: revoked {Tool} {Capability} by the operator")]
    private static partial void LogRevoked(ILogger logger, string tool, string capability);
}
