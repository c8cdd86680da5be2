using System.CommandLine;
using System.CommandLine.Completions;
using Atoll.Cli.CommandLine;

namespace Atoll.Cli.Completions;

/// <summary>A word that may stand after some other words.</summary>
/// <param name="Path">The words before it, without <c>atoll</c>: empty, <c>run</c>, <c>mcp add</c>.</param>
/// <param name="Text">The word.</param>
/// <param name="Help">One line about it.</param>
/// <param name="TakesValue">Whether it is an option with a value.</param>
internal sealed record CompletionWord(string Path, string Text, string Help, bool TakesValue)
{
    public bool IsOption => Text.StartsWith('-');

    public static IReadOnlyList<CompletionWord> Collect(RootCommand root)
    {
        List<CompletionWord> words = [];
        Collect(root, string.Empty, words);
        return words;
    }

    /// <summary>The paths in order, each with its words.</summary>
    public static IEnumerable<IGrouping<string, CompletionWord>> ByPath(IReadOnlyList<CompletionWord> words) => words.GroupBy(word => word.Path);

    private static void Collect(Command command, string path, List<CompletionWord> words)
    {
        foreach (Command child in command.Subcommands)
        {
            words.Add(new CompletionWord(path, child.Name, FirstSentence(child.Description), TakesValue: false));
        }

        foreach (Argument argument in command.Arguments)
        {
            foreach (CompletionItem item in argument.GetCompletions(CompletionContext.Empty))
            {
                words.Add(new CompletionWord(path, item.Label, FirstSentence(argument.Description), TakesValue: false));
            }
        }

        IEnumerable<Option> options = command is RootCommand ? [AtollCommand.Help] : command.Options.Concat([AtollCommand.Debug, AtollCommand.Help]);
        foreach (Option option in options)
        {
            words.Add(new CompletionWord(path, option.Name, FirstSentence(option.Description), option.Arity.MinimumNumberOfValues > 0));
        }

        foreach (Command child in command.Subcommands)
        {
            Collect(child, path.Length == 0 ? child.Name : path + " " + child.Name, words);
        }
    }

    private static string FirstSentence(string? text)
    {
        text ??= string.Empty;
        int end = text.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? text : text[..end]).TrimEnd('.');
    }
}
