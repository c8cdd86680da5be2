using System.Text.Json;

namespace Atoll.Cli.Tests;

/// <summary>The verbs that write components: component embed, component new and compose.</summary>
public sealed class WritingTests
{
    private const string Wit = """
        package test:cli;
        interface sum { sum: func(a: u32, b: u32) -> u32; }
        world app { import sum; export run: func() -> u32; }
        world adder { export sum; }
        """;

    private const string App = """
        (module (import "test:cli/sum" "sum" (func $sum (param i32 i32) (result i32))) (func (export "run") (result i32) (call $sum (i32.const 20) (i32.const 22))))
        """;

    private const string Adder = """(module (func (export "test:cli/sum#sum") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))""";

    [Fact]
    public async Task Modules_become_components_that_plug_into_each_other()
    {
        using CliRunner cli = new();
        cli.Write("all.wit", Wit);
        foreach ((string name, string text) in new[] { ("app", App), ("adder", Adder) })
        {
            cli.Write(name + ".wat", text);
            Assert.Equal(new CliResult(0, "", ""), await cli.RunAsync("component", "embed", "all.wit", name + ".wat", "--world", name, "-o", name + ".embedded.wasm"));
            Assert.Equal(new CliResult(0, "", ""), await cli.RunAsync("component", "new", name + ".embedded.wasm", "-o", name + ".wasm"));
        }

        CliResult composed = await cli.RunAsync("compose", "app.wasm", "--plug", "adder.wasm", "-o", "whole.wasm", "--json");
        Assert.Equal(ExitCodes.Ok, composed.Code);
        JsonElement answer = JsonDocument.Parse(composed.Out).RootElement;
        Assert.Equal(0, answer.GetProperty("imports").GetArrayLength());
        Assert.Equal("run", answer.GetProperty("exports")[0].GetString());
        Assert.Equal(new FileInfo(Path.Combine(cli.Folder, "whole.wasm")).Length, answer.GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task Programs_for_preview_1_become_commands()
    {
        using CliRunner cli = new();
        cli.Write("tool.wat", """(module (memory (export "memory") 1) (func (export "_start")))""");
        CliResult result = await cli.RunAsync("component", "new", "tool.wat", "--adapt", "-o", "tool.wasm", "--json");
        Assert.Equal("wasi:cli/run@0.2.12", JsonDocument.Parse(result.Out).RootElement.GetProperty("exports")[0].GetString());
    }

    [Fact]
    public async Task What_does_not_fit_is_listed_and_nothing_is_written()
    {
        using CliRunner cli = new();
        cli.Write("all.wit", Wit);
        cli.Write("app.wat", "(module)");
        await cli.RunAsync("component", "embed", "all.wit", "app.wat", "--world", "app", "-o", "app.embedded.wasm");
        CliResult result = await cli.RunAsync("component", "new", "app.embedded.wasm", "-o", "app.wasm");
        Assert.Equal(
            new CliResult(
                ExitCodes.Failed,
                "",
                "atoll: app.embedded.wasm: the module does not fit its world: 1 problem:\n"
                    + "    the export `run` is missing: the world exports it, so the module must export a function of type () -> (i32)\n"),
            result);
        Assert.False(File.Exists(Path.Combine(cli.Folder, "app.wasm")));
    }

    [Fact]
    public async Task Mistakes_are_explained()
    {
        using CliRunner cli = new();
        cli.Write("all.wit", Wit);
        cli.Write("app.wat", App);
        CliResult encoding = await cli.RunAsync("component", "embed", "all.wit", "app.wat", "--world", "app", "--encoding", "utf32", "-o", "x.wasm");
        Assert.Equal(new CliResult(ExitCodes.Usage, "", "atoll: there is no string encoding `utf32`. Choose one of utf8, utf16, latin1+utf16.\n"), encoding);
        CliResult world = await cli.RunAsync("component", "embed", "all.wit", "app.wat", "-o", "x.wasm");
        Assert.Equal(ExitCodes.Usage, world.Code);
        Assert.Contains("--world", world.Error, StringComparison.Ordinal);
        CliResult module = await cli.RunAsync("compose", "app.wat", "--plug", "app.wat", "-o", "x.wasm");
        Assert.Equal(ExitCodes.BadModule, module.Code);
        Assert.StartsWith("atoll: app.wat is not a component", module.Error, StringComparison.Ordinal);
    }
}
