using System.Buffers;
using System.Text.Json;

namespace Atoll.Mcp.Schema;

/// <summary>
/// A schema as clients see it: without <c>"format": "path"</c>, which is between manifest and host. JSON Schema knows no such format, and clients
/// that check formats warn of it at every start.
/// </summary>
internal static class ClientSchema
{
    /// <summary>Copies a schema that compiled, so its depth is bounded.</summary>
    public static JsonElement Of(JsonElement schema)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Schema(writer, schema);
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static void Schema(Utf8JsonWriter writer, JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            schema.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        foreach (var keyword in schema.EnumerateObject())
        {
            if (keyword.NameEquals("format"u8) && keyword.Value.ValueKind == JsonValueKind.String && keyword.Value.ValueEquals("path"u8))
            {
                continue;
            }

            writer.WritePropertyName(keyword.Name);
            Keyword(writer, keyword.Name, keyword.Value);
        }

        writer.WriteEndObject();
    }

    // Only where the specification has schemas (JSON Schema 2020-12 §10 and §8.2.4): "format" in an example or a default is data.
    private static void Keyword(Utf8JsonWriter writer, string name, JsonElement value)
    {
        if (name is "properties" or "patternProperties" or "$defs" or "definitions" or "dependentSchemas" && value.ValueKind == JsonValueKind.Object)
        {
            writer.WriteStartObject();
            foreach (var entry in value.EnumerateObject())
            {
                writer.WritePropertyName(entry.Name);
                Schema(writer, entry.Value);
            }

            writer.WriteEndObject();
        }
        else if (name is "allOf" or "anyOf" or "oneOf" or "prefixItems" && value.ValueKind == JsonValueKind.Array)
        {
            writer.WriteStartArray();
            foreach (var item in value.EnumerateArray())
            {
                Schema(writer, item);
            }

            writer.WriteEndArray();
        }
        else if (name is "items" or "additionalProperties" or "contains" or "propertyNames" or "not" or "if" or "then" or "else")
        {
            Schema(writer, value);
        }
        else
        {
            value.WriteTo(writer);
        }
    }
}
