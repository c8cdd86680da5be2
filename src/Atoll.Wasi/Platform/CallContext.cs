using System.Collections.Immutable;
using Atoll.Components;

namespace Atoll.Wasi.Platform;

/// <summary>How much can go wrong in a call (<c>atoll:platform/context.risk-level</c>).</summary>
public enum CallRisk
{
    /// <summary>Little.</summary>
    Low,

    /// <summary>Some.</summary>
    Medium,

    /// <summary>Much.</summary>
    High,
}

/// <summary>Why and for whom a guest runs, and how far it may go: what <c>atoll:platform/context</c> tells it. It tells only; what holds is up to grants and limits.</summary>
public sealed record CallContext
{
    /// <summary>Trace of the call: 32 lower-case hexadecimal digits, or empty for none.</summary>
    public string TraceId { get; init; } = "";

    /// <summary>For whom it runs; empty where there is only one.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>Stage of a process that the call belongs to; null for none.</summary>
    public string? Stage { get; init; }

    /// <summary>How much can go wrong.</summary>
    public CallRisk Risk { get; init; }

    /// <summary>Nothing may be changed.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>The guest is to say only what it would change.</summary>
    public bool DryRun { get; init; }

    /// <summary>Other flags.</summary>
    public ImmutableDictionary<string, bool> Flags { get; init; } = ImmutableDictionary<string, bool>.Empty;

    /// <summary>Time that the call may take; null for no limit of its own.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Bytes of memory that the call may have; null for no limit of its own.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Folder that relative paths start from, as the guest knows it; empty for none.</summary>
    public string Workspace { get; init; } = "";

    /// <summary>What else the caller gave along: a JSON object as text, or empty.</summary>
    public string Extra { get; init; } = "";
}

/// <summary>Who a guest is to the host: what <c>atoll:platform/metadata</c> tells it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version; empty for none.</param>
public sealed record ComponentMetadata(string Name, string Version = "")
{
    /// <summary>Which of several instances it is; empty where there is only one.</summary>
    public string Instance { get; init; } = "";

    /// <summary>What whoever installed it wrote down about it.</summary>
    public ImmutableDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;
}

internal sealed record ContextGrant(CallContext Context) : IGrant
{
    public static readonly Capability Read = Capability.Of("context", "read", "**");

    public IEnumerable<Capability> Capabilities => [Read];
}

internal sealed record MetadataGrant(ComponentMetadata Metadata) : IGrant
{
    public static readonly Capability Read = Capability.Of("metadata", "read", "**");

    public IEnumerable<Capability> Capabilities => [Read];
}

/// <summary><c>atoll:platform/context.flag</c></summary>
internal sealed record ContextFlag(string Name, bool Value);

/// <summary><c>atoll:platform/context.budgets</c></summary>
internal sealed record ContextBudgets(ulong? Time, ulong? Memory);

/// <summary><c>atoll:platform/context.frame</c></summary>
internal sealed record ContextValue(
    string TraceId, string Tenant, string? Stage, CallRisk RiskLevel, bool ReadOnly, bool DryRun, ContextFlag[] Flags, ContextBudgets Budgets, string Workspace, string Extra)
{
    public static ContextValue Of(CallContext context) => new(
        context.TraceId, context.Tenant, context.Stage, context.Risk, context.ReadOnly, context.DryRun,
        [.. context.Flags.OrderBy(flag => flag.Key, StringComparer.Ordinal).Select(flag => new ContextFlag(flag.Key, flag.Value))],
        new ContextBudgets(context.Time is { } time ? (ulong)Math.Max(0, time.Ticks) * 100 : null, context.MemoryBytes is { } memory ? (ulong)Math.Max(0, memory) : null),
        context.Workspace, context.Extra);
}

/// <summary><c>atoll:platform/metadata.component-info</c></summary>
internal sealed record ComponentInfo(string Name, string Version, string Instance, Field[] Labels)
{
    public static ComponentInfo Of(ComponentMetadata metadata) => new(
        metadata.Name, metadata.Version, metadata.Instance,
        [.. metadata.Labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => new Field(label.Key, label.Value))]);
}

/// <summary>The functions of <c>atoll:platform/context</c> and <c>metadata</c>.</summary>
internal static class ContextHost
{
    public static void AddTo(ComponentLinker linker)
    {
        linker.Instance(PlatformHost.Name("context")).DefineFunction("current", ContextValue? (ComponentCaller caller) =>
        {
            WasiContext context = PlatformHost.Context(caller);
            context.TellOnce(ContextGrant.Read, context.CallContext is not null);
            return context.CallContext is { } call && IsMade(context, "context.current") ? ContextValue.Of(call) : null;
        });
        linker.Instance(PlatformHost.Name("metadata")).DefineFunction("component", ComponentInfo? (ComponentCaller caller) =>
        {
            WasiContext context = PlatformHost.Context(caller);
            context.TellOnce(MetadataGrant.Read, context.Metadata is not null);
            return context.Metadata is { } metadata && IsMade(context, "metadata.component") ? ComponentInfo.Of(metadata) : null;
        });
    }

    private static bool IsMade(WasiContext context, string function) => context.Observer?.Invoke(function, function) is null;
}
