using System.Diagnostics;

namespace Atoll.Sdk.Tests;

/// <summary>Programs of toolchains.</summary>
internal static class Programs
{
    private static readonly TimeSpan MaxTime = TimeSpan.FromMinutes(5);

    /// <summary>Finds a program on the path; without it the test is skipped and says so, under CI it fails.</summary>
    public static string Require(string name, string hint)
    {
        string? found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        if (found is null)
        {
            Missing($"{name} is not installed: {hint}");
        }

        return found!;
    }

    /// <summary>Skips the test and says why; under CI it fails.</summary>
    public static void Missing(string message)
    {
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", message);
        TestContext.Current.SendDiagnosticMessage("SKIPPED: " + message);
        Assert.Skip(message);
    }

    /// <summary>Runs a program to its end; it must succeed.</summary>
    /// <returns>What it wrote.</returns>
    public static string Run(string folder, string program, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(MaxTime))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} ran longer than {MaxTime}");
        }

        string text = output.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', start.ArgumentList)} failed with {process.ExitCode}:\n{text}");
        return text;
    }
}
