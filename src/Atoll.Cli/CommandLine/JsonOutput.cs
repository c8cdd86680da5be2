using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Atoll.Cli.CommandLine;

/// <summary>Writes the one JSON object that a verb with <c>--json</c> prints.</summary>
internal static class JsonOutput
{
    /// <param name="output">Where to.</param>
    /// <param name="members">Writes what is in the object.</param>
    /// <param name="indented">Whether it has lines for people; otherwise it is one line.</param>
    public static void Write(TextWriter output, Action<Utf8JsonWriter> members, bool indented = true)
    {
        ArrayBufferWriter<byte> buffer = new();

        // The text goes to a terminal or a program, never into HTML: keep it readable.
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Indented = indented, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    /// <summary>A member that is an array of objects.</summary>
    public static void Array<T>(Utf8JsonWriter writer, string name, IEnumerable<T> items, Action<T> members)
    {
        writer.WriteStartArray(name);
        foreach (T item in items)
        {
            writer.WriteStartObject();
            members(item);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
