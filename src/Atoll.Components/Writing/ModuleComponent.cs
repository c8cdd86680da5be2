using Atoll.Components.Binary;
using Atoll.Components.Text;
using Atoll.Components.Types;
using Atoll.Wasm;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Components.Writing;

/// <summary>
/// A component around a core module, after a plan: imports, resources, core modules, what the modules import, the modules' instances, then what the component
/// exports.
/// </summary>
internal sealed class ModuleComponent
{
    private readonly ModulePlan _plan;
    private readonly ComponentBuilder _builder = new();
    private readonly LateFunctions _late = new();
    private readonly Dictionary<string, int> _instances = new(StringComparer.Ordinal);
    private readonly Dictionary<(string? Interface, string Name), int> _functions = [];
    private readonly Dictionary<ResourceIdentity, int> _destructors = new(ReferenceEqualityComparer.Instance);
    private readonly List<(string Name, Func<int> Core)> _fill = [];
    private readonly Dictionary<(int Instance, string Name), int> _aliases = [];
    private int _callers = -1;

    private ModuleComponent(ModulePlan plan) => _plan = plan;

    public static byte[] Write(ModulePlan plan)
    {
        ModuleComponent component = new(plan);
        component.Imports();
        component.Modules();
        component.Exports();
        return component._builder.ToArray();
    }

    private void Imports()
    {
        foreach (ComponentItem import in _plan.Imports)
        {
            int index = _builder.Import(import);
            if (import.Type.Kind == ComponentExternKind.Function)
            {
                _functions.Add((null, import.Name), index);
            }
            else if (import.Type.Kind == ComponentExternKind.Instance)
            {
                _instances.Add(import.Name, index);
            }
        }
    }

    private void Modules()
    {
        int main = _builder.CoreModule(EmbeddedWorld.Strip(_plan.Main.Bytes));
        int adapter = _plan.Adapter is null ? -1 : _builder.CoreModule(EmbeddedWorld.Strip(_plan.Adapter.Bytes));
        GiveSlots();
        if (_late.Count > 0)
        {
            _callers = _builder.InstantiateCore(_builder.CoreModule(_late.Callers()), []);
        }

        foreach ((ComponentItem _, string _, ResourceType resource, string? destructor) in _plan.Resources)
        {
            _builder.Name(resource, _builder.Resource(destructor is null ? -1 : Caller(_destructors[resource.Identity])));
        }

        _plan.Main.Instance = Instantiate(_plan.Main, main);
        if (_plan.Adapter is not null)
        {
            _plan.Adapter.Instance = Instantiate(_plan.Adapter, adapter);
        }

        Fill();
    }

    /// <summary>Finds out what cannot exist before the modules do, and gives it a place in the table.</summary>
    private void GiveSlots()
    {
        foreach ((ComponentItem _, string _, ResourceType resource, string? destructor) in _plan.Resources)
        {
            if (destructor is not null)
            {
                int slot = _late.Add(new FunctionType([ValueType.I32], []));
                _destructors.Add(resource.Identity, slot);
                _fill.Add((LateFunctions.NameOf(slot), () => Alias(TextSort.CoreFunction, _plan.Main.Instance, destructor)));
            }
        }

        foreach (CoreNeed need in _plan.Needs)
        {
            // The program's memory is there when an adapter is instantiated; what the adapter itself gives is not.
            if (need.Giver is not null || need.NeedsRealloc || (need.NeedsMemory && need.User == _plan.Main))
            {
                need.Slot = _late.Add(need.Type);
                _fill.Add((LateFunctions.NameOf(need.Slot), () => Now(need)));
            }
        }
    }

    private int Instantiate(GuestModule module, int index)
    {
        IEnumerable<IGrouping<string, CoreNeed>> groups = _plan.Needs.Where(need => need.User == module).GroupBy(need => need.Import.Module, StringComparer.Ordinal);
        List<(string Name, int Instance)> arguments = [];
        foreach (IGrouping<string, CoreNeed> group in groups)
        {
            List<NamedIndex> exports = [];
            foreach (CoreNeed need in group)
            {
                exports.Add(new NamedIndex(need.Import.Name, TextSort.CoreFunction, need.Slot < 0 ? Now(need) : Caller(need.Slot)));
            }

            arguments.Add((group.Key, _builder.CoreInstance(exports)));
        }

        if (module == _plan.Adapter)
        {
            foreach (string place in module.Definition.Imports.Select(import => import.Module).Where(name => name is "env" or ModulePlan.MainModule).Distinct())
            {
                arguments.Add((place, _plan.Main.Instance));
            }
        }

        return _builder.InstantiateCore(index, arguments);
    }

