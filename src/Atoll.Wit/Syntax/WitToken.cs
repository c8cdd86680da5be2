namespace Atoll.Wit.Syntax;

internal enum WitTokenKind
{
    End,

    /// <summary>A label; a keyword unless it was written with <c>%</c>.</summary>
    Identifier,
    Keyword,
    Integer,
    String,

    /// <summary>One of <c>= , : ; ( ) { } &lt; &gt; * / . @ _</c> or <c>-&gt;</c>.</summary>
    Operator,
}

/// <summary>One token. <see cref="Text"/> is the label without <c>%</c>, the operator, the digits, or the contents of a string.</summary>
internal readonly struct WitToken(WitTokenKind kind, string text, WitSpan span, string? docs)
{
    public WitTokenKind Kind { get; } = kind;

    public string Text { get; } = text;

    public WitSpan Span { get; } = span;

    /// <summary>The documentation comments before the token, joined, without their markers; null if there are none.</summary>
    public string? Docs { get; } = docs;

    /// <summary>Whether it is that operator or keyword.</summary>
    public bool Is(string text) => Kind is WitTokenKind.Operator or WitTokenKind.Keyword && Text == text;

    public string Describe() => Kind switch
    {
        WitTokenKind.End => "the end of the text",
        WitTokenKind.Keyword => $"the keyword `{Text}`",
        WitTokenKind.Integer => $"the number `{Text}`",
        WitTokenKind.String => "a string",
        _ => $"`{Text}`",
    };
}
