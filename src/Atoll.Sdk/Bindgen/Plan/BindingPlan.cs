using Atoll.Components.Types;
using Atoll.Wit;

namespace Atoll.Sdk.Bindgen.Plan;

/// <summary>All that bindings of a world are written from: its name spaces with their functions, and its types, each after those that it is built of.</summary>
internal sealed class BindingPlan
{
    private readonly HashSet<WitItemOwner> _exported;
    private readonly Dictionary<(WitItemOwner Owner, Side Side), PlannedScope> _scopes = [];
    private readonly Dictionary<(WitTypeDefinition Definition, Side Side), PlannedResource> _resources = [];
    private readonly List<PlannedAlias> _aliases = [];
    private readonly Dictionary<WitTypeDefinition, bool> _holdsExported = [];
    private readonly TypePlanner _planner;

    private BindingPlan(WitWorld world)
    {
        World = world;
        _exported = [.. world.Exports.Select(item => item.Interface).OfType<WitItemOwner>()];
        _planner = new TypePlanner(this);
        Imports = Scopes(world.Imports, Side.Import);
        Exports = Scopes(world.Exports, Side.Export);
        Support.Check(this);
        foreach (PlannedScope scope in All)
        {
            AddTypes(scope);
        }

        foreach (PlannedScope scope in All)
        {
            AddFunctions(scope);
        }
    }

    public WitWorld World { get; }

    /// <summary>What is imported: the world's own things first, then interfaces, each after those that it uses.</summary>
    public IReadOnlyList<PlannedScope> Imports { get; }

    /// <summary>What is exported, likewise.</summary>
    public IReadOnlyList<PlannedScope> Exports { get; }

    public IEnumerable<PlannedScope> All => Imports.Concat(Exports);

    /// <summary>All types that occur, and those that interfaces define without use, each after those that it is built of.</summary>
    public IReadOnlyList<PlannedType> Types => _planner.Types;

    /// <summary>Definitions that only give another name to a type, <c>use</c>s not among them.</summary>
    public IReadOnlyList<PlannedAlias> Aliases => _aliases;

    /// <summary>All resources, imported ones first.</summary>
    public IEnumerable<PlannedResource> Resources => All.SelectMany(scope => scope.Resources);

    /// <exception cref="GuestBindingsException">The world has what cannot be bound in any language.</exception>
    public static BindingPlan Of(WitWorld world) => new(world);

    /// <summary>The type that is meant where a function or type of one side of the world names it.</summary>
    public PlannedType Find(WitType type, Side side) => _planner.Find(type, side);

    /// <summary>The resource that is meant, seen from one side of the world.</summary>
    public PlannedResource FindResource(WitTypeDefinition resource, Side side) =>
        _resources[(resource.Target, side == Side.Export && _exported.Contains(resource.Target.Owner) ? Side.Export : Side.Import)];

    /// <summary>The name space that a definition belongs to, seen from one side of the world.</summary>
    public PlannedScope FindScope(WitItemOwner owner, Side side) =>
        _scopes.TryGetValue((owner, side), out PlannedScope? scope) ? scope : _scopes[(owner, side == Side.Import ? Side.Export : Side.Import)];

    /// <summary>Whether values of a type can hold a resource that the world exports.</summary>
    public bool HoldsExported(WitTypeDefinition definition)
    {
        if (!_holdsExported.TryGetValue(definition.Target, out bool holds))
        {
            holds = definition.Target.Parts.Any(HoldsExported);
            _holdsExported.Add(definition.Target, holds);
        }

        return holds;
    }

    private bool HoldsExported(WitType type) => type switch
    {
        WitHandle handle => _exported.Contains(handle.Resource.Target.Owner),
        WitNamed named => HoldsExported(named.Definition),
        _ => type.Parts.Any(HoldsExported),
    };

    private List<PlannedScope> Scopes(IReadOnlyList<WitWorldItem> items, Side side)
    {
        List<PlannedScope> result = [];
        if (items.Any(item => item.Function is not null) || (side == Side.Import && World.Types.Count > 0))
        {
            result.Add(new PlannedScope(side, World, null));
        }

        result.AddRange(items.Where(item => item.Interface is not null).Select(item => new PlannedScope(side, item.Interface!, item)));
        foreach (PlannedScope scope in result)
        {
            _scopes.Add((scope.Owner, side), scope);
            foreach (WitTypeDefinition definition in scope.Owner.Types.Where(type => type.Body is WitResource && (scope.ExternName is not null || side == Side.Import)))
            {
                PlannedResource resource = new(definition, scope);
                _resources.Add((definition, side), resource);
                scope.Add(resource);
            }
        }

        return result;
    }

    private void AddTypes(PlannedScope scope)
    {
        foreach (PlannedResource resource in scope.Resources)
        {
            resource.Own = _planner.Find(new WitHandle(resource.Definition, isBorrowed: false), scope.Side);
            resource.Borrow = _planner.Find(new WitHandle(resource.Definition, isBorrowed: true), scope.Side);
        }

        foreach (WitTypeDefinition definition in scope.Owner.Types.Where(type => type.Body is not (WitUse or WitResource)))
        {
            // An alias of a resource is no type that has values: its handles are.
            if (definition.Target.Body is WitResource || (scope.Side == Side.Export && scope.ExternName is null))
            {
                continue;
            }

            PlannedType type = _planner.Find(new WitNamed(definition), scope.Side);
            if (definition.Body is WitAlias && !(scope.Side == Side.Export && !HoldsExported(definition) && _scopes.ContainsKey((scope.Owner, Side.Import))))
            {
                _aliases.Add(new PlannedAlias(definition, scope, type));
            }
        }
    }

    private void AddFunctions(PlannedScope scope)
    {
        IEnumerable<WitFunction> functions = scope.Owner is WitInterface source
            ? source.AllFunctions
            : scope.Resources.SelectMany(resource => ((WitResource)resource.Definition.Body).Functions)
                .Concat((scope.Side == Side.Import ? World.Imports : World.Exports).Select(item => item.Function).OfType<WitFunction>());
        foreach (WitFunction function in functions)
        {
            scope.Add(new PlannedFunction(
                function,
                scope,
                function.Resource is null ? null : FindResource(function.Resource, scope.Side),
                [.. function.Parameters.Select(parameter => (parameter.Name, _planner.Find(parameter.Type, scope.Side)))],
                function.Result is null ? null : _planner.Find(function.Result, scope.Side)));
        }
    }
}
