using Atoll.Wit.Syntax;

namespace Atoll.Wit.Resolution;

/// <summary>
/// Resolves the items of one world (WIT.md, "Item: world"): its own types, imports and exports, those of included worlds, and the interfaces
/// that are implied because something uses their types.
/// </summary>
internal sealed class WorldResolver(Resolver resolver, ScopeEntry scope, WitWorld world)
{
    private readonly TypeScope _types = new(resolver, scope, world);
    private readonly Dictionary<string, int> _imports = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int> _exports = new(StringComparer.OrdinalIgnoreCase);

    public void Run(IReadOnlyList<ItemSyntax> items)
    {
        List<(UseItemSyntax Use, WitInterface From)> uses = [];
        List<ItemSyntax> active = [.. items.Where(item => resolver.IsActive(item.Head, scope))];
        foreach (ItemSyntax item in active)
        {
            if (item is UseItemSyntax use && _types.Use(use) is { } from)
            {
                uses.Add((use, from));
            }
            else if (item is TypeItemSyntax type)
            {
                _types.Declare(type);
            }
        }

        List<(IncludeSyntax Syntax, WitWorld World)> included = [];
        foreach (IncludeSyntax include in active.OfType<IncludeSyntax>())
        {
            if (FindWorld(include) is { } other)
            {
                included.Add((include, other));
            }
        }

        foreach ((IncludeSyntax include, WitWorld other) in included)
        {
            foreach (WitTypeDefinition type in other.Types.Where(type => !_types.TryAdopt(type)))
            {
                Error($"the type `{type.Name}` of the world `{other.Name}` is defined here too", include.Path.Span);
            }
        }

        _types.DefineTypes();
        foreach ((UseItemSyntax _, WitInterface from) in uses)
        {
            ImportWithDependencies(from, WitAnnotations.None, isImplied: true);
        }

        foreach (ExternSyntax item in active.OfType<ExternSyntax>())
        {
            Extern(item);
        }

        foreach ((IncludeSyntax include, WitWorld other) in included)
        {
            Include(include, other);
        }

        ImportWhatExportsNeed();
        foreach ((UseItemSyntax use, WitInterface from) in uses)
        {
            if (_exports.ContainsKey(from.QualifiedName!) && !world.ImportList[_imports[from.QualifiedName!]].IsImplied)
            {
                Error($"`{from.Name}` is imported and exported: it is not clear which of the two is used", use.Path.Span);
            }
        }
    }

    private WitWorld? FindWorld(IncludeSyntax include)
    {
        ItemEntry? item = resolver.Find(scope, include.Path);
        if (item?.Owner is WitInterface)
        {
            Error($"`{include.Path.Name.Text}` is an interface, a world is needed here", include.Path.Span, "interfaces are imported or exported");
        }

        return item?.Owner as WitWorld;
    }

    private void Extern(ExternSyntax item)
    {
        WitAnnotations annotations = Resolver.Annotations(item.Head);
        if (item.Function is not null)
        {
            WitFunction function = _types.Function(item.Function, null);
            Add(item.IsExport, new WitWorldItem(function.Name, function, annotations), item.Name!.Span);
            return;
        }

        WitInterface? target;
        if (item.Items is not null)
        {
            target = new WitInterface(null, world.Package, annotations);
            new InterfaceResolver(resolver, scope, target).Run(item.Items);
        }
        else
        {
            target = resolver.FindInterface(scope, item.Path!);
        }

        if (target is null)
        {
            return;
        }

        string name = item.Name?.Text ?? target.QualifiedName!;
        WitSpan span = item.Name?.Span ?? item.Path!.Span;
        if (!item.IsExport)
        {
            ImportDependencies(target);
        }

        Add(item.IsExport, new WitWorldItem(name, target, annotations, isPlain: item.Name is not null, isImplied: false), span);
    }

    private void Add(bool isExport, WitWorldItem item, WitSpan span)
    {
        Dictionary<string, int> names = isExport ? _exports : _imports;
        List<WitWorldItem> items = isExport ? world.ExportList : world.ImportList;
        if (!isExport && item.IsPlain)
        {
            _types.DeclareName(new NameSyntax(item.Name, span));
        }

        if (!names.TryGetValue(item.Name, out int index))
        {
            names.Add(item.Name, items.Count);
            items.Add(item);
        }
        else if (items[index].IsImplied)
        {
            items[index] = item;
        }
        else if (isExport || !item.IsPlain)
        {
            Error($"`{item.Name}` is {(isExport ? "exported" : "imported")} twice", span);
        }
    }

