using System.Text.Json;

namespace Atoll.Mcp.Schema;

/// <summary>
/// A compiled JSON Schema. The subset: type, enum, const, properties, required, additionalProperties, minProperties, maxProperties, items,
/// minItems, maxItems, uniqueItems, minLength, maxLength, pattern, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf,
/// allOf, anyOf, oneOf, not, and <c>$ref</c> inside the document. Other keywords are ignored, as the specification has it for
/// unknown ones; <c>format</c> is an annotation, of which <c>path</c> marks what the host maps. Immutable; safe for concurrent use.
/// </summary>
internal sealed class JsonSchema
{
    private const int MaxErrors = 8;

    private JsonSchema(SchemaNode root, JsonElement source)
    {
        Root = root;
        Source = source;
        HasPaths = root.MarksPaths([]);
        ForClients = ClientSchema.Of(source);
    }

    public SchemaNode Root { get; }

    public JsonElement Source { get; }

    /// <summary>The source without what only the host understands.</summary>
    public JsonElement ForClients { get; }

    /// <summary>Whether some value is marked with <c>"format": "path"</c>.</summary>
    public bool HasPaths { get; }

    /// <summary>Compiles a schema.</summary>
    /// <exception cref="JsonSchemaException">A keyword has a value it cannot have; the message names the place.</exception>
    public static JsonSchema Compile(JsonElement schema) => new(new JsonSchemaCompiler(schema).Compile(), schema);

    /// <summary>Checks a value.</summary>
    /// <returns>What does not match, by JSON pointer; empty when the value is valid.</returns>
    public IReadOnlyList<string> Validate(JsonElement value)
    {
        var run = new ValidationRun(MaxErrors);
        Root.Validate(value, "", run, 0);
        return run.Errors ?? (IReadOnlyList<string>)[];
    }
}

/// <summary>A schema that cannot be used.</summary>
internal sealed class JsonSchemaException(string pointer, string message) : Exception($"{(pointer.Length == 0 ? "the schema" : pointer)}: {message}");
