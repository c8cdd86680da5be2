using System.Text.Json;

namespace Atoll.Cli.Tests;

/// <summary><c>atoll mcp add</c> and <c>atoll mcp schema</c>.</summary>
public sealed class McpVerbTests
{
    [Theory]
    [InlineData("vscode", ".vscode/mcp.json", "servers")]
    [InlineData("claude", ".mcp.json", "mcpServers")]
    [InlineData("cursor", ".cursor/mcp.json", "mcpServers")]
    public async Task The_change_is_shown_and_written_after_a_yes(string client, string file, string root)
    {
        using CliRunner cli = new CliRunner { Input = "y\n" }.With("ATOLL_REPOSITORY", "/opt/atoll");
        CliResult result = await cli.RunAsync("mcp", "add", client);
        Assert.Equal(ExitCodes.Ok, result.Code);
        Assert.Contains("+", result.Error, StringComparison.Ordinal);
        JsonElement server = JsonDocument.Parse(cli.Read(file)).RootElement.GetProperty(root).GetProperty("atoll");
        Assert.StartsWith("/opt/atoll", server.GetProperty("command").GetString(), StringComparison.Ordinal);
        Assert.Equal(["serve", "--stdio", "--workspace", cli.Folder], server.GetProperty("args").EnumerateArray().Select(word => word.GetString()));

        CliResult again = await cli.RunAsync("mcp", "add", client);
        Assert.Equal(ExitCodes.Ok, again.Code);
        Assert.Contains("says so already", again.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("n\n")]
    [InlineData("\n")]
    [InlineData("")]
    public async Task Nothing_is_written_without_a_yes(string answer)
    {
        using CliRunner cli = new() { Input = answer };
        CliResult result = await cli.RunAsync("mcp", "add", "claude");
        Assert.Equal(ExitCodes.Failed, result.Code);
        Assert.Contains("othing was written", result.Out + result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(cli.Folder, ".mcp.json")));
    }

    [Fact]
    public async Task Other_servers_and_comments_stay()
    {
        using CliRunner cli = new();
        cli.Write(".vscode/mcp.json", "{\n  // mine\n  \"servers\": { \"other\": { \"command\": \"x\" } },\n  \"inputs\": []\n}\n");
        Assert.Equal(ExitCodes.Ok, (await cli.RunAsync("mcp", "add", "vscode", "--yes", "--write", "--name", "files")).Code);
        string text = cli.Read(".vscode/mcp.json");
        Assert.Contains("// mine", text, StringComparison.Ordinal);
        JsonElement root = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip }).RootElement;
        Assert.Equal("x", root.GetProperty("servers").GetProperty("other").GetProperty("command").GetString());
        Assert.Equal("--write", root.GetProperty("servers").GetProperty("files").GetProperty("args").EnumerateArray().Last().GetString());
        Assert.Equal(0, root.GetProperty("inputs").GetArrayLength());
    }

    [Fact]
    public async Task A_broken_file_is_named_and_left_alone()
    {
        using CliRunner cli = new();
        string file = cli.Write(".mcp.json", "{ broken");
        CliResult result = await cli.RunAsync("mcp", "add", "claude", "--yes");
        Assert.Equal(ExitCodes.Usage, result.Code);
        Assert.Contains(".mcp.json", result.Error, StringComparison.Ordinal);
        Assert.Equal("{ broken", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task Json_plans_without_writing()
    {
        using CliRunner cli = new();
        CliResult result = await cli.RunAsync("mcp", "add", "cursor", "--json");
        JsonElement answer = JsonDocument.Parse(result.Out).RootElement;
        Assert.False(answer.GetProperty("written").GetBoolean());
        Assert.NotEmpty(answer.GetProperty("diff").GetString()!);
        Assert.False(File.Exists(Path.Combine(cli.Folder, ".cursor", "mcp.json")));
    }

    [Theory]
    [InlineData("tool")]
    [InlineData("config")]
    public async Task Schemas_are_printed(string which)
    {
        using CliRunner cli = new();
        CliResult result = await cli.RunAsync("mcp", "schema", which);
        Assert.Equal(ExitCodes.Ok, result.Code);
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(result.Out).RootElement.ValueKind);
    }
}
