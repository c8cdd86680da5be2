using System.Globalization;

namespace Atoll.Wit.Syntax;

/// <summary>Gates, functions and types.</summary>
internal sealed partial class WitParser
{
    private HeadSyntax Head()
    {
        string? docs = _token.Docs;
        WitSpan start = _token.Span;
        WitVersion? since = null;
        WitVersion? deprecated = null;
        string? unstable = null;
        string? externalId = null;
        while (_token.Is("@"))
        {
            WitSpan at = _token.Span;
            Advance();
            NameSyntax gate = Name();
            Expect("(");
            bool isRepeated = gate.Text switch
            {
                "since" => since is not null,
                "unstable" => unstable is not null,
                "deprecated" => deprecated is not null,
                _ => externalId is not null,
            };
            switch (gate.Text)
            {
                case "since":
                    since = VersionField();
                    break;
                case "deprecated":
                    deprecated = VersionField();
                    break;
                case "unstable":
                    Field("feature");
                    Expect("=");
                    unstable = Name().Text;
                    break;
                case "external-id":
                    externalId = String();
                    break;
                default:
                    throw Error($"unknown gate `@{gate.Text}`", gate.Span, "gates are @since, @unstable, @deprecated and @external-id");
            }

            Expect(")");
            if (isRepeated)
            {
                throw Error($"`@{gate.Text}` stands here twice", at.To(_last));
            }
        }

        WitSpan span = start.To(_last.End > start.Start ? _last : start);
        if (since is not null && unstable is not null)
        {
            throw Error("an item is either `@since` a version or `@unstable`, not both", span);
        }

        if (deprecated is not null && since is null && unstable is null)
        {
            throw Error("`@deprecated` must be paired with `@since` or `@unstable`", span);
        }

        return new HeadSyntax(docs, new GateSyntax(since, unstable, deprecated, externalId, span));
    }

    private WitVersion VersionField()
    {
        Field("version");
        if (!_token.Is("="))
        {
            throw Error($"expected `=`, found {_token.Describe()}", _token.Span);
        }

        int position = _token.Span.End;
        while (position < _source.Text.Length && _source.Text[position] is ' ' or '\t' or '\r' or '\n')
        {
            position++;
        }

        return VersionAt(position).Version;
    }

    private void Field(string name)
    {
        NameSyntax field = Name();
        if (field.Text != name)
        {
            throw Error($"expected `{name}`, found `{field.Text}`", field.Span);
        }
    }

    private string String()
    {
        if (_token.Kind != WitTokenKind.String)
        {
            throw Error($"expected a string, found {_token.Describe()}", _token.Span);
        }

        string value = _token.Text;
        Advance();
        return value;
    }

    private FunctionSyntax Function(HeadSyntax head)
    {
        if (_token.Kind != WitTokenKind.Identifier)
        {
            throw Error($"expected a function, a type or `use`, found {_token.Describe()}", _token.Span);
        }

        NameSyntax name = Name();
        Expect(":");
        FunctionSyntax function = FunctionType(head, name, WitFunctionKind.Freestanding);
        Expect(";");
        return function;
    }

    private FunctionSyntax FunctionType(HeadSyntax head, NameSyntax name, WitFunctionKind kind)
    {
        bool isAsync = Accept("async");
        if (!Accept("func"))
        {
            throw Error($"expected `func`, found {_token.Describe()}", _token.Span);
        }

        List<(NameSyntax, TypeSyntax)> parameters = Parameters();
        TypeSyntax? result = Accept("->") ? Type(0) : null;
        return new FunctionSyntax(head, name, kind, isAsync, parameters, result);
    }

    private List<(NameSyntax Name, TypeSyntax Type)> Parameters() => List("(", ")", () =>
    {
        NameSyntax parameter = Name();
        Expect(":");
        return (parameter, Type(0));
    });

    /// <summary>A type definition, or null where none begins.</summary>
    private TypeItemSyntax? TypeItem(HeadSyntax head)
    {
        if (_token.Kind != WitTokenKind.Keyword)
        {
            return null;
        }

        string keyword = _token.Text;
        switch (keyword)
        {
            case "type":
                Advance();
                NameSyntax alias = Name();
                Expect("=");
                TypeSyntax type = Type(0);
                Expect(";");
                return new AliasSyntax(head, alias, type);
            case "resource":
                Advance();
                return Resource(head);
            case "record" or "variant" or "enum" or "flags":
                Advance();
                NameSyntax name = Name();
                List<MemberSyntax> members = List("{", "}", () => Member(keyword));
                if (members.Count == 0)
                {
                    throw Error($"the {keyword} `{name.Text}` is empty", name.Span, "at least one member must stand in it");
                }

                return new MembersSyntax(head, name, keyword, members);
            default:
                return null;
        }
    }

