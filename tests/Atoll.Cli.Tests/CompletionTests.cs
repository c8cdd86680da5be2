using System.Diagnostics;
using Atoll.Cli.CommandLine;
using Atoll.Cli.Completions;

namespace Atoll.Cli.Tests;

/// <summary>Completion scripts know every word, and the shells that are here accept and run them.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("pwsh")]
    public async Task Every_word_is_in_the_script(string shell)
    {
        using CliRunner cli = new();
        CliResult result = await cli.RunAsync("completions", shell);
        Assert.Equal(0, result.Code);
        Assert.All(
            CompletionWord.Collect(AtollCommand.BuildRoot()),
            word => Assert.Contains(shell == "fish" ? word.Text.TrimStart('-') : word.Text, result.Out, StringComparison.Ordinal));
        Assert.DoesNotContain('\r', result.Out);
    }

    [Theory]
    [InlineData("bash", "-n")]
    [InlineData("zsh", "-n")]
    [InlineData("fish", "-n")]
    public async Task The_shell_accepts_its_script(string shell, string check)
    {
        Assert.SkipUnless(Exists(shell), $"{shell} is not installed");
        using CliRunner cli = new();
        string file = cli.Write("script", (await cli.RunAsync("completions", shell)).Out);
        (int code, string output) = await StartAsync(shell, check, file);
        Assert.True(code == 0, output);
    }

    [Theory]
    [InlineData("atoll ru", "run")]
    [InlineData("atoll mcp a", "add")]
    [InlineData("atoll mcp add c", "claude cursor")]
    [InlineData("atoll run --max", "--max-memory")]
    [InlineData("atoll completions f", "fish")]
    public async Task Bash_completes(string line, string expected)
    {
        Assert.SkipUnless(Exists("bash"), "bash is not installed");
        using CliRunner cli = new();
        string file = cli.Write("script", (await cli.RunAsync("completions", "bash")).Out);
        string[] words = line.Split(' ');
        (int code, string output) = await StartAsync(
            "bash", "-c", $"source '{file}'; COMP_WORDS=({line}); COMP_CWORD={words.Length - 1}; _atoll; echo \"${{COMPREPLY[@]}}\"");
        Assert.Equal((0, expected), (code, output.Trim()));
    }

    private static bool Exists(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    private static async Task<(int Code, string Output)> StartAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}
