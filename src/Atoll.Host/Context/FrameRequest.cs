using System.Collections.Immutable;
using System.Text.Json;
using Atoll.Host.Configuration;

namespace Atoll.Host.Context;

/// <summary>A context frame as a client sent it: everything optional, nothing trusted.</summary>
internal sealed record FrameRequest
{
    private const int MaxTextLength = 256;
    private const int MaxFrameChars = 16 * 1024;
    private const int MaxMembers = 64;

    public string? TraceId { get; private init; }

    public string? Tenant { get; private init; }

    public string? Stage { get; private init; }

    public RiskLevel RiskLevel { get; private init; }

    public bool ReadOnly { get; private init; }

    public bool DryRun { get; private init; }

    public bool Offline { get; private init; }

    public ImmutableDictionary<string, bool> OtherFlags { get; private init; } = ImmutableDictionary<string, bool>.Empty;

    public long? CpuMilliseconds { get; private init; }

    public long? MemoryBytes { get; private init; }

    /// <summary>As the client wrote it; the caller maps and checks it, then sets the host path.</summary>
    public string? Workspace { get; init; }

    public ImmutableArray<KeyValuePair<string, JsonElement>> Other { get; private init; } = [];

    /// <summary>Reads a frame.</summary>
    /// <param name="element">The JSON value.</param>
    /// <param name="error">What is wrong and what to send; null when the frame was read.</param>
    /// <returns>The frame, or null.</returns>
    public static FrameRequest? Parse(JsonElement element, out string? error)
    {
        error = null;
        if (element.ValueKind != JsonValueKind.Object || element.GetRawText().Length > MaxFrameChars || element.GetPropertyCount() > MaxMembers)
        {
            error = $"the context frame must be a JSON object of at most {MaxFrameChars} characters and {MaxMembers} members";
            return null;
        }

        var frame = new FrameRequest();
        var other = ImmutableArray.CreateBuilder<KeyValuePair<string, JsonElement>>();
        foreach (var member in element.EnumerateObject())
        {
            frame = frame.Read(member, other, ref error);
            if (error is not null)
            {
                return null;
            }
        }

        return frame with { Other = other.ToImmutable() };
    }

    private FrameRequest Read(JsonProperty member, ImmutableArray<KeyValuePair<string, JsonElement>>.Builder other, ref string? error)
    {
        var value = member.Value;
        switch (member.Name)
        {
            case "reason_trace_id":
                var id = Text(member, ref error);
                if (error is null && !Telemetry.TraceId.IsValid(id))
                {
                    error = "context.reason_trace_id must be 32 lower-case hexadecimal digits, not all zero";
                }

                return this with { TraceId = id };
            case "tenant":
                return this with { Tenant = Text(member, ref error) };
            case "stage":
                return this with { Stage = Text(member, ref error) };
            case "workspace":
                return this with { Workspace = Text(member, ref error, 4096) };
            case "risk_level":
                var risk = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
                error = risk is "low" or "medium" or "high" ? error : "context.risk_level must be \"low\", \"medium\" or \"high\"";
                return this with { RiskLevel = risk switch { "high" => RiskLevel.High, "medium" => RiskLevel.Medium, _ => RiskLevel.Low } };
            case "flags":
                return ReadFlags(value, ref error);
            case "budgets":
                return ReadBudgets(value, ref error);
            default:
                other.Add(new(member.Name, value.Clone()));
                return this;
        }
    }

    private FrameRequest ReadFlags(JsonElement flags, ref string? error)
    {
        if (flags.ValueKind != JsonValueKind.Object)
        {
            error = "context.flags must be an object of booleans";
            return this;
        }

        var result = this;
        foreach (var flag in flags.EnumerateObject())
        {
            if (flag.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            {
                error = $"context.flags.{Printable.Shorten(flag.Name, 64)} must be true or false";
                return this;
            }

            var on = flag.Value.ValueKind == JsonValueKind.True;
            result = flag.Name switch
            {
                "read_only" => result with { ReadOnly = on },
                "dry_run" => result with { DryRun = on },
                "offline" => result with { Offline = on },
                _ => result with { OtherFlags = result.OtherFlags.SetItem(flag.Name, on) },
            };
        }

        return result;
    }

    private FrameRequest ReadBudgets(JsonElement budgets, ref string? error)
    {
        if (budgets.ValueKind != JsonValueKind.Object)
        {
            error = "context.budgets must be an object";
            return this;
        }

        var result = this;
        foreach (var budget in budgets.EnumerateObject())
        {
            if (budget.Name is not ("cpu_ms" or "memory_bytes"))
            {
                continue;
            }

            if (budget.Value.ValueKind != JsonValueKind.Number || !budget.Value.TryGetInt64(out var number) || number <= 0)
            {
                error = $"context.budgets.{budget.Name} must be a whole number above 0";
                return this;
            }

            result = budget.Name == "cpu_ms" ? result with { CpuMilliseconds = number } : result with { MemoryBytes = number };
        }

        return result;
    }

    private static string? Text(JsonProperty member, ref string? error, int max = MaxTextLength)
    {
        if (member.Value.ValueKind != JsonValueKind.String || member.Value.GetString() is not { } text || text.Length > max || text.Any(char.IsControl))
        {
            error = $"context.{member.Name} must be a string of at most {max} characters without control characters";
            return null;
        }

        return text;
    }
}
