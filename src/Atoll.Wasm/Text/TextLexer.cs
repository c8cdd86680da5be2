using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace Atoll.Wasm.Text;

/// <summary>Cuts a text into tokens (specification, "Text Format / Lexical Format"). One pass, no recursion.</summary>
internal sealed class TextLexer(byte[] bytes)
{
    private const int AnnotationCost = 8;

    private readonly List<TextToken> _tokens = [];
    private readonly List<TextAnnotation> _annotations = [];
    private readonly Stack<int> _open = [];
    private string? _error;
    private int _errorOffset;
    private int _position;
    private int _extraTokens;

    /// <summary>Whether <paramref name="b"/> may occur in an identifier ("idchar").</summary>
    public static bool IsIdChar(int b) =>
        b is > 0x20 and < 0x7F and not ('"' or ',' or ';' or '(' or ')' or '[' or ']' or '{' or '}');

    public (TextToken[] Tokens, TextAnnotation[] Annotations, string Error) Run()
    {
        while (_error is null && _position < bytes.Length)
        {
            Next();
            if (_tokens.Count + _extraTokens > TextSource.MaxTokens)
            {
                Fail($"text of more than {TextSource.MaxTokens} tokens, which is the limit", _position);
            }
        }

        int end = _error is null ? bytes.Length : _errorOffset;
        _tokens.Add(new TextToken(_error is null ? TokenKind.End : TokenKind.Error, end, end));
        foreach (int open in _open)
        {
            Close(open, _tokens.Count - 1);
        }

        return (_tokens.ToArray(), _annotations.ToArray(), _error ?? "");
    }

    private void Fail(string message, int offset)
    {
        _error ??= message;
        _errorOffset = offset;
    }

    private int At(int index) => index < bytes.Length ? bytes[index] : -1;

    private void Next()
    {
        int start = _position;
        int b = bytes[start];
        switch (b)
        {
            case ' ' or '\t' or '\n' or '\r':
                _position++;
                break;
            case ';' when At(start + 1) == ';':
                SkipLine();
                break;
            case '(' when At(start + 1) == ';':
                SkipBlockComment();
                break;
            case '(' when At(start + 1) == '@':
                Annotation();
                break;
            case '(':
                _open.Push(_tokens.Count);
                Add(TokenKind.Open, start + 1);
                break;
            case ')':
                if (_open.TryPop(out int open))
                {
                    Close(open, _tokens.Count);
                }

                Add(TokenKind.Close, start + 1);
                break;
            case ',' or ';' or '[' or ']' or '{' or '}':
                Add(TokenKind.Reserved, start + 1);
                break;
            default:
                Word(start);
                break;
        }
    }

    private void Close(int open, int close) => _tokens[open] = _tokens[open] with { End = close };

    private void Add(TokenKind kind, int end)
    {
        _tokens.Add(new TextToken(kind, _position, end));
        _position = end;
    }

    /// <summary>The longest run of identifier characters and strings, which is one token or a reserved word.</summary>
    private void Word(int start)
    {
        int end = ScanWord(start, out int strings);
        if (_error is not null)
        {
            return;
        }

        if (end == start)
        {
            Fail("illegal character", start);
            return;
        }

        TokenKind kind = Classify(start, end, strings);
        if (_error is null)
        {
            Add(kind, end);
        }
    }

    private int ScanWord(int start, out int strings)
    {
        int position = start;
        strings = 0;
        while (true)
        {
            while (IsIdChar(At(position)))
            {
                position++;
            }

            if (At(position) != '"')
            {
                return position;
            }

            int end = ScanString(position, out string problem, out int problemOffset);
            if (end < 0)
            {
                // After other characters the word simply ends before the quotation mark: what follows "$" is then no identifier.
                if (position == start)
                {
                    Fail(problem, problemOffset);
                }

                return position;
            }

            strings++;
            position = end;
        }
    }

    private TokenKind Classify(int start, int end, int strings)
    {
        ReadOnlySpan<byte> word = bytes.AsSpan(start, end - start);
        if (word[0] == '$' && (strings == 0 || (strings == 1 && word.Length > 1 && word[1] == '"' && ScanString(start + 1, out _, out _) == end)))
        {
            if (word.Length == 1 || word is [_, (byte)'"', (byte)'"'])
            {
                Fail("empty identifier", start);
            }
            else if (strings == 1 && !Utf8.IsValid(TextStrings.Decode(word[1..])))
            {
                Fail("malformed UTF-8 encoding", start);
            }

            return TokenKind.Id;
        }

        if (strings > 0)
        {
            return strings == 1 && word[0] == '"' && ScanString(start, out _, out _) == end ? TokenKind.String : TokenKind.Reserved;
        }

        TokenKind number = TextNumbers.Classify(word);
        return number != TokenKind.Reserved ? number
            : word[0] is >= (byte)'a' and <= (byte)'z' ? TokenKind.Keyword
            : TokenKind.Reserved;
    }

