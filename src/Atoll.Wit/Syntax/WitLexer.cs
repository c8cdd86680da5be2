using System.Globalization;
using System.Text;

namespace Atoll.Wit.Syntax;

/// <summary>Text to tokens (WIT.md, "Lexical structure").</summary>
internal sealed class WitLexer(WitSource source)
{
    private static readonly HashSet<string> Keywords =
    [
        "as", "async", "bool", "borrow", "char", "constructor", "enum", "export", "f32", "f64", "flags", "from", "func", "future", "import",
        "include", "interface", "list", "map", "option", "own", "package", "record", "resource", "result", "s16", "s32", "s64", "s8", "static",
        "stream", "string", "tuple", "type", "u16", "u32", "u64", "u8", "use", "variant", "with", "world",
    ];

    private readonly string _text = source.Text;
    private int _position;
    private StringBuilder? _docs;

    /// <summary>Where the last token ended; a version is read from there as characters.</summary>
    public int Position => _position;

    public static bool IsKeyword(string text) => Keywords.Contains(text);

    /// <summary>Refuses what no WIT text may contain anywhere: control and direction characters, and characters that Unicode discourages.</summary>
    public void CheckCharacters()
    {
        if (_text.Length > WitSource.MaxLength)
        {
            throw Error($"the text of {_text.Length} characters is longer than the limit of {WitSource.MaxLength}", 0, 1);
        }

        for (int i = 0; i < _text.Length; i++)
        {
            if (IsForbidden(_text[i]))
            {
                throw Error($"the character U+{(int)_text[i]:X4} is not allowed in a WIT text", i, 1);
            }

            if (char.IsSurrogate(_text[i]) && !(char.IsHighSurrogate(_text[i]) && i + 1 < _text.Length && char.IsLowSurrogate(_text[++i])))
            {
                throw Error("the text is not valid Unicode", i, 1);
            }
        }
    }

    public WitToken Next()
    {
        _docs = null;
        SkipBlanks();
        int start = _position;
        if (start >= _text.Length)
        {
            return Token(WitTokenKind.End, "", start);
        }

        char c = _text[start];
        if (IsLetter(c) || c == '%')
        {
            return Identifier();
        }

        if (IsDigit(c))
        {
            while (_position < _text.Length && IsDigit(_text[_position]))
            {
                _position++;
            }

            return Token(WitTokenKind.Integer, _text.Substring(start, _position - start), start);
        }

        if (c == '"')
        {
            string contents = WitStrings.Read(source, ref _position);
            return Token(WitTokenKind.String, contents, start);
        }

        if (c == '-' && Peek(1) == '>')
        {
            _position += 2;
            return Token(WitTokenKind.Operator, "->", start);
        }

        if ("=,:;(){}<>*/.@_".IndexOf(c) >= 0)
        {
            _position++;
            return Token(WitTokenKind.Operator, c.ToString(), start);
        }

        throw Error($"unexpected character `{CharacterAt(start)}`", start, 1);
    }

    /// <summary>
    /// Reads the version that stands right after an <c>@</c> (semver.org, 2.0). It ends where the characters of versions end; a full stop
    /// belongs to it only before another such character, because <c>use a:b/c@1.0.0.{x}</c> goes on after one.
    /// </summary>
    public WitSpan ScanVersion(int start)
    {
        _position = start;
        while (_position < _text.Length && (IsVersionCharacter(_text[_position]) || (_text[_position] == '.' && IsVersionCharacter(Peek(1)))))
        {
            _position++;
        }

        return new WitSpan(start, _position);
    }

    private static bool IsLetter(char c) => c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z');

    private static bool IsDigit(char c) => c is >= '0' and <= '9';

    private static bool IsVersionCharacter(char c) => IsLetter(c) || IsDigit(c) || c is '-' or '+';

    internal static bool IsForbidden(char c) => c switch
    {
        '\n' or '\r' or '\t' => false,
        >= '\u202a' and <= '\u202e' => true,
        >= '\u2066' and <= '\u2069' => true,
        '\u0149' or '\u0673' or '\u0f77' or '\u0f79' or '\u17a3' or '\u17a4' or '\u17b4' or '\u17b5' => true,
        _ => char.IsControl(c),
    };

