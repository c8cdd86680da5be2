namespace Atoll.Repo.Tests;

/// <summary>
/// eng/tidy-exemptions.txt: <c>path max reason</c> for a file, <c>path::Method max reason</c> for a method. The number is a
/// ratchet: it may only be as high as needed, and an exemption that is no longer needed fails.
/// </summary>
internal sealed class Exemptions
{
    private readonly Dictionary<string, (int Max, string Reason)> _entries = [];

    private readonly HashSet<string> _used = [];

    public Exemptions(string text)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#'))
        {
            string[] parts = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (parts.Length < 3 || !int.TryParse(parts[1], out int max))
            {
                throw new InvalidDataException($"eng/tidy-exemptions.txt: `{line}` is not `what max reason`.");
            }

            _entries.Add(parts[0], (max, parts[2]));
        }
    }

    public IEnumerable<string> Unused => _entries.Keys.Where(key => !_used.Contains(key));

    /// <summary>A complaint, or null when the size is right or exempt.</summary>
    public string? Check(string what, int lines, int limit)
    {
        if (lines <= limit)
        {
            return null;
        }

        if (!_entries.TryGetValue(what, out (int Max, string Reason) entry))
        {
            return $"{what} has {lines} lines, more than {limit}: split it (or add it with a reason to eng/tidy-exemptions.txt).";
        }

        _used.Add(what);
        return lines > entry.Max ? $"{what} has {lines} lines, more than its exemption of {entry.Max}: split it." : null;
    }
}
