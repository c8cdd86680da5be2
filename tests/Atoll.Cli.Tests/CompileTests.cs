using System.Runtime.Versioning;
using System.Text.Json;

namespace Atoll.Cli.Tests;

/// <summary><c>atoll compile</c> and <c>atoll cache</c>: what is kept runs, is shown, and can be removed.</summary>
public sealed class CompileTests
{
    private const string Program = """
        (module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\10\00\00\00\06\00\00\00")
          (data (i32.const 16) "hello\n")
          (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))))
        """;

    [Fact]
    public async Task What_was_compiled_runs_and_is_listed()
    {
        using CliRunner cli = new();
        cli.Write("hello.wat", Program);
        CliResult none = await cli.RunAsync("cache", "list", "--json");
        Assert.Equal(0, JsonDocument.Parse(none.Out).RootElement.GetProperty("entries").GetArrayLength());
        CliResult compiled = await cli.RunAsync("compile", "hello.wat", "--json");
        Assert.Equal(0, compiled.Code);
        JsonElement answer = JsonDocument.Parse(compiled.Out).RootElement;
        Assert.Equal("hello.wat", answer.GetProperty("file").GetString());
        Assert.Equal(compiled.Error.Length > 0, answer.GetProperty("tool").ValueKind == JsonValueKind.Null);
        JsonElement list = JsonDocument.Parse((await cli.RunAsync("cache", "list", "--json")).Out).RootElement;
        JsonElement entry = Assert.Single(list.GetProperty("entries").EnumerateArray());
        Assert.Equal(answer.GetProperty("key").GetString(), entry.GetProperty("key").GetString());
        Assert.Equal("hello.wat", entry.GetProperty("name").GetString());
        Assert.Contains("hello.wat", (await cli.RunAsync("cache", "list")).Out, StringComparison.Ordinal);
        Assert.Equal(new CliResult(0, "hello\n", string.Empty), await cli.RunAsync("run", "hello.wat"));
        Assert.Equal(new CliResult(0, "hello\n", string.Empty), await cli.RunAsync("run", "--no-cache", "hello.wat"));
        Assert.Equal(1, JsonDocument.Parse((await cli.RunAsync("cache", "size", "--json")).Out).RootElement.GetProperty("entries").GetInt32());
        Assert.Matches("^1 entry, .* of at most 2.0 GB\n$", (await cli.RunAsync("cache", "size")).Out);
        Assert.Equal(new CliResult(0, Path.Combine(cli.Folder, "cache") + "\n", string.Empty), await cli.RunAsync("cache", "path"));
        JsonElement cleared = JsonDocument.Parse((await cli.RunAsync("cache", "clear", "--json")).Out).RootElement;
        Assert.Equal(1, cleared.GetProperty("files").GetInt32());
        Assert.Equal(new CliResult(0, "hello\n", string.Empty), await cli.RunAsync("run", "hello.wat"));
    }

