using Atoll.Components.Text;
using Atoll.Components.Types;

namespace Atoll.Components.Writing;

/// <summary>
/// An instance of an interface made of functions. An exported function may only speak of types that have names outside, and a list of exports cannot give them
/// any: so the instance is that of a small component which imports the types and the functions and exports both again, the functions with the exported types
/// ("Explainer", "Import and Export Definitions").
/// </summary>
internal sealed class ExportedInterface
{
    private readonly ComponentBuilder _outer;
    private readonly ComponentBuilder _inner = new();
    private readonly List<NamedIndex> _arguments = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    private ExportedInterface(ComponentBuilder outer)
    {
        _outer = outer;
        _inner.Unnamed = ImportType;
        _inner.UnknownResource = ImportType;
    }

    /// <summary>Writes the small component and an instance of it.</summary>
    /// <param name="outer">The component that exports the interface; it has the functions, and the resources that it defines.</param>
    /// <param name="type">The interface.</param>
    /// <param name="functions">The interface's functions with their indices.</param>
    /// <returns>Index of the instance.</returns>
    public static int Write(ComponentBuilder outer, InstanceType type, IReadOnlyList<(ComponentItem Item, int Function)> functions)
    {
        ExportedInterface component = new(outer);
        Dictionary<TypeNode, int> types = component.ImportTypes(type);
        List<int> imported = component.ImportFunctions(functions);
        component.Export(type, types, functions, imported);
        return outer.Instantiate(outer.Component(component._inner.ToArray()), component._arguments);
    }

    private Dictionary<TypeNode, int> ImportTypes(InstanceType type)
    {
        Dictionary<TypeNode, int> indices = new(ReferenceEqualityComparer.Instance);
        foreach (ComponentItem item in type.Exports.Where(item => item.Type.Kind == ComponentExternKind.Type))
        {
            indices.TryAdd(item.Type.Type, ImportType((DefinableType)item.Type.Type, "import-type-" + item.Name));
        }

        return indices;
    }

    private List<int> ImportFunctions(IReadOnlyList<(ComponentItem Item, int Function)> functions)
    {
        List<int> indices = [];
        foreach ((ComponentItem item, int function) in functions)
        {
            string name = Unique("import-func-" + Label(item.Name));
            indices.Add(_inner.Import(item with { Name = name }));
            _arguments.Add(new NamedIndex(name, TextSort.Function, function));
        }

        return indices;
    }

    private void Export(InstanceType type, Dictionary<TypeNode, int> types, IReadOnlyList<(ComponentItem Item, int Function)> functions, List<int> imported)
    {
        _inner.ForgetDefinitions();
        foreach (ComponentItem item in type.Exports.Where(item => item.Type.Kind == ComponentExternKind.Type))
        {
            DefinableType exported = (DefinableType)item.Type.Type;

            // A type that another interface has keeps its identity; one of this interface speaks of others under the names that they were just exported by.
            bool isOwn = exported is ComponentValueType value && !_outer.NamesAnother(value);
            int index = isOwn ? OwnType((ComponentValueType)exported) : types[exported];
            _inner.Name(exported, _inner.Export(new NamedIndex(item.Name, TextSort.Type, index)));
        }

        for (int i = 0; i < functions.Count; i++)
        {
            ComponentItem item = functions[i].Item;
            _inner.Export(new NamedIndex(item.Name, TextSort.Function, imported[i]), item.Type);
        }

        int OwnType(ComponentValueType exported) =>
            exported.Origin is { } origin && types.ContainsKey(origin) ? _inner.IndexOf(origin) : _inner.DefineAnew(exported);
    }

    private int ImportType(DefinableType type) => ImportType(type, "import-type-of-other");

    private int ImportType(DefinableType type, string wanted)
    {
        string name = Unique(wanted);
        int outer = _outer.IndexOf(type);
        int index = _inner.Import(new ComponentItem(name, new ComponentExternType(ComponentExternKind.Type, type)));
        _arguments.Add(new NamedIndex(name, TextSort.Type, outer));
        return index;
    }

    private string Unique(string name)
    {
        string unique = name;
        for (int number = 2; !_names.Add(unique.ToUpperInvariant()); number++)
        {
            unique = $"{name}-n{number}";
        }

        return unique;
    }

    /// <summary>A name of a function as one that a function of no resource can have.</summary>
    private static string Label(string name) =>
        name.Replace("[", "", StringComparison.Ordinal).Replace(']', '-').Replace('.', '-');
}
