namespace Atoll.Wit.Syntax;

/// <summary>One text with its name, and the lines in it.</summary>
internal sealed class WitSource
{
    /// <summary>Longest text that is read, in characters.</summary>
    public const int MaxLength = 16 * 1024 * 1024;

    private readonly List<int> _lineStarts = [0];

    public WitSource(string path, string text)
    {
        Path = path;
        Text = text;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n')
            {
                _lineStarts.Add(i + 1);
            }
        }
    }

    public string Path { get; }

    public string Text { get; }

    public WitError Error(string message, WitSpan span, string? hint = null)
    {
        int index = _lineStarts.BinarySearch(span.Start);
        int line = index >= 0 ? index : ~index - 1;
        int start = _lineStarts[line];
        int end = line + 1 < _lineStarts.Count ? _lineStarts[line + 1] - 1 : Text.Length;
        string sourceLine = Text.Substring(start, Math.Max(0, end - start)).TrimEnd('\r');
        int column = span.Start - start;
        int length = Math.Max(1, Math.Min(span.End - span.Start, sourceLine.Length - column));
        return new WitError(message, Path, line + 1, column + 1, length, sourceLine, hint);
    }
}

/// <summary>Characters <c>[Start, End)</c> of a text.</summary>
internal readonly struct WitSpan(int start, int end)
{
    public int Start { get; } = start;

    public int End { get; } = end;

    public WitSpan To(WitSpan last) => new(Start, last.End);
}
