using System.Text.Json;
using Atoll.Cli.CommandLine;

namespace Atoll.Cli.Tests;

/// <summary><c>atoll run</c> in this process: grants, the guest's world, and how each end becomes an exit code.</summary>
public sealed class RunTests
{
    private const string Hello = """
        (module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\10\00\00\00\06\00\00\00")
          (data (i32.const 16) "hello\n")
          (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12))) (call $exit (i32.const 7))))
        """;

    // Writes its arguments and its environment, as WASI lays them out, to standard output.
    private const string Echo = """
        (module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func $print
            (i32.store (i32.const 0) (i32.const 4096))
            (i32.store (i32.const 4) (i32.load (i32.const 12)))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
          (func (export "_start")
            (drop (call $args_sizes (i32.const 8) (i32.const 12)))
            (drop (call $args (i32.const 1024) (i32.const 4096)))
            (call $print)
            (drop (call $environ_sizes (i32.const 8) (i32.const 12)))
            (drop (call $environ (i32.const 1024) (i32.const 4096)))
            (call $print)))
        """;

    [Fact]
    public async Task Output_and_exit_code_of_the_guest_are_passed_on()
    {
        using CliRunner cli = new();
        cli.Write("hello.wat", Hello);
        Assert.Equal(new CliResult(7, "hello\n", string.Empty), await cli.RunAsync("run", "hello.wat"));
    }

    /// <summary>Programs that Go makes recurse with frames of many kilobytes.</summary>
    [Fact]
    public async Task Programs_have_more_stack_than_guests_of_a_server()
    {
        using CliRunner cli = new();
        cli.Write("deep.wat", """
            (module
              (func $down (param $n i32) (result i32)
                (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
                (i32.add (i32.const 1) (call $down (i32.sub (local.get $n) (i32.const 1)))))
              (func (export "_start") (if (i32.ne (call $down (i32.const 25000)) (i32.const 25000)) (then unreachable))))
            """);
        Assert.Equal(new CliResult(0, string.Empty, string.Empty), await cli.RunAsync("run", "deep.wat"));
    }

    [Fact]
    public async Task Everything_after_the_program_goes_to_the_guest_and_only_granted_variables()
    {
        using CliRunner cli = new CliRunner().With("HOME", "/secret").With("LANG", "C");
        cli.Write("echo.wat", Echo);
        CliResult result = await cli.RunAsync("run", "--env", "A=1=2", "--env", "LANG", "echo.wat", "--help", "x y", "--", "--debug");
        Assert.Equal(0, result.Code);
        Assert.Equal("echo.wat\0--help\0x y\0--\0--debug\0A=1=2\0LANG=C\0", result.Out);
        Assert.Equal("echo.wat\0", (await cli.RunAsync("run", "echo.wat")).Out);
    }

