using System.Text.Json;

namespace Atoll.Cli.Tests;

/// <summary>A real MCP client, the inspector's command line, against <c>./atoll serve --stdio</c> as a user starts it.</summary>
[Trait("Category", "Long")]
public sealed class InspectorTests : IDisposable
{
    // Newer ones need a newer Node than distributions have.
    private const string Inspector = "@modelcontextprotocol/inspector@0.15.0";

    private readonly string _workspace = Directory.CreateTempSubdirectory("atoll-inspector-").FullName;

    public void Dispose() => Directory.Delete(_workspace, recursive: true);

    [Fact]
    public async Task A_fresh_clone_serves_its_own_folder()
    {
        CliResult result = await CallAsync(TestRepository.Root, [], "fs_read", "path=README.md");
        Assert.False(IsError(result));
        Assert.Contains("# Atoll", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tools_have_names_that_every_model_accepts()
    {
        CliResult result = await InspectAsync(_workspace, [], "tools/list");
        Assert.Equal(0, result.Code);
        string?[] names = [.. JsonDocument.Parse(result.Out).RootElement.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString())];
        Assert.Superset(new HashSet<string?> { "fs_read", "fs_write", "fs_edit", "fs_list", "fs_tree", "fs_stat", "fs_search", "fs_move", "telemetry_push" }, names.ToHashSet());
        Assert.All(names, name => Assert.Matches("^[a-zA-Z0-9_-]{1,64}$", name));
    }

    [Fact]
    public async Task A_path_outside_of_the_grant_is_refused()
    {
        string outside = Path.Combine(Path.GetTempPath(), $"atoll-outside-{Guid.NewGuid():N}.txt");
        await File.WriteAllTextAsync(outside, "secret");
        try
        {
            CliResult result = await CallAsync(_workspace, [], "fs_read", $"path={outside}");
            Assert.True(IsError(result));
            Assert.Contains("Capability not granted: filesystem", result.Out + result.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", result.Out, StringComparison.Ordinal);

            CliResult allowed = await CallAsync(_workspace, ["--allow", Path.GetTempPath()], "fs_read", $"path={outside}");
            Assert.False(IsError(allowed));
            Assert.Contains("secret", allowed.Out, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(outside);
        }
    }

    [Fact]
    public async Task Writing_needs_the_word_of_the_operator()
    {
        string file = Path.Combine(_workspace, "new.txt");
        CliResult refused = await CallAsync(_workspace, [], "fs_write", "path=new.txt", "content=hello", "mode=create");
        Assert.True(IsError(refused));
        Assert.False(File.Exists(file));
        CliResult written = await CallAsync(_workspace, ["--write"], "fs_write", "path=new.txt", "content=hello", "mode=create");
        Assert.False(IsError(written));
        Assert.Equal("hello", await File.ReadAllTextAsync(file));
    }

    // Newer inspectors end with 5 when a tool reports an error, this one with 0: the answer says it in either case.
    private static bool IsError(CliResult result)
    {
        Assert.True(result.Out.TrimStart().StartsWith('{'), result.Error);
        return JsonDocument.Parse(result.Out).RootElement.TryGetProperty("isError", out JsonElement error) && error.GetBoolean();
    }

    private static Task<CliResult> CallAsync(string workspace, string[] options, string tool, params string[] arguments) =>
        InspectAsync(workspace, options, "tools/call", ["--tool-name", tool, .. arguments.SelectMany(argument => new[] { "--tool-arg", argument })]);

    private static async Task<CliResult> InspectAsync(string workspace, string[] options, string method, params string[] arguments)
    {
        if (!ProcessRunner.Exists("npx"))
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", "npx is not installed: install Node to run the MCP client");
            Assert.Fail("npx is not installed, and continuous integration must run the MCP client.");
        }

        // A client waits a minute for its server; the first run in a clone builds it, which may take longer.
        CliResult built = await ProcessRunner.RunAsync(workspace, ProcessRunner.Launcher, ["version"]);
        Assert.True(built.Code == 0, built.Error);
        return await ProcessRunner.RunAsync(
            workspace, "npx", ["--yes", Inspector, "--cli", ProcessRunner.Launcher, "serve", "--stdio", .. options, "--method", method, .. arguments]);
    }
}
