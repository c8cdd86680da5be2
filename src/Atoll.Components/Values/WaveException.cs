using System.Globalization;

namespace Atoll.Components;

/// <summary>A text is no value of the type that it should be of. The message says where, and shows the line.</summary>
public sealed class WaveException : FormatException
{
    private const int Shown = 72;

    internal WaveException(string problem, string text, int offset)
        : base(Describe(problem, text, offset, out int line, out int column))
    {
        Problem = problem;
        Line = line;
        Column = column;
    }

    /// <summary>What is wrong, without the place.</summary>
    public string Problem { get; }

    /// <summary>Line of the text where it is wrong, from 1.</summary>
    public int Line { get; }

    /// <summary>Character of the line where it is wrong, from 1.</summary>
    public int Column { get; }

    private static string Describe(string problem, string text, int offset, out int line, out int column)
    {
        int start = offset == 0 ? 0 : text.LastIndexOf('\n', offset - 1) + 1;
        int end = text.IndexOf('\n', start);
        line = 1 + text.AsSpan(0, start).Count('\n');
        column = 1 + offset - start;

        // A long line is shown around the place.
        int from = Math.Max(start, offset - (Shown / 2));
        int to = Math.Min(end < 0 ? text.Length : end, from + Shown);
        string shown = string.Create(to - from, (text, from), static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                char c = source.text[source.from + i];
                span[i] = char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format ? ' ' : c;
            }
        });
        string before = from > start ? "…" : "";
        string place = line == 1 ? $"column {column}" : $"line {line}, column {column}";
        return $"{problem} ({place})\n  {before}{shown}{(to < (end < 0 ? text.Length : end) ? "…" : "")}\n  {new string(' ', before.Length + offset - from)}^";
    }
}
