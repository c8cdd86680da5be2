using System.Text;

namespace Atoll.Wit.Syntax;

/// <summary>Tokens to a syntax tree, by recursive descent with one token ahead (WIT.md, "Top-level items" and after).</summary>
internal sealed partial class WitParser
{
    /// <summary>Deepest nesting of types in one another; it bounds the recursion here and in everything that walks types later.</summary>
    private const int MaxTypeDepth = 100;

    private readonly WitSource _source;
    private readonly WitLexer _lexer;

    /// <summary>The tokens of the package that is read, to compare two copies of one package.</summary>
    private StringBuilder _fingerprint = new();
    private WitToken _token;
    private WitSpan _last;

    private WitParser(WitSource source)
    {
        _source = source;
        _lexer = new WitLexer(source);
        _lexer.CheckCharacters();
        _token = _lexer.Next();
    }

    /// <summary>Reads one file.</summary>
    /// <exception cref="WitException">It does not follow the grammar.</exception>
    public static FileSyntax Parse(WitSource source) => new WitParser(source).File();

    private FileSyntax File()
    {
        WitPackageName? package = null;
        WitSpan packageSpan = default;
        string? docs = null;
        List<ScopeSyntax> nested = [];
        List<FileUseSyntax> uses = [];
        List<ItemSyntax> items = [];
        while (_token.Kind != WitTokenKind.End)
        {
            if (!_token.Is("package"))
            {
                PackageItem(uses, items);
                continue;
            }

            string? itemDocs = _token.Docs;
            int fingerprintLength = _fingerprint.Length;
            (WitPackageName name, WitSpan span) = PackageDeclaration();
            if (_token.Is("{"))
            {
                nested.Add(NestedPackage(name, span, itemDocs));
                _fingerprint.Length = fingerprintLength;
                continue;
            }

            if (package is not null || items.Count > 0 || uses.Count > 0 || nested.Count > 0)
            {
                throw Error("the package of a file must be named once, before everything else", span,
                    "packages after the first are written with braces: package a:b { … }");
            }

            (package, packageSpan, docs) = (name, span, itemDocs);
            Expect(";");
            _fingerprint.Length = fingerprintLength;
        }

        return new FileSyntax(_source, new ScopeSyntax(_source, package, packageSpan, docs, uses, items, _fingerprint.ToString()), nested);
    }

    private ScopeSyntax NestedPackage(WitPackageName name, WitSpan span, string? docs)
    {
        List<FileUseSyntax> uses = [];
        List<ItemSyntax> items = [];
        Expect("{");
        StringBuilder outer = _fingerprint;
        _fingerprint = new StringBuilder();
        while (!_token.Is("}"))
        {
            if (_token.Is("package"))
            {
                throw Error("a package cannot be nested in a nested package", _token.Span);
            }

            PackageItem(uses, items);
        }

        string fingerprint = _fingerprint.ToString();
        _fingerprint = outer;
        Expect("}");
        return new ScopeSyntax(_source, name, span, docs, uses, items, fingerprint);
    }

    private (WitPackageName Name, WitSpan Span) PackageDeclaration()
    {
        Expect("package");
        WitSpan start = _token.Span;
        NameSyntax @namespace = Name();
        Expect(":");
        NameSyntax name = Name();
        if (_token.Is(":") || _token.Is("/"))
        {
            throw Error("nested namespaces and packages are not supported yet", _token.Span);
        }

        VersionSyntax? version = OptionalVersion();
        return (new WitPackageName(@namespace.Text, name.Text, version?.Version), start.To(_last));
    }

    private void PackageItem(List<FileUseSyntax> uses, List<ItemSyntax> items)
    {
        HeadSyntax head = Head();
        if (_token.Is("use"))
        {
            WitSpan start = _token.Span;
            Advance();
            PathSyntax path = Path();
            NameSyntax? alias = Accept("as") ? Name() : null;
            Expect(";");
            uses.Add(new FileUseSyntax(path, alias, start.To(_last)));
        }
        else if (Accept("interface"))
        {
            NameSyntax name = Name();
            items.Add(new InterfaceSyntax(head, name, InterfaceItems()));
        }
        else if (Accept("world"))
        {
            NameSyntax name = Name();
            items.Add(new WorldSyntax(head, name, WorldItems()));
        }
        else
        {
            throw Error($"expected `interface`, `world`, `use` or `package`, found {_token.Describe()}", _token.Span);
        }
    }

    private List<ItemSyntax> InterfaceItems()
    {
        List<ItemSyntax> items = [];
        Expect("{");
        while (!Accept("}"))
        {
            HeadSyntax head = Head();
            items.Add(_token.Is("use") ? Use(head) : (ItemSyntax?)TypeItem(head) ?? Function(head));
        }

        return items;
    }

    private List<ItemSyntax> WorldItems()
    {
        List<ItemSyntax> items = [];
        Expect("{");
        while (!Accept("}"))
        {
            HeadSyntax head = Head();
            items.Add(_token.Text switch
            {
                "use" when _token.Is("use") => Use(head),
                "include" when _token.Is("include") => Include(head),
                "import" or "export" when _token.Kind == WitTokenKind.Keyword => Extern(head),
                _ => TypeItem(head)
                    ?? throw Error($"expected an import, an export, `use`, `include` or a type, found {_token.Describe()}", _token.Span),
            });
        }

        return items;
    }

