using System.Text;
using System.Text.Unicode;

namespace Atoll.Wasm.Text;

/// <summary>A position in the tokens of a text, with the questions and demands that every part of the parser has.</summary>
internal sealed class TextCursor(TextSource source, int position = 0)
{
    private readonly TextToken[] _tokens = source.Tokens;

    public TextSource Source => source;

    /// <summary>Index of the current token.</summary>
    public int Position { get; set; } = position;

    public TextToken Current => _tokens[Position];

    /// <summary>Index of the token that closes the current parenthesis.</summary>
    public int Match => _tokens[Position].End;

    public int Line => source.LineOf(Current.Start);

    public bool At(TokenKind kind) => _tokens[Position].Kind == kind;

    public bool AtKeyword(ReadOnlySpan<byte> word) => IsKeyword(_tokens[Position], word);

    /// <summary>Whether <c>(</c> and this keyword come next.</summary>
    public bool AtOpen(ReadOnlySpan<byte> word) => At(TokenKind.Open) && IsKeyword(_tokens[Position + 1], word);

    /// <summary>Whether <c>(</c> and a keyword that is an instruction's come next, or any other keyword.</summary>
    public bool AtOpenKeyword => At(TokenKind.Open) && _tokens[Position + 1].Kind == TokenKind.Keyword;

    public bool AtIndex => At(TokenKind.Nat) || At(TokenKind.Id);

    public TextToken Peek(int ahead) => _tokens[Math.Min(Position + ahead, _tokens.Length - 1)];

    public bool IsKeyword(TextToken token, ReadOnlySpan<byte> word) =>
        token.Kind == TokenKind.Keyword && source.Slice(token).SequenceEqual(word);

    public bool TryKeyword(ReadOnlySpan<byte> word)
    {
        bool found = AtKeyword(word);
        Position += found ? 1 : 0;
        return found;
    }

    public bool TryOpen(ReadOnlySpan<byte> word)
    {
        bool found = AtOpen(word);
        Position += found ? 2 : 0;
        return found;
    }

    public TextToken Expect(TokenKind kind, string what)
    {
        TextToken token = Current;
        if (token.Kind != kind)
        {
            throw Unexpected(what);
        }

        Position++;
        return token;
    }

    public void ExpectOpen() => Expect(TokenKind.Open, "(");

    public void ExpectClose() => Expect(TokenKind.Close, ")");

    public void ExpectKeyword(ReadOnlySpan<byte> word)
    {
        if (!TryKeyword(word))
        {
            throw Unexpected(Encoding.ASCII.GetString(word));
        }
    }

    /// <summary>The identifier here, without its <c>$</c>, or null.</summary>
    public string? TryId()
    {
        if (!At(TokenKind.Id))
        {
            return null;
        }

        ReadOnlySpan<byte> text = source.Slice(_tokens[Position++])[1..];
        return Encoding.UTF8.GetString(text[0] == '"' ? TextStrings.Decode(text) : text);
    }

    /// <summary>The annotations of the text that this cursor has come by.</summary>
    public AnnotationSet Annotations { get; } = new(source);

    /// <summary>Whether <c>(@name …)</c> stands before the current token.</summary>
    public bool AtNameAnnotation => Annotations.Has(AnnotationKind.Name, Position);

    /// <summary>The name that <c>(@name "…")</c> before the current token gives, or null.</summary>
    /// <param name="what">What has the name, for messages.</param>
    public string? TryNameAnnotation(string what)
    {
        if (Annotations.Take(AnnotationKind.Name, Position) is not { } annotation)
        {
            return null;
        }

        AnnotationReader reader = new(source, annotation);
        string name = reader.ExpectName("string expected");
        reader.ExpectEnd();
        return Annotations.Take(AnnotationKind.Name, Position) is { } second
            ? throw source.Error($"@name annotation: multiple {what} names", second.Start)
            : name;
    }

    /// <summary>The bytes of the string here.</summary>
    public byte[] ExpectString() => TextStrings.Decode(source.Slice(Expect(TokenKind.String, "a string")));

    /// <summary>The bytes of all strings that follow, one after the other.</summary>
    public byte[] Strings()
    {
        ByteBuffer bytes = new();
        while (At(TokenKind.String))
        {
            bytes.Bytes(ExpectString());
        }

        return bytes.ToArray();
    }

    /// <summary>A string that must be UTF-8 (specification, "Text Format / Values / Names").</summary>
    public string ExpectName()
    {
        int start = Position;
        byte[] bytes = ExpectString();
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw ErrorAt("malformed UTF-8 encoding", start);
    }

    /// <summary>An integer token of the given width, signed or not, as bits.</summary>
    public ulong ExpectInteger(int bits)
    {
        TextToken token = Current;
        if (token.Kind is not (TokenKind.Nat or TokenKind.Int))
        {
            throw Unexpected($"an i{bits} number");
        }

        if (!TextNumbers.TryInteger(source.Slice(token), bits, out ulong value))
        {
            throw ErrorAt($"i{bits} constant out of range", Position);
        }

        Position++;
        return value;
    }

    public ulong ExpectNat(int bits) => At(TokenKind.Nat) ? ExpectInteger(bits) : throw Unexpected("a natural number");

    public uint ExpectF32()
    {
        ExpectFloatToken("an f32 number");
        return TextNumbers.TryF32(source.Slice(_tokens[Position++]), out uint bits)
            ? bits : throw ErrorAt("f32 constant out of range", Position - 1);
    }

    public ulong ExpectF64()
    {
        ExpectFloatToken("an f64 number");
        return TextNumbers.TryF64(source.Slice(_tokens[Position++]), out ulong bits)
            ? bits : throw ErrorAt("f64 constant out of range", Position - 1);
    }

    public MalformedModuleException ErrorAt(string message, int position) => source.Error(message, _tokens[position].Start);

    /// <summary>The error for the current token, which is not what the grammar wants here.</summary>
    public MalformedModuleException Unexpected(string expected)
    {
        TextToken token = Current;
        string message = token.Kind switch
        {
            TokenKind.Error => source.LexicalError,
            TokenKind.End => $"unexpected token: the text ends where {expected} is expected",
            TokenKind.Open => $"unexpected token '(': expected {expected}",
            TokenKind.Reserved => $"unknown operator {Shown(token)}",
            TokenKind.Keyword when !TextKeywords.IsKnown(source.Slice(token)) => $"unknown operator {Shown(token)}",
            _ => $"unexpected token '{Shown(token)}': expected {expected}",
        };
        return source.Error(message, token.Start);
    }

    private void ExpectFloatToken(string what)
    {
        if (Current.Kind is not (TokenKind.Nat or TokenKind.Int or TokenKind.Float))
        {
            throw Unexpected(what);
        }
    }

    private string Shown(TextToken token)
    {
        string text = Encoding.UTF8.GetString(source.Slice(token));
        return text.Length <= 60 ? text : text[..60] + "…";
    }
}
