using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Atoll.Repo.Tests;

/// <summary>What docs/ARCHITECTURE.md allows, and what the project files say.</summary>
internal static partial class ProjectGraph
{
    /// <summary>Reads the lines <c>A -> B, C</c> of a fenced block; a project without an arrow stands alone on its line.</summary>
    public static Dictionary<string, string[]> ParseBlock(string markdown, string block, string separator)
    {
        Match match = Regex.Match(markdown, $"^```{block}\\s*$(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline);
        if (!match.Success)
        {
            throw new InvalidDataException($"docs/ARCHITECTURE.md has no ```{block} block.");
        }

        Dictionary<string, string[]> arrows = [];
        foreach (string line in match.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] sides = line.Split(separator, 2, StringSplitOptions.TrimEntries);
            string[] targets = sides.Length > 1 ? sides[1].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [];
            arrows[sides[0]] = arrows.TryGetValue(sides[0], out string[]? known) ? [.. known, .. targets] : targets;
        }

        return arrows;
    }

    /// <summary>Everything that a project may reference: the arrows, followed to their ends.</summary>
    public static HashSet<string> Reachable(IReadOnlyDictionary<string, string[]> arrows, string project)
    {
        HashSet<string> reached = [];
        Stack<string> open = new(arrows.GetValueOrDefault(project, []));
        while (open.TryPop(out string? next))
        {
            if (reached.Add(next))
            {
                foreach (string further in arrows.GetValueOrDefault(next, []))
                {
                    open.Push(further);
                }
            }
        }

        return reached;
    }

    public static IEnumerable<string> Violations(IReadOnlyDictionary<string, string[]> arrows, IReadOnlyDictionary<string, string[]> references)
    {
        foreach ((string project, string[] targets) in references)
        {
            if (!arrows.ContainsKey(project))
            {
                yield return $"{project} is not in the arrows of docs/ARCHITECTURE.md: add the room and what it may use.";
                continue;
            }

            HashSet<string> allowed = Reachable(arrows, project);
            foreach (string target in targets.Where(target => !allowed.Contains(target)))
            {
                yield return $"{project} references {target}, which the arrows of docs/ARCHITECTURE.md do not allow.";
            }
        }

        foreach (string project in arrows.Keys.Where(project => !references.ContainsKey(project)))
        {
            yield return $"docs/ARCHITECTURE.md names {project}, which is no project in src/.";
        }

        foreach (string project in arrows.Keys.Where(project => Reachable(arrows, project).Contains(project)))
        {
            yield return $"the arrows of docs/ARCHITECTURE.md lead from {project} back to itself.";
        }
    }

    public static string[] ProjectReferences(string csproj) =>
        [.. Items(csproj, "ProjectReference").Select(include => Path.GetFileNameWithoutExtension(include.Replace('\\', '/')))];

    public static string[] PackageReferences(string csproj) => [.. Items(csproj, "PackageReference")];

    private static IEnumerable<string> Items(string csproj, string element) =>
        XDocument.Parse(csproj).Descendants(element).Select(item => (string?)item.Attribute("Include")).OfType<string>();
}
