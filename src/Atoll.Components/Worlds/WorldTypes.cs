using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Wit;

namespace Atoll.Components.Worlds;

/// <summary>Types of components as types of WIT. Names are objects there (see docs/components.md): each object that was given a name is one definition here.</summary>
internal sealed class WorldTypes
{
    // A type within types is written out at each place, and a few bytes can refer to a large one a thousand times.
    private const int MaxWritten = 10_000_000;
    private readonly Dictionary<DefinableType, WitTypeDefinition> _definitions = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<ResourceIdentity, WitTypeDefinition> _resources = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(WitItemOwner Owner, WitTypeDefinition Target), WitTypeDefinition> _local = [];
    private readonly Dictionary<string, (ComponentValueType Type, WitTypeDefinition Definition)> _byName = new(StringComparer.Ordinal);
    private readonly TypeBudget _budget = new(MaxWritten);

    /// <exception cref="NotSupportedException">The WIT would be too large.</exception>
    public void Spend(int steps)
    {
        try
        {
            _budget.Spend(steps);
        }
        catch (InvalidComponentException)
        {
            throw new NotSupportedException("the types of the component are too large to be written as WIT");
        }
    }

    /// <summary>Defines a type under a name; if the name is taken, it is the same type seen again.</summary>
    /// <param name="owner">Interface or world.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="type">The object that has this name.</param>
    /// <param name="notes">Documentation.</param>
    /// <param name="isExport">Whether it comes from an export. There only name and structure tell that it is a type of another interface.</param>
    public void Define(WitItemOwner owner, string name, DefinableType type, DocsNode notes, bool isExport)
    {
        Spend(type.Size);
        WitTypeDefinition? definition = owner.FindType(name);
        if (definition is null)
        {
            definition = new WitTypeDefinition(name, owner, notes.Annotations());
            if (type is ResourceType resource)
            {
                definition.Body = ResourceBody(owner, resource);
            }
            else
            {
                ComponentValueType value = (ComponentValueType)type;
                definition.Body = Known(owner, name, value, isExport) is { } other ? Naming(owner, other) : Body(owner, value, notes);
                if (definition.Body is not WitUse)
                {
                    _byName.TryAdd(name, (value, definition));
                }
            }

            owner.AddType(definition);
        }

        if (type is ResourceType { Identity: var identity })
        {
            _resources.TryAdd(identity, definition);
        }
        else if (type is not PrimitiveType)
        {
            _definitions.TryAdd(type, definition);
        }

        _local.TryAdd((owner, definition.Target), definition);
    }

    /// <summary>A function; one that belongs to a resource is added to it.</summary>
    public WitFunction Function(WitItemOwner owner, string externName, ComponentFunctionType type, DocsNode notes, bool isExport)
    {
        Spend(type.Size);
        ParsedName name = ParsedName.Parse(externName, ComponentFeatures.All);
        WitFunctionKind kind = name.Kind switch
        {
            NameKind.Constructor => WitFunctionKind.Constructor,
            NameKind.Method => WitFunctionKind.Method,
            NameKind.Static => WitFunctionKind.Static,
            _ => WitFunctionKind.Freestanding,
        };
        WitTypeDefinition? resource = kind == WitFunctionKind.Freestanding ? null : owner.FindType(name.Resource);
        if (resource is not null && resource.Body is not WitResource)
        {
            throw new NotSupportedException($"`{externName}` of `{owner}` cannot be written in WIT: `{name.Resource}` is no resource of its own there");
        }

        WitFunction function = new(
            kind is WitFunctionKind.Method or WitFunctionKind.Static ? name.Member : name.Resource,
            kind,
            resource,
            [.. type.Parameters.Select(parameter => new WitParameter(parameter.Name, Type(owner, parameter.Type, isExport)))],
            type.Result is null ? null : Type(owner, type.Result, isExport),
            type.IsAsync,
            notes.Annotations());
        if (resource?.Body is WitResource body)
        {
            if (body.Functions is not List<WitFunction> functions)
            {
                body.Functions = functions = [];
            }

            functions.Add(function);
        }

        return function;
    }

    private WitTypeBody ResourceBody(WitItemOwner owner, ResourceType resource) =>
        _resources.TryGetValue(resource.Identity, out WitTypeDefinition? other) && CanName(owner, other) ? Naming(owner, other) : new WitResource();

    /// <summary>The definition that a type is another name of.</summary>
    private WitTypeDefinition? Known(WitItemOwner owner, string name, ComponentValueType type, bool isExport)
    {
        for (ComponentValueType? origin = type.Origin; origin is not null; origin = origin.Origin)
        {
            Spend(1);
            if (_definitions.TryGetValue(origin, out WitTypeDefinition? known) && CanName(owner, known))
            {
                return known;
            }
        }

        return isExport && type.NeedsName && _byName.TryGetValue(name, out (ComponentValueType Type, WitTypeDefinition Definition) same)
            && same.Definition.Owner != owner && CanName(owner, same.Definition) && AreEqual(type, same.Type)
            ? same.Definition
            : null;
    }

