using System.Globalization;
using System.Text;

namespace Atoll.Sdk.Toml;

/// <summary>How bad a finding is.</summary>
internal enum DiagnosticSeverity
{
    /// <summary>The file cannot be used as it is.</summary>
    Error,

    /// <summary>The file can be used, and it likely does not say what was meant.</summary>
    Warning,
}

/// <summary>One thing that is wrong in a text file, and where.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Message">What is wrong, in one sentence without the place.</param>
/// <param name="Path">The file as it was named when it was read.</param>
/// <param name="Line">1-based line.</param>
/// <param name="Column">1-based column in characters (UTF-16 code units).</param>
/// <param name="Length">Characters that are marked, at least 1.</param>
/// <param name="SourceLine">The line of the text, without its ending.</param>
/// <param name="Help">What to do about it, where that is known.</param>
internal sealed record Diagnostic(
    DiagnosticSeverity Severity, string Message, string Path, int Line, int Column, int Length, string SourceLine, string? Help)
{
    // A minified line is shown around the place that is meant.
    private const int MaxShown = 160;
    private const int ShownBefore = 60;

    /// <summary>As a terminal shows it: place and message, the line, and a mark under the place.</summary>
    public override string ToString()
    {
        string number = Line.ToString(CultureInfo.InvariantCulture);
        string margin = new(' ', number.Length);
        int first = SourceLine.Length <= MaxShown ? 0 : Math.Max(0, Math.Min(Column - 1 - ShownBefore, SourceLine.Length - MaxShown));
        string shown = SourceLine.Substring(first, Math.Min(MaxShown, SourceLine.Length - first));
        int mark = Column - 1 - first;
        StringBuilder text = new();
        text.Append(Path).Append(':').Append(number).Append(':').Append(Column).Append(Severity == DiagnosticSeverity.Error ? ": error: " : ": warning: ").Append(Message).Append('\n');
        text.Append(' ').Append(number).Append(" | ");
        foreach (char c in shown)
        {
            // Control characters would act on the terminal.
            text.Append(char.IsControl(c) && c != '\t' ? '\uFFFD' : c);
        }

        text.Append('\n').Append(' ').Append(margin).Append(" | ");
        for (int i = 0; i < mark && i < shown.Length; i++)
        {
            // A tab stays a tab, so that the mark stands under its place whatever the width of tabs is.
            text.Append(shown[i] == '\t' ? '\t' : ' ');
        }

        text.Append('^', Math.Clamp(Length, 1, Math.Max(1, shown.Length - mark)));
        if (Help is not null)
        {
            text.Append('\n').Append(' ').Append(margin).Append(" = help: ").Append(Help);
        }

        return text.ToString();
    }
}

/// <summary>A text file cannot be read as what it should be; the first error says why and where.</summary>
internal sealed class DiagnosticException(IReadOnlyList<Diagnostic> diagnostics) : Exception(string.Join('\n', diagnostics))
{
    public DiagnosticException(Diagnostic diagnostic)
        : this([diagnostic])
    {
    }

    public IReadOnlyList<Diagnostic> Diagnostics { get; } = diagnostics;
}
