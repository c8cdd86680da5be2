using System.Diagnostics;
using System.Net;
using System.Text;

namespace Atoll.Cli.Tests;

/// <summary>The command as a process: standard streams, signals, the launcher.</summary>
public sealed class ProcessTests
{
    // Copies standard input to standard output.
    private const string Cat = """
        (module
          (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "_start")
            (loop $more
              (i32.store (i32.const 0) (i32.const 1024))
              (i32.store (i32.const 4) (i32.const 4096))
              (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
              (if (i32.load (i32.const 8))
                (then
                  (i32.store (i32.const 4) (i32.load (i32.const 8)))
                  (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
                  (br $more))))))
        """;

    [Fact]
    public async Task Standard_streams_are_the_guests()
    {
        using CliRunner folder = new();
        folder.Write("cat.wat", Cat);
        string text = string.Concat(Enumerable.Repeat("grüße, 世界\n", 5000));
        CliResult result = await ProcessRunner.RunAsync(folder.Folder, text, "dotnet", [ProcessRunner.Built, "run", "cat.wat"]);
        Assert.Equal((0, string.Empty), (result.Code, result.Error));
        Assert.Equal(text, result.Out);
    }

    [Theory]
    [InlineData("(module (func (export \"_start\") (loop br 0)))")]
    [InlineData(Cat)]
    public async Task An_interrupt_ends_a_guest_that_loops_and_one_that_waits(string program)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill");
        using CliRunner folder = new();
        folder.Write("guest.wat", program);

        // A background job of a shell without job control ignores SIGINT, and so does what it starts; here the signal must count.
        string[] command = ["dotnet", ProcessRunner.Built, "run", "guest.wat"];
        using Process process = OperatingSystem.IsLinux()
            ? ProcessRunner.Start(folder.Folder, "env", ["--default-signal=INT", .. command])
            : ProcessRunner.Start(folder.Folder, command[0], command[1..]);
        await Task.Delay(1000);
        Assert.False(process.HasExited);
        using Process kill = Process.Start("kill", ["-INT", process.Id.ToString()]);
        await ProcessRunner.WaitAsync(process);
        Assert.Equal(ExitCodes.Cancelled, process.ExitCode);
        Assert.Equal("atoll: stopped.\n", await process.StandardError.ReadToEndAsync());
    }

    [Fact]
    public async Task The_server_answers_over_http_and_ends_with_a_signal()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill");
        using CliRunner folder = new();
        using Process process = ProcessRunner.Start(folder.Folder, "dotnet", ProcessRunner.Built, "serve", "--port", "0");
        StringBuilder seen = new();
        Uri? endpoint = null;
        while (endpoint is null && await process.StandardError.ReadLineAsync() is { } line)
        {
            seen.AppendLine(line);
            System.Text.RegularExpressions.Match match = System.Text.RegularExpressions.Regex.Match(line, @"http://127\.0\.0\.1:[1-9]\d*");
            endpoint = match.Success ? new Uri(match.Value) : null;
        }

        Assert.True(endpoint is not null, seen.ToString());
        Task<string> rest = process.StandardError.ReadToEndAsync();
        using HttpClient client = new() { BaseAddress = endpoint };
        using HttpResponseMessage health = await client.GetAsync("/healthz");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        using Process kill = Process.Start("kill", ["-TERM", process.Id.ToString()]);
        await ProcessRunner.WaitAsync(process);
        Assert.True(process.ExitCode == ExitCodes.Ok, await rest);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task The_launcher_works_from_everywhere_and_for_many_at_once()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the launcher of Windows is atoll.cmd");
        using CliRunner folder = new();
        string link = Path.Combine(folder.Folder, "atoll-link");
        File.CreateSymbolicLink(link, ProcessRunner.Launcher);
        CliResult[] results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ProcessRunner.RunAsync(folder.Folder, link, "version")));
        Assert.All(results, result => Assert.Equal(0, result.Code));
        Assert.Single(results.Select(result => result.Out).Distinct());
        CliResult failed = await ProcessRunner.RunAsync(folder.Folder, link, "validate", "gone.wasm");
        Assert.Equal(ExitCodes.Failed, failed.Code);
    }
}