    /// <summary>Offset past the string that starts at <paramref name="start"/>, or -1 and what is wrong with it.</summary>
    private int ScanString(int start, out string problem, out int problemOffset)
    {
        problem = "";
        problemOffset = start;
        int position = start + 1;
        while (true)
        {
            int b = At(position);
            if (b is -1 or '\n' or '\r')
            {
                problem = "unclosed string";
                return -1;
            }

            if (b == '"')
            {
                return position + 1;
            }

            int length = b == '\\' ? TextStrings.EscapeLength(bytes.AsSpan(position)) : b is < 0x20 or 0x7F ? 0 : 1;
            if (length == 0)
            {
                (problem, problemOffset) = (b == '\\' ? "illegal escape" : "illegal character in string", position);
                return -1;
            }

            position += length;
        }
    }

    private void SkipLine()
    {
        while (_position < bytes.Length && bytes[_position] is not ((byte)'\n' or (byte)'\r'))
        {
            _position++;
        }
    }

    private void SkipBlockComment()
    {
        int start = _position;
        int depth = 0;
        do
        {
            if (_position >= bytes.Length)
            {
                Fail("unclosed comment", start);
                return;
            }

            if (bytes[_position] == '(' && At(_position + 1) == ';')
            {
                depth++;
                _position += 2;
            }
            else if (bytes[_position] == ';' && At(_position + 1) == ')')
            {
                depth--;
                _position += 2;
            }
            else
            {
                _position++;
            }
        }
        while (depth > 0);
    }

    /// <summary>Steps over <c>(@id …)</c>, whose content is any sequence of tokens with balanced parentheses ("Annotations").</summary>
    private void Annotation()
    {
        int start = _position;
        int tokens = _tokens.Count;
        _position += 2;
        int end = At(_position) == '"' ? ScanString(_position, out _, out _) : ScanWord(_position, out _);
        if (end <= _position || (At(_position) == '"' && end == _position + 2))
        {
            Fail("empty annotation id", start);
            return;
        }

        ReadOnlySpan<byte> id = bytes.AsSpan(_position, end - _position);
        if (id[0] == '"')
        {
            id = TextStrings.Decode(id);
            if (!Utf8.IsValid(id))
            {
                Fail("malformed UTF-8 encoding", start);
                return;
            }
        }

        _position = end;
        AnnotationKind? kind = TextAnnotation.KindOf(id);
        List<TextToken>? content = kind is null ? null : [];
        AnnotationContent(start, content);
        if (_error is null && content is not null)
        {
            // Counted as tokens too, so that they cannot cost more memory than these.
            _extraTokens += content.Count + AnnotationCost;
            content.RemoveAt(content.Count - 1);
            _annotations.Add(new TextAnnotation(kind!.Value, tokens, start, [.. content]));
        }
    }

    /// <summary>
    /// What stands in an annotation is checked as tokens are, and kept only where somebody wants it. The last token is the closing parenthesis.
    /// </summary>
    private void AnnotationContent(int start, List<TextToken>? content)
    {
        int tokens = _tokens.Count;
        int depth = 1;
        while (_error is null && depth > 0)
        {
            if (_position >= bytes.Length)
            {
                Fail("unclosed annotation", start);
            }
            else if ((bytes[_position] == '(' && At(_position + 1) != ';') || bytes[_position] == ')')
            {
                bool opens = bytes[_position] == '(';
                depth += opens ? 1 : -1;
                content?.Add(new TextToken(opens ? TokenKind.Open : TokenKind.Close, _position, _position + 1));
                _position++;
            }
            else
            {
                Next();
                content?.AddRange(CollectionsMarshal.AsSpan(_tokens)[tokens..]);
                _tokens.RemoveRange(tokens, _tokens.Count - tokens);
            }

            if (content?.Count > TextSource.MaxTokens)
            {
                Fail($"annotation of more than {TextSource.MaxTokens} tokens, which is the limit", start);
            }
        }
    }
}
