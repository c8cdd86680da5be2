using System.Text;
using System.Text.Unicode;

namespace Atoll.Wasm.Text;

/// <summary>A text in UTF-8 with its tokens. The list always ends in <see cref="TokenKind.End"/> or <see cref="TokenKind.Error"/>.</summary>
internal sealed class TextSource
{
    /// <summary>Longest text that is read.</summary>
    public const int MaxBytes = 256 * 1024 * 1024;

    /// <summary>Most tokens that are read. A token takes 12 bytes, so this bounds the memory that a text can cost.</summary>
    public const int MaxTokens = 50_000_000;

    private int[]? _lines;

    private TextSource(byte[] bytes) => Bytes = bytes;

    public byte[] Bytes { get; }

    public TextToken[] Tokens { get; private set; } = [];

    /// <summary>The annotations that mean something, in their order.</summary>
    public TextAnnotation[] Annotations { get; private set; } = [];

    /// <summary>What the <see cref="TokenKind.Error"/> token stands for.</summary>
    public string LexicalError { get; private set; } = "";

    public static TextSource Read(byte[] bytes)
    {
        TextSource source = new(bytes);
        if (bytes.Length > MaxBytes)
        {
            throw source.Error($"text of {bytes.Length} bytes is longer than the limit of {MaxBytes}", 0);
        }

        if (!Utf8.IsValid(bytes))
        {
            throw source.Error("malformed UTF-8 encoding", FirstInvalidByte(bytes));
        }

        (source.Tokens, source.Annotations, source.LexicalError) = new TextLexer(bytes).Run();
        return source;
    }

    public static TextSource Read(string text)
    {
        if (text.Length > MaxBytes)
        {
            throw new MalformedModuleException($"text of {text.Length} characters is longer than the limit of {MaxBytes}", 1, 1, 0);
        }

        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        Utf8.FromUtf16(text, bytes, out int read, out int written, replaceInvalidSequences: false);
        TextSource source = new(bytes[..written]);
        return read == text.Length ? Read(source.Bytes) : throw source.Error("malformed UTF-8 encoding", written);
    }

    public ReadOnlySpan<byte> Slice(TextToken token) => Bytes.AsSpan(token.Start, token.End - token.Start);

    /// <summary>1-based line of a byte; lines end in LF, CR or CR LF.</summary>
    public int LineOf(int offset)
    {
        int index = Array.BinarySearch(_lines ??= FindLines(), offset);
        return index >= 0 ? index + 1 : ~index;
    }

    public MalformedModuleException Error(string message, int offset)
    {
        offset = Math.Min(offset, Bytes.Length);
        int line = LineOf(offset);
        int start = _lines![line - 1];
        int column = 1;
        for (int i = start; i < offset; i++)
        {
            // Columns count characters: continuation bytes of UTF-8 are not counted.
            column += (Bytes[i] & 0xC0) == 0x80 ? 0 : 1;
        }

        return new MalformedModuleException(message, line, column, offset);
    }

    private int[] FindLines()
    {
        List<int> lines = [0];
        for (int i = 0; i < Bytes.Length; i++)
        {
            if (Bytes[i] == '\n' || (Bytes[i] == '\r' && (i + 1 >= Bytes.Length || Bytes[i + 1] != '\n')))
            {
                lines.Add(i + 1);
            }
        }

        return [.. lines];
    }

    private static int FirstInvalidByte(ReadOnlySpan<byte> bytes)
    {
        int offset = 0;
        while (offset < bytes.Length
            && Rune.DecodeFromUtf8(bytes[offset..], out _, out int consumed) == System.Buffers.OperationStatus.Done)
        {
            offset += consumed;
        }

        return offset;
    }
}
