using System.Text;

namespace Atoll.Cli.Completions;

internal static class FishCompletion
{
    public static string Write(IReadOnlyList<CompletionWord> words)
    {
        StringBuilder script = new();
        script.Append("# fish completion for atoll; install it with: atoll completions fish > ~/.config/fish/completions/atoll.fish\n");
        string verbs = string.Join(' ', words.Where(word => word.Path.Length == 0 && !word.IsOption).Select(word => word.Text));
        foreach (CompletionWord word in words)
        {
            string condition = word.Path.Length == 0
                ? $"not __fish_seen_subcommand_from {verbs}"
                : string.Join("; and ", word.Path.Split(' ').Select(part => $"__fish_seen_subcommand_from {part}"));
            string what = word.IsOption ? $"-l {word.Text.TrimStart('-')}{(word.TakesValue ? " -r" : string.Empty)}" : $"-f -a {word.Text}";
            script.Append($"complete -c atoll -n '{condition}' {what} -d '{word.Help.Replace("\\", "\\\\").Replace("'", "\\'")}'\n");
        }

        return script.ToString();
    }
}