    [Fact]
    public async Task Code_for_runs_with_fuel_has_an_entry_of_its_own()
    {
        using CliRunner cli = new();
        cli.Write("spin.wat", "(module (memory (export \"memory\") 1) (func (export \"_start\") (loop (br 0))))");
        await cli.RunAsync("compile", "spin.wat");
        await cli.RunAsync("compile", "--fuel", "spin.wat");
        Assert.Equal(2, JsonDocument.Parse((await cli.RunAsync("cache", "list", "--json")).Out).RootElement.GetProperty("entries").GetArrayLength());
        Assert.Equal(ExitCodes.Limit, (await cli.RunAsync("run", "--fuel", "1000", "spin.wat")).Code);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("ulimit -v 12000000;", "note: --fault-checks has no effect here")]
    public async Task Accesses_that_the_processor_checks_trap_as_others_do(string limit, string note)
    {
        bool isKnown = OperatingSystem.IsLinux() && System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64;
        Assert.SkipUnless(isKnown, "--fault-checks has an effect on Linux and x64 only");
        using CliRunner folder = new();
        folder.Write("over.wat", """
            (module (memory 1) (func $over (param i32) (drop (i64.load (local.get 0))))
              (func (export "_start") (loop $again (call $over (global.get $at)) (global.set $at (i32.add (global.get $at) (i32.const 1))) (br $again)))
              (global $at (mut i32) (i32.const 0)))
            """);
        string atoll = $"DOTNET_GCHeapHardLimit=0x10000000 dotnet '{ProcessRunner.Built}'";
        string script = $"export ATOLL_CACHE_DIR=\"$PWD/cache\" ATOLL_KEY_DIR=\"$PWD/key\"; {limit} {atoll} compile --fault-checks over.wat >&2 && {atoll} run --fault-checks over.wat";
        CliResult result = await ProcessRunner.RunAsync(folder.Folder, "sh", "-c", script);
        Assert.Equal((ExitCodes.Trap, string.Empty), (result.Code, result.Out));
        Assert.Contains("atoll: trap: out of bounds memory access [trap.memory-out-of-bounds]\n    at over\n", result.Error, StringComparison.Ordinal);
        Assert.Equal(note.Length > 0, result.Error.Contains("note: --fault-checks", StringComparison.Ordinal));
        Assert.Contains(note, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_modules_of_a_component_are_kept_each_once()
    {
        byte[] empty = [0, (byte)'a', (byte)'s', (byte)'m', 1, 0, 0, 0];
        byte[] function = [.. empty, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 4, 1, 2, 0, 11];
        byte[] component = [0, (byte)'a', (byte)'s', (byte)'m', 13, 0, 1, 0, .. Section(empty), .. Section(function), .. Section(empty)];
        using CliRunner cli = new();
        await File.WriteAllBytesAsync(Path.Combine(cli.Folder, "c.wasm"), component, TestContext.Current.CancellationToken);
        CliResult compiled = await cli.RunAsync("compile", "c.wasm", "--json");
        Assert.Equal(0, compiled.Code);
        string?[] keys = [.. JsonDocument.Parse(compiled.Out).RootElement.GetProperty("keys").EnumerateArray().Select(key => key.GetString())];
        Assert.Equal(2, keys.Distinct().Count());
        JsonElement entries = JsonDocument.Parse((await cli.RunAsync("cache", "list", "--json")).Out).RootElement.GetProperty("entries");
        Assert.Equal(keys.Order(), entries.EnumerateArray().Select(entry => entry.GetProperty("key").GetString()).Order());
        component[^1] = 0xFF;
        await File.WriteAllBytesAsync(Path.Combine(cli.Folder, "bad.wasm"), component, TestContext.Current.CancellationToken);
        Assert.Equal(ExitCodes.BadModule, (await cli.RunAsync("compile", "bad.wasm")).Code);

        static byte[] Section(byte[] module) => [1, (byte)module.Length, .. module];
    }

    [Fact]
    public async Task A_run_makes_no_folder()
    {
        using CliRunner cli = new();
        cli.Write("hello.wat", Program);
        await cli.RunAsync("run", "hello.wat");
        Assert.Equal(["hello.wat"], Directory.EnumerateFileSystemEntries(cli.Folder).Select(Path.GetFileName));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_folder_that_others_can_write_is_not_used_and_said_so()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the profile's folder is the user's alone there");
        using CliRunner cli = new();
        cli.Write("hello.wat", Program);
        await cli.RunAsync("compile", "hello.wat");
        File.SetUnixFileMode(Path.Combine(cli.Folder, "cache"), (UnixFileMode)0b111_111_111);
        CliResult result = await cli.RunAsync("run", "hello.wat");
        Assert.Equal((0, "hello\n"), (result.Code, result.Out));
        Assert.StartsWith("note: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("chmod 700", result.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Failed, (await cli.RunAsync("compile", "hello.wat")).Code);
    }

    [Fact]
    public async Task What_cannot_be_compiled_says_why()
    {
        using CliRunner cli = new();
        cli.Write("bad.wat", "(module (func (result i32) i64.const 0))");
        cli.Write("good.wat", "(module)");
        Assert.Equal(ExitCodes.BadModule, (await cli.RunAsync("compile", "bad.wat")).Code);
        CliResult missing = await cli.RunAsync("compile", "good.wat", "--crossgen", "no-such");
        Assert.Equal(ExitCodes.Failed, missing.Code);
        Assert.Contains("--crossgen", missing.Error, StringComparison.Ordinal);
    }
}