    private bool AreEqual(ComponentValueType left, ComponentValueType right) =>
        new TypeMatcher(new TypeMapping(), [], _budget).Match(new ComponentExternType(ComponentExternKind.Type, left), new ComponentExternType(ComponentExternKind.Type, right)) is null;

    /// <summary>WIT can refer to types of the same owner, and to those of interfaces with a name.</summary>
    private static bool CanName(WitItemOwner owner, WitTypeDefinition definition) =>
        definition.Owner == owner || definition.Owner is WitInterface { Name: not null };

    private static WitTypeBody Naming(WitItemOwner owner, WitTypeDefinition definition) =>
        definition.Owner == owner ? new WitAlias(new WitNamed(definition)) : new WitUse(definition);

    private WitTypeBody Body(WitItemOwner owner, ComponentValueType type, DocsNode notes) => type switch
    {
        RecordType record => new WitRecord([.. record.Fields.Select(field => new WitField(field.Name, Type(owner, field.Type), notes.Item(field.Name)))]),
        VariantType variant => new WitVariant([.. variant.Cases.Select(item => new WitCase(item.Name, Optional(owner, item.Type), notes.Item(item.Name)))]),
        EnumType names => new WitEnum([.. names.Names.Select(name => new WitCase(name, null, notes.Item(name)))]),
        FlagsType flags => new WitFlags([.. flags.Names.Select(name => new WitCase(name, null, notes.Item(name)))]),
        _ => new WitAlias(Unnamed(owner, type)),
    };

    private WitType? Optional(WitItemOwner owner, ComponentValueType? type) => type is null ? null : Type(owner, type);

    /// <summary>A type where a type is used.</summary>
    private WitType Type(WitItemOwner owner, ComponentValueType type, bool isExport = false)
    {
        if (_definitions.TryGetValue(type, out WitTypeDefinition? definition))
        {
            return new WitNamed(Local(owner, definition, type));
        }

        if (!type.NeedsName)
        {
            return Unnamed(owner, type);
        }

        // It has a name somewhere that WIT cannot say; it gets one here.
        string name = FreeName(owner, "type");
        Define(owner, name, type, default, isExport);
        return new WitNamed(owner.FindType(name)!);
    }

    private WitType Unnamed(WitItemOwner owner, ComponentValueType type) => type switch
    {
        PrimitiveType => WitPrimitive.Of((WitPrimitiveKind)type.Kind),
        ListType list => new WitList(Type(owner, list.Element), list.Length is { } length ? (int)Math.Min(length, int.MaxValue) : null),
        OptionType option => new WitOption(Type(owner, option.Value)),
        ResultType result => new WitResult(Optional(owner, result.Ok), Optional(owner, result.Error)),
        TupleType tuple => new WitTuple([.. tuple.Elements.Select(element => Type(owner, element))]),
        MapType map => new WitMap(WitPrimitive.Of((WitPrimitiveKind)map.Key.Kind), Type(owner, map.Value)),
        FutureType future => new WitFuture(Optional(owner, future.Element)),
        StreamType stream => new WitStream(Optional(owner, stream.Element)),
        OwnType own => new WitHandle(Resource(owner, own.Resource), isBorrowed: false),
        BorrowType borrow => new WitHandle(Resource(owner, borrow.Resource), isBorrowed: true),
        _ => throw new InvalidOperationException($"a {type.Kind} needs a name"),
    };

    private WitTypeDefinition Resource(WitItemOwner owner, ResourceType resource)
    {
        if (_resources.TryGetValue(resource.Identity, out WitTypeDefinition? definition))
        {
            return Local(owner, definition, resource);
        }

        string name = FreeName(owner, "resource");
        Define(owner, name, resource, default, isExport: false);
        return owner.FindType(name)!;
    }

    /// <summary>The name that a definition has for an owner; a type of elsewhere that has none there is brought in.</summary>
    private WitTypeDefinition Local(WitItemOwner owner, WitTypeDefinition definition, DefinableType type)
    {
        if (definition.Owner == owner)
        {
            return definition;
        }

        if (_local.TryGetValue((owner, definition.Target), out WitTypeDefinition? local))
        {
            return local;
        }

        local = new WitTypeDefinition(FreeName(owner, definition.Name), owner, WitAnnotations.None);
        local.Body = CanName(owner, definition) ? new WitUse(definition)
            : type is ComponentValueType value ? Body(owner, value, default)
            : new WitResource();
        owner.AddType(local);
        _local.Add((owner, definition.Target), local);
        return local;
    }

    private string FreeName(WitItemOwner owner, string wanted)
    {
        string name = wanted;
        for (int number = 2; owner.FindType(name) is not null; number++)
        {
            Spend(1);
            name = $"{wanted}-n{number}";
        }

        return name;
    }
}
