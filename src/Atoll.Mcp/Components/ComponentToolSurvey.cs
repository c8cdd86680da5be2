using Atoll.Components;
using Atoll.Host.Security;
using Atoll.Mcp.Components;
using Atoll.Mcp.Tools;

namespace Atoll.Mcp;

/// <summary>Which tools the server makes of a component.</summary>
public static class ComponentToolSurvey
{
    /// <summary>Every exported function: as a tool, or with the reason why it is none.</summary>
    /// <param name="component">The component.</param>
    /// <param name="file">Its file, whose name the tools' names begin with.</param>
    public static IReadOnlyList<ComponentToolEntry> Of(Component component, string file)
    {
        ArgumentNullException.ThrowIfNull(component);
        IReadOnlyList<ToolManifest> tools = new ComponentTools(component, file).DescribeAll(ToolLifetime.Call, ToolPermissions.None, out IReadOnlyList<RefusedFunction> refused);
        return
        [
            .. tools.Select(tool => new ComponentToolEntry(tool.Function, tool.PublicName, null)),
            .. refused.Select(refusal => new ComponentToolEntry(refusal.Function, null, refusal.Reason)),
        ];
    }
}

/// <summary>A function of a component as a tool, or why it is none.</summary>
/// <param name="Function">The function's whole name; null where the reason holds for the component as a whole.</param>
/// <param name="Tool">The name that clients see; null where it is no tool.</param>
/// <param name="Reason">Why it is none; null where it is one.</param>
public sealed record ComponentToolEntry(string? Function, string? Tool, string? Reason);
