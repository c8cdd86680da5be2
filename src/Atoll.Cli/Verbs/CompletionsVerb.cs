using System.CommandLine;
using Atoll.Cli.CommandLine;
using Atoll.Cli.Completions;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll completions</c>: a script for the user's shell.</summary>
internal sealed class CompletionsVerb : Verb
{
    private static readonly string[] Shells = ["bash", "zsh", "fish", "pwsh"];

    private readonly Argument<string> _shell = new("SHELL") { HelpName = "SHELL", Description = "bash, zsh, fish or pwsh." };

    public override string Name => "completions";

    public override string Summary => "Print a completion script for a shell.";

    public override string Remarks => "The script is complete in itself: completing a word does not start Atoll.";

    public override IReadOnlyList<Example> Examples =>
    [
        new("source <(atoll completions bash)", "completes in this bash; put it into ~/.bashrc to keep it"),
        new("atoll completions zsh > \"${fpath[1]}/_atoll\"", "installs it for zsh"),
        new("atoll completions fish > ~/.config/fish/completions/atoll.fish", "installs it for fish"),
        new("atoll completions pwsh | Out-String | Invoke-Expression", "completes in this PowerShell; put it into $PROFILE to keep it"),
    ];

    public override void Define(Command command)
    {
        _shell.CompletionSources.Add(Shells);
        command.Add(_shell);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string shell = arguments.GetValue(_shell)!;
        IReadOnlyList<CompletionWord> words = CompletionWord.Collect(AtollCommand.BuildRoot());
        context.Out.Write(shell switch
        {
            "bash" => BashCompletion.Write(words),
            "zsh" => ZshCompletion.Write(words),
            "fish" => FishCompletion.Write(words),
            "pwsh" => PwshCompletion.Write(words),
            _ => throw CliException.Usage($"there is no completion script for `{shell}`. Choose one of: {string.Join(", ", Shells)}."),
        });
        return Task.FromResult(ExitCodes.Ok);
    }
}
