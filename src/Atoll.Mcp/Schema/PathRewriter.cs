using System.Text.Json;

namespace Atoll.Mcp.Schema;

/// <summary>Copies a JSON value and replaces every string that the schema marks with <c>"format": "path"</c>, at any depth.</summary>
internal static class PathRewriter
{
    /// <summary>Writes the mapped copy.</summary>
    /// <param name="schema">The input's schema.</param>
    /// <param name="value">The input, already valid.</param>
    /// <param name="writer">Where to.</param>
    /// <param name="map">Gives the replacement of one path.</param>
    public static void Write(JsonSchema schema, JsonElement value, Utf8JsonWriter writer, Func<string, string> map)
    {
        if (schema.HasPaths)
        {
            Write(value, Expand([schema.Root]), writer, map);
        }
        else
        {
            value.WriteTo(writer);
        }
    }

    private static void Write(JsonElement value, List<SchemaNode> nodes, Utf8JsonWriter writer, Func<string, string> map)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String when nodes.Exists(n => n.IsPath):
                writer.WriteStringValue(map(value.GetString()!));
                break;
            case JsonValueKind.Object when nodes.Count > 0:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    var children = new List<SchemaNode>();
                    foreach (var node in nodes)
                    {
                        if (node.Properties is not null && node.Properties.TryGetValue(member.Name, out var child))
                        {
                            children.Add(child);
                        }
                        else if (node.AdditionalProperties is not null)
                        {
                            children.Add(node.AdditionalProperties);
                        }
                    }

                    Write(member.Value, Expand(children), writer, map);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array when nodes.Exists(n => n.Items is not null):
                var items = Expand([.. nodes.Where(n => n.Items is not null).Select(n => n.Items!)]);
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(item, items, writer, map);
                }

                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    // A value is a path when any schema that looks at it says so: an alternative that did not match cannot unmark it.
    private static List<SchemaNode> Expand(List<SchemaNode> nodes)
    {
        for (var i = 0; i < nodes.Count; i++)
        {
            foreach (var more in nodes[i].SameValue())
            {
                if (!nodes.Contains(more))
                {
                    nodes.Add(more);
                }
            }
        }

        return nodes;
    }
}
