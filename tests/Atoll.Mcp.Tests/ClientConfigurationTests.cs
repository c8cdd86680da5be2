using System.Text.Json;
using Atoll.Host.Configuration;

namespace Atoll.Mcp.Tests;

public sealed class ClientConfigurationTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("atoll-clients-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(McpClientKind.VSCode, ".vscode/mcp.json", "servers")]
    [InlineData(McpClientKind.Claude, ".mcp.json", "mcpServers")]
    [InlineData(McpClientKind.Cursor, ".cursor/mcp.json", "mcpServers")]
    public void A_new_file_is_made(McpClientKind client, string file, string member)
    {
        var plan = Plan(client);
        Assert.False(plan.IsUpToDate);
        Assert.False(File.Exists(plan.File));
        Assert.StartsWith("+ {", plan.Diff);
        plan.Write();
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(_root, file)));
        var entry = json.RootElement.GetProperty(member).GetProperty("atoll");
        Assert.Equal("/bin/atoll", entry.GetProperty("command").GetString());
        Assert.Equal(["serve", "--stdio"], entry.GetProperty("args").EnumerateArray().Select(a => a.GetString()));
        Assert.True(Plan(client).IsUpToDate);
        Assert.Equal("", Plan(client).Diff);
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(plan.File)!));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\n}\n")]
    [InlineData("{ \"servers\": {} }")]
    [InlineData("{ \"servers\": {\n  } }")]
    [InlineData("{\n  // mine, see {docs}\n  \"servers\": {\n    \"other\": { \"command\": \"x\" } // last, really\n  },\n  \"inputs\": []\n}")]
    [InlineData("{ \"servers\": { \"other\": { \"command\": \"x\" }, }, }")]
    [InlineData("{ \"servers\": { \"other\": { \"command\": \"x\" } /* , */ } }")]
    [InlineData("{ \"servers\": { \"atoll\": { \"command\": \"old\", \"env\": { \"A\": \"{\" } }, \"other\": { \"command\": \"x\" } } }")]
    [InlineData("{ \"inputs\": [1, 2, { \"a\": \"}\" }] }")]
    [InlineData("{ \"näme\": \"Größe\", \"servers\": { } }")]
    public void The_rest_of_a_file_stays(string before)
    {
        var file = Path.Combine(_root, ".vscode", "mcp.json");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, before);
        var plan = Plan(McpClientKind.VSCode);
        plan.Write();
        var after = File.ReadAllText(file);
        var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        using var old = JsonDocument.Parse(before, options);
        using var now = JsonDocument.Parse(after, options);
        Assert.Equal("/bin/atoll", now.RootElement.GetProperty("servers").GetProperty("atoll").GetProperty("command").GetString());
        foreach (var member in old.RootElement.EnumerateObject())
        {
            if (member.Name != "servers")
            {
                Assert.True(JsonElement.DeepEquals(member.Value, now.RootElement.GetProperty(member.Name)));
                continue;
            }

            foreach (var server in member.Value.EnumerateObject().Where(s => s.Name != "atoll"))
            {
                Assert.True(JsonElement.DeepEquals(server.Value, now.RootElement.GetProperty("servers").GetProperty(server.Name)));
            }
        }

        foreach (var comment in new[] { "// mine, see {docs}", "// last, really", "/* , */" }.Where(before.Contains))
        {
            Assert.Contains(comment, after);
        }
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{ \"servers\": [] }")]
    [InlineData("{ \"servers\": ")]
    [InlineData("text")]
    public void A_file_that_cannot_be_changed_safely_is_left_alone(string before)
    {
        var file = Path.Combine(_root, ".vscode", "mcp.json");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, before);
        var e = Assert.Throws<ConfigurationException>(() => Plan(McpClientKind.VSCode));
        Assert.Contains("by hand", e.Message);
        Assert.Equal(before, File.ReadAllText(file));
    }

    [Fact]
    public void A_file_that_changed_meanwhile_is_not_overwritten()
    {
        var plan = Plan(McpClientKind.Claude);
        File.WriteAllText(plan.File, "{}");
        Assert.Throws<IOException>(plan.Write);
        Assert.Equal("{}", File.ReadAllText(plan.File));
    }

    private McpClientConfiguration Plan(McpClientKind client) => McpClientConfiguration.Plan(client, _root, "atoll", "/bin/atoll", ["serve", "--stdio"]);
}
