using System.Text;

namespace Atoll.Cli.Completions;

internal static class BashCompletion
{
    public static string Write(IReadOnlyList<CompletionWord> words)
    {
        StringBuilder script = new();
        script.Append("""
            # bash completion for atoll; load it with: source <(atoll completions bash)
            _atoll() {
                local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" path="" words="" i
                for ((i = 1; i < COMP_CWORD; i++)); do
                    case "$path/${COMP_WORDS[i]}" in

            """);
        HashSet<string> paths = [.. words.Select(word => word.Path).Where(path => path.Length > 0)];
        foreach (string path in paths)
        {
            int space = path.LastIndexOf(' ');
            string parent = space < 0 ? string.Empty : path[..space];
            script.Append($"            \"{parent}/{path[(space + 1)..]}\") path=\"{path}\" ;;\n");
        }

        script.Append("""
                    esac
                done
                case "$path" in

            """);
        foreach (IGrouping<string, CompletionWord> group in CompletionWord.ByPath(words))
        {
            script.Append($"        \"{group.Key}\") words=\"{string.Join(' ', group.Select(word => word.Text))}\" ;;\n");
        }

        string valued = string.Join('|', words.Where(word => word.TakesValue).Select(word => word.Text).Distinct());
        script.Append($$"""
                esac
                case "$previous" in
                    {{valued}}) words="" ;;
                esac
                COMPREPLY=()
                if [[ "$current" == -* || -z "$path" || "$path" == mcp* || "$path" == completions ]]; then
                    COMPREPLY=($(compgen -W "$words" -- "$current"))
                else
                    COMPREPLY=($(compgen -f -- "$current"))
                fi
            }
            complete -o filenames -F _atoll atoll ./atoll

            """);
        return script.ToString();
    }
}
