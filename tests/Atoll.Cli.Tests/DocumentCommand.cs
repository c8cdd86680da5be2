using System.Text.RegularExpressions;

namespace Atoll.Cli.Tests;

/// <summary>A command of a document, from a block of <c>sh</c> below the heading of a language.</summary>
/// <param name="Line">The command as it is written.</param>
/// <param name="Words">Its words after <c>atoll</c>, without their quotes.</param>
/// <param name="Output">What the document says that it prints: the lines after it that begin with <c># </c>; null when it says nothing.</param>
internal sealed partial record DocumentCommand(string Line, string[] Words, string? Output)
{
    private static readonly Dictionary<string, string> Headings = new()
    {
        ["c"] = "C", ["rust"] = "Rust", ["js"] = "JavaScript", ["ts"] = "TypeScript", ["assemblyscript"] = "AssemblyScript",
    };

    public static IEnumerable<DocumentCommand> Of(string document, string language)
    {
        string text = File.ReadAllText(TestRepository.PathTo("docs", document)).ReplaceLineEndings("\n");
        string heading = $"\n## {Headings[language]}\n";
        int start = text.IndexOf(heading, StringComparison.Ordinal);
        Assert.True(start >= 0, $"docs/{document} has no section {Headings[language]}");
        string section = text[(start + heading.Length)..];
        int end = section.IndexOf("\n## ", StringComparison.Ordinal);
        foreach (Match block in Block().Matches(end < 0 ? section : section[..end]))
        {
            string[] lines = block.Groups["commands"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            for (int i = 0; i < lines.Length; i++)
            {
                string[] printed = [.. lines.Skip(i + 1).TakeWhile(line => line.StartsWith("# ", StringComparison.Ordinal)).Select(line => line[2..])];
                Assert.True(lines[i].StartsWith("atoll ", StringComparison.Ordinal), $"docs/{document}: `{lines[i]}` is no command of Atoll");
                yield return new DocumentCommand(lines[i], Split(lines[i]), printed.Length == 0 ? null : string.Join('\n', printed));
                i += printed.Length;
            }
        }
    }

    /// <summary>The words of a command after its first; single quotes keep words together.</summary>
    public static string[] Split(string command) =>
        [.. Word().Matches(command).Select(word => word.Groups["quoted"].Success ? word.Groups["quoted"].Value : word.Groups["plain"].Value).Skip(1)];

    [GeneratedRegex(@"```sh\n(?<commands>[\s\S]*?)```")]
    private static partial Regex Block();

    [GeneratedRegex(@"'(?<quoted>[^']*)'|(?<plain>\S+)")]
    private static partial Regex Word();
}
