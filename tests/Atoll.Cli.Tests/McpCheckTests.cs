using System.Text.Json;

namespace Atoll.Cli.Tests;

/// <summary><c>atoll mcp check</c>.</summary>
public sealed class McpCheckTests
{
    private const string Broken = """{ "name": "a", "version": "1.0.0", "description": "d", "entry": "wasm://gone.wasm", "inputSchema": { "type": "object" } }""";

    [Fact]
    public async Task Problems_of_the_workspace_are_reported_with_their_places()
    {
        using CliRunner cli = new();
        Assert.Equal(ExitCodes.Ok, (await cli.RunAsync("mcp", "check")).Code);
        string file = cli.Write(".mcp/tools/a.json", Broken);
        CliResult result = await cli.RunAsync("mcp", "check");
        Assert.Equal(ExitCodes.Failed, result.Code);
        Assert.Contains($"{file}(1,", result.Out, StringComparison.Ordinal);
        Assert.Contains("1 files, 1 problems", result.Out, StringComparison.Ordinal);

        result = await cli.RunAsync("mcp", "check", ".mcp/tools/a.json", "--json");
        JsonElement problem = JsonDocument.Parse(result.Out).RootElement.GetProperty("problems")[0];
        Assert.Equal("error", problem.GetProperty("severity").GetString());
        Assert.Equal(1, problem.GetProperty("line").GetInt32());
    }

    [Theory]
    [InlineData("gone.json")]
    [InlineData("--workspace", "gone")]
    public async Task What_is_not_there_is_named(params string[] words)
    {
        using CliRunner cli = new();
        CliResult result = await cli.RunAsync(["mcp", "check", .. words]);
        Assert.NotEqual(ExitCodes.Ok, result.Code);
        Assert.Contains("gone", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_cannot_serve_a_client_and_the_operator_on_the_same_streams()
    {
        using CliRunner cli = new();
        CliResult result = await cli.RunAsync("serve", "--stdio", "--operator");
        Assert.Equal(ExitCodes.Usage, result.Code);
    }
}
