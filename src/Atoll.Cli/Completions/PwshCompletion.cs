using System.Text;

namespace Atoll.Cli.Completions;

internal static class PwshCompletion
{
    public static string Write(IReadOnlyList<CompletionWord> words)
    {
        StringBuilder script = new();
        script.Append("""
            # PowerShell completion for atoll; load it with: atoll completions pwsh | Out-String | Invoke-Expression
            Register-ArgumentCompleter -Native -CommandName atoll -ScriptBlock {
                param($wordToComplete, $commandAst, $cursorPosition)
                $candidates = @{

            """);
        foreach (IGrouping<string, CompletionWord> group in CompletionWord.ByPath(words))
        {
            script.Append($"        '{group.Key}' = @(\n");
            foreach (CompletionWord word in group)
            {
                script.Append($"            ,@('{word.Text}', '{word.Help.Replace("'", "''")}')\n");
            }

            script.Append("        )\n");
        }

        script.Append("""
                }
                $path = ''
                foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
                    $next = "$path $element".Trim()
                    if ($candidates.ContainsKey($next) -and $element.Extent.EndOffset -lt $cursorPosition) { $path = $next }
                }
                $candidates[$path] | Where-Object { $_[0] -like "$wordToComplete*" } | ForEach-Object {
                    $help = if ($_[1]) { $_[1] } else { $_[0] }
                    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $help)
                }
            }

            """);
        return script.ToString();
    }
}