    /// <summary>A label (Explainer.md, "Import and export definitions"): words of one case each, joined by single hyphens, the first begins with a letter.</summary>
    private static bool IsLabel(string text)
    {
        bool first = true;
        foreach (string word in text.Split('-'))
        {
            bool hasLower = word.Any(c => c is >= 'a' and <= 'z');
            bool hasUpper = word.Any(c => c is >= 'A' and <= 'Z');
            if (word.Length == 0 || (hasLower && hasUpper) || (first && !IsLetter(word[0])))
            {
                return false;
            }

            first = false;
        }

        return true;
    }

    private WitToken Identifier()
    {
        int start = _position;
        bool escaped = _text[start] == '%';
        int nameStart = escaped ? start + 1 : start;
        _position = nameStart;
        while (_position < _text.Length && (IsLetter(_text[_position]) || IsDigit(_text[_position]) || (_text[_position] == '-' && Peek(1) != '>')))
        {
            _position++;
        }

        string name = _text.Substring(nameStart, _position - nameStart);
        if (!IsLabel(name))
        {
            string message = name.Length == 0 ? "a name is expected after `%`" : $"`{name}` is not a name in kebab case";
            throw Error(message, start, _position - start, "names are words of one case joined by `-`, such as `http-request` or `parse-XML`");
        }

        return Token(!escaped && IsKeyword(name) ? WitTokenKind.Keyword : WitTokenKind.Identifier, name, start);
    }

    private void SkipBlanks()
    {
        while (_position < _text.Length)
        {
            char c = _text[_position];
            if (c is ' ' or '\n' or '\r' or '\t')
            {
                _position++;
            }
            else if (c == '/' && Peek(1) == '/')
            {
                SkipLineComment();
            }
            else if (c == '/' && Peek(1) == '*')
            {
                SkipBlockComment();
            }
            else
            {
                return;
            }
        }
    }

    private void SkipLineComment()
    {
        int start = _position;
        int end = _text.IndexOf('\n', start);
        _position = end < 0 ? _text.Length : end;
        string comment = _text.Substring(start, _position - start).TrimEnd('\r', ' ', '\t');
        if (comment.StartsWith("///", StringComparison.Ordinal))
        {
            AddDocs(comment.Length > 3 && comment[3] == ' ' ? comment.Substring(4) : comment.Substring(3));
        }
    }

    private void SkipBlockComment()
    {
        int start = _position;
        int depth = 0;
        do
        {
            if (_position + 1 >= _text.Length)
            {
                throw Error("the comment is not closed", start, 2, "block comments nest: every `/*` needs its own `*/`");
            }

            bool opens = _text[_position] == '/' && _text[_position + 1] == '*';
            bool closes = _text[_position] == '*' && _text[_position + 1] == '/';
            depth += opens ? 1 : closes ? -1 : 0;
            _position += opens || closes ? 2 : 1;
        }
        while (depth > 0);

        if (_position - start > 4 && _text[start + 2] == '*')
        {
            AddBlockDocs(_text.Substring(start + 3, _position - start - 5));
        }
    }

    private void AddBlockDocs(string contents)
    {
        string[] lines = contents.Split('\n').Select(line => line.Trim()).ToArray();
        lines = lines.Select(line => line.StartsWith("* ", StringComparison.Ordinal) ? line.Substring(2) : line == "*" ? "" : line).ToArray();
        int first = Array.FindIndex(lines, line => line.Length > 0);
        int last = Array.FindLastIndex(lines, line => line.Length > 0);
        for (int i = Math.Max(first, 0); i <= last; i++)
        {
            AddDocs(lines[i]);
        }
    }

    private void AddDocs(string line)
    {
        _docs = _docs is null ? new StringBuilder() : _docs.Append('\n');
        _docs.Append(line);
    }

    private char Peek(int ahead) => _position + ahead < _text.Length ? _text[_position + ahead] : '\0';

    private string CharacterAt(int index) =>
        char.IsHighSurrogate(_text[index]) ? _text.Substring(index, 2) : _text[index].ToString(CultureInfo.InvariantCulture);

    private WitToken Token(WitTokenKind kind, string text, int start) => new(kind, text, new WitSpan(start, _position), _docs?.ToString());

    private WitException Error(string message, int start, int length, string? hint = null) =>
        new(source.Error(message, new WitSpan(start, start + length), hint));
}
