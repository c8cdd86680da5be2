namespace Atoll.Sdk.Toml;

/// <summary>Reads a TOML 1.0 document: keys, tables and what may be defined twice; values are in the other part.</summary>
internal sealed partial class TomlReader(SourceText source)
{
    private const int MaxDepth = 64;
    private const int MaxValues = 20_000;
    private readonly string _text = source.Text;
    private int _at;
    private int _values;
    private int _section = 1;

    private readonly record struct Key(string Name, TextSpan Span);

    public TomlDocument Read()
    {
        TomlTable root = new(new TextSpan(0, 0)) { HasHeader = true }, current = root;
        while (true)
        {
            SkipBlank();
            if (_at >= _text.Length)
            {
                return new TomlDocument(source, root);
            }

            if (Peek() == '[')
            {
                current = ReadHeader(root);
            }
            else
            {
                ReadPair(current, _section, depth: 0);
            }

            ExpectEndOfLine();
        }
    }

    private TomlTable ReadHeader(TomlTable root)
    {
        int start = _at;
        bool isArray = Peek(1) == '[';
        _at += isArray ? 2 : 1;
        List<Key> path = ReadKeys();
        string close = isArray ? "]]" : "]";
        if (!_text.AsSpan(_at).StartsWith(close))
        {
            throw Fail($"the name of a table ends with `{close}`", Here(), isArray ? "The two brackets stand together, without a space." : "Names with other characters have quotes: [\"a b\"].");
        }

        _at += close.Length;
        TextSpan header = new(start, _at);
        _section++;
        TomlTable parent = root;
        foreach (Key part in path[..^1])
        {
            parent = Descend(parent, part, header);
        }

        return isArray ? AppendToArray(parent, path[^1], header) : DefineTable(parent, path[^1], header);
    }

    /// <summary>The table that a part of a header's name means: an array of tables stands for its last one.</summary>
    private TomlTable Descend(TomlTable parent, Key part, TextSpan header)
    {
        switch (parent.Find(part.Name)?.Value)
        {
            case null:
                TomlTable made = new(header);
                Add(parent, new TomlEntry(part.Name, part.Span, made));
                return made;
            case TomlTable { IsInline: false } table:
                return table;
            case TomlArray { IsOfTables: true } array:
                return (TomlTable)array.Items[^1];
            case TomlTable:
                throw Fail($"`{part.Name}` is a table in braces, and nothing can be added to it", part.Span, "Write all of it between the braces, or give it a [header].");
            case { } other:
                throw Fail($"`{part.Name}` is {other.Kind} already, so it has nothing within", part.Span);
        }
    }

    private TomlTable DefineTable(TomlTable parent, Key name, TextSpan header)
    {
        switch (parent.Find(name.Name)?.Value)
        {
            case null:
                TomlTable made = new(header) { HasHeader = true };
                Add(parent, new TomlEntry(name.Name, name.Span, made));
                return made;
            case TomlTable { IsInline: false, HasHeader: false, DottedIn: 0 } implied:
                implied.HasHeader = true;
                return implied;
            case { } other:
                throw AlreadyThere(name, other);
        }
    }

    private TomlTable AppendToArray(TomlTable parent, Key name, TextSpan header)
    {
        TomlTable made = new(header) { HasHeader = true };
        switch (parent.Find(name.Name)?.Value)
        {
            case null:
                Add(parent, new TomlEntry(name.Name, name.Span, new TomlArray(header, new List<TomlTable> { made }) { IsOfTables = true }));
                break;
            case TomlArray { IsOfTables: true, Items: List<TomlTable> tables }:
                Count(name.Span);
                tables.Add(made);
                break;
            case { } other:
                throw AlreadyThere(name, other);
        }

        return made;
    }

    private DiagnosticException AlreadyThere(Key name, TomlValue there)
    {
        int line = source.Error(string.Empty, there.Span).Line;
        string? help = there switch
        {
            TomlArray { IsOfTables: true } => $"Write [[{name.Name}]] to add a table to the array.",
            TomlArray => "An array in brackets is complete: write all of it there.",
            TomlTable => "A table is defined once: put the keys together.",
            _ => null,
        };
        return Fail($"`{name.Name}` is defined already, as {there.Kind} in line {line}", name.Span, help);
    }