    private void Fill()
    {
        List<NamedIndex> items = [];
        foreach ((string name, Func<int> core) in _fill)
        {
            items.Add(new NamedIndex(name, TextSort.CoreFunction, core()));
        }

        if (_late.Count > 0)
        {
            items.Add(new NamedIndex(LateFunctions.Table, TextSort.CoreTable, _builder.AliasExport(TextSort.CoreTable, _callers, LateFunctions.Table)));
        }

        int initializers = 0;
        foreach (GuestModule module in new[] { _plan.Adapter, _plan.Main }.OfType<GuestModule>())
        {
            if (module.Find(CoreNames.Initialize, ExternKind.Function) is { } initialize)
            {
                items.Add(new NamedIndex($"start{initializers++}", TextSort.CoreFunction, Alias(TextSort.CoreFunction, module.Instance, initialize.Name)));
            }
        }

        if (items.Count > 0)
        {
            _builder.InstantiateCore(_builder.CoreModule(_late.Filler(initializers)), [("", _builder.CoreInstance(items))]);
        }
    }

    /// <summary>The core function that a need is met with.</summary>
    private int Now(CoreNeed need)
    {
        if (need.Giver is not null)
        {
            return Alias(TextSort.CoreFunction, need.Giver.Instance, need.User.NameOf(need.Import));
        }

        if (need.Function is null)
        {
            return _builder.ResourceFunction(need.Target!.Kind, _builder.IndexOf(need.Resource!));
        }

        (string? Interface, string Name) key = (need.Target!.Interface, need.Target.Name);
        if (!_functions.TryGetValue(key, out int function))
        {
            function = _builder.AliasExport(TextSort.Function, _instances[key.Interface!], key.Name);
            _functions.Add(key, function);
        }

        return _builder.Lower(function, Options(need.User, need.NeedsMemory, need.NeedsRealloc, null));
    }

    private CanonOptions Options(GuestModule module, bool memory, bool realloc, string? postReturn) => new()
    {
        Encoding = module.Encoding,
        Memory = memory ? Alias(TextSort.CoreMemory, _plan.Main.Instance, _plan.Memory!) : -1,
        Realloc = realloc ? Alias(TextSort.CoreFunction, module.Instance, module.Realloc!) : -1,
        PostReturn = postReturn is null ? -1 : Alias(TextSort.CoreFunction, module.Instance, postReturn),
    };

    private int Caller(int slot) => Alias(TextSort.CoreFunction, _callers, LateFunctions.NameOf(slot));

    private int Alias(TextSort sort, int instance, string name)
    {
        if (!_aliases.TryGetValue((instance, name), out int index))
        {
            index = _builder.AliasExport(sort, instance, name);
            _aliases.Add((instance, name), index);
        }

        return index;
    }

    private void Exports()
    {
        foreach (ComponentItem export in _plan.Exports)
        {
            List<(ComponentItem Item, int Function)> functions = [];
            foreach (CoreOffer offer in _plan.Offers.Where(offer => ReferenceEquals(offer.Interface, export) || ReferenceEquals(offer.Item, export)))
            {
                CanonOptions options = Options(offer.Giver, offer.NeedsMemory, offer.NeedsRealloc, offer.PostReturn);
                int core = Alias(TextSort.CoreFunction, offer.Giver.Instance, offer.Export);
                functions.Add((offer.Item, _builder.Lift(core, (ComponentFunctionType)offer.Item.Type.Type, options)));
            }

            if (export.Type.Kind == ComponentExternKind.Function)
            {
                _builder.Export(new NamedIndex(export.Name, TextSort.Function, functions[0].Function));
                continue;
            }

            InstanceType type = (InstanceType)export.Type.Type;
            int instance = ExportedInterface.Write(_builder, type, functions);
            int exported = _builder.Export(new NamedIndex(export.Name, TextSort.Instance, instance));

            // What comes after speaks of the types under the names that they have outside.
            _builder.ForgetDefinitions();
            foreach ((ComponentItem at, string _, ResourceType resource, string? _) in _plan.Resources)
            {
                if (ReferenceEquals(at, export))
                {
                    _builder.Forget(resource);
                }
            }

            _builder.NameExports(exported, type);
        }
    }
}
