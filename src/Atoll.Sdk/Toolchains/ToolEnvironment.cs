using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Atoll.Sdk.Projects;

namespace Atoll.Sdk.Toolchains;

/// <summary>What a program of a toolchain did.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record ToolOutput(int ExitCode, string Output, string Error)
{
    /// <summary>What it printed, for people.</summary>
    public IReadOnlyList<string> Lines => [.. (Error + "\n" + Output).Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];
}

/// <summary>Finds and runs the programs of toolchains.</summary>
internal sealed class ToolEnvironment(Func<string, string?> getVariable)
{
    private const int MaxCaptured = 1 << 20;

    public string? Variable(string name) => getVariable(name) is { Length: > 0 } value ? value : null;

    /// <summary>The folder for what is kept between runs, as the XDG Base Directory Specification and its like on other systems have it.</summary>
    public string CacheFolder =>
        Path.Combine(
            Variable("XDG_CACHE_HOME")
                ?? (OperatingSystem.IsWindows() ? Variable("LOCALAPPDATA") : Variable("HOME") is { } home ? Path.Combine(home, OperatingSystem.IsMacOS() ? "Library/Caches" : ".cache") : null)
                ?? throw new ProjectException("there is no folder for the tools of JavaScript: set HOME or XDG_CACHE_HOME."),
            "atoll");

    /// <summary>The full path of a program on PATH, or null.</summary>
    public string? Find(string program)
    {
        string[] endings = OperatingSystem.IsWindows() ? [".exe", ".cmd"] : [""];
        return (Variable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => endings.Select(ending => Path.Combine(folder, program + ending)))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>Runs a program to its end; cancellation ends it with everything that it started.</summary>
    /// <param name="program">Its full path.</param>
    /// <param name="arguments">Each one word for the program; no shell reads them.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ProjectException">It cannot be started.</exception>
    public async Task<ToolOutput> RunAsync(string program, IEnumerable<string> arguments, string folder, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };

        // Messages in English, without colours, and no time in what is written.
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["NO_COLOR"] = "1";
        start.Environment["SOURCE_DATE_EPOCH"] = "0";
        using Process process = Start(start);
        process.StandardInput.Close();
        Task<string> output = CaptureAsync(process.StandardOutput), error = CaptureAsync(process.StandardError);
        try
        {
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            return new ToolOutput(process.ExitCode, await output.WaitAsync(cancellation).ConfigureAwait(false), await error.WaitAsync(cancellation).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5), CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new ProjectException($"{start.FileName} cannot be started: {exception.Message}", inner: exception);
        }
    }

    /// <summary>Reads a stream to its end and keeps the first part of it.</summary>
    private static async Task<string> CaptureAsync(StreamReader reader)
    {
        StringBuilder kept = new();
        char[] buffer = new char[4096];
        int read;
        while ((read = await reader.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            kept.Append(buffer, 0, Math.Min(read, MaxCaptured - kept.Length));
        }

        return kept.ToString();
    }
}
