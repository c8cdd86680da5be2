using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Atoll.Wasi.Platform;

namespace Atoll.Host.Context;

/// <summary>
/// What a call carries besides its input: who and why (trace, tenant, stage, risk) and how far it may go (flags, budgets). The operator's
/// frame is the outer limit; a request's frame can only narrow it (<see cref="Narrow"/>). Immutable.
/// </summary>
internal sealed record ContextFrame
{
    public string TraceId { get; init; } = "";

    public string Tenant { get; init; } = "default";

    public string? Stage { get; init; }

    public RiskLevel RiskLevel { get; init; }

    public bool ReadOnly { get; init; }

    public bool DryRun { get; init; }

    /// <summary>The tool may not use the network.</summary>
    public bool Offline { get; init; }

    /// <summary>Flags that this version does not know; a tool may.</summary>
    public ImmutableDictionary<string, bool> OtherFlags { get; init; } = ImmutableDictionary<string, bool>.Empty;

    /// <summary>Time that the tool may run. Counted as elapsed time on the tool's own thread, which is never less than its CPU time.</summary>
    public long CpuMilliseconds { get; init; }

    /// <summary>Bytes of linear memory that the tool may have.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Host folder that relative paths start from.</summary>
    public string Workspace { get; init; } = "";

    /// <summary>Members that this version does not know, as they came.</summary>
    public ImmutableArray<KeyValuePair<string, JsonElement>> Other { get; init; } = [];

    /// <summary>The frame that holds for a call: every limit is the tighter one of both.</summary>
    /// <param name="request">What the client asked for; null when it sent no frame.</param>
    /// <param name="traceId">The call's trace id.</param>
    /// <param name="fixedTenant">Whether the operator set tenant and stage, so that a request cannot.</param>
    public ContextFrame Narrow(FrameRequest? request, string traceId, bool fixedTenant)
    {
        if (request is null)
        {
            return this with { TraceId = traceId };
        }

        var flags = OtherFlags;
        foreach (var (name, value) in request.OtherFlags)
        {
            flags = flags.SetItem(name, value || flags.GetValueOrDefault(name));
        }

        return this with
        {
            TraceId = traceId,
            Tenant = fixedTenant ? Tenant : request.Tenant ?? Tenant,
            Stage = fixedTenant && Stage is not null ? Stage : request.Stage ?? Stage,
            RiskLevel = request.RiskLevel > RiskLevel ? request.RiskLevel : RiskLevel,
            ReadOnly = ReadOnly || request.ReadOnly,
            DryRun = DryRun || request.DryRun,
            Offline = Offline || request.Offline,
            OtherFlags = flags,
            CpuMilliseconds = Math.Min(CpuMilliseconds, request.CpuMilliseconds ?? long.MaxValue),
            MemoryBytes = Math.Min(MemoryBytes, request.MemoryBytes ?? long.MaxValue),
            Workspace = request.Workspace ?? Workspace,
            Other = request.Other,
        };
    }

    /// <summary>The frame as <c>atoll:platform/context</c> tells it.</summary>
    /// <param name="guestWorkspace">The workspace's name in the guest.</param>
    public CallContext ToCallContext(string guestWorkspace) => new()
    {
        TraceId = TraceId,
        Tenant = Tenant,
        Stage = Stage,
        Risk = RiskLevel switch { RiskLevel.Low => CallRisk.Low, RiskLevel.Medium => CallRisk.Medium, _ => CallRisk.High },
        ReadOnly = ReadOnly,
        DryRun = DryRun,
        Flags = OtherFlags,
        Time = TimeSpan.FromMilliseconds(CpuMilliseconds),
        MemoryBytes = MemoryBytes,
        Workspace = guestWorkspace,
        Extra = Other.IsDefaultOrEmpty ? "" : WriteOther(),
    };

    private string WriteOther()
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter writer = new(bytes))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in Other)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Writes the frame as the tool contract has it.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="guestWorkspace">The workspace's name in the guest.</param>
    public void WriteTo(Utf8JsonWriter writer, string guestWorkspace)
    {
        writer.WriteStartObject();
        writer.WriteString("reason_trace_id"u8, TraceId);
        writer.WriteString("tenant"u8, Tenant);
        if (Stage is not null)
        {
            writer.WriteString("stage"u8, Stage);
        }

        writer.WriteString("risk_level"u8, RiskLevel switch { RiskLevel.Low => "low"u8, RiskLevel.Medium => "medium"u8, _ => "high"u8 });
        writer.WriteStartObject("flags"u8);
        writer.WriteBoolean("read_only"u8, ReadOnly);
        writer.WriteBoolean("dry_run"u8, DryRun);
        if (Offline)
        {
            writer.WriteBoolean("offline"u8, true);
        }

        foreach (var (name, value) in OtherFlags)
        {
            writer.WriteBoolean(name, value);
        }

        writer.WriteEndObject();
        writer.WriteStartObject("budgets"u8);
        writer.WriteNumber("cpu_ms"u8, CpuMilliseconds);
        writer.WriteNumber("memory_bytes"u8, MemoryBytes);
        writer.WriteEndObject();
        writer.WriteString("workspace"u8, guestWorkspace);
        foreach (var (name, value) in Other)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }
}
