namespace Atoll.Wit;

/// <summary>A type with a name, in an interface or a world (WIT.md, "Items: type").</summary>
public sealed class WitTypeDefinition
{
    private WitTypeBody _body = null!;

    internal WitTypeDefinition(string name, WitItemOwner owner, WitAnnotations annotations)
    {
        Name = name;
        Owner = owner;
        Annotations = annotations;
        Target = this;
    }

    /// <summary>The name, in kebab case.</summary>
    public string Name { get; }

    /// <summary>The interface or world that it stands in.</summary>
    public WitItemOwner Owner { get; }

    /// <summary>Documentation and gates.</summary>
    public WitAnnotations Annotations { get; }

    /// <summary>What it is.</summary>
    public WitTypeBody Body
    {
        get => _body;
        internal set
        {
            _body = value;
            Target = value switch
            {
                WitUse use => use.Definition.Target,
                WitAlias { Type: WitNamed named } => named.Definition.Target,
                _ => this,
            };
            HoldsBorrow = Target != this ? Target.HoldsBorrow : Parts.Any(HoldsBorrowed);
        }
    }

    /// <summary>The definition behind all <c>use</c>s and aliases of names: itself, if it is neither.</summary>
    public WitTypeDefinition Target { get; private set; }

    /// <summary>Whether a value of the type can hold a borrowed handle. Known for definitions in the order of their dependencies.</summary>
    internal bool HoldsBorrow { get; private set; }

    /// <summary>The types that the definition is directly built of; those of a resource's functions are not among them.</summary>
    internal IEnumerable<WitType> Parts => Body switch
    {
        WitAlias alias => [alias.Type],
        WitRecord record => record.Fields.Select(item => item.Type),
        WitVariant variant => variant.Cases.Select(@case => @case.Type).OfType<WitType>(),
        _ => [],
    };

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>Whether a value of a type can hold a borrowed handle.</summary>
    internal static bool HoldsBorrowed(WitType type) => type switch
    {
        WitHandle handle => handle.IsBorrowed,
        WitNamed named => named.Definition.HoldsBorrow,
        _ => type.Parts.Any(HoldsBorrowed),
    };
}

/// <summary>What a type definition says.</summary>
public abstract class WitTypeBody
{
    private protected WitTypeBody()
    {
    }
}

/// <summary><c>type name = T;</c></summary>
public sealed class WitAlias : WitTypeBody
{
    internal WitAlias(WitType type) => Type = type;

    /// <summary>The type that the name stands for.</summary>
    public WitType Type { get; }
}

/// <summary><c>use interface.{name};</c>: a type of another interface under a name of this one.</summary>
public sealed class WitUse : WitTypeBody
{
    internal WitUse(WitTypeDefinition definition) => Definition = definition;

    /// <summary>The definition in the other interface; it may be a <c>use</c> itself.</summary>
    public WitTypeDefinition Definition { get; }
}

/// <summary><c>record</c></summary>
public sealed class WitRecord : WitTypeBody
{
    internal WitRecord(IReadOnlyList<WitField> fields) => Fields = fields;

    /// <summary>The fields, at least one, in order.</summary>
    public IReadOnlyList<WitField> Fields { get; }
}

/// <summary>A field of a record.</summary>
public sealed class WitField
{
    internal WitField(string name, WitType type, string? docs)
    {
        Name = name;
        Type = type;
        Docs = docs;
    }

    /// <summary>The name, in kebab case.</summary>
    public string Name { get; }

    /// <summary>Type of the value.</summary>
    public WitType Type { get; }

    /// <summary>Documentation, lines joined by line feeds.</summary>
    public string? Docs { get; }
}

/// <summary><c>variant</c></summary>
public sealed class WitVariant : WitTypeBody
{
    internal WitVariant(IReadOnlyList<WitCase> cases) => Cases = cases;

    /// <summary>The cases, at least one, in order.</summary>
    public IReadOnlyList<WitCase> Cases { get; }
}

/// <summary><c>enum</c></summary>
public sealed class WitEnum : WitTypeBody
{
    internal WitEnum(IReadOnlyList<WitCase> cases) => Cases = cases;

    /// <summary>The cases, at least one, in order; none has a type.</summary>
    public IReadOnlyList<WitCase> Cases { get; }
}

/// <summary><c>flags</c></summary>
public sealed class WitFlags : WitTypeBody
{
    internal WitFlags(IReadOnlyList<WitCase> flags) => Flags = flags;

    /// <summary>The flags, 1 to 32, in order of their bits; none has a type.</summary>
    public IReadOnlyList<WitCase> Flags { get; }
}

/// <summary>A case of a variant or enum, or a flag.</summary>
public sealed class WitCase
{
    internal WitCase(string name, WitType? type, string? docs)
    {
        Name = name;
        Type = type;
        Docs = docs;
    }

    /// <summary>The name, in kebab case.</summary>
    public string Name { get; }

    /// <summary>Type of the value that comes with the case, if one does.</summary>
    public WitType? Type { get; }

    /// <summary>Documentation, lines joined by line feeds.</summary>
    public string? Docs { get; }
}

/// <summary><c>resource</c></summary>
public sealed class WitResource : WitTypeBody
{
    internal WitResource()
    {
    }

    /// <summary>Constructor, methods and static functions, in the order of the text.</summary>
    public IReadOnlyList<WitFunction> Functions { get; internal set; } = [];
}
