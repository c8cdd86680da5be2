using System.Collections.Immutable;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Wit;

namespace Atoll.Components.Worlds;

/// <summary>Makes WIT of the types of components: packages, their interfaces and worlds.</summary>
/// <remarks>
/// An interface may occur several times, imported and exported and as what others need; each time it may show another part of itself. The parts are put together.
/// </remarks>
internal sealed class WorldBuilder(IReadOnlyList<PackageDocs> docs)
{
    private readonly List<WitPackage> _packages = [];
    private readonly Dictionary<string, WitPackage> _packagesByName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (WitInterface Interface, HashSet<string> Functions)> _interfaces = new(StringComparer.Ordinal);
    private readonly HashSet<string> _worlds = new(StringComparer.Ordinal);
    private readonly WorldTypes _types = new();

    /// <summary>The package that came first is the root.</summary>
    public WitModel ToModel() => new(_packages[0], _packages);

    /// <summary>Adds what a WIT package in binary form holds: a component type for each interface and world.</summary>
    public void AddPackage(ComponentType package)
    {
        // The package itself is the root, though its interfaces speak of other packages first.
        if (package.Exports.Select(item => item.Type.Type).OfType<ComponentType>().SelectMany(type => type.Exports).FirstOrDefault() is { } first)
        {
            _ = Split(first.Name);
        }

        foreach (ComponentType encoded in package.Exports.Select(item => item.Type.Type).OfType<ComponentType>())
        {
            foreach (ComponentItem import in encoded.Imports)
            {
                _ = Interface(import, isExport: false);
            }

            foreach (ComponentItem export in encoded.Exports)
            {
                if (export.Type is { Kind: ComponentExternKind.Component, Type: ComponentType world })
                {
                    AddWorld(export.Name, world);
                }
                else
                {
                    _ = Interface(export, isExport: false);
                }
            }
        }
    }

    /// <summary>Adds a world.</summary>
    /// <param name="qualifiedName">Its name with package and version.</param>
    /// <param name="type">What it imports and exports.</param>
    public void AddWorld(string qualifiedName, ComponentType type)
    {
        (WitPackage package, string name) = Split(qualifiedName);
        if (!_worlds.Add(qualifiedName))
        {
            return;
        }

        DocsNode notes = DocsOf(package, found => found.World(name));
        WitWorld world = new(name, package, notes.Annotations());
        package.WorldList.Add(world);
        Add(world, type.Imports, notes, isExport: false);
        Add(world, type.Exports, notes, isExport: true);
    }

    private void Add(WitWorld world, ImmutableArray<ComponentItem> items, DocsNode notes, bool isExport)
    {
        List<WitWorldItem> list = isExport ? world.ExportList : world.ImportList;
        foreach (ComponentItem item in items)
        {
            switch (item.Type)
            {
                case { Kind: ComponentExternKind.Function, Type: ComponentFunctionType function }:
                    DocsNode about = isExport ? notes.Exported("func", item.Name) : notes.Function(item.Name);
                    if (_types.Function(world, item.Name, function, about, isExport) is { Kind: WitFunctionKind.Freestanding } made)
                    {
                        list.Add(new WitWorldItem(item.Name, made, made.Annotations));
                    }

                    break;
                case { Kind: ComponentExternKind.Type, Type: ResourceType or ComponentValueType }:
                    _types.Define(world, item.Name, (DefinableType)item.Type.Type, notes.Type(item.Name), isExport);
                    break;
                case { Kind: ComponentExternKind.Instance, Type: InstanceType instance } when item.Implements is null && !item.Name.Contains(':', StringComparison.Ordinal):
                    DocsNode inner = isExport ? notes.Exported("interface", item.Name) : notes.Imported(item.Name);
                    WitInterface unnamed = new(null, world.Package, inner.Annotations());
                    Fill(unnamed, new(StringComparer.Ordinal), instance, inner, isExport);
                    list.Add(new WitWorldItem(item.Name, unnamed, unnamed.Annotations, isPlain: true, isImplied: false));
                    break;
                default:
                    list.Add(new WitWorldItem(NameOf(item), Interface(item, isExport), WitAnnotations.None, isPlain: item.Implements is not null, isImplied: false));
                    break;
            }
        }
    }