    private MemberSyntax Member(string keyword)
    {
        string? docs = _token.Docs;
        NameSyntax name = Name();
        TypeSyntax? type = null;
        if (keyword == "record")
        {
            Expect(":");
            type = Type(0);
        }
        else if (keyword == "variant" && Accept("("))
        {
            type = Type(0);
            Expect(")");
        }

        return new MemberSyntax(docs, name, type);
    }

    private ResourceSyntax Resource(HeadSyntax head)
    {
        NameSyntax name = Name();
        List<FunctionSyntax> functions = [];
        if (Accept(";"))
        {
            return new ResourceSyntax(head, name, functions);
        }

        Expect("{");
        while (!Accept("}"))
        {
            HeadSyntax functionHead = Head();
            if (_token.Is("constructor"))
            {
                NameSyntax constructor = new(name.Text, _token.Span);
                Advance();
                List<(NameSyntax, TypeSyntax)> parameters = Parameters();
                TypeSyntax? result = Accept("->") ? Type(0) : null;
                functions.Add(new FunctionSyntax(functionHead, constructor, WitFunctionKind.Constructor, false, parameters, result));
            }
            else
            {
                NameSyntax method = Name();
                Expect(":");
                WitFunctionKind kind = Accept("static") ? WitFunctionKind.Static : WitFunctionKind.Method;
                functions.Add(FunctionType(functionHead, method, kind));
            }

            Expect(";");
        }

        return new ResourceSyntax(head, name, functions);
    }

    private TypeSyntax Type(int depth)
    {
        if (depth > MaxTypeDepth)
        {
            throw Error($"types are nested deeper than {MaxTypeDepth}", _token.Span);
        }

        WitSpan start = _token.Span;
        if (_token.Kind == WitTokenKind.Identifier)
        {
            NameSyntax name = Name();
            return new NamedTypeSyntax(name, IsBorrow: false, IsOwn: false, name.Span);
        }

        string keyword = _token.Kind == WitTokenKind.Keyword ? _token.Text : "";
        if (Primitive(keyword) is { } primitive)
        {
            Advance();
            return new PrimitiveTypeSyntax(primitive, start);
        }

        switch (keyword)
        {
            case "borrow" or "own":
                Advance();
                Expect("<");
                NameSyntax resource = Name();
                Expect(">");
                return new NamedTypeSyntax(resource, keyword == "borrow", keyword == "own", start.To(_last));
            case "list" or "option" or "tuple" or "map" or "result" or "future" or "stream":
                Advance();
                return Generic(keyword, start, depth);
            default:
                throw Error($"expected a type, found {_token.Describe()}", _token.Span);
        }
    }

    private GenericTypeSyntax Generic(string keyword, WitSpan start, int depth)
    {
        List<TypeSyntax?> arguments = [];
        int? length = null;
        bool mayBeBare = keyword is "result" or "future" or "stream";
        if (_token.Is("<") || !mayBeBare)
        {
            Expect("<");
            do
            {
                if (keyword == "list" && arguments.Count == 1)
                {
                    length = Length();
                }
                else if (_token.Is(">") && keyword == "tuple" && arguments.Count > 0)
                {
                    break;
                }
                else
                {
                    arguments.Add(keyword == "result" && arguments.Count == 0 && Accept("_") ? null : Type(depth + 1));
                }
            }
            while (Accept(",") && (keyword is "tuple" || arguments.Count + (length is null ? 0 : 1) < (keyword is "result" or "list" or "map" ? 2 : 1)));

            Expect(">");
            if (keyword == "map" && arguments.Count != 2)
            {
                throw Error("a map has a type of keys and a type of values: map<K, V>", start.To(_last));
            }
        }

        return new GenericTypeSyntax(keyword, arguments, length, start.To(_last));
    }

    private int Length()
    {
        if (_token.Kind != WitTokenKind.Integer
            || !int.TryParse(_token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length < 1 || _token.Text[0] == '0')
        {
            throw Error($"expected the number of elements, 1 to {int.MaxValue}, found {_token.Describe()}", _token.Span);
        }

        Advance();
        return length;
    }

    private static WitPrimitiveKind? Primitive(string keyword) => keyword switch
    {
        "bool" => WitPrimitiveKind.Bool,
        "s8" => WitPrimitiveKind.S8,
        "u8" => WitPrimitiveKind.U8,
        "s16" => WitPrimitiveKind.S16,
        "u16" => WitPrimitiveKind.U16,
        "s32" => WitPrimitiveKind.S32,
        "u32" => WitPrimitiveKind.U32,
        "s64" => WitPrimitiveKind.S64,
        "u64" => WitPrimitiveKind.U64,
        "f32" => WitPrimitiveKind.F32,
        "f64" => WitPrimitiveKind.F64,
        "char" => WitPrimitiveKind.Char,
        "string" => WitPrimitiveKind.String,
        _ => null,
    };
}
