using System.Collections.Immutable;
using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Components.Writing;

/// <summary>What core modules and a world need of each other, looked up and checked before anything is written.</summary>
internal sealed class ModulePlan
{
    /// <summary>The module name under which an adapter imports what the program has.</summary>
    public const string MainModule = "__main_module__";

    private readonly List<string> _problems = [];
    private readonly ComponentType _world;

    private ModulePlan(GuestModule main, GuestModule? adapter, ComponentType world)
    {
        Main = main;
        Adapter = adapter;
        _world = world;
        Memory = main.Find(CoreNames.Memory, ExternKind.Memory)?.Name;
    }

    public GuestModule Main { get; }

    public GuestModule? Adapter { get; }

    /// <summary>Name of the program's memory, or null.</summary>
    public string? Memory { get; }

    /// <summary>The imports of the component: those of the world that are used.</summary>
    public ImmutableArray<ComponentItem> Imports { get; private set; } = [];

    /// <summary>The exports of the world.</summary>
    public ImmutableArray<ComponentItem> Exports => _world.Exports;

    public List<CoreNeed> Needs { get; } = [];

    public List<CoreOffer> Offers { get; } = [];

    /// <summary>Resources that the component defines, with the exported interface that they stand in and the export that ends them, if there is one.</summary>
    public List<(ComponentItem Interface, string Name, ResourceType Resource, string? Destructor)> Resources { get; } = [];

    /// <exception cref="ComponentWritingException">Something is missing or has another type.</exception>
    public static ModulePlan Make(GuestModule main, GuestModule? adapter, ComponentType world, string adapterName)
    {
        ModulePlan plan = new(main, adapter, world);
        plan.FindResources();
        plan.FindNeeds(main, adapter is null ? "" : adapterName);
        if (adapter is not null)
        {
            plan.FindNeeds(adapter, "");
        }

        plan.FindOffers();
        if (plan._problems.Count > 0)
        {
            throw new ComponentWritingException(
                $"the module does not fit its world: {(plan._problems.Count == 1 ? "1 problem" : $"{plan._problems.Count} problems")}", [.. plan._problems]);
        }

        plan.CutImports();
        return plan;
    }

    private void FindResources()
    {
        HashSet<ResourceIdentity> imported = new(ReferenceEqualityComparer.Instance);
        LiveTypesOf(_world.Imports, imported);
        foreach (ComponentItem item in _world.Exports)
        {
            if (item.Type.Type is not InstanceType instance || item.Type.Kind != ComponentExternKind.Instance)
            {
                continue;
            }

            foreach (ComponentItem export in instance.Exports)
            {
                if (export.Type is { Kind: ComponentExternKind.Type, Type: ResourceType resource } && imported.Add(resource.Identity))
                {
                    CoreItem? destructor = Main.Find(CoreNames.Destructor(item.Name, export.Name), ExternKind.Function);
                    if (destructor is not null)
                    {
                        Compare(new FunctionType([ValueType.I32], []), Main.TypeOf(destructor), $"the export `{destructor.Name}`");
                    }

                    Resources.Add((item, export.Name, resource, destructor?.Name));
                }
            }
        }
    }

    private static void LiveTypesOf(ImmutableArray<ComponentItem> items, HashSet<ResourceIdentity> resources)
    {
        foreach (ComponentItem item in items)
        {
            if (item.Type.Type is ResourceType resource)
            {
                resources.Add(resource.Identity);
            }
            else if (item.Type.Type is InstanceType instance && item.Type.Kind == ComponentExternKind.Instance)
            {
                LiveTypesOf(instance.Exports, resources);
            }
        }
    }

