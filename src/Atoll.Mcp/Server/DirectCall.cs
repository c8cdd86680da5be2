using System.Text.Json;
using ModelContextProtocol.Protocol;

namespace Atoll.Mcp.Server;

/// <summary>Which handshake a connection has had.</summary>
internal enum SessionState
{
    /// <summary>None: only requests that carry their protocol version are complete.</summary>
    None,

    /// <summary><c>initialize</c> came: everything is left to the SDK until it is done.</summary>
    Initializing,

    /// <summary>The client said <c>notifications/initialized</c>.</summary>
    Initialized,
}

/// <summary>A <c>tools/call</c> in the plain form that nearly all have, read straight from its line.</summary>
internal readonly record struct DirectCall
{
    // The revision whose requests carry their protocol version; other ones are left to the SDK.
    private const string StatelessVersion = "2026-07-28";

    /// <summary>Where the id stands in the line.</summary>
    public required Range Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Where the arguments stand in the line; empty when there are none.</summary>
    public required Range Arguments { get; init; }

    public required JsonElement? Frame { get; init; }

    public required string? TraceParent { get; init; }

    public required bool IsStateless { get; init; }

    /// <summary>
    /// Reads a line. Whatever is not exactly of the plain form (other methods, unknown members, repeated ones, a missing handshake, broken
    /// JSON) is refused here and goes the SDK's way, which also words all protocol errors.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> line, SessionState state, out DirectCall call)
    {
        call = default;
        if (state == SessionState.Initializing)
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 64 });
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject && TryReadMessage(ref reader, state, out call);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool TryReadMessage(ref Utf8JsonReader reader, SessionState state, out DirectCall call)
    {
        call = default;
        Range id = default;
        var parameters = new Parameters();
        var seen = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var bit = reader.ValueTextEquals("jsonrpc"u8) ? 1 : reader.ValueTextEquals("method"u8) ? 2 : reader.ValueTextEquals("id"u8) ? 4 : reader.ValueTextEquals("params"u8) ? 8 : 0;
            if (bit == 0 || (seen & bit) != 0 || !reader.Read())
            {
                return false;
            }

            seen |= bit;
            var fine = bit switch
            {
                1 => reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("2.0"u8),
                2 => reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("tools/call"u8),
                4 => reader.TokenType == JsonTokenType.String || (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out _)),
                _ => parameters.TryRead(ref reader),
            };
            if (!fine)
            {
                return false;
            }

            if (bit == 4)
            {
                id = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
            }
        }

        var isStateless = parameters.Version is not null;
        if (seen != 15 || id.End.Value - id.Start.Value > 256 || reader.TokenType != JsonTokenType.EndObject || reader.Read() || parameters.Name is null
            || (isStateless ? parameters.Version != StatelessVersion || !parameters.HasCapabilities || state != SessionState.None : state != SessionState.Initialized))
        {
            return false;
        }

        call = new DirectCall
        {
            Id = id, Name = parameters.Name, Arguments = parameters.Arguments, Frame = parameters.Frame, TraceParent = parameters.TraceParent, IsStateless = isStateless,
        };
        return true;
    }

    private struct Parameters
    {
        public string? Name;
        public Range Arguments;
        public JsonElement? Frame;
        public string? TraceParent;
        public string? Version;
        public bool HasCapabilities;

        public bool TryRead(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            var seen = 0;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var bit = reader.ValueTextEquals("name"u8) ? 1 : reader.ValueTextEquals("arguments"u8) ? 2 : reader.ValueTextEquals("_meta"u8) ? 4 : 0;
                if (bit == 0 || (seen & bit) != 0 || !reader.Read() || reader.TokenType != (bit == 1 ? JsonTokenType.String : JsonTokenType.StartObject))
                {
                    return false;
                }

                seen |= bit;
                if (bit == 1)
                {
                    Name = reader.GetString();
                }
                else if (bit == 2)
                {
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    Arguments = start..(int)reader.BytesConsumed;
                }
                else if (!TryReadMeta(ref reader))
                {
                    return false;
                }
            }

            return reader.TokenType == JsonTokenType.EndObject;
        }

        private bool TryReadMeta(ref Utf8JsonReader reader)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals(MetaKeys.ProtocolVersion))
                {
                    if (Version is not null || !reader.Read() || reader.TokenType != JsonTokenType.String)
                    {
                        return false;
                    }

                    Version = reader.GetString();
                }
                else if (reader.ValueTextEquals("traceparent"u8))
                {
                    reader.Read();
                    TraceParent = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                    reader.Skip();
                }
                else if (reader.ValueTextEquals(ToolServer.ContextKey))
                {
                    reader.Read();
                    Frame = reader.TokenType == JsonTokenType.Null ? null : JsonElement.ParseValue(ref reader);
                }
                else
                {
                    // clientInfo and clientCapabilities have a form that the SDK checks: only the simplest is taken here.
                    var isCapabilities = reader.ValueTextEquals(MetaKeys.ClientCapabilities);
                    var isInfo = reader.ValueTextEquals(MetaKeys.ClientInfo);
                    reader.Read();
                    if ((isCapabilities || isInfo) && reader.TokenType != JsonTokenType.StartObject)
                    {
                        return false;
                    }

                    HasCapabilities |= isCapabilities;
                    reader.Skip();
                }
            }

            return reader.TokenType == JsonTokenType.EndObject;
        }
    }
}
