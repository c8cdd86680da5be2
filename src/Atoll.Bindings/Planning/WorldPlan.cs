using System.Collections.Generic;
using System.Linq;
using Atoll.Bindings.Naming;
using Atoll.Wit;

namespace Atoll.Bindings.Planning;

/// <summary>Who implements something: the host what a guest imports, the guest what it exports.</summary>
internal enum Direction
{
    Import,
    Export,
}

/// <summary>A C# type to be written for a type of WIT.</summary>
internal sealed class PlannedType(WitTypeDefinition definition, Direction direction)
{
    /// <summary>The type, behind all aliases.</summary>
    public WitTypeDefinition Definition { get; } = definition;

    /// <summary>Of a resource, who implements it; of a type with exported resources in it, who passes it.</summary>
    public Direction Direction { get; } = direction;

    public string Namespace { get; set; } = "";

    public string Name { get; set; } = "";
}

/// <summary>What becomes one class or interface of functions: an interface of WIT, or the functions of the world itself.</summary>
internal sealed class FunctionGroup(string? externName, WitInterface? source, string label, IReadOnlyList<WitFunction> functions)
{
    /// <summary>The name that components import or export the interface by; null for the world itself.</summary>
    public string? ExternName { get; } = externName;

    public WitInterface? Interface { get; } = source;

    /// <summary>The name to make others of, in Pascal case.</summary>
    public string Label { get; } = label;

    public IReadOnlyList<WitFunction> Functions { get; } = functions;

    /// <summary>The resources that it defines itself.</summary>
    public IReadOnlyList<WitTypeDefinition> Resources { get; } =
        [.. (source?.Types ?? []).Where(type => type.Body is WitResource)];

    public string Namespace { get; set; } = "";

    public string TypeName { get; set; } = "";

    /// <summary>The world's property, or the parameter, that it is.</summary>
    public string MemberName { get; set; } = "";

    /// <summary>How the runtime finds a function or resource.</summary>
    public string Path(string name) => ExternName is null ? name : $"{ExternName}#{name}";

    public bool IsEmpty => Functions.Count == 0 && Resources.Count == 0;
}

/// <summary>Everything that is written for a world, with its names.</summary>
internal sealed class WorldPlan
{
    private readonly HashSet<WitInterface> _exported;
    private readonly Dictionary<(WitTypeDefinition, Direction), PlannedType> _types = [];
    private readonly List<PlannedType> _order = [];
    private readonly Dictionary<WitItemOwner, string> _labels = [];

    /// <param name="world">The world.</param>
    /// <param name="space">Namespace of the world's package.</param>
    /// <param name="problems">Takes what cannot be bound.</param>
    public WorldPlan(WitWorld world, string space, List<Problem> problems)
    {
        World = world;
        Namespace = space;
        _exported = [.. world.Exports.Select(item => item.Interface).OfType<WitInterface>()];
        foreach (WitWorldItem item in world.Imports.Concat(world.Exports).Where(item => item.Interface is { Name: null }))
        {
            _labels[item.Interface!] = Identifiers.Pascal(item.Name);
        }

        Imports = [.. Groups(world.Imports).Where(group => !IsOfRuntime(group.Interface))];
        Exports = [.. Groups(world.Exports)];
        WorldImports = OfWorld(world.Imports);
        WorldExports = OfWorld(world.Exports);
        Support.Check(this, problems);
        Collect();
        new NamePlanner(this).Run();
    }

    public WitWorld World { get; }

    public string Namespace { get; }

    /// <summary>Name of the world's class.</summary>
    public string ClassName { get; set; } = "";

    public IReadOnlyList<FunctionGroup> Imports { get; }

    public IReadOnlyList<FunctionGroup> Exports { get; }

    /// <summary>The functions that stand in the world itself.</summary>
    public FunctionGroup WorldImports { get; }

    public FunctionGroup WorldExports { get; }

    /// <summary>Whether it imports interfaces that the runtime implements.</summary>
    public bool HasRuntimeImports => World.Imports.Any(item => IsOfRuntime(item.Interface));

    public IReadOnlyList<PlannedType> Types => _order;

    /// <summary>All groups of functions that the host implements.</summary>
    public IEnumerable<FunctionGroup> AllImports => WorldImports.IsEmpty ? Imports : [WorldImports, .. Imports];

    /// <summary>WASI and the platform's interfaces are the runtime's affair (<c>AddWasi</c>, <c>AddPlatform</c>): a program implements the rest.</summary>
    public static bool IsOfRuntime(WitItemOwner? owner) => owner?.Package.Name is { Namespace: "wasi" } or { Namespace: "atoll", Name: "platform" };

    /// <summary>A word for the interface or world that a type stands in.</summary>
    public string LabelOf(WitItemOwner owner) => _labels.TryGetValue(owner, out string? label) ? label : Identifiers.Pascal(owner.Name!);

