using System.Text.Json;

namespace Atoll.Cli.Tests;

/// <summary><c>atoll bindgen</c>.</summary>
public sealed class BindgenTests
{
    private const string Wit = """
        package test:cli;
        world app { import log: func(text: string); export run: func() -> u32; }
        world other { export run: func(); }
        world later { import slow: func() -> stream<u8>; }
        """;

    [Theory]
    [InlineData("c", "app.h", "app.c")]
    [InlineData("assemblyscript", "app.ts", "app-abi.ts", "app-entry.ts")]
    public async Task Files_are_written_and_named(string language, params string[] files)
    {
        using CliRunner cli = new();
        cli.Write("all.wit", Wit);
        CliResult result = await cli.RunAsync("bindgen", language, "all.wit", "--world", "app", "-o", "deep/out", "--json");
        Assert.Equal(ExitCodes.Ok, result.Code);
        JsonElement answer = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal("test:cli/app", answer.GetProperty("world").GetString());
        Assert.Equal(files, answer.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("path").GetString()));
        foreach (JsonElement file in answer.GetProperty("files").EnumerateArray())
        {
            Assert.Equal(file.GetProperty("bytes").GetInt64(), new FileInfo(Path.Combine(cli.Folder, "deep/out", file.GetProperty("path").GetString()!)).Length);
        }
    }

    [Fact]
    public async Task What_was_generated_is_replaced_and_what_was_not_is_kept()
    {
        using CliRunner cli = new();
        cli.Write("all.wit", Wit);
        string[] line = ["bindgen", "c", "all.wit", "--world", "app"];
        Assert.Equal(new CliResult(0, "", ""), await cli.RunAsync(line));
        Assert.Equal(new CliResult(0, "", ""), await cli.RunAsync(line));
        cli.Write("app.c", "int mine;");
        CliResult refused = await cli.RunAsync(line);
        Assert.Equal(ExitCodes.Failed, refused.Code);
        Assert.Contains("app.c is there, and atoll bindgen did not write it", refused.Error, StringComparison.Ordinal);
        Assert.Equal("int mine;", File.ReadAllText(Path.Combine(cli.Folder, "app.c")));
        Assert.Equal(ExitCodes.Ok, (await cli.RunAsync([.. line, "--force"])).Code);
        Assert.Contains("cabi_realloc", File.ReadAllText(Path.Combine(cli.Folder, "app.c")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_bound_is_named_and_nothing_is_written()
    {
        using CliRunner cli = new();
        cli.Write("all.wit", Wit);
        CliResult result = await cli.RunAsync("bindgen", "c", "all.wit", "--world", "later");
        Assert.Equal(ExitCodes.Failed, result.Code);
        Assert.Contains("`slow` uses `stream<u8>`", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(cli.Folder, "later.h")));
    }

    [Theory]
    [InlineData("bindgen", "c", "all.wit")]
    [InlineData("bindgen", "c", "all.wit", "--world", "app", "--prefix", "../x")]
    [InlineData("bindgen", "cobol", "all.wit")]
    [InlineData("component", "embed", "all.wit", "m.wat", "--world", "app", "--language", "c", "-o", "x.wasm")]
    public async Task Wrong_command_lines_are_refused(params string[] line)
    {
        using CliRunner cli = new();
        cli.Write("all.wit", Wit);
        cli.Write("m.wat", "(module)");
        Assert.Equal(ExitCodes.Usage, (await cli.RunAsync(line)).Code);
    }
}
