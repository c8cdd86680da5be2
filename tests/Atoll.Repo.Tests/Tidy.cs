using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Atoll.Repo.Tests;

/// <summary>The rules that keep the sources readable. Each takes text, so that its own test can show it bad text.</summary>
internal static partial class Tidy
{
    public const int MaxFileLines = 600;

    public const int MaxMethodLines = 70;

    // Spelled in halves: this file is under the rule too.
    [GeneratedRegex(@"\b(FIX" + @"ME|TO" + @"DO|HA" + @"CK|XX" + @"X)\b|NotImplemented" + @"Exception", RegexOptions.CultureInvariant)]
    private static partial Regex Leftover();

    [GeneratedRegex(@"\b[Ii]ssue\s*#?\d+|(?<![\w&#/])#\d{1,4}\b(?!\w)", RegexOptions.CultureInvariant)]
    private static partial Regex IssueNumber();

    [GeneratedRegex(@"(?<!\!)\[[^\]]*\]\((?<target>[^)\s]+)(?:\s+""[^""]*"")?\)")]
    private static partial Regex MarkdownLink();

    public static int CountLines(string text) => text.Length == 0 ? 0 : text.AsSpan().Count('\n') + (text[^1] == '\n' ? 0 : 1);

    /// <summary>Methods, constructors, accessors and local functions with the lines from signature to closing brace.</summary>
    public static IEnumerable<(string Name, int Lines)> Methods(string source)
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText(source, new CSharpParseOptions(LanguageVersion.Preview));
        foreach (SyntaxNode node in tree.GetRoot().DescendantNodes())
        {
            string? name = node switch
            {
                MethodDeclarationSyntax method => method.Identifier.Text,
                ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
                OperatorDeclarationSyntax => "operator",
                AccessorDeclarationSyntax accessor => accessor.Keyword.Text,
                LocalFunctionStatementSyntax local => local.Identifier.Text,
                _ => null,
            };
            if (name is not null)
            {
                FileLinePositionSpan span = tree.GetLineSpan(node.Span);
                yield return (name, span.EndLinePosition.Line - span.StartLinePosition.Line + 1);
            }
        }
    }

    public static IEnumerable<string> Leftovers(string text) => Leftover().Matches(text).Select(match => match.Value);

    /// <summary>Occurrences of folders that exist on one machine only: the checkout, what lies beside it, the home folder.</summary>
    public static IEnumerable<string> MachinePaths(string text, IEnumerable<string> folders) =>
        folders.Where(folder => Regex.IsMatch(text, $@"(?<![\w.\-/$}}]){Regex.Escape(folder)}(?![\w\-])"));

    public static IEnumerable<string> IssueNumbers(string comments) => IssueNumber().Matches(comments).Select(match => match.Value);

    /// <summary>The comments of a C# file, one string.</summary>
    public static string Comments(string source) => string.Join('\n', CSharpSyntaxTree.ParseText(source, new CSharpParseOptions(LanguageVersion.Preview))
        .GetRoot().DescendantTrivia().Where(trivia => trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia)
            || trivia.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia)).Select(trivia => trivia.ToFullString()));

    /// <summary>Relative links of a document that lead nowhere.</summary>
    public static IEnumerable<string> BrokenLinks(string markdown, string folder, Func<string, bool> exists)
    {
        foreach (Match match in MarkdownLink().Matches(markdown))
        {
            string target = match.Groups["target"].Value;
            if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith('#') || target.StartsWith("mailto:", StringComparison.Ordinal))
            {
                continue;
            }

            string path = Path.GetRelativePath("/", Path.GetFullPath(Path.Combine("/", folder, target.Split('#')[0]))).Replace('\\', '/');
            if (!exists(path))
            {
                yield return target;
            }
        }
    }

    /// <summary>What is wrong with a <c>SHA256SUMS</c> file: lines <c>hash  name</c>, one for each module beside it.</summary>
    public static IEnumerable<string> HashProblems(string sums, IReadOnlyDictionary<string, byte[]> modules)
    {
        Dictionary<string, string> listed = [];
        foreach (string line in sums.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] parts = line.Split(' ', 2, StringSplitOptions.TrimEntries);
            listed[parts[1].TrimStart('*')] = parts[0];
        }

        foreach ((string name, byte[] content) in modules)
        {
            if (!listed.TryGetValue(name, out string? expected))
            {
                yield return $"{name} is not listed.";
            }
            else if (!string.Equals(expected, Convert.ToHexString(SHA256.HashData(content)), StringComparison.OrdinalIgnoreCase))
            {
                yield return $"{name} has another hash than listed.";
            }
        }

        foreach (string name in listed.Keys.Where(name => !modules.ContainsKey(name) && name.EndsWith(".wasm", StringComparison.Ordinal)))
        {
            yield return $"{name} is listed but missing.";
        }
    }
}
