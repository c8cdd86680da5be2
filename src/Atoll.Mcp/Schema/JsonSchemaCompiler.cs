using System.Text.Json;
using System.Text.RegularExpressions;
using Atoll.Host.Configuration;

namespace Atoll.Mcp.Schema;

/// <summary>Turns the JSON of a schema into <see cref="SchemaNode"/>s, once.</summary>
internal sealed class JsonSchemaCompiler(JsonElement document)
{
    private const int MaxNodes = 5_000;
    private const int MaxDepth = 64;
    private readonly Dictionary<string, SchemaNode> _byPointer = new(StringComparer.Ordinal);
    private readonly List<(SchemaNode Node, string Target, string At)> _references = [];

    public SchemaNode Compile()
    {
        var root = Node(document, "", 0);
        for (var i = 0; i < _references.Count; i++)
        {
            var (node, target, at) = _references[i];
            node.Reference = Resolve(target, at);
        }

        return root;
    }

    private SchemaNode Node(JsonElement schema, string at, int depth)
    {
        if (_byPointer.TryGetValue(at, out var known))
        {
            return known;
        }

        if (depth > MaxDepth || _byPointer.Count >= MaxNodes)
        {
            throw new JsonSchemaException(at, $"the schema is too large; at most {MaxDepth} levels and {MaxNodes} subschemas are accepted");
        }

        var node = new SchemaNode();
        _byPointer.Add(at, node);
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            node.Never = schema.ValueKind == JsonValueKind.False;
            return node;
        }

        if (schema.ValueKind != JsonValueKind.Object)
        {
            throw new JsonSchemaException(at, "a schema must be an object, true or false");
        }

        foreach (var keyword in schema.EnumerateObject())
        {
            Keyword(node, keyword.Name, keyword.Value, at + "/" + Escape(keyword.Name), depth);
        }

