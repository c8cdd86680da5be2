using System.Diagnostics;

namespace Atoll.Cli.Tests;

/// <summary>Starts programs for tests that need the command as a process of its own.</summary>
internal static class ProcessRunner
{
    public static string Launcher { get; } = TestRepository.PathTo(OperatingSystem.IsWindows() ? "atoll.cmd" : "atoll");

    /// <summary>The command as the tests' build made it: no launcher, no build.</summary>
    public static string Built { get; } = Path.Combine(AppContext.BaseDirectory, "atoll.dll");

    public static bool Exists(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    public static Task<CliResult> RunAsync(string folder, string program, params string[] arguments) => RunAsync(folder, null, program, arguments);

    public static async Task<CliResult> RunAsync(string folder, string? input, string program, string[] arguments)
    {
        using Process process = Start(folder, program, arguments);
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input);
        }

        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new CliResult(process.ExitCode, await output, await error);
    }

    /// <summary>Waits for the end of a process that was told to end; one that does not is killed, so that no run of tests waits for ever.</summary>
    public static async Task WaitAsync(Process process)
    {
        try
        {
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    public static Process Start(string folder, string program, params string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        WorkingDirectory = folder,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