    [Fact]
    public async Task A_trap_shows_its_kind_and_the_guests_stack()
    {
        using CliRunner cli = new();
        cli.Write("trap.wat", "(module $app (func $inner unreachable) (func $main (export \"_start\") (call $inner)))");
        CliResult result = await cli.RunAsync("run", "trap.wat");
        Assert.Equal(ExitCodes.Trap, result.Code);
        Assert.StartsWith("atoll: trap: unreachable [trap.unreachable]\n    at app!inner\n", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Atoll.Wasm", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--timeout", "100ms", "limit.time")]
    [InlineData("--fuel", "100000", "limit.fuel")]
    public async Task A_loop_is_stopped_at_its_limit(string option, string value, string code)
    {
        using CliRunner cli = new();
        cli.Write("loop.wat", "(module (func (export \"_start\") (loop br 0)))");
        CliResult result = await cli.RunAsync("run", option, value, "loop.wat");
        Assert.Equal(ExitCodes.Limit, result.Code);
        Assert.Contains($"[{code}]", result.Error, StringComparison.Ordinal);
        Assert.Contains(option, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stats_say_what_the_guest_used_however_it_ended()
    {
        using CliRunner cli = new();
        cli.Write("hello.wat", Hello);
        cli.Write("trap.wat", "(module (func (export \"_start\") unreachable))");
        CliResult text = await cli.RunAsync("run", "--stats", "hello.wat");
        Assert.Equal((7, "hello\n"), (text.Code, text.Out));
        Assert.Matches(@"^stats: [\d.,]+ ms, [\d.,]+ ms of processor time, 64 KiB of memory, 2 calls of the host\n$", text.Error);
        CliResult json = await cli.RunAsync("run", "--stats", "--json", "--fuel", "1000", "hello.wat");
        using JsonDocument document = JsonDocument.Parse(json.Error);
        Assert.Equal(2, document.RootElement.GetProperty("hostCalls").GetInt64());
        Assert.Equal(65536, document.RootElement.GetProperty("peakMemoryBytes").GetInt64());
        Assert.InRange(document.RootElement.GetProperty("fuel").GetInt64(), 1, 100);
        CliResult trap = await cli.RunAsync("run", "--stats", "trap.wat");
        Assert.Equal(ExitCodes.Trap, trap.Code);
        Assert.StartsWith("stats: ", trap.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, (await cli.RunAsync("run", "--json", "hello.wat")).Code);
    }

    [Fact]
    public async Task A_deterministic_guest_sees_the_same_world_each_time()
    {
        // Writes two times, what a sleep of an hour did to the clock, random bytes, and a NaN.
        const string World = """
            (module
              (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
              (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 0) "\40\00\00\00\60\00\00\00")
              (func (export "_start") (local $zero f64)
                (drop (call $time (i32.const 0) (i64.const 1) (i32.const 64)))
                (drop (call $time (i32.const 1) (i64.const 1) (i32.const 72)))
                (i32.store (i32.const 216) (i32.const 1))
                (i64.store (i32.const 224) (i64.const 3600000000000))
                (drop (call $poll (i32.const 200) (i32.const 300) (i32.const 1) (i32.const 400)))
                (drop (call $time (i32.const 1) (i64.const 1) (i32.const 80)))
                (drop (call $random (i32.const 88) (i32.const 64)))
                (f64.store (i32.const 152) (f64.div (local.get $zero) (local.get $zero)))
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))))
            """;
        using CliRunner cli = new();
        cli.Write("world.wat", World);
        CliResult first = await cli.RunAsync("run", "--deterministic", "world.wat");
        Assert.Equal(0, first.Code);
        Assert.Equal(first, await cli.RunAsync("run", "--deterministic", "--fuel", "100000", "world.wat"));
        CliResult refused = await cli.RunAsync("run", "--deterministic", "--timeout", "1s", "world.wat");
        Assert.Equal(ExitCodes.Usage, refused.Code);
        Assert.Contains("--fuel", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("out.json", "speedscope")]
    [InlineData("out.folded", "inferno")]
    public async Task A_profile_is_written_however_the_guest_ends(string file, string viewer)
    {
        using CliRunner cli = new();
        cli.Write("spin.wat", """
            (module
              (func $spin (loop $l (br $l)))
              (func $main (export "_start") (call $spin)))
            """);
        CliResult result = await cli.RunAsync("run", "--timeout", "500ms", "--profile", file, "spin.wat");
        Assert.Equal(ExitCodes.Limit, result.Code);
        Assert.Contains(file.EndsWith(".json", StringComparison.Ordinal) ? "\"name\":\"spin\"" : "main;spin ", cli.Read(file), StringComparison.Ordinal);
        Assert.Matches($@"profile: [\d,]+ samples of [\d,]+ ms are in .*{file}\. .*{viewer}", result.Error);
        Assert.Contains("[limit.time]", result.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, (await cli.RunAsync("run", "--profile", "out.svg", "spin.wat")).Code);
        Assert.Equal(ExitCodes.Usage, (await cli.RunAsync("run", "--profile-interval", "2ms", "spin.wat")).Code);
    }

    [Fact]
    public async Task Memory_does_not_grow_beyond_its_limit()
    {
        // Traps when growing succeeds.
        const string Grow = "(module (memory 1) (func (export \"_start\") (if (i32.ne (memory.grow (i32.const 64)) (i32.const -1)) (then unreachable))))";
        using CliRunner cli = new();
        cli.Write("grow.wat", Grow);
        Assert.Equal(ExitCodes.Ok, (await cli.RunAsync("run", "--max-memory", "1MB", "grow.wat")).Code);
        Assert.Equal(ExitCodes.Trap, (await cli.RunAsync("run", "--max-memory", "8MB", "grow.wat")).Code);
        CliResult tooSmall = await cli.RunAsync("run", "--max-memory", "1KB", "grow.wat");
        Assert.Equal(ExitCodes.Limit, tooSmall.Code);
        Assert.Contains("--max-memory", tooSmall.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_stops_a_loop()
    {
        using CancellationTokenSource source = new();
        using CliRunner cli = new() { Cancellation = source.Token };
        cli.Write("loop.wat", "(module (func (export \"_start\") (loop br 0)))");
        Task<CliResult> run = Task.Run(() => cli.RunAsync("run", "loop.wat"));
        await Task.Delay(200);
        await source.CancelAsync();
        Assert.Equal(ExitCodes.Cancelled, (await run).Code);
    }

    [Fact]
    public async Task What_is_no_program_is_explained()
    {
        using CliRunner cli = new();
        cli.Write("library.wat", "(module (func (export \"add\")))");
        cli.Write("needy.wat", "(module (import \"env\" \"log\" (func)) (import \"env\" \"time\" (func)) (func (export \"_start\")))");
        CliResult library = await cli.RunAsync("run", "library.wat");
        Assert.Equal(ExitCodes.BadModule, library.Code);
        Assert.Contains("`_start`", library.Error, StringComparison.Ordinal);
        CliResult needy = await cli.RunAsync("run", "needy.wat");
        Assert.Equal(ExitCodes.BadModule, needy.Code);
        Assert.Contains("2 imports cannot be satisfied", needy.Error, StringComparison.Ordinal);
        Assert.Contains("log", needy.Error, StringComparison.Ordinal);
        CliResult folder = await cli.RunAsync("run", ".");
        Assert.Equal(ExitCodes.Failed, folder.Code);
        CliResult noSuch = await cli.RunAsync("run", "--dir", "gone::/x", "library.wat");
        Assert.Equal(ExitCodes.Usage, noSuch.Code);
        Assert.Contains("gone is no folder", noSuch.Error, StringComparison.Ordinal);
    }
}