    private void FindNeeds(GuestModule module, string adapterName)
    {
        foreach (ImportDefinition import in module.Definition.Imports)
        {
            string name = module.NameOf(import);
            string what = $"the import `{import.Module}::{name}`";
            if (module == Adapter && import.Module is MainModule or "env")
            {
                CheckOwn(import, what);
            }
            else if (import.Kind != ExternKind.Function)
            {
                _problems.Add(
                    $"{what}: it is a {import.Kind.ToString().ToLowerInvariant()}, and a component can give functions only. Have the module define it and export it.");
            }
            else
            {
                FunctionType type = ((DefinedType)import.Type).Function!;
                if (import.Module == adapterName)
                {
                    FindInAdapter(module, import, type, what);
                }
                else if (CoreNames.Parse(import.Module, name, _world) is { } target)
                {
                    FindInWorld(new CoreNeed(module, import, type) { Target = target }, what);
                }
                else
                {
                    string hint = import.Module == Preview1Adapter.ModuleName ? " Functions of WASI preview 1 need the adapter (`--adapt`)." : "";
                    _problems.Add($"{what}: the world has no import `{import.Module}`. It has {Names(_world.Imports)}.{hint}");
                }
            }
        }
    }

    /// <summary>What an adapter takes of the program.</summary>
    private void CheckOwn(ImportDefinition import, string what)
    {
        if (Main.Find([import.Name], import.Kind) is not { } item)
        {
            _problems.Add($"{what} of the adapter: the module exports no {import.Kind.ToString().ToLowerInvariant()} of that name");
        }
        else if (TypeMatcher.CoreMismatch(import.Type, item.Type) is { } problem)
        {
            _problems.Add($"{what} of the adapter: {problem}");
        }
    }

    private void FindInAdapter(GuestModule module, ImportDefinition import, FunctionType type, string what)
    {
        if (Adapter!.Find([module.NameOf(import)], ExternKind.Function) is not { } given)
        {
            _problems.Add($"{what}: there is no such function");
            return;
        }

        Compare(Adapter.TypeOf(given), type, what);
        Needs.Add(new CoreNeed(module, import, type) { Giver = Adapter });
    }

    private void FindInWorld(CoreNeed need, string what)
    {
        CoreImport target = need.Target!;
        ImmutableArray<ComponentItem> items = target.IsExport ? _world.Exports : _world.Imports;
        string place = target.Interface is null ? "the world" : $"`{target.Interface}`";
        if (target.Interface is not null)
        {
            items = ((InstanceType)items.First(item => item.Name == target.Interface).Type.Type).Exports;
        }

        ComponentItem? item = items.FirstOrDefault(item => item.Name == target.Name);
        if (target.Kind != CanonKind.Lower)
        {
            if (item?.Type is not { Kind: ComponentExternKind.Type, Type: ResourceType resource })
            {
                _problems.Add($"{what}: {place} has no resource `{target.Name}`");
                return;
            }

            ImmutableArray<ValueType> results = target.Kind == CanonKind.ResourceDrop ? [] : [ValueType.I32];
            Compare(new FunctionType([ValueType.I32], results), need.Type, what);
            Needs.Add(need with { Resource = resource });
            return;
        }

        if (target.IsExport || item?.Type is not { Kind: ComponentExternKind.Function, Type: ComponentFunctionType function })
        {
            _problems.Add(
                target.Name.StartsWith('[') && item is null
                    ? $"{what}: `{target.Name}` is no function of {place}. Built-in functions for asynchronous work are not supported here."
                    : $"{what}: {place} has no function `{target.Name}`. It has {Names(items.Where(other => other.Type.Kind == ComponentExternKind.Function))}.");
            return;
        }

        CanonSignature signature = CanonSignature.OfLower(function, new CanonOptions());
        Compare(signature.Core, need.Type, what);
        Require(need.User, signature.NeedsMemory, signature.NeedsRealloc, what);
        Needs.Add(need with { Function = function, NeedsMemory = signature.NeedsMemory, NeedsRealloc = signature.NeedsRealloc });
    }

    private void FindOffers()
    {
        foreach (ComponentItem export in _world.Exports)
        {
            if (export.Type.Type is InstanceType instance && export.Type.Kind == ComponentExternKind.Instance)
            {
                foreach (ComponentItem item in instance.Exports.Where(item => item.Type.Kind == ComponentExternKind.Function))
                {
                    FindOffer(export, item);
                }
            }
            else if (export.Type.Kind == ComponentExternKind.Function)
            {
                FindOffer(null, export);
            }
            else
            {
                _problems.Add($"the export `{export.Name}` of the world is neither a function nor an interface");
            }
        }
    }

