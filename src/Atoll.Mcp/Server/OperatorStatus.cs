using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Atoll.Host.Configuration;
using Atoll.Host.Security;
using Atoll.Mcp.Tools;

namespace Atoll.Mcp.Server;

/// <summary>What the operator's channel knows of the server.</summary>
/// <param name="Configuration">The configuration.</param>
/// <param name="Version">The program's version.</param>
/// <param name="Problems">What is wrong in the configuration and in the file with grants.</param>
/// <param name="Token">What HTTP clients must send.</param>
internal sealed record OperatorState(HostConfiguration Configuration, string Version, ImmutableArray<Problem> Problems, string Token)
{
    /// <summary>Where HTTP listens; null while it does not.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>What is wrong in the tools' files; others when they have changed.</summary>
    public required ImmutableArray<Problem> CatalogProblems { get; set; }

    public IEnumerable<Problem> AllProblems => Problems.Concat(CatalogProblems);
}

/// <summary>Writes the server's state for the operator.</summary>
internal static class OperatorStatus
{
    public static JsonObject Write(ToolServer tools, OperatorGrants grants, SecurityPolicy policy, OperatorState state) => new()
    {
        ["version"] = state.Version,
        ["pid"] = Environment.ProcessId,
        ["memoryBytes"] = Environment.WorkingSet,
        ["runtime"] = System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
        ["workspace"] = state.Configuration.Workspace,
        ["configurationFile"] = policy.ConfigurationFile,
        ["endpoint"] = state.Endpoint?.ToString(),
        ["token"] = state.Token,
        ["readOnly"] = policy.ReadOnly,
        ["keepsGrants"] = grants.CanKeep,
        ["busy"] = tools.Runner.Busy,
        ["folders"] = Write(policy.Folders.Select(f => policy.ReadOnly ? f with { Access = FolderAccess.Read } : f)),
        ["tools"] = new JsonArray([.. tools.Catalog.Tools.Select(tool => (JsonNode)Write(tool, tools.Runner, state))]),
        ["grants"] = new JsonArray([.. grants.All.Select(grant => (JsonNode)Write(grant))]),
        ["problems"] = Write(state.AllProblems),
    };

    public static JsonObject Write(OperatorGrant grant) => new()
    {
        ["id"] = grant.Id, ["tool"] = grant.Tool, ["capability"] = grant.Target.Capability, ["scope"] = grant.Scope.ToString().ToLowerInvariant(),
        ["program"] = grant.Program,
    };

    public static JsonArray Write(IEnumerable<Problem> problems) => new([.. problems.Select(problem => (JsonNode)new JsonObject
    {
        ["file"] = problem.File, ["line"] = problem.Line, ["column"] = problem.Column, ["endLine"] = problem.EndLine, ["endColumn"] = problem.EndColumn,
        ["severity"] = problem.IsWarning ? "warning" : "error", ["message"] = problem.Message,
    })]);

    private static JsonObject Write(ToolManifest tool, ToolRunner runner, OperatorState state)
    {
        var access = runner.StandingAccess(tool);
        return new JsonObject
        {
            ["name"] = tool.Name, ["publicName"] = tool.PublicName, ["title"] = tool.Title, ["description"] = tool.Description, ["version"] = tool.Version,
            ["kind"] = tool.EntryKind.ToString().ToLowerInvariant(), ["entry"] = tool.Entry, ["function"] = tool.Function,
            ["file"] = tool.File, ["own"] = HostPath.IsWithin(tool.File, state.Configuration.Workspace, HostPath.Current),
            ["permissions"] = new JsonArray([.. tool.Permissions.Words.Select(word => (JsonNode)word)]),
            ["folders"] = Write(access.Folders),
            ["readOnlyBecause"] = access.Folders.Any(f => f.Access == FolderAccess.Write) ? null : access.ReadOnlyBecause,
            ["inputSchema"] = JsonNode.Parse(tool.InputSchema.Source.GetRawText()),
        };
    }

    private static JsonArray Write(IEnumerable<FolderGrant> folders) => new([.. folders.Select(folder => (JsonNode)folder.Capability)]);
}
