namespace Atoll.Mcp;

/// <summary>The JSON Schemas of the files that people write for the server. Thread-safe.</summary>
public static class McpSchemas
{
    /// <summary>Schema of a tool manifest, <c>.mcp/tools/*.json</c>.</summary>
    public static string Tool { get; } = Read("tool.schema.json");

    /// <summary>Schema of the configuration, <c>.mcp/config.json</c>.</summary>
    public static string Config { get; } = Read("config.schema.json");

    internal static string Read(string name)
    {
        using var stream = typeof(McpSchemas).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not embedded");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
