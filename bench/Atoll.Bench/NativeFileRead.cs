using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Atoll.Host.Security;
using Atoll.Mcp.Tools;

namespace Atoll.Bench;

/// <summary>
/// <c>fs.read</c> written natively, for comparison only: the same input, the same check that the file lies in a granted folder (links
/// followed), the same limit, the same answer. Only whole files and the encoding "auto", which is what is measured.
/// </summary>
internal sealed class NativeFileRead : IToolProgram
{
    private const int MaxBytes = 262_144;

    public ProgramOutput Run(ProgramCall call)
    {
        using var document = JsonDocument.Parse(call.Input);
        var path = document.RootElement.GetProperty("input"u8).GetProperty("path"u8).GetString()!;
        var real = RealPath.Of(path);
        if (!call.Access.Folders.Any(f => HostPath.IsWithin(real, f.Path, HostPath.Current)))
        {
            return new ToolError("denied", path);
        }

        using var file = File.OpenHandle(real);
        var size = RandomAccess.GetLength(file);
        var bytes = new byte[Math.Min(size, MaxBytes)];
        var read = RandomAccess.Read(file, bytes, 0);
        var content = bytes.AsSpan(0, read);
        var isText = Utf8.IsValid(content) && !content.Contains((byte)0);
        var buffer = new ArrayBufferWriter<byte>(read + 1024);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteBoolean("ok"u8, true);
            writer.WriteStartObject("data"u8);
            writer.WriteString("path"u8, path);
            writer.WriteString("encoding"u8, isText ? "utf8"u8 : "base64"u8);
            if (isText)
            {
                writer.WriteString("content"u8, content);
            }
            else
            {
                writer.WriteBase64String("content"u8, content);
            }

            writer.WriteNumber("size"u8, size);
            writer.WriteNumber("offset"u8, 0);
            writer.WriteNumber("bytes"u8, read);
            writer.WriteBoolean("truncated"u8, read < size);
            writer.WriteBoolean("eof"u8, read >= size);
            writer.WriteEndObject();
            writer.WritePropertyName("context_used"u8);
            document.RootElement.GetProperty("context"u8).WriteTo(writer);
            writer.WriteEndObject();
        }

        return new ProgramOutput(buffer.WrittenMemory, null);
    }
}
