using System.Text;

namespace Atoll.Sdk.Bindgen;

/// <summary>Writes indented lines that end with a line feed.</summary>
internal sealed class IndentingWriter(string unit = "    ")
{
    private readonly StringBuilder _text = new();
    private int _depth;
    private bool _isFirst = true;

    public void Line(string line = "")
    {
        if (line.Length > 0)
        {
            for (int i = 0; i < _depth; i++)
            {
                _text.Append(unit);
            }

            _text.Append(line);
        }

        _text.Append('\n');
        _isFirst = false;
    }

    public void Lines(params IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            Line(line);
        }
    }

    /// <summary>An empty line, unless a block or the file has just begun.</summary>
    public void Separate()
    {
        if (!_isFirst)
        {
            Line();
            _isFirst = true;
        }
    }

    /// <summary>Begins a block whose head ends with the given opening.</summary>
    public void Open(string head, string opening = " {")
    {
        Line(head + opening);
        _depth++;
        _isFirst = true;
    }

    public void Close(string closing = "}")
    {
        _depth--;
        Line(closing);
    }

    /// <summary>Documentation as lines that hold no line break of any kind, without empty ones at either end.</summary>
    public static IReadOnlyList<string> DocLines(string? docs)
    {
        string[] lines = [.. (docs ?? "").Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n', '\r', '\v', '\f', '\u0085', '\u2028', '\u2029').Select(line => line.TrimEnd())];
        int start = Array.FindIndex(lines, line => line.Length > 0);
        return start < 0 ? [] : lines[start..(Array.FindLastIndex(lines, line => line.Length > 0) + 1)];
    }

    public override string ToString() => _text.ToString();
}