    private UseItemSyntax Use(HeadSyntax head)
    {
        WitSpan start = _token.Span;
        Expect("use");
        PathSyntax path = Path();
        Expect(".");
        List<(NameSyntax, NameSyntax?)> names = List("{", "}", () => (Name(), Accept("as") ? Name() : null));
        if (names.Count == 0)
        {
            throw Error("at least one name must be used", _last);
        }

        Expect(";");
        return new UseItemSyntax(head, path, names, start.To(_last));
    }

    private IncludeSyntax Include(HeadSyntax head)
    {
        WitSpan start = _token.Span;
        Expect("include");
        PathSyntax path = Path();
        List<(NameSyntax, NameSyntax)> renames = [];
        if (Accept("with"))
        {
            renames = List("{", "}", () =>
            {
                NameSyntax name = Name();
                Expect("as");
                return (name, Name());
            });
            Accept(";");
        }
        else
        {
            Expect(";");
        }

        return new IncludeSyntax(head, path, renames, start.To(_last));
    }

    /// <summary>
    /// <c>import a: func();</c>, <c>import a: interface { }</c>, <c>import a: path;</c> or <c>import path;</c>. In <c>a:b/c</c> the colon
    /// touches both of its neighbours, in <c>a: b</c> it does not (WIT.md, "Item: world").
    /// </summary>
    private ExternSyntax Extern(HeadSyntax head)
    {
        WitSpan start = _token.Span;
        bool isExport = _token.Text == "export";
        Advance();
        NameSyntax name = Name();
        if (!_token.Is(":"))
        {
            PathSyntax local = new(null, name, name.Span);
            Expect(";");
            return new ExternSyntax(head, isExport, null, null, null, local, start.To(_last));
        }

        WitSpan colon = _token.Span;
        Advance();
        if (_token.Is("func") || _token.Is("async"))
        {
            FunctionSyntax function = FunctionType(head, name, WitFunctionKind.Freestanding);
            Expect(";");
            return new ExternSyntax(head, isExport, name, function, null, null, start.To(_last));
        }

        if (Accept("interface"))
        {
            return new ExternSyntax(head, isExport, name, null, InterfaceItems(), null, start.To(_last));
        }

        bool isQualified = name.Span.End == colon.Start && colon.End == _token.Span.Start;
        PathSyntax path = isQualified ? PathAfterNamespace(name) : Path();
        Expect(";");
        return new ExternSyntax(head, isExport, isQualified ? null : name, null, null, path, start.To(_last));
    }

    private PathSyntax Path()
    {
        NameSyntax first = Name();
        return Accept(":") ? PathAfterNamespace(first) : new PathSyntax(null, first, first.Span);
    }

    private PathSyntax PathAfterNamespace(NameSyntax @namespace)
    {
        NameSyntax package = Name();
        if (!Accept("/"))
        {
            throw Error($"expected `/` and the name of an interface, found {_token.Describe()}", _token.Span,
                "a package cannot be used as a whole; name one of its interfaces: ns:pkg/interface");
        }

        NameSyntax name = Name();
        VersionSyntax? version = OptionalVersion();
        return new PathSyntax(new WitPackageName(@namespace.Text, package.Text, version?.Version), name, @namespace.Span.To(_last));
    }

    private VersionSyntax? OptionalVersion()
    {
        if (!_token.Is("@"))
        {
            return null;
        }

        return VersionAt(_token.Span.End);
    }

    /// <summary>Reads a version as characters, because numbers and names are cut differently in it.</summary>
    private VersionSyntax VersionAt(int position)
    {
        WitSpan span = _lexer.ScanVersion(position);
        string text = _source.Text.Substring(span.Start, span.End - span.Start);
        if (!WitVersion.TryParse(text, out WitVersion? version))
        {
            throw Error($"`{text}` is not a version", span, "versions are written major.minor.patch (semver.org), for example 0.2.3");
        }

        _fingerprint.Append(text).Append(' ');
        _last = span;
        _token = _lexer.Next();
        return new VersionSyntax(version, span);
    }

    private NameSyntax Name()
    {
        if (_token.Kind != WitTokenKind.Identifier)
        {
            string? hint = _token.Kind == WitTokenKind.Keyword ? $"write `%{_token.Text}` to use a keyword as a name" : null;
            throw Error($"expected a name, found {_token.Describe()}", _token.Span, hint);
        }

        NameSyntax name = new(_token.Text, _token.Span);
        Advance();
        return name;
    }

    /// <summary>Items between two operators, separated by commas; a comma may stand after the last.</summary>
    private List<T> List<T>(string open, string close, Func<T> item)
    {
        List<T> items = [];
        Expect(open);
        while (!Accept(close))
        {
            items.Add(item());
            if (!Accept(",") && !_token.Is(close))
            {
                throw Error($"expected `,` or `{close}`, found {_token.Describe()}", _token.Span);
            }
        }

        return items;
    }

    private bool Accept(string text)
    {
        if (!_token.Is(text))
        {
            return false;
        }

        Advance();
        return true;
    }

    private void Expect(string text)
    {
        if (!Accept(text))
        {
            throw Error($"expected `{text}`, found {_token.Describe()}", _token.Span);
        }
    }

    private void Advance()
    {
        _fingerprint.Append(_token.Text).Append(' ');
        _last = _token.Span;
        _token = _lexer.Next();
    }

    private WitException Error(string message, WitSpan span, string? hint = null) => new(_source.Error(message, span, hint));
}
