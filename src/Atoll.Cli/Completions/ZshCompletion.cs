using System.Text;

namespace Atoll.Cli.Completions;

internal static class ZshCompletion
{
    public static string Write(IReadOnlyList<CompletionWord> words)
    {
        StringBuilder script = new();
        script.Append("""
            #compdef atoll
            # zsh completion for atoll; install it with: atoll completions zsh > "${fpath[1]}/_atoll"
            _atoll() {
                local -a candidates
                local path="" i
                for ((i = 2; i < CURRENT; i++)); do
                    case "$path/${words[i]}" in

            """);
        foreach (string path in words.Select(word => word.Path).Where(path => path.Length > 0).Distinct())
        {
            int space = path.LastIndexOf(' ');
            string parent = space < 0 ? string.Empty : path[..space];
            script.Append($"            \"{parent}/{path[(space + 1)..]}\") path=\"{path}\" ;;\n");
        }

        // In zsh `path` is tied to PATH: the variable is renamed below.
        script.Append("""
                    esac
                done
                case "$path" in

            """);
        foreach (IGrouping<string, CompletionWord> group in CompletionWord.ByPath(words))
        {
            script.Append($"        \"{group.Key}\") candidates=(\n");
            foreach (CompletionWord word in group)
            {
                script.Append($"            {Quote(word.Text + ":" + word.Help)}\n");
            }

            script.Append("        ) ;;\n");
        }

        script.Append("""
                esac
                _describe -t commands atoll candidates
                [[ -n "$path" ]] && _files
            }
            if [[ "$funcstack[1]" == _atoll ]]; then _atoll "$@"; else compdef _atoll atoll; fi

            """);
        return script.Replace("$path", "$verb").Replace("path=\"", "verb=\"").ToString();
    }

    private static string Quote(string text) => "'" + text.Replace("'", "'\\''") + "'";
}