    /// <summary>The interface that an instance is of, under its name; what is new in this instance is added to it.</summary>
    private WitInterface Interface(ComponentItem item, bool isExport)
    {
        string qualified = item.Implements ?? NameOf(item);
        if (item.Type is not { Kind: ComponentExternKind.Instance, Type: InstanceType instance } || !qualified.Contains('/', StringComparison.Ordinal))
        {
            throw new NotSupportedException($"`{item.Name}` cannot be written in WIT: it is {Describe(item)}");
        }

        (WitPackage package, string name) = Split(qualified);
        DocsNode notes = DocsOf(package, found => found.Interface(name));
        if (!_interfaces.TryGetValue(qualified, out (WitInterface Interface, HashSet<string> Functions) known))
        {
            known = (new WitInterface(name, package, notes.Annotations()), new(StringComparer.Ordinal));
            _interfaces.Add(qualified, known);
            package.InterfaceList.Add(known.Interface);
        }

        Fill(known.Interface, known.Functions, instance, notes, isExport);
        return known.Interface;
    }

    private void Fill(WitInterface owner, HashSet<string> known, InstanceType instance, DocsNode notes, bool isExport)
    {
        foreach (ComponentItem item in instance.Exports)
        {
            _types.Spend(1);
            switch (item.Type)
            {
                case { Kind: ComponentExternKind.Type, Type: ResourceType or ComponentValueType }:
                    _types.Define(owner, item.Name, (DefinableType)item.Type.Type, notes.Type(item.Name), isExport);
                    break;
                case { Kind: ComponentExternKind.Function, Type: ComponentFunctionType function }:
                    if (known.Add(item.Name) && _types.Function(owner, item.Name, function, notes.Function(item.Name), isExport) is { Kind: WitFunctionKind.Freestanding } made)
                    {
                        owner.FunctionList.Add(made);
                    }

                    break;
                default:
                    throw new NotSupportedException($"`{item.Name}` of `{owner}` cannot be written in WIT: it is {Describe(item)}");
            }
        }
    }

    private static string NameOf(ComponentItem item)
    {
        if (item.VersionSuffix is not { Length: > 0 } suffix)
        {
            return item.Name;
        }

        // "Canonical Interface Name": `@1` with `.2.3` beside it is `@1.2.3`.
        return item.Name + suffix;
    }

    private static string Describe(ComponentItem item) => item.Type.Kind switch
    {
        ComponentExternKind.CoreModule => "a core module",
        ComponentExternKind.Component => "a component",
        ComponentExternKind.Value => "a value",
        ComponentExternKind.Instance => "an instance whose name is none of an interface",
        _ => "a type of components or functions",
    };

    private DocsNode DocsOf(WitPackage package, Func<PackageDocs, DocsNode> find) => Docs(package) is { } found ? find(found) : default;

    /// <summary>Older tools did not write which package the notes are of; then there is one, and it is the root.</summary>
    private PackageDocs? Docs(WitPackage package) =>
        docs.FirstOrDefault(found => found.Package == package.Name.ToString()) ?? (docs is [{ Package: null } only] && package == _packages[0] ? only : null);

    /// <summary>Splits <c>ns:pkg/name@1.2.3</c> into the package, which is made if need be, and the name.</summary>
    private (WitPackage Package, string Name) Split(string qualified)
    {
        int slash = qualified.IndexOf('/', StringComparison.Ordinal);
        int at = qualified.IndexOf('@', StringComparison.Ordinal);
        string name = at < 0 ? qualified[(slash + 1)..] : qualified[(slash + 1)..at];
        string packageName = qualified[..slash];
        int colon = packageName.LastIndexOf(':');
        if (name.Contains('/', StringComparison.Ordinal) || packageName.IndexOf(':', StringComparison.Ordinal) != colon || colon < 0)
        {
            throw new NotSupportedException($"`{qualified}` cannot be written in WIT: its package is within another");
        }

        WitVersion? version = null;
        if (at >= 0 && !WitVersion.TryParse(qualified[(at + 1)..], out version))
        {
            throw new NotSupportedException($"`{qualified}` cannot be written in WIT: WIT needs the whole version");
        }

        WitPackageName full = new(packageName[..colon], packageName[(colon + 1)..], version);
        if (!_packagesByName.TryGetValue(full.ToString(), out WitPackage? package))
        {
            package = new WitPackage(full);
            _packages.Add(package);
            _packagesByName.Add(full.ToString(), package);
            package.Docs = Docs(package)?.Docs;
        }

        return (package, name);
    }
}
