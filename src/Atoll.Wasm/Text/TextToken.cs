namespace Atoll.Wasm.Text;

/// <summary>The token classes of the text format (specification, "Text Format / Lexical Format").</summary>
internal enum TokenKind : byte
{
    /// <summary>The end of the text.</summary>
    End,

    /// <summary>The lexer could not go on here; the source knows why.</summary>
    Error,
    Open,
    Close,
    Keyword,

    /// <summary>An integer without a sign.</summary>
    Nat,

    /// <summary>An integer with a sign.</summary>
    Int,
    Float,
    Id,
    String,

    /// <summary>Characters that look like a token and are none.</summary>
    Reserved,
}

/// <param name="Kind">Its class.</param>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="End">Offset past its last byte; for <see cref="TokenKind.Open"/> instead the index of the token that closes it.</param>
internal readonly record struct TextToken(TokenKind Kind, int Start, int End);
