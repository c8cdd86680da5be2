namespace Atoll.Wit;

/// <summary>A world: all that a component imports and exports (WIT.md, "WIT Worlds").</summary>
public sealed class WitWorld : WitItemOwner
{
    internal WitWorld(string name, WitPackage package, WitAnnotations annotations)
        : base(name, package, annotations)
    {
    }

    /// <summary>
    /// What is imported. An interface stands behind all interfaces that it uses types of; those that the text does not name are
    /// <see cref="WitWorldItem.IsImplied"/>. Types of the world itself are in <see cref="WitItemOwner.Types"/>.
    /// </summary>
    public IReadOnlyList<WitWorldItem> Imports => ImportList;

    /// <summary>What is exported, likewise.</summary>
    public IReadOnlyList<WitWorldItem> Exports => ExportList;

    internal List<WitWorldItem> ImportList { get; } = [];

    internal List<WitWorldItem> ExportList { get; } = [];
}

/// <summary>An import or export of a world: a function or an interface.</summary>
public sealed class WitWorldItem
{
    internal WitWorldItem(string name, WitInterface @interface, WitAnnotations annotations, bool isPlain, bool isImplied)
    {
        Name = name;
        Interface = @interface;
        Annotations = annotations;
        IsPlain = isPlain;
        IsImplied = isImplied;
    }

    internal WitWorldItem(string name, WitFunction function, WitAnnotations annotations)
    {
        Name = name;
        Function = function;
        Annotations = annotations;
        IsPlain = true;
    }

    /// <summary>The name as the component has it: a plain name, or the qualified name of an interface.</summary>
    public string Name { get; }

    /// <summary>The interface, unless it is a function.</summary>
    public WitInterface? Interface { get; }

    /// <summary>The function, unless it is an interface.</summary>
    public WitFunction? Function { get; }

    /// <summary>Documentation and gates.</summary>
    public WitAnnotations Annotations { get; }

    /// <summary>Whether <see cref="Name"/> is a plain name: of a function, of an interface without a name, or one that was given to an interface.</summary>
    public bool IsPlain { get; }

    /// <summary>Whether the text does not name it: it is there because something else uses its types.</summary>
    public bool IsImplied { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
