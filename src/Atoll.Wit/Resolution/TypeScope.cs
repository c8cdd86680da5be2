using Atoll.Wit.Syntax;

namespace Atoll.Wit.Resolution;

/// <summary>The names of types in one interface or world, and the making of types from what refers to them.</summary>
internal sealed class TypeScope(Resolver resolver, ScopeEntry scope, WitItemOwner owner)
{
    private const int MaxFlags = 32;

    private readonly Dictionary<string, WitTypeDefinition> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TypeItemSyntax> _syntax = new(StringComparer.Ordinal);

    /// <summary>Names that are taken. Names must differ in more than case (WIT.md, "WIT Worlds").</summary>
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);

    public void DeclareName(NameSyntax name)
    {
        if (!_names.Add(name.Text))
        {
            Error($"the name `{name.Text}` is already defined here", name.Span, "names must differ in more than the case of their letters");
        }
    }

    /// <summary>Brings the names of a <c>use</c> into view. Returns the interface that they are from.</summary>
    public WitInterface? Use(UseItemSyntax use)
    {
        WitInterface? from = resolver.FindInterface(scope, use.Path);
        foreach ((NameSyntax name, NameSyntax? alias) in use.Names)
        {
            WitTypeDefinition? definition = from?.FindType(name.Text);
            NameSyntax local = alias ?? name;
            DeclareName(local);
            if (from is not null && definition is null)
            {
                Error($"there is no type `{name.Text}` in `{from}`", name.Span,
                    from.FunctionList.Exists(function => function.Name == name.Text) ? "it is a function; only types can be used" : null);
            }

            if (definition is not null && !_types.ContainsKey(local.Text))
            {
                WitTypeDefinition used = new(local.Text, owner, Resolver.Annotations(use.Head)) { Body = new WitUse(definition) };
                _types.Add(local.Text, used);
                owner.AddType(used);
            }
        }

        return from;
    }

    public void Declare(TypeItemSyntax item)
    {
        DeclareName(item.Name);
        if (!_types.ContainsKey(item.Name.Text))
        {
            WitTypeDefinition definition = new(item.Name.Text, owner, Resolver.Annotations(item.Head));
            _types.Add(item.Name.Text, definition);
            _syntax.Add(item.Name.Text, item);
            owner.AddType(definition);
        }
    }

    /// <summary>Takes over a type of an included world.</summary>
    public bool TryAdopt(WitTypeDefinition type)
    {
        if (_types.TryGetValue(type.Name, out WitTypeDefinition? existing))
        {
            return existing.Target == type.Target;
        }

        _types.Add(type.Name, type);
        owner.AddType(type);
        return _names.Add(type.Name);
    }

    /// <summary>Makes the bodies of all types that were declared, each behind those that it is built of; then functions of resources.</summary>
    public void DefineTypes()
    {
        HashSet<string> done = new(StringComparer.Ordinal);
        foreach (TypeItemSyntax item in _syntax.Values)
        {
            Define(item, done);
        }

        foreach (ResourceSyntax resource in _syntax.Values.OfType<ResourceSyntax>())
        {
            WitTypeDefinition definition = _types[resource.Name.Text];
            HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
            List<WitFunction> functions = [];
            foreach (FunctionSyntax function in resource.Functions.Where(function => resolver.IsActive(function.Head, scope)))
            {
                string key = function.Kind == WitFunctionKind.Constructor ? "[constructor]" : function.Name.Text;
                if (!names.Add(key))
                {
                    Error(key == "[constructor]" ? "a resource has at most one constructor" : $"the name `{key}` is already defined in this resource",
                        function.Name.Span);
                }

                functions.Add(Function(function, definition));
            }

            ((WitResource)definition.Body).Functions = functions;
        }
    }

    public WitFunction Function(FunctionSyntax function, WitTypeDefinition? resource)
    {
        List<WitParameter> parameters = [];
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        if (function.Kind == WitFunctionKind.Method)
        {
            names.Add("self");
            parameters.Add(new WitParameter("self", new WitHandle(resource!, isBorrowed: true)));
        }

        foreach ((NameSyntax name, TypeSyntax type) in function.Parameters)
        {
            if (!names.Add(name.Text))
            {
                Error($"the parameter `{name.Text}` stands here twice", name.Span);
            }

            parameters.Add(new WitParameter(name.Text, Type(type)));
        }

        WitType? result = function.Result is null ? null : Type(function.Result);
        if (result is not null && WitTypeDefinition.HoldsBorrowed(result))
        {
            Error("a result cannot hold a borrowed handle", function.Result!.Span, "return an owning handle, or a value");
        }

        if (function.Kind == WitFunctionKind.Constructor)
        {
            if (result is not null && (result is not WitResult { Ok: WitHandle { IsBorrowed: false } handle } || handle.Resource != resource))
            {
                Error($"a constructor returns nothing or `result<{resource!.Name}, …>`", function.Result!.Span);
            }

            result ??= new WitHandle(resource!, isBorrowed: false);
        }

        return new WitFunction(
            function.Name.Text, function.Kind, resource, parameters, result, function.IsAsync, Resolver.Annotations(function.Head))
        {
            Place = (scope.Syntax.Source, function.Name.Span),
        };
    }

    /// <summary>Depth-first with a stack of its own, because a chain of aliases may be as long as the input.</summary>
    private void Define(TypeItemSyntax first, HashSet<string> done)
    {
        HashSet<string> open = new(StringComparer.Ordinal);
        Stack<(TypeItemSyntax Item, IEnumerator<NameSyntax> Next)> stack = new();
        if (done.Contains(first.Name.Text))
        {
            return;
        }

        open.Add(first.Name.Text);
        stack.Push((first, References(first).GetEnumerator()));
        while (stack.Count > 0)
        {
            (TypeItemSyntax item, IEnumerator<NameSyntax> rest) = stack.Peek();
            if (!rest.MoveNext())
            {
                stack.Pop();
                open.Remove(item.Name.Text);
                done.Add(item.Name.Text);
                _types[item.Name.Text].Body = Body(item);
            }
            else if (open.Contains(rest.Current.Text))
            {
                Error($"the type `{rest.Current.Text}` is built of itself", rest.Current.Span, "types cannot be recursive");
            }
            else if (!done.Contains(rest.Current.Text) && _syntax.TryGetValue(rest.Current.Text, out TypeItemSyntax? next))
            {
                open.Add(next.Name.Text);
                stack.Push((next, References(next).GetEnumerator()));
            }
        }
    }

    private static IEnumerable<NameSyntax> References(TypeItemSyntax item) => item switch
    {
        AliasSyntax alias => References(alias.Type),
        MembersSyntax members => members.Members.Select(member => member.Type).OfType<TypeSyntax>().SelectMany(References),
        _ => [],
    };

    private static IEnumerable<NameSyntax> References(TypeSyntax type) => type switch
    {
        NamedTypeSyntax named => [named.Name],
        GenericTypeSyntax generic => generic.Arguments.OfType<TypeSyntax>().SelectMany(References),
        _ => [],
    };

    private WitTypeBody Body(TypeItemSyntax item)
    {
        switch (item)
        {
            case AliasSyntax alias:
                // An alias of a resource is the resource under another name, not a handle to it.
                return new WitAlias(alias.Type is NamedTypeSyntax { IsBorrow: false, IsOwn: false } named
                    ? Lookup(named.Name) is { } target ? new WitNamed(target) : WitPrimitive.Of(WitPrimitiveKind.U32)
                    : Type(alias.Type));
            case ResourceSyntax:
                return new WitResource();
        }

        MembersSyntax members = (MembersSyntax)item;
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        foreach (MemberSyntax member in members.Members.Where(member => !names.Add(member.Name.Text)))
        {
            Error($"the name `{member.Name.Text}` stands twice in the {members.Keyword}", member.Name.Span);
        }

        if (members.Keyword == "record")
        {
            return new WitRecord([.. members.Members.Select(member => new WitField(member.Name.Text, Type(member.Type!), member.Docs))]);
        }

        List<WitCase> cases =
            [.. members.Members.Select(member => new WitCase(member.Name.Text, member.Type is null ? null : Type(member.Type), member.Docs))];
        if (members.Keyword == "flags" && cases.Count > MaxFlags)
        {
            Error($"the flags `{item.Name.Text}` have {cases.Count} members, {MaxFlags} are allowed", item.Name.Span);
        }

        return members.Keyword switch
        {
            "variant" => new WitVariant(cases),
            "enum" => new WitEnum(cases),
            _ => new WitFlags(cases),
        };
    }

    private WitTypeDefinition? Lookup(NameSyntax name)
    {
        if (!_types.TryGetValue(name.Text, out WitTypeDefinition? definition))
        {
            Error($"the type `{name.Text}` is not defined", name.Span, "types of other interfaces are brought in by `use`");
            return null;
        }

        // Its body is missing only if it is part of a cycle, which was reported.
        return definition.Body is null ? null : definition;
    }

    private WitType Type(TypeSyntax syntax)
    {
        switch (syntax)
        {
            case PrimitiveTypeSyntax primitive:
                return WitPrimitive.Of(primitive.Kind);
            case NamedTypeSyntax named:
                return Named(named);
        }

        GenericTypeSyntax generic = (GenericTypeSyntax)syntax;
        List<WitType?> arguments = [.. generic.Arguments.Select(argument => argument is null ? null : Type(argument))];
        WitType? first = arguments.Count > 0 ? arguments[0] : null;
        switch (generic.Keyword)
        {
            case "list":
                return new WitList(first!, generic.Length);
            case "option":
                return new WitOption(first!);
            case "tuple":
                return new WitTuple([.. arguments.OfType<WitType>()]);
            case "result":
                return new WitResult(first, arguments.Count > 1 ? arguments[1] : null);
            case "future":
                return new WitFuture(first);
            case "stream":
                return new WitStream(first);
        }

        if (first is not WitPrimitive { Kind: not (WitPrimitiveKind.F32 or WitPrimitiveKind.F64) } key)
        {
            Error("the keys of a map are integers, bool, char or string", generic.Arguments[0]!.Span);
            key = WitPrimitive.Of(WitPrimitiveKind.U32);
        }

        return new WitMap(key, arguments[1]!);
    }

    private WitType Named(NamedTypeSyntax named)
    {
        WitTypeDefinition? definition = Lookup(named.Name);
        if (definition?.Target.Body is WitResource)
        {
            return new WitHandle(definition, named.IsBorrow);
        }

        if (definition is not null && (named.IsBorrow || named.IsOwn))
        {
            Error($"`{named.Name.Text}` is not a resource: only resources have handles", named.Span);
        }

        // After an error any type will do: nothing is returned in the end.
        return definition is null ? WitPrimitive.Of(WitPrimitiveKind.U32) : new WitNamed(definition);
    }

    private void Error(string message, WitSpan span, string? hint = null) => resolver.Errors.Add(scope.Syntax.Source, message, span, hint);
}