    /// <summary>Who implements a resource, seen from one side of the world.</summary>
    public Direction SideOf(WitTypeDefinition resource, Direction direction) =>
        direction == Direction.Export && IsExported(resource) ? Direction.Export : Direction.Import;

    /// <summary>The C# type for a defined type; null for a resource that the runtime implements.</summary>
    public PlannedType? Find(WitTypeDefinition definition, Direction direction)
    {
        WitTypeDefinition target = definition.Target;
        Direction side = target.Body is WitResource ? SideOf(target, direction) : HoldsExported(target) ? direction : Direction.Import;
        return _types.TryGetValue((target, side), out PlannedType? type) ? type : null;
    }

    /// <summary>Whether values of a type can hold a resource that the world exports.</summary>
    public bool HoldsExported(WitTypeDefinition definition) => Parts(definition.Target).Any(HoldsExported);

    /// <summary>Whether a type needs two C# types, because it holds resources that the world both imports and exports.</summary>
    public bool IsSplit(WitTypeDefinition definition) => definition.Body is not WitResource && HoldsExported(definition);

    private static IEnumerable<WitType> Parts(WitTypeDefinition definition) => definition.Body is WitResource ? [] : definition.Parts;

    private bool IsExported(WitTypeDefinition resource) => resource.Target.Owner is WitInterface owner && _exported.Contains(owner);

    private bool HoldsExported(WitType type) => type switch
    {
        WitHandle handle => IsExported(handle.Resource),
        WitNamed named => HoldsExported(named.Definition),
        _ => type.Parts.Any(HoldsExported),
    };

    private IEnumerable<FunctionGroup> Groups(IEnumerable<WitWorldItem> items) => items
        .Where(item => item.Interface is not null)
        .Select(item => new FunctionGroup(
            item.Name, item.Interface, item.IsPlain ? Identifiers.Pascal(item.Name) : LabelOf(item.Interface!), [.. item.Interface!.AllFunctions]))
        .Where(group => !group.IsEmpty);

    private FunctionGroup OfWorld(IEnumerable<WitWorldItem> items) =>
        new(null, null, Identifiers.Pascal(World.Name!), [.. items.Select(item => item.Function).OfType<WitFunction>()]);

    /// <summary>Types in the order in which they occur: those that interfaces define, whether used or not, and what functions use.</summary>
    private void Collect()
    {
        foreach (WitTypeDefinition type in World.Types)
        {
            Visit(type, Direction.Import);
        }

        foreach ((IEnumerable<WitWorldItem> items, Direction direction) in new[] { (World.Imports, Direction.Import), (World.Exports, Direction.Export) })
        {
            foreach (WitWorldItem item in items)
            {
                if (direction == Direction.Export || !IsOfRuntime(item.Interface))
                {
                    Visit(item, direction);
                }
            }
        }
    }

    private void Visit(WitWorldItem item, Direction direction)
    {
        IEnumerable<WitTypeDefinition> types = item.Interface?.Types ?? [];
        foreach (WitTypeDefinition type in types.Where(type => type.Body is not WitUse))
        {
            Visit(type, direction);
        }

        IEnumerable<WitFunction> functions = item.Function is { } one ? [one] : item.Interface!.AllFunctions;
        foreach (WitFunction function in functions)
        {
            foreach (WitParameter parameter in function.Parameters)
            {
                Visit(parameter.Type, direction);
            }

            if (function.Result is not null)
            {
                Visit(function.Result, direction);
            }
        }
    }

    private void Visit(WitType type, Direction direction)
    {
        switch (type)
        {
            case WitNamed named:
                Visit(named.Definition, direction);
                break;
            case WitHandle handle:
                Visit(handle.Resource, direction);
                break;
            default:
                foreach (WitType part in type.Parts)
                {
                    Visit(part, direction);
                }

                break;
        }
    }

    private void Visit(WitTypeDefinition definition, Direction direction)
    {
        WitTypeDefinition target = definition.Target;
        if (target.Body is WitResource)
        {
            Direction side = SideOf(target, direction);
            if (side == Direction.Export || !IsOfRuntime(target.Owner))
            {
                Add(new PlannedType(target, side));
            }

            return;
        }

        // An alias has no type of its own: what it stands for is written in its place.
        if (target.Body is WitAlias || Add(new PlannedType(target, HoldsExported(target) ? direction : Direction.Import)))
        {
            foreach (WitType part in Parts(target))
            {
                Visit(part, direction);
            }
        }
    }

    private bool Add(PlannedType type)
    {
        if (_types.ContainsKey((type.Definition, type.Direction)))
        {
            return false;
        }

        _types.Add((type.Definition, type.Direction), type);
        _order.Add(type);
        return true;
    }
}