        return node;
    }

    private void Keyword(SchemaNode node, string name, JsonElement value, string at, int depth)
    {
        switch (name)
        {
            case "type":
                node.Types = value.ValueKind == JsonValueKind.Array
                    ? value.EnumerateArray().Aggregate(JsonTypes.None, (all, one) => all | TypeOf(one, at))
                    : TypeOf(value, at);
                break;
            case "enum":
                Expect(value, JsonValueKind.Array, at);
                node.Enum = [.. value.EnumerateArray()];
                break;
            case "const":
                node.Enum = [value];
                break;
            case "properties":
                Expect(value, JsonValueKind.Object, at);
                node.Properties = value.EnumerateObject().ToDictionary(p => p.Name, p => Node(p.Value, at + "/" + Escape(p.Name), depth + 1), StringComparer.Ordinal);
                break;
            case "required":
                node.Required = Strings(value, at);
                break;
            case "additionalProperties":
                node.AdditionalProperties = Node(value, at, depth + 1);
                break;
            case "items":
                node.Items = Node(value, at, depth + 1);
                break;
            case "uniqueItems":
                node.UniqueItems = value.ValueKind == JsonValueKind.True;
                break;
            case "allOf":
                node.AllOf = Nodes(value, at, depth);
                break;
            case "anyOf":
                node.AnyOf = Nodes(value, at, depth);
                break;
            case "oneOf":
                node.OneOf = Nodes(value, at, depth);
                break;
            case "not":
                node.Not = Node(value, at, depth + 1);
                break;
            case "$ref":
                Expect(value, JsonValueKind.String, at);
                _references.Add((node, value.GetString()!, at));
                break;
            case "pattern":
                Expect(value, JsonValueKind.String, at);
                node.Pattern = Pattern(value.GetString()!, at);
                break;
            case "format":
                node.IsPath = value.ValueKind == JsonValueKind.String && value.ValueEquals("path"u8);
                break;
            default:
                Number(node, name, value, at);
                break;
        }
    }

    private static void Number(SchemaNode node, string name, JsonElement value, string at)
    {
        switch (name)
        {
            case "minLength":
                node.MinLength = Count(value, at);
                break;
            case "maxLength":
                node.MaxLength = Count(value, at);
                break;
            case "minItems":
                node.MinItems = Count(value, at);
                break;
            case "maxItems":
                node.MaxItems = Count(value, at);
                break;
            case "minProperties":
                node.MinProperties = Count(value, at);
                break;
            case "maxProperties":
                node.MaxProperties = Count(value, at);
                break;
            case "minimum":
                node.Minimum = Limit(value, at);
                break;
            case "maximum":
                node.Maximum = Limit(value, at);
                break;
            case "exclusiveMinimum":
                node.ExclusiveMinimum = Limit(value, at);
                break;
            case "exclusiveMaximum":
                node.ExclusiveMaximum = Limit(value, at);
                break;
            case "multipleOf":
                node.MultipleOf = Limit(value, at);
                if (node.MultipleOf <= 0)
                {
                    throw new JsonSchemaException(at, "multipleOf must be above 0");
                }

                break;
        }
    }

    private SchemaNode[] Nodes(JsonElement value, string at, int depth)
    {
        Expect(value, JsonValueKind.Array, at);
        if (value.GetArrayLength() == 0)
        {
            throw new JsonSchemaException(at, "the list must not be empty");
        }

        return [.. value.EnumerateArray().Select((item, i) => Node(item, at + "/" + i, depth + 1))];
    }

    private SchemaNode Resolve(string reference, string at)
    {
        if (!reference.StartsWith('#') || (reference.Length > 1 && reference[1] != '/'))
        {
            throw new JsonSchemaException(at, $"only references inside the document are followed (#/$defs/name), not \"{Printable.Shorten(reference)}\"");
        }

        var pointer = Uri.UnescapeDataString(reference[1..]);
        var target = document;
        foreach (var part in pointer.Split('/').Skip(1))
        {
            var name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            var found = target.ValueKind switch
            {
                JsonValueKind.Object => target.TryGetProperty(name, out target),
                JsonValueKind.Array when int.TryParse(name, out var index) && index >= 0 && index < target.GetArrayLength() => (target = target[index]).ValueKind != JsonValueKind.Undefined,
                _ => false,
            };
            if (!found)
            {
                throw new JsonSchemaException(at, $"\"{Printable.Shorten(reference)}\" leads nowhere");
            }
        }

        return Node(target, pointer, 0);
    }

    // The non-backtracking engine answers in linear time. It lacks look-around and back-references; patterns that use them run with a time limit.
    private static Regex Pattern(string pattern, string at)
    {
        if (pattern.Length > 1024)
        {
            throw new JsonSchemaException(at, "the pattern has more than 1024 characters");
        }

        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(100));
        }
        catch (NotSupportedException)
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(100));
        }
        catch (ArgumentException e)
        {
            throw new JsonSchemaException(at, $"not a regular expression: {Printable.Shorten(e.Message)}");
        }
    }

    private static JsonTypes TypeOf(JsonElement value, string at) => (value.ValueKind == JsonValueKind.String ? value.GetString() : null) switch
    {
        "null" => JsonTypes.Null,
        "boolean" => JsonTypes.Boolean,
        "number" => JsonTypes.Number | JsonTypes.Integer,
        "integer" => JsonTypes.Integer,
        "string" => JsonTypes.String,
        "array" => JsonTypes.Array,
        "object" => JsonTypes.Object,
        _ => throw new JsonSchemaException(at, "a type is one of null, boolean, number, integer, string, array, object"),
    };

    private static string[] Strings(JsonElement value, string at)
    {
        Expect(value, JsonValueKind.Array, at);
        return [.. value.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.String ? v.GetString()! : throw new JsonSchemaException(at, "must be a list of strings"))];
    }

    private static int Count(JsonElement value, string at)
        => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count >= 0 ? count : throw new JsonSchemaException(at, "must be a whole number of at least 0");

    private static double Limit(JsonElement value, string at)
        => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var limit) && double.IsFinite(limit) ? limit : throw new JsonSchemaException(at, "must be a number");

    private static void Expect(JsonElement value, JsonValueKind kind, string at)
    {
        if (value.ValueKind != kind)
        {
            throw new JsonSchemaException(at, $"must be {kind.ToString().ToLowerInvariant()}");
        }
    }

    private static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
