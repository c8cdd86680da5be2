using System.Text;
using System.Text.Json;
using Atoll.Mcp;

namespace Atoll.Cli.Tests;

/// <summary>The pages of docs/reference that are made of JSON Schemas; <c>ATOLL_UPDATE_GOLDEN=1</c> writes them.</summary>
public sealed class ReferenceTests
{
    [Fact]
    public void The_page_of_the_configuration_is_its_schema() => Check(
        "mcp-config.md", "`.mcp/config.json`", "What `atoll serve` reads from `.mcp/config.json` of the workspace, or from `--config FILE`. `atoll mcp schema config` prints the schema.", McpSchemas.Config);

    [Fact]
    public void The_page_of_tool_manifests_is_their_schema() => Check(
        "tool-manifest.md", "Tool manifests", "A file of `.mcp/tools/` says what one tool is. `atoll mcp schema tool` prints the schema.", McpSchemas.Tool);

    private static void Check(string name, string title, string introduction, string schema)
    {
        StringBuilder page = new();
        JsonElement root = JsonDocument.Parse(schema).RootElement;
        page.Append("# ").Append(title).Append("\n\n").Append(introduction).Append(" This page is made from it.\n");
        if (Text(root, "description") is { } description)
        {
            page.Append('\n').Append(description).Append('\n');
        }

        page.Append("\n| key | type | default | meaning |\n|---|---|---|---|\n");
        Rows(page, root, "");
        string file = TestRepository.PathTo("docs", "reference", name);
        if (Environment.GetEnvironmentVariable("ATOLL_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, page.ToString());
            return;
        }

        Assert.Equal(File.ReadAllText(file).ReplaceLineEndings("\n"), page.ToString());
    }

    /// <summary>A row for each property; those within an object, an array's items or the values of any name follow it.</summary>
    private static void Rows(StringBuilder page, JsonElement schema, string path)
    {
        string[] required = schema.TryGetProperty("required", out JsonElement names) ? [.. names.EnumerateArray().Select(name => name.GetString()!)] : [];
        if (schema.TryGetProperty("properties", out JsonElement properties))
        {
            foreach (JsonProperty property in properties.EnumerateObject().Where(property => property.Name != "$schema"))
            {
                Row(page, property.Value, path + property.Name, required.Contains(property.Name));
            }
        }

        if (schema.TryGetProperty("additionalProperties", out JsonElement others) && others.ValueKind == JsonValueKind.Object)
        {
            Row(page, others, path + "*", isRequired: false);
        }
    }

    private static void Row(StringBuilder page, JsonElement schema, string path, bool isRequired)
    {
        string without = isRequired ? "**required**" : schema.TryGetProperty("default", out JsonElement value) ? $"`{value.GetRawText()}`" : "";
        string meaning = string.Join(' ', new[] { Text(schema, "description"), Bounds(schema) }.OfType<string>());
        page.Append("| `").Append(path).Append("` | ").Append(Type(schema)).Append(" | ").Append(without).Append(" | ").Append(meaning.Replace("|", "\\|", StringComparison.Ordinal)).Append(" |\n");

        // What a property's own value must be like within is JSON Schema again, where the value is one.
        if (!path.EndsWith("Schema", StringComparison.Ordinal))
        {
            Rows(page, schema, path + ".");
            if (schema.TryGetProperty("items", out JsonElement items))
            {
                IEnumerable<JsonElement> forms = items.TryGetProperty("anyOf", out JsonElement any) ? any.EnumerateArray() : [items];
                foreach (JsonElement form in forms)
                {
                    Rows(page, form, path + "[].");
                }
            }
        }
    }

    private static string Type(JsonElement schema)
    {
        if (schema.TryGetProperty("enum", out JsonElement values))
        {
            return string.Join(", ", values.EnumerateArray().Select(value => $"`{value.GetRawText()}`"));
        }

        if (schema.TryGetProperty("anyOf", out JsonElement any))
        {
            return string.Join(" or ", any.EnumerateArray().Select(Type));
        }

        string type = Text(schema, "type") ?? "any";
        return type == "array" && schema.TryGetProperty("items", out JsonElement items) ? $"array of {Type(items)}" : type;
    }

    private static string? Bounds(JsonElement schema)
    {
        if (schema.TryGetProperty("minimum", out JsonElement least) && schema.TryGetProperty("maximum", out JsonElement most))
        {
            return $"From {least.GetRawText()} to {most.GetRawText()}.";
        }

        return Text(schema, "pattern") is { } pattern ? $"Form: `{pattern}`." : null;
    }

    private static string? Text(JsonElement schema, string name) => schema.TryGetProperty(name, out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
