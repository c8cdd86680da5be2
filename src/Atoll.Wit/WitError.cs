using System.Text;

namespace Atoll.Wit;

/// <summary>One thing that is wrong in a WIT text, and where.</summary>
public sealed class WitError
{
    internal WitError(string message, string path, int line, int column, int length, string sourceLine, string? hint)
    {
        Message = message;
        Path = path;
        Line = line;
        Column = column;
        Length = length;
        SourceLine = sourceLine;
        Hint = hint;
    }

    /// <summary>What is wrong, in one sentence without the place.</summary>
    public string Message { get; }

    /// <summary>The file as it was named when it was read.</summary>
    public string Path { get; }

    /// <summary>1-based line.</summary>
    public int Line { get; }

    /// <summary>1-based column in characters (UTF-16 code units).</summary>
    public int Column { get; }

    /// <summary>Characters that are marked, at least 1; never past the end of the line.</summary>
    public int Length { get; }

    /// <summary>The whole line of the text, without its line ending.</summary>
    public string SourceLine { get; }

    /// <summary>What to do about it, where that is known.</summary>
    public string? Hint { get; }

    /// <summary>The error as a terminal shows it: place and message, the line, and a mark under the place.</summary>
    public override string ToString()
    {
        string number = Line.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string margin = new(' ', number.Length);
        StringBuilder text = new();
        text.Append(Path).Append(':').Append(number).Append(':').Append(Column).Append(": error: ").AppendLine(Message);
        text.Append(' ').Append(number).Append(" | ").AppendLine(SourceLine);
        text.Append(' ').Append(margin).Append(" | ");
        for (int i = 0; i < Column - 1 && i < SourceLine.Length; i++)
        {
            // A tab stays a tab, so that the mark stands under its place whatever the width of tabs is.
            text.Append(SourceLine[i] == '\t' ? '\t' : ' ');
        }

        text.Append('^', Math.Max(1, Length));
        if (Hint is not null)
        {
            text.AppendLine().Append(' ').Append(margin).Append(" = help: ").Append(Hint);
        }

        return text.ToString();
    }
}