    private void FindOffer(ComponentItem? @interface, ComponentItem item)
    {
        string[] names = CoreNames.Function(@interface?.Name, item.Name);
        ComponentFunctionType function = (ComponentFunctionType)item.Type.Type;
        CanonSignature signature = CanonSignature.OfLift(function, new CanonOptions());
        GuestModule giver = Adapter?.Find(names, ExternKind.Function) is null ? Main : Adapter;
        if (giver.Find(names, ExternKind.Function) is not { } core)
        {
            string found = Main.Find(names[0]) is null ? "" : ", but something of that name that is no function";
            _problems.Add($"the export `{names[0]}` is missing{found}: the world exports it, so the module must export a function of type {signature.Core}");
            return;
        }

        string what = $"the export `{core.Name}`";
        if (function.IsAsync)
        {
            _problems.Add($"{what}: asynchronous functions are not supported here");
        }

        Compare(signature.Core, giver.TypeOf(core), what);
        Require(giver, signature.NeedsMemory, signature.NeedsRealloc, what);
        CoreItem? post = giver.Find(CoreNames.PostReturn(@interface?.Name, item.Name), ExternKind.Function);
        if (post is not null)
        {
            Compare(new FunctionType(signature.Core.Results, []), giver.TypeOf(post), $"the export `{post.Name}`");
        }

        Offers.Add(new CoreOffer(@interface, item, giver, core.Name, post?.Name, signature.NeedsMemory, signature.NeedsRealloc));
    }

    private void Compare(FunctionType expected, FunctionType found, string what)
    {
        if (!expected.Equals(found))
        {
            _problems.Add($"{what} has the wrong type: expected {expected}, found {found}");
        }
    }

    private void Require(GuestModule module, bool memory, bool realloc, string what)
    {
        if (memory && Memory is null)
        {
            AddOnce($"the module exports no memory `memory`, which {what} needs: its values pass through memory");
        }

        if (realloc && module.Realloc is null)
        {
            AddOnce($"the module exports no function `cabi_realloc` of type {ReallocType}, which {what} needs: memory is allocated for its values");
        }
        else if (realloc && module.TypeOf(module.Find(module.Realloc!)!) is var type && !type.Equals(ReallocType))
        {
            AddOnce($"the export `{module.Realloc}` has the wrong type: expected {ReallocType}, found {type}");
        }
    }

    private static FunctionType ReallocType { get; } = new([ValueType.I32, ValueType.I32, ValueType.I32, ValueType.I32], [ValueType.I32]);

    private void AddOnce(string problem)
    {
        if (!_problems.Contains(problem))
        {
            _problems.Add(problem);
        }
    }

    private void CutImports()
    {
        LiveTypes live = new(_world.Imports);
        Dictionary<string, HashSet<string>> functions = new(StringComparer.Ordinal);
        foreach (CoreNeed need in Needs.Where(need => need.Target is { IsExport: false }))
        {
            live.Add((TypeNode?)need.Function ?? need.Resource!);
            if (need.Function is not null)
            {
                string place = need.Target!.Interface ?? "";
                if (!functions.TryGetValue(place, out HashSet<string>? names))
                {
                    functions.Add(place, names = new HashSet<string>(StringComparer.Ordinal));
                }

                names.Add(need.Target.Name);
            }
        }

        foreach (ComponentItem export in _world.Exports)
        {
            live.Add(export.Type.Type);
        }

        HashSet<string> none = [];
        Imports =
        [
            .. _world.Imports
                .Select(item => live.Cut(item, functions.GetValueOrDefault(item.Type.Kind == ComponentExternKind.Instance ? item.Name : "") ?? none))
                .OfType<ComponentItem>(),
        ];
    }

    private static string Names(IEnumerable<ComponentItem> items)
    {
        const int Shown = 20;
        string[] names = [.. items.Select(item => $"`{item.Name}`")];
        return names.Length == 0 ? "none" : string.Join(", ", names.Take(Shown)) + (names.Length > Shown ? $" and {names.Length - Shown} more" : "");
    }
}