    private void Include(IncludeSyntax include, WitWorld other)
    {
        Dictionary<string, NameSyntax> renames = new(StringComparer.Ordinal);
        HashSet<string> unused = new(StringComparer.Ordinal);
        foreach ((NameSyntax name, NameSyntax alias) in include.Renames)
        {
            if (!unused.Add(name.Text))
            {
                Error($"`{name.Text}` is renamed twice", name.Span);
                continue;
            }

            renames.Add(name.Text, alias);
        }

        Include(include, other.ImportList, isExport: false, renames, unused);
        Include(include, other.ExportList, isExport: true, renames, unused);
        foreach (NameSyntax name in include.Renames.Select(rename => rename.Name).Where(name => unused.Contains(name.Text)))
        {
            Error($"there is no import or export with the plain name `{name.Text}` in the world `{other.Name}`", name.Span,
                "`with` renames plain names only; interfaces keep their names");
        }
    }

    private void Include(
        IncludeSyntax include, IReadOnlyList<WitWorldItem> items, bool isExport, Dictionary<string, NameSyntax> renames, HashSet<string> unused)
    {
        Dictionary<string, int> names = isExport ? _exports : _imports;
        List<WitWorldItem> mine = isExport ? world.ExportList : world.ImportList;
        foreach (WitWorldItem item in items)
        {
            WitWorldItem added = item;
            if (item.IsPlain && renames.TryGetValue(item.Name, out NameSyntax? alias))
            {
                unused.Remove(item.Name);
                added = Renamed(item, alias.Text);
            }

            if (!names.TryGetValue(added.Name, out int index))
            {
                names.Add(added.Name, mine.Count);
                mine.Add(added);
            }
            else if (added.IsPlain)
            {
                Error($"the plain name `{added.Name}` is {(isExport ? "exported" : "imported")} already", include.Path.Span,
                    $"give it another name: include {include.Path.Name.Text} with {{ {item.Name} as other-name }}");
            }
            else if (mine[index].IsImplied)
            {
                mine[index] = added;
            }
        }
    }

    private static WitWorldItem Renamed(WitWorldItem item, string name)
    {
        if (item.Interface is not null)
        {
            return new WitWorldItem(name, item.Interface, item.Annotations, isPlain: true, isImplied: false);
        }

        WitFunction function = item.Function!;
        WitFunction renamed = new(name, function.Kind, null, function.Parameters, function.Result, function.IsAsync, function.Annotations) { Place = function.Place };
        return new WitWorldItem(name, renamed, item.Annotations);
    }

    /// <summary>
    /// An exported interface whose types come from another interface needs that one: its export if there is one, else its import. The text
    /// may leave the import out, as it may for imports; that every other tool accepts too, and only one reading is possible.
    /// </summary>
    private void ImportWhatExportsNeed()
    {
        foreach (WitInterface target in world.ExportList.Select(item => item.Interface).OfType<WitInterface>().ToList())
        {
            ImportDependencies(target, exists: name => _exports.ContainsKey(name));
        }
    }

    private void ImportWithDependencies(WitInterface target, WitAnnotations annotations, bool isImplied)
    {
        ImportDependencies(target);
        string name = target.QualifiedName!;
        if (!_imports.ContainsKey(name))
        {
            _imports.Add(name, world.ImportList.Count);
            world.ImportList.Add(new WitWorldItem(name, target, annotations, isPlain: false, isImplied));
        }
    }

    private void ImportDependencies(WitInterface target, Func<string, bool>? exists = null)
    {
        foreach (WitInterface needed in InterfaceDependencies.Of(target, known => _imports.ContainsKey(known) || exists?.Invoke(known) == true))
        {
            _imports.Add(needed.QualifiedName!, world.ImportList.Count);
            world.ImportList.Add(new WitWorldItem(needed.QualifiedName!, needed, WitAnnotations.None, isPlain: false, isImplied: true));
        }
    }

    private void Error(string message, WitSpan span, string? hint = null) => resolver.Errors.Add(scope.Syntax.Source, message, span, hint);
}