    /// <summary>Reads <c>key = value</c> into a table. Dotted keys define tables on the way, which only keys of the same section may add to.</summary>
    private void ReadPair(TomlTable table, int section, int depth)
    {
        List<Key> path = ReadKeys();
        if (Peek() != '=')
        {
            throw Fail("a `=` is missing after the key", Here(), "A line is `key = value`, `[table]` or a comment with #.");
        }

        _at++;
        SkipSpaces();
        foreach (Key part in path[..^1])
        {
            switch (table.Find(part.Name)?.Value)
            {
                case null:
                    TomlTable made = new(part.Span) { DottedIn = section };
                    Add(table, new TomlEntry(part.Name, part.Span, made));
                    table = made;
                    break;
                case TomlTable { IsInline: false, HasHeader: false } open when open.DottedIn == 0 || open.DottedIn == section:
                    open.DottedIn = section;
                    table = open;
                    break;
                case { } other:
                    throw other is TomlTable
                        ? Fail($"`{part.Name}` is complete, and a dotted key cannot add to it", part.Span, "Put the key where the table is.")
                        : Fail($"`{part.Name}` is {other.Kind} already, so it has nothing within", part.Span);
            }
        }

        if (table.Find(path[^1].Name) is { } there)
        {
            throw AlreadyThere(path[^1], there.Value);
        }

        TomlValue value = ReadValue(depth);
        Add(table, new TomlEntry(path[^1].Name, path[^1].Span, value));
    }

    private void Add(TomlTable table, TomlEntry entry)
    {
        Count(entry.KeySpan);
        table.Add(entry);
    }

    private void Count(TextSpan span)
    {
        if (++_values > MaxValues)
        {
            throw Fail($"the document has more than {MaxValues} values", span);
        }
    }

    /// <summary>Reads a key, dotted or not, with the spaces around its parts.</summary>
    private List<Key> ReadKeys()
    {
        List<Key> path = [];
        while (true)
        {
            SkipSpaces();
            path.Add(ReadKey());
            if (path.Count > MaxDepth)
            {
                throw Fail($"a key has more than {MaxDepth} parts", path[^1].Span);
            }

            SkipSpaces();
            if (Peek() != '.')
            {
                return path;
            }

            _at++;
        }
    }

    private Key ReadKey()
    {
        int start = _at;
        if (Peek() is '"' or '\'')
        {
            if (StartsWith("\"\"\"") || StartsWith("'''"))
            {
                throw Fail("a key cannot be a string of several lines", new TextSpan(start, start + 3), "Use one quote on each side.");
            }

            string quoted = Peek() == '"' ? ReadBasicString() : ReadLiteralString();
            return new Key(quoted, new TextSpan(start, _at));
        }

        while (Peek() is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '-' or '_')
        {
            _at++;
        }

        return _at > start
            ? new Key(_text[start.._at], new TextSpan(start, _at))
            : throw Fail(
                _at >= _text.Length || Peek() is '\n' or '\r' ? "a key is missing" : "a key cannot have this character",
                Here(),
                "A bare key has letters of ASCII, digits, - and _; any other stands in quotes.");
    }

    /// <summary>Skips spaces, line ends and comments.</summary>
    private void SkipBlank()
    {
        while (_at < _text.Length)
        {
            SkipSpaces();
            if (Peek() == '#')
            {
                SkipComment();
            }
            else if (!SkipLineEnd())
            {
                return;
            }
        }
    }

    private void ExpectEndOfLine()
    {
        SkipSpaces();
        if (Peek() == '#')
        {
            SkipComment();
        }

        if (_at < _text.Length && !SkipLineEnd())
        {
            throw Fail("the line should end here", Here(), "One line holds one `key = value`; strings with quotes in them need \\\".");
        }
    }

    private void SkipComment()
    {
        while (_at < _text.Length && Peek() != '\n' && !StartsWith("\r\n"))
        {
            RefuseControl("a comment");
            _at++;
        }
    }

    private void SkipSpaces()
    {
        while (Peek() is ' ' or '\t')
        {
            _at++;
        }
    }

    private bool SkipLineEnd()
    {
        int length = Peek() == '\n' ? 1 : StartsWith("\r\n") ? 2 : 0;
        _at += length;
        return length > 0;
    }

    /// <summary>Control characters other than tab are in no comment and in no string.</summary>
    private void RefuseControl(string where)
    {
        char c = _text[_at];
        if (c is < ' ' and not '\t' or '\u007F')
        {
            string name = c == '\r' ? "a carriage return without a line feed" : $"the control character U+{(int)c:X4}";
            throw Fail($"{name} cannot stand in {where}", Here(), c == '\r' ? "Lines end with LF or CR LF." : $"In a string with double quotes write \\u{(int)c:X4}.");
        }
    }

    private bool StartsWith(string what) => _text.AsSpan(_at).StartsWith(what);

    /// <summary>A character further on; at the end of the text it is U+0000, which the text itself never may have.</summary>
    private char Peek(int ahead = 0) => _at + ahead < _text.Length ? _text[_at + ahead] : '\0';

    private TextSpan Here() => new(_at, _at + 1);

    private DiagnosticException Fail(string message, TextSpan span, string? help = null) => new(source.Error(message, span, help));
}
