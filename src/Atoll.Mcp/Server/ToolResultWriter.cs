using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Atoll.Mcp.Tools;
using ModelContextProtocol.Protocol;

namespace Atoll.Mcp.Server;

/// <summary>Writes the answer to a <c>tools/call</c> as the SDK would write it, without the objects in between.</summary>
internal static class ToolResultWriter
{
    private static readonly JsonWriterOptions Options = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a whole line.</summary>
    /// <param name="id">The request's id as JSON.</param>
    /// <param name="tool">The tool.</param>
    /// <param name="result">The answer.</param>
    /// <param name="server">Who answers, for revisions whose results say so; null for older ones.</param>
    public static ReadOnlyMemory<byte> Write(ReadOnlySpan<byte> id, ToolManifest tool, ToolResult result, Implementation? server)
    {
        var data = result.Error is null ? JsonMarshal.GetRawUtf8Value(result.Data) : [];
        var buffer = new ArrayBufferWriter<byte>((data.Length * 2) + (data.Length / 4) + 1024);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("result"u8);
            if (result.Error is { } error)
            {
                WriteText(writer, ToolServer.ErrorText(error));
                if (tool.OutputSchema is null)
                {
                    writer.WriteStartObject("structuredContent"u8);
                    WriteError(writer, "error", error);
                    writer.WriteEndObject();
                }

                writer.WriteBoolean("isError"u8, true);
            }
            else
            {
                WriteText(writer, data);
                writer.WritePropertyName("structuredContent"u8);

                // One line is one message: a tool that prints its JSON over several lines gets it folded.
                if (data.IndexOfAny((byte)'\n', (byte)'\r') < 0)
                {
                    writer.WriteRawValue(data, skipInputValidation: true);
                }
                else
                {
                    result.Data.WriteTo(writer);
                }
            }

            WriteMeta(writer, result, server);
            writer.WriteEndObject();
            writer.WritePropertyName("id"u8);
            writer.WriteRawValue(id, skipInputValidation: true);
            writer.WriteString("jsonrpc"u8, "2.0"u8);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }

    private static void WriteText(Utf8JsonWriter writer, ReadOnlySpan<byte> text)
    {
        writer.WriteStartArray("content"u8);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "text"u8);
        writer.WriteString("text"u8, text);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter writer, string text) => WriteText(writer, System.Text.Encoding.UTF8.GetBytes(text));

    private static void WriteMeta(Utf8JsonWriter writer, ToolResult result, Implementation? server)
    {
        writer.WriteStartObject("_meta"u8);
        writer.WritePropertyName(ToolServer.ContextUsedKey);
        result.ContextUsed.WriteTo(writer);
        writer.WriteString(ToolServer.TraceKey, result.TraceId);
        if (result.Error is { } error)
        {
            WriteError(writer, ToolServer.ErrorKey, error);
        }

        if (server is not null)
        {
            writer.WriteStartObject(MetaKeys.ServerInfo);
            writer.WriteString("name"u8, server.Name);
            writer.WriteString("title"u8, server.Title);
            writer.WriteString("version"u8, server.Version);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        if (server is not null)
        {
            writer.WriteString("resultType"u8, "complete"u8);
        }
    }

    private static void WriteError(Utf8JsonWriter writer, string name, ToolError error)
    {
        writer.WriteStartObject(name);
        writer.WriteString("code"u8, error.Code);
        writer.WriteString("message"u8, error.Message);
        if (error.Value.ValueKind != JsonValueKind.Undefined)
        {
            writer.WritePropertyName("value"u8);
            error.Value.WriteTo(writer);
        }

        if (error.Denial is { } denial)
        {
            writer.WriteString("capability"u8, denial.Capability);
            if (denial.Grant is { } grant)
            {
                writer.WriteString("grant"u8, grant.Capability);
            }
        }

        writer.WriteEndObject();
    }
}
