using System.Text;
using Atoll.Host.Configuration;

namespace Atoll.Mcp;

/// <summary>Shows a change by its lines. The text in front of and behind the change is common, which is all that a single insertion needs.</summary>
internal static class LineDiff
{
    private const int Around = 3;

    public static string Between(string before, string after)
    {
        if (before == after)
        {
            return "";
        }

        var old = Lines(before);
        var now = Lines(after);
        var head = 0;
        while (head < old.Length && head < now.Length && old[head] == now[head])
        {
            head++;
        }

        var tail = 0;
        while (tail < old.Length - head && tail < now.Length - head && old[^(tail + 1)] == now[^(tail + 1)])
        {
            tail++;
        }

        var text = new StringBuilder();
        Append(text, ' ', old[Math.Max(0, head - Around)..head]);
        Append(text, '-', old[head..^tail]);
        Append(text, '+', now[head..^tail]);
        Append(text, ' ', old[^tail..Math.Min(old.Length, old.Length - tail + Around)]);
        return text.ToString();
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.TrimEnd('\n').Split('\n');

    private static void Append(StringBuilder text, char mark, string[] lines)
    {
        foreach (var line in lines)
        {
            text.Append(mark).Append(' ').Append(Printable.Shorten(line.TrimEnd('\r'), 2000)).Append('\n');
        }
    }
}
