using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Atoll.Host.Telemetry;

namespace Atoll.Mcp.Tools.Native;

/// <summary><c>telemetry.push</c>: keeps metric points in the host's store. The input was checked against the manifest's schema.</summary>
internal sealed class TelemetryPush(MetricStore store, TimeProvider time) : IToolProgram
{
    // The schema cannot limit the length of attribute names.
    private const int MaxAttributeName = 128;

    public ProgramOutput Run(ProgramCall call)
    {
        using var document = JsonDocument.Parse(call.Input);
        var input = document.RootElement.GetProperty("input"u8);
        var now = time.GetUtcNow();
        var points = new List<MetricPoint>();
        foreach (var item in input.GetProperty("points"u8).EnumerateArray())
        {
            var value = item.GetProperty("value"u8).GetDouble();
            if (!double.IsFinite(value))
            {
                return new ToolError("invalid_input", "a value is outside of the range of a 64-bit floating-point number; send a smaller one.");
            }

            var attributes = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
            if (item.TryGetProperty("attributes"u8, out var pairs))
            {
                foreach (var pair in pairs.EnumerateObject())
                {
                    if (pair.Name.Length > MaxAttributeName)
                    {
                        return new ToolError("invalid_input", $"an attribute's name has {pair.Name.Length} characters; at most {MaxAttributeName} are accepted.");
                    }

                    attributes.Add(new(pair.Name, pair.Value.GetString()!));
                }
            }

            var unit = item.TryGetProperty("unit"u8, out var text) ? text.GetString()! : "";
            points.Add(new MetricPoint(now, item.GetProperty("name"u8).GetString()!, value, unit, attributes.ToImmutable(), call.Frame.TraceId));
        }

        // A dry run tells what would happen and changes nothing.
        if (!call.Frame.DryRun)
        {
            store.Add(points);
        }

        return Answer(document.RootElement.GetProperty("context"u8), points.Count);
    }

    private ProgramOutput Answer(JsonElement context, int accepted)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteBoolean("ok"u8, true);
            writer.WriteStartObject("data"u8);
            writer.WriteNumber("accepted"u8, accepted);
            writer.WriteNumber("total"u8, store.Total);
            writer.WriteEndObject();
            writer.WritePropertyName("context_used"u8);
            context.WriteTo(writer);
            writer.WriteEndObject();
        }

        return new ProgramOutput(buffer.WrittenMemory, null);
    }

    /// <summary>The newest points as JSON, for reading back.</summary>
    public static string ToJson(MetricStore store, int max)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("total"u8, store.Total);
            writer.WriteStartArray("points"u8);
            foreach (var point in store.Recent(max))
            {
                writer.WriteStartObject();
                writer.WriteString("time"u8, point.Time);
                writer.WriteString("name"u8, point.Name);
                writer.WriteNumber("value"u8, point.Value);
                writer.WriteString("unit"u8, point.Unit);
                writer.WriteStartObject("attributes"u8);
                foreach (var (name, value) in point.Attributes)
                {
                    writer.WriteString(name, value);
                }

                writer.WriteEndObject();
                writer.WriteString("trace_id"u8, point.TraceId);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
