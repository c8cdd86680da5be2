using System.Text;

namespace Atoll.Sdk.Toml;

/// <summary>Characters <c>[Start, End)</c> of a text.</summary>
internal readonly record struct TextSpan(int Start, int End)
{
    public TextSpan To(TextSpan last) => new(Start, last.End);
}

/// <summary>One text with its name, and the lines in it.</summary>
internal sealed class SourceText
{
    /// <summary>Longest text that is read, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    private readonly List<int> _lineStarts = [0];

    public SourceText(string path, string text)
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

    /// <summary>Reads UTF-8; a byte order mark at the start is left out.</summary>
    /// <exception cref="DiagnosticException">It is too long or no UTF-8.</exception>
    public static SourceText Decode(string path, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            throw new DiagnosticException(new Diagnostic(
                DiagnosticSeverity.Error, $"the file has {bytes.Length} bytes; at most {MaxBytes} are read", path, 1, 1, 1, string.Empty, "Keep large data in a file of its own."));
        }

        bytes = bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
        string text = Encoding.UTF8.GetString(bytes);
        int bad = System.Text.Unicode.Utf8.IsValid(bytes) ? -1 : FirstInvalid(bytes);
        SourceText source = new(path, text);
        return bad < 0 ? source : throw new DiagnosticException(source.Error("the file is not UTF-8 text here", new TextSpan(bad, bad + 1), "Save it with the encoding UTF-8."));
    }

    public Diagnostic Error(string message, TextSpan span, string? help = null) => At(DiagnosticSeverity.Error, message, span, help);

    public Diagnostic Warning(string message, TextSpan span, string? help = null) => At(DiagnosticSeverity.Warning, message, span, help);

    private Diagnostic At(DiagnosticSeverity severity, string message, TextSpan span, string? help)
    {
        int index = _lineStarts.BinarySearch(span.Start);
        int line = index >= 0 ? index : ~index - 1;
        int start = _lineStarts[line];
        int end = line + 1 < _lineStarts.Count ? _lineStarts[line + 1] - 1 : Text.Length;
        string sourceLine = Text[start..end].TrimEnd('\r');
        int column = span.Start - start;
        int length = Math.Max(1, Math.Min(span.End - span.Start, sourceLine.Length - column));
        return new Diagnostic(severity, message, Path, line + 1, column + 1, length, sourceLine, help);
    }

    /// <summary>The place in the decoded text of the first byte that is not UTF-8.</summary>
    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        int characters = 0;
        while (Rune.DecodeFromUtf8(bytes, out Rune rune, out int consumed) == System.Buffers.OperationStatus.Done)
        {
            bytes = bytes[consumed..];
            characters += rune.Utf16SequenceLength;
        }

        return characters;
    }
}
