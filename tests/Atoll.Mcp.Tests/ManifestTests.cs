using System.Text;
using System.Text.Json;
using Atoll.Mcp.Components;
using Atoll.Mcp.Schema;
using Atoll.Mcp.Tools;
using Atoll.Wasm;

namespace Atoll.Mcp.Tests;

public sealed class ManifestTests : IDisposable
{
    private const string Good = """
        {
          "name": "a.tool",
          "version": "1.0.0",
          "description": "Does it.",
          "entry": "native://telemetry.push",
          "inputSchema": { "type": "object" }
        }
        """;

    private readonly string _root = Directory.CreateTempSubdirectory("atoll-manifest-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_good_manifest_is_read()
    {
        var result = Parse(Good);
        Assert.Empty(result.Problems);
        Assert.Equal(("a.tool", "a_tool"), (result.Manifest!.Name, result.Manifest.PublicName));
    }

    // what is replaced | by what | line | part of the message
    [Theory]
    [InlineData("\"a.tool\"", "\"a tool\"", 2, "letters, digits")]
    [InlineData("\"a.tool\"", "\"../x\"", 2, "letters, digits")]
    [InlineData("\"a.tool\"", "\"a.tool\\n\"", 2, "letters, digits")]
    [InlineData("\"a.tool\"", "7", 2, "must be a string")]
    [InlineData("\"name\": \"a.tool\",", "", 1, "\"name\" is missing")]
    [InlineData("\"1.0.0\"", "\"one\"", 3, "semantic version")]
    [InlineData("native://telemetry.push", "http://example.org/x", 5, "wasm://")]
    [InlineData("native://telemetry.push", "wasm://../../etc/x.wasm", 5, "without")]
    [InlineData("native://telemetry.push", "wasm:///etc/x.wasm", 5, "below the folder")]
    [InlineData("native://telemetry.push", "wasm://a\\\\b.wasm", 5, "forward slashes")]
    [InlineData("native://telemetry.push", "wasm://C:/x.wasm", 5, "below the folder")]
    [InlineData("native://telemetry.push", "wasm://", 5, "below the folder")]
    [InlineData("{ \"type\": \"object\" }", "{ \"type\": \"array\" }", 6, "\"type\": \"object\"")]
    [InlineData("{ \"type\": \"object\" }", "[]", 6, "JSON Schema")]
    [InlineData("{ \"type\": \"object\" }", "{ \"type\": \"object\", \"properties\": { \"a\": { \"type\": \"text\" } } }", 6, "/properties/a/type")]
    [InlineData("\"inputSchema\"", "\"permissions\": [\"root\"], \"inputSchema\"", 6, "root")]
    [InlineData("\"inputSchema\"", "\"permissions\": \"read\", \"inputSchema\"", 6, "must be an array")]
    [InlineData("\"inputSchema\"", "\"autorun\": true, \"inputSchema\"", 6, "unknown property")]
    [InlineData("\"inputSchema\"", "\"sha256\": \"abc\", \"inputSchema\"", 6, "64 lower-case")]
    [InlineData("\"version\"", "\"name\": \"b\", \"version\"", 3, "twice")]
    [InlineData("\"version\": \"1.0.0\",", "\"version\": \"1.0.0\"", 4, "not valid JSON")]
    [InlineData("\"version\"", "// no comments\n\"version\"", 3, "not valid JSON")]
    public void A_wrong_manifest_is_reported_with_its_line(string part, string replacement, int line, string message)
    {
        var result = Parse(Good.Replace(part, replacement));
        Assert.Null(result.Manifest);
        Assert.Contains(result.Problems, p => p.Line == line && p.Message.Contains(message, StringComparison.Ordinal) && p.File == "x.json");
    }

    public static TheoryData<string> HostileTexts => new(
        "", " ", "null", "[]", "{", "\uFEFF", new string('[', 100_000), new string('{', 100_000), "{\"a\":" + new string('9', 100_000) + "}",
        "{\"name\":\"" + new string('a', 300_000) + "\"}", "{\"\\ud800\":1}", "\0\0\0", "{\"name\":\"a\u001b[2J\"}");

    [Theory]
    [MemberData(nameof(HostileTexts))]
    public void Hostile_files_are_problems_not_crashes(string text)
    {
        var result = Parse(text);
        Assert.Null(result.Manifest);
        Assert.NotEmpty(result.Problems);
        Assert.All(result.Problems, p => Assert.True(p.ToString().Length < 2000 && !p.ToString().Any(char.IsControl)));
    }

    [Fact]
    public void A_schema_with_very_many_nodes_is_refused()
    {
        var properties = string.Join(',', Enumerable.Range(0, 6000).Select(i => $"\"p{i}\":{{}}"));
        var result = Parse(Good.Replace("{ \"type\": \"object\" }", "{ \"type\": \"object\", \"properties\": {" + properties + "} }"));
        Assert.Contains(result.Problems, p => p.Message.Contains("too large", StringComparison.Ordinal));
    }

    [Fact]
    public void The_others_load_when_one_is_wrong()
    {
        var tools = Directory.CreateDirectory(Path.Combine(_root, ".mcp", "tools")).FullName;
        File.WriteAllText(Path.Combine(tools, "a.json"), Good);
        File.WriteAllText(Path.Combine(tools, "b.json"), "{ broken");
        File.WriteAllText(Path.Combine(tools, "c.json"), Good.Replace("a.tool", "c.tool"));
        File.WriteAllText(Path.Combine(tools, "d.json"), Good.Replace("a.tool", "c_tool"));
        File.WriteAllText(Path.Combine(tools, "e.json"), Good.Replace("a.tool", "e").Replace("native://telemetry.push", "native://none"));
        File.WriteAllText(Path.Combine(tools, "f.json"), Good.Replace("a.tool", "f").Replace("native://telemetry.push", "wasm://none.wasm"));
        File.WriteAllBytes(Path.Combine(tools, "g.json"), new byte[1 << 20]);
        File.WriteAllText(Path.Combine(tools, "off.json"), Good.Replace("a.tool", "off"));
        var catalog = ToolCatalog.Load([_root, _root, _root + "/none"], name => name != "off", new HashSet<string> { "telemetry.push" }, new ComponentFiles(new WasmEngine()), new OfferedComponents([], ToolLifetime.Call, []));
        Assert.Equal(["a.tool", "c.tool", "telemetry.push"], catalog.Tools.Select(t => t.Name));
        Assert.Equal(["b.json", "d.json", "e.json", "f.json", "g.json"], catalog.Problems.Select(p => Path.GetFileName(p.File)).Order());
        Assert.Same(catalog.Find("a.tool"), catalog.Find("a_tool"));
        Assert.Null(catalog.Find("off"));
    }

    [Fact]
    public void The_first_folder_wins_a_name()
    {
        foreach (var folder in new[] { "one", "two" })
        {
            var tools = Directory.CreateDirectory(Path.Combine(_root, folder, ".mcp", "tools")).FullName;
            File.WriteAllText(Path.Combine(tools, "a.json"), Good.Replace("Does it.", folder));
        }

        var catalog = ToolCatalog.Load([Path.Combine(_root, "one"), Path.Combine(_root, "two")], _ => true, new HashSet<string> { "telemetry.push" }, new ComponentFiles(new WasmEngine()), new OfferedComponents([], ToolLifetime.Call, []));
        Assert.Equal("one", catalog.Find("a.tool")!.Description);
        Assert.Contains("Rename", Assert.Single(catalog.Problems).Message);
    }

    [Fact]
    public void The_shipped_schema_accepts_what_the_reader_accepts()
    {
        var schema = JsonSchema.Compile(JsonDocument.Parse(McpSchemas.Tool).RootElement);
        Assert.Empty(schema.Validate(JsonDocument.Parse(Good).RootElement));
        Assert.NotEmpty(schema.Validate(JsonDocument.Parse(Good.Replace("a.tool", "a tool")).RootElement));
        Assert.NotEmpty(schema.Validate(JsonDocument.Parse(Good.Replace("\"version\"", "\"autorun\"")).RootElement));
        Assert.Empty(schema.Validate(JsonDocument.Parse(McpSchemas.Read("telemetry.push.json")).RootElement));
    }

    [Fact]
    public void The_shipped_configuration_schema_reads_as_the_documents_say()
    {
        var schema = JsonSchema.Compile(JsonDocument.Parse(McpSchemas.Config).RootElement);
        Assert.Empty(schema.Validate(JsonDocument.Parse("""{"readOnly":false,"allow":["${workspaceFolder}",{"path":"/d","access":"write"}],"budgets":{"cpu_ms":1}}""").RootElement));
        Assert.NotEmpty(schema.Validate(JsonDocument.Parse("""{"readonly":false}""").RootElement));
        Assert.NotEmpty(schema.Validate(JsonDocument.Parse("""{"allow":[{"access":"write"}]}""").RootElement));
    }

    private static ManifestResult Parse(string text) => ToolManifestReader.Parse("x.json", Encoding.UTF8.GetBytes(text), "/tools");
}
