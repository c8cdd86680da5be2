namespace Atoll.Wit;

/// <summary>A package: interfaces and worlds under one name (WIT.md, "WIT Packages and use").</summary>
public sealed class WitPackage
{
    internal WitPackage(WitPackageName name) => Name = name;

    /// <summary>The name.</summary>
    public WitPackageName Name { get; }

    /// <summary>Documentation of the package.</summary>
    public string? Docs { get; internal set; }

    /// <summary>The interfaces, in the order of the texts.</summary>
    public IReadOnlyList<WitInterface> Interfaces => InterfaceList;

    /// <summary>The worlds, in the order of the texts.</summary>
    public IReadOnlyList<WitWorld> Worlds => WorldList;

    internal List<WitInterface> InterfaceList { get; } = [];

    internal List<WitWorld> WorldList { get; } = [];

    /// <summary>The package as WIT, with the keyword <c>package</c> first.</summary>
    public override string ToString() => Printing.WitPrinter.Print(this);
}

/// <summary>What types stand in: an interface or a world.</summary>
public abstract class WitItemOwner
{
    private readonly List<WitTypeDefinition> _types = [];
    private readonly Dictionary<string, WitTypeDefinition> _typesByName = new(StringComparer.Ordinal);

    private protected WitItemOwner(string? name, WitPackage package, WitAnnotations annotations)
    {
        Name = name;
        Package = package;
        Annotations = annotations;
    }

    /// <summary>The name; null for an interface that is written inside a world.</summary>
    public string? Name { get; }

    /// <summary>The package that it stands in.</summary>
    public WitPackage Package { get; }

    /// <summary>Documentation and gates.</summary>
    public WitAnnotations Annotations { get; }

    /// <summary>The name with package and version, as components import and export it; null for an interface without a name.</summary>
    public string? QualifiedName => Name is null ? null : Package.Name.Qualify(Name);

    /// <summary>The types that it defines, and those that it uses from elsewhere, in the order of the text.</summary>
    public IReadOnlyList<WitTypeDefinition> Types => _types;

    /// <summary>Finds a type by its name here.</summary>
    /// <param name="name">The name, in kebab case.</param>
    /// <returns>The definition, or null.</returns>
    public WitTypeDefinition? FindType(string name) => _typesByName.TryGetValue(name, out WitTypeDefinition? type) ? type : null;

    internal void AddType(WitTypeDefinition type)
    {
        _types.Add(type);
        _typesByName.Add(type.Name, type);
    }

    /// <summary>The qualified name, or what stands for one.</summary>
    public override string ToString() => QualifiedName ?? "interface without a name";
}

/// <summary>An interface: types and functions (WIT.md, "WIT Interfaces").</summary>
public sealed class WitInterface : WitItemOwner
{
    internal WitInterface(string? name, WitPackage package, WitAnnotations annotations)
        : base(name, package, annotations)
    {
    }

    /// <summary>The functions that belong to no resource, in the order of the text.</summary>
    public IReadOnlyList<WitFunction> Functions => FunctionList;

    /// <summary>All functions, those of resources too, in the order of the text with types first.</summary>
    public IEnumerable<WitFunction> AllFunctions =>
        Types.Select(type => type.Body).OfType<WitResource>().SelectMany(resource => resource.Functions).Concat(FunctionList);

    internal List<WitFunction> FunctionList { get; } = [];
}
