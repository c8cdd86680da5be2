using System.Text.Json;

namespace Atoll.Cli.Tests;

/// <summary>The verbs that look at modules without WASI: validate, inspect, wat, print, wast.</summary>
public sealed class ModuleVerbTests
{
    private const string Program = """
        (module $demo
          (import "wasi_snapshot_preview1" "path_open" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))
          (import "host" "log" (func (param i32)))
          (memory (export "memory") 1 16)
          (func (export "_start")))
        """;

    [Theory]
    [InlineData("(module (func (result i32) i64.const 0))", "invalid: ")]
    [InlineData("(module (func frob))", "malformed: ")]
    [InlineData("", "malformed: ")]
    public async Task A_bad_module_is_refused_with_file_and_place(string text, string expected)
    {
        using CliRunner cli = new();
        cli.Write("bad.wat", text);
        CliResult result = await cli.RunAsync("validate", "bad.wat");
        Assert.Equal(ExitCodes.BadModule, result.Code);
        Assert.StartsWith("atoll: bad.wat: " + expected, result.Error, StringComparison.Ordinal);
        Assert.Matches(@"offset 0x[0-9a-f]+|line \d+, column \d+", result.Error);

        CliResult json = await cli.RunAsync("validate", "bad.wat", "--json");
        Assert.Equal(ExitCodes.BadModule, json.Code);
        JsonElement answer = JsonDocument.Parse(json.Out).RootElement;
        Assert.False(answer.GetProperty("valid").GetBoolean());
        Assert.Equal(expected.TrimEnd(' ', ':'), answer.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_good_module_is_valid_as_text_and_as_binary()
    {
        using CliRunner cli = new();
        cli.Write("good.wat", "(module (func (export \"f\")))");
        Assert.Equal(new CliResult(0, string.Empty, string.Empty), await cli.RunAsync("wat", "good.wat", "-o", "good.wasm"));
        Assert.Equal(new CliResult(0, "good.wasm: valid\n", string.Empty), await cli.RunAsync("validate", "good.wasm"));
        Assert.True(JsonDocument.Parse((await cli.RunAsync("validate", "good.wat", "--json")).Out).RootElement.GetProperty("valid").GetBoolean());
        Assert.Equal("\0asm\u0001\0\0\0", cli.Read("good.wasm")[..8]);
        Assert.DoesNotContain(Directory.GetFiles(cli.Folder), file => file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wat_writes_nothing_invalid_unless_it_is_told_to()
    {
        using CliRunner cli = new();
        cli.Write("bad.wat", "(module (func (result i32) i64.const 0))");
        Assert.Equal(ExitCodes.BadModule, (await cli.RunAsync("wat", "bad.wat", "-o", "bad.wasm")).Code);
        Assert.False(File.Exists(Path.Combine(cli.Folder, "bad.wasm")));
        Assert.Equal(ExitCodes.Ok, (await cli.RunAsync("wat", "bad.wat", "-o", "bad.wasm", "--no-validate")).Code);
        Assert.True(File.Exists(Path.Combine(cli.Folder, "bad.wasm")));
        CliResult nowhere = await cli.RunAsync("wat", "bad.wat", "-o", "no/such/x.wasm", "--no-validate");
        Assert.Equal(ExitCodes.Failed, nowhere.Code);
        Assert.Contains("cannot be written", nowhere.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_component_without_exports_is_no_program()
    {
        using CliRunner cli = new();
        await File.WriteAllBytesAsync(Path.Combine(cli.Folder, "c.wasm"), [0, (byte)'a', (byte)'s', (byte)'m', 0x0d, 0, 1, 0]);
        CliResult result = await cli.RunAsync("run", "c.wasm");
        Assert.Equal(ExitCodes.BadModule, result.Code);
        Assert.Contains("It exports nothing.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_shows_imports_exports_limits_and_capabilities()
    {
        using CliRunner cli = new();
        cli.Write("demo.wat", Program);
        CliResult text = await cli.RunAsync("inspect", "demo.wat");
        Assert.Equal(ExitCodes.Ok, text.Code);
        Golden.Check("inspect-demo.txt", text.Out);

        JsonElement json = JsonDocument.Parse((await cli.RunAsync("inspect", "demo.wat", "--json")).Out).RootElement;
        Assert.Equal(3, json.GetProperty("imports").GetArrayLength());
        Assert.Equal(["memory", "_start"], json.GetProperty("exports").EnumerateArray().Select(item => item.GetProperty("name").GetString()));
        Assert.Equal(16, json.GetProperty("memories")[0].GetProperty("maximumPages").GetInt32());
        Assert.Equal(["fs:read:**", "random:read:**"], json.GetProperty("capabilities").EnumerateArray().Select(item => item.GetProperty("capability").GetString()));
        Assert.All(
            json.GetProperty("capabilities").EnumerateArray(),
            item => Assert.True(item.GetProperty("capability").GetString()!.Split(':', 3) is [{ Length: > 0 }, { Length: > 0 }, { Length: > 0 }]));
        Assert.Equal(json.GetProperty("bytes").GetInt32(), 8 + json.GetProperty("sections").EnumerateArray().Sum(item => item.GetProperty("bytes").GetInt32() + 2));
    }

    [Fact]
    public async Task Print_writes_text_that_wat_reads()
    {
        using CliRunner cli = new();
        cli.Write("demo.wat", Program.Replace("(export \"_start\")", "$start (export \"_start\") (param $n i32) (block $b (br_if $b (local.get $n)))", StringComparison.Ordinal));
        CliResult text = await cli.RunAsync("print", "demo.wat");
        Assert.Equal(ExitCodes.Ok, text.Code);
        Golden.Check("print-demo.txt", text.Out);

        Assert.Equal(new CliResult(0, string.Empty, string.Empty), await cli.RunAsync("wat", "demo.wat", "-o", "demo.wasm"));
        Assert.Equal(new CliResult(0, string.Empty, string.Empty), await cli.RunAsync("print", "demo.wasm", "-o", "again.wat"));
        Assert.Equal(text.Out, cli.Read("again.wat"));
        CliResult skeleton = await cli.RunAsync("print", "demo.wasm", "--skeleton");
        Assert.Contains("(func $start (;3;) (type 2) (param $n i32) ...)", skeleton.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("br_if", skeleton.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Print_takes_invalid_modules_and_refuses_malformed_ones()
    {
        using CliRunner cli = new();
        cli.Write("invalid.wat", "(module (func (result i32) i64.const 0))");
        Assert.Contains("i64.const 0\n", (await cli.RunAsync("print", "invalid.wat")).Out, StringComparison.Ordinal);

        // The function's body is cut off before its end.
        await File.WriteAllBytesAsync(Path.Combine(cli.Folder, "bad.wasm"), Convert.FromHexString("0061736D01000000" + "010401600000" + "03020100" + "0A0401020001"));
        CliResult bad = await cli.RunAsync("print", "bad.wasm", "-o", "bad.wat");
        Assert.Equal(ExitCodes.BadModule, bad.Code);
        Assert.StartsWith("atoll: bad.wasm: malformed: ", bad.Error, StringComparison.Ordinal);
        Assert.Equal(["bad.wasm", "invalid.wat"], Directory.GetFiles(cli.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Empty((await cli.RunAsync("print", "bad.wasm")).Out);
    }

    [Fact]
    public async Task Wast_counts_and_names_what_does_not_hold()
    {
        using CliRunner cli = new();
        cli.Write("good.wast", "(module (func (export \"f\") (result i32) (i32.const 1)))\n(assert_return (invoke \"f\") (i32.const 1))");
        cli.Write("bad.wast", "(module (func (export \"f\") (result i32) (i32.const 1)))\n(assert_return (invoke \"f\") (i32.const 2))\n(assert_return (invoke \"f\") (i32.const 1))");
        Assert.Equal(new CliResult(0, "wast: passed=1 failed=0 skipped=0\n", string.Empty), await cli.RunAsync("wast", "good.wast"));
        CliResult both = await cli.RunAsync("wast", ".");
        Assert.Equal(ExitCodes.Failed, both.Code);
        Assert.Contains("bad.wast:2: ", both.Out, StringComparison.Ordinal);
        Assert.EndsWith("wast: passed=2 failed=1 skipped=0\n", both.Out, StringComparison.Ordinal);
        CliResult missing = await cli.RunAsync("wast", "good.wast", "gone.wast", "--json");
        Assert.Equal(ExitCodes.Failed, missing.Code);
        Assert.Contains("gone.wast does not exist", JsonDocument.Parse(missing.Out).RootElement.GetProperty("failures")[0].GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_in_a_loop_is_stopped()
    {
        using CliRunner cli = new();
        cli.Write("loop.wast", "(module (func (export \"f\") (loop br 0)))\n(assert_return (invoke \"f\"))");
        CliResult result = await cli.RunAsync("wast", "loop.wast", "--timeout", "1s");
        Assert.Equal(ExitCodes.Failed, result.Code);
        Assert.Contains("loop.wast:2: ", result.Out, StringComparison.Ordinal);
        Assert.Contains("wast: passed=0 ", result.Out, StringComparison.Ordinal);
    }
}
