using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Atoll.Sdk.Toml;

/// <summary>Values of TOML as JSON: dates and times become strings in the form of RFC 3339.</summary>
internal static class TomlJson
{
    /// <exception cref="DiagnosticException">A number is one that JSON does not have.</exception>
    public static string Write(SourceText source, TomlValue value)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            Write(writer, source, value);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    // The reader bounds the depth.
    private static void Write(Utf8JsonWriter writer, SourceText source, TomlValue value)
    {
        switch (value)
        {
            case TomlTable table:
                writer.WriteStartObject();
                foreach (TomlEntry entry in table.Entries)
                {
                    writer.WritePropertyName(entry.Key);
                    Write(writer, source, entry.Value);
                }

                writer.WriteEndObject();
                break;
            case TomlArray array:
                writer.WriteStartArray();
                foreach (TomlValue item in array.Items)
                {
                    Write(writer, source, item);
                }

                writer.WriteEndArray();
                break;
            case TomlString text:
                writer.WriteStringValue(text.Value);
                break;
            case TomlInteger integer:
                writer.WriteNumberValue(integer.Value);
                break;
            case TomlFloat number when double.IsFinite(number.Value):
                writer.WriteNumberValue(number.Value);
                break;
            case TomlBoolean truth:
                writer.WriteBooleanValue(truth.Value);
                break;
            case TomlDateTime:
                // As it was written, with the T that JSON's readers want.
                string written = source.Text[value.Span.Start..value.Span.End];
                writer.WriteStringValue(written.Length > 10 && written[10] == ' ' ? $"{written[..10]}T{written[11..]}" : written);
                break;
            default:
                throw new DiagnosticException(source.Error("JSON has no such number", value.Span, "Write a finite one."));
        }
    }
}
