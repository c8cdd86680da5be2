using System.Text.Encodings.Web;
using System.Text.Json;
using Atoll.Sdk.Manifests;

namespace Atoll.Sdk.Projects;

/// <summary>The manifests of the tools that <c>Component.toml</c> names, beside the component: <c>atoll serve --tools build</c> reads them.</summary>
internal static class ToolManifests
{
    public const string Folder = ProjectFolder.Output + "/.mcp/tools";

    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(ProjectFolder project)
    {
        foreach (DeclaredTool tool in project.Manifest.Tools)
        {
            project.WriteAtomically($"{Folder}/{tool.Name.Value}.json", Make(project.Manifest, tool));
        }

        foreach (string stale in project.FilesIn(Folder, ".json").Except(project.Manifest.Tools.Select(tool => $"{Folder}/{tool.Name.Value}.json")))
        {
            File.Delete(project.PathTo(stale));
        }
    }

    private static byte[] Make(ComponentManifest manifest, DeclaredTool tool)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter writer = new(bytes, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("name", tool.Name.Value);
            writer.WriteString("version", manifest.Version);
            if (tool.Description is { } description)
            {
                writer.WriteString("description", description);
            }

            writer.WriteString("entry", $"wasm://{manifest.Name.Value}.wasm#{tool.Function.Value}");
            writer.WriteString("lifetime", tool.PerSession ? "session" : "call");
            writer.WriteBoolean("idempotent", tool.IsIdempotent);
            writer.WriteStartArray("permissions");
            foreach (WantedCapability wanted in manifest.Capabilities.Where(wanted => IsGranted(wanted.Capability.Area)))
            {
                writer.WriteStringValue(wanted.Capability.ToString());
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return bytes.ToArray();
    }

    /// <summary>What a server grants to single tools: folders, hosts and buckets.</summary>
    private static bool IsGranted(string area) => area is "fs" or "net" or "kv";
}
