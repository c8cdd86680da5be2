using Atoll.Components;
using Atoll.Host.Configuration;
using Microsoft.Extensions.Logging;

namespace Atoll.Mcp.Tools;

/// <summary>
/// The call that an instance runs now, for what was granted to the instance once: whose log its lines go to, and which host it was not let connect to first.
/// Used on the thread of the call.
/// </summary>
internal sealed partial class CurrentCall(ILogger logger, string tool)
{
    /// <summary>The log, with the call's trace id.</summary>
    public ILogger Logger { get; private set; } = logger;

    /// <summary>The tool that was called.</summary>
    public string Tool { get; private set; } = tool;

    /// <summary>How many calls there were before it.</summary>
    public long Number { get; private set; }

    /// <summary>The first host that was asked for and not granted.</summary>
    public Capability? DeniedNetwork { get; private set; }

    /// <summary>Another call begins.</summary>
    public void Next(ILogger logger, string tool)
    {
        (Logger, Tool, DeniedNetwork) = (logger, tool, null);
        Number++;
    }

    /// <summary>Takes note of a decision of the sandbox; refusals are in the log of the call.</summary>
    public void See(AccessDecision decision)
    {
        if (decision.Allowed)
        {
            return;
        }

        LogDenied(Logger, Tool, Printable.Shorten(decision.Capability.ToString(), 400));
        if (decision.Capability.Area == "net")
        {
            DeniedNetwork ??= decision.Capability;
        }
    }

    [LoggerMessage(EventId = 303, Level = LogLevel.Warning, Message = "audit: denied {Tool} {Capability} (by the sandbox)")]
    private static partial void LogDenied(ILogger logger, string tool, string capability);
}
