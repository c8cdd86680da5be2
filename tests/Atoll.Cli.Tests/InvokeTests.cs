using System.Text.Json;
using Atoll.Components.Text;
using Atoll.Wasm.Text;

namespace Atoll.Cli.Tests;

/// <summary><c>atoll invoke</c>, and the verbs that look at components.</summary>
public sealed class InvokeTests
{
    [Theory]
    [InlineData("42\n", "add", "2", "40")]
    [InlineData("42\n", "test:kit/api@1.0.0#add", "2", "40")]
    [InlineData("42\n", "test:kit/api#add(2, 40)")]
    [InlineData("ok(21)\n", "api.halve", "42")]
    [InlineData("\"grüße\"\n", "greet", "\"grüße\"")]
    [InlineData("", "trap", "x")]
    public async Task A_function_is_called_with_values(string expected, params string[] words)
    {
        using CliRunner cli = Kit();
        CliResult result = await cli.RunAsync(["invoke", "kit.wasm", .. words]);
        Assert.Equal(expected, result.Out);
        Assert.Equal(expected.Length > 0 ? 0 : ExitCodes.Usage, result.Code);
    }

    [Fact]
    public async Task A_value_of_every_kind_goes_there_and_back()
    {
        const string All = "{flag: true, big: 18446744073709551615, real: -0.5, letter: '🌍', text: \"a\\n\", bytes: [0, 255], points: [{x: 1, label: some(\"a\")}, {x: -2}], "
            + "maybe: some(none), outcome: err(\"no\"), shape: rect((2, 0.5)), level: high, perms: {read, write}, pair: (-128, \"p\")}";
        using CliRunner cli = Kit();
        Assert.Equal(new CliResult(0, All + "\n", ""), await cli.RunAsync("invoke", "kit.wasm", "echo", All));
    }

    [Fact]
    public async Task An_error_that_is_returned_ends_with_1_and_json_says_both_forms()
    {
        using CliRunner cli = Kit();
        Assert.Equal(new CliResult(ExitCodes.Failed, "err(\"too large\")\n", ""), await cli.RunAsync("invoke", "kit.wasm", "halve", "420"));
        JsonElement answer = JsonElement.Parse((await cli.RunAsync("invoke", "--json", "kit.wasm", "halve", "42")).Out);
        Assert.Equal("test:kit/api@1.0.0#halve", answer.GetProperty("function").GetString());
        Assert.Equal(21, answer.GetProperty("result").GetProperty("val").GetInt32());
        Assert.Equal("ok(21)", answer.GetProperty("wave").GetString());
    }

    [Theory]
    [InlineData(ExitCodes.Usage, "exports no function `ad`. The nearest is `test:kit/api@1.0.0#add`. It exports:\n    test:kit/api@1.0.0#add: func(a: u32, b: u32) -> u32\n", "ad", "1")]
    [InlineData(ExitCodes.Usage, "A string has quotes, which the shell must not take away: '\"hello\"'. Or give --raw.", "greet", "hello")]
    [InlineData(ExitCodes.Usage, "the argument `b` is missing: test:kit/api@1.0.0#add: func(a: u32, b: u32) -> u32", "add", "1")]
    [InlineData(ExitCodes.Usage, "takes 2 arguments, not 3", "add", "1", "2", "3")]
    [InlineData(ExitCodes.Usage, "does not fit into u32, which goes from 0 to 4294967295 (column 1)\n  -1\n  ^", "add", "1", "-1")]
    [InlineData(ExitCodes.Usage, "open: func(at: u32) -> file: a own cannot be written on a command line", "open", "1")]
    [InlineData(ExitCodes.Usage, "Options stand before the component", "--json", "add")]
    [InlineData(ExitCodes.Usage, "comes the function to call")]
    [InlineData(ExitCodes.Trap, "trap: ", "trap")]
    public async Task What_is_wrong_is_said_with_the_right_spelling(int code, string expected, params string[] words)
    {
        using CliRunner cli = Kit();
        CliResult result = await cli.RunAsync(["invoke", "kit.wasm", .. words]);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Equal(code, result.Code);
        Assert.Equal("", result.Out);
    }

    [Fact]
    public async Task Limits_end_a_call_and_raw_strings_need_no_quotes()
    {
        using CliRunner cli = Kit();
        Assert.Equal(ExitCodes.Limit, (await cli.RunAsync("invoke", "--fuel", "100000", "kit.wasm", "spin")).Code);
        Assert.Equal(ExitCodes.Limit, (await cli.RunAsync("invoke", "--timeout", "100ms", "kit.wasm", "spin")).Code);
        Assert.Equal(new CliResult(0, "\"a \\\"b\\\"\"\n", ""), await cli.RunAsync("invoke", "--raw", "kit.wasm", "greet", "a \"b\""));
        Assert.Equal(ExitCodes.BadModule, (await cli.RunAsync("invoke", "bad.wasm", "greet")).Code);
    }

    [Fact]
    public async Task Inspect_shows_the_world_the_modules_and_the_tools_of_a_component()
    {
        using CliRunner cli = Kit();
        CliResult text = await cli.RunAsync("inspect", "kit.wasm");
        Assert.Equal(0, text.Code);
        foreach (string line in (string[])["exports:", "  test:kit/api@1.0.0", "    add: func(a: u32, b: u32) -> u32", "  echo: func(value: all) -> all", "core modules:", "capabilities: none", "  kit_api_add: test:kit/api@1.0.0#add", "  open: it speaks of resources, which cannot be given as JSON"])
        {
            Assert.Contains(line + "\n", text.Out, StringComparison.Ordinal);
        }

        JsonElement json = JsonElement.Parse((await cli.RunAsync("inspect", "kit.wasm", "--json")).Out);
        Assert.Equal("component", json.GetProperty("kind").GetString());
        Assert.Equal(7, json.GetProperty("tools").GetArrayLength());
        Assert.Contains("world root", json.GetProperty("wit").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_wit_verbs_read_components()
    {
        using CliRunner cli = Kit();
        Assert.Contains("export test:kit/api@1.0.0;", (await cli.RunAsync("wit", "print", "kit.wasm")).Out, StringComparison.Ordinal);
        Assert.Equal(0, (await cli.RunAsync("wit", "check", "kit.wasm")).Code);
        cli.Write("old.wit", "package a:b; world w { export greet: func(name: string) -> string; }");
        Assert.Equal(0, (await cli.RunAsync("wit", "compat", "old.wit", "kit.wasm")).Code);
        cli.Write("more.wit", "package a:b; world w { export greet: func(name: u32) -> string; }");
        Assert.Equal(ExitCodes.Failed, (await cli.RunAsync("wit", "compat", "more.wit", "kit.wasm")).Code);
    }

    private static CliRunner Kit()
    {
        CliRunner cli = new();
        string text = File.ReadAllText(Path.Combine(TestRepository.Root, "tests", "data", "kit.wat"));
        File.WriteAllBytes(Path.Combine(cli.Folder, "kit.wasm"), ComponentText.Assemble(TextSource.Read(text)));
        File.WriteAllBytes(Path.Combine(cli.Folder, "bad.wasm"), "\0asm\u000d\0\u0001\0\u0001"u8.ToArray());
        return cli;
    }
}
