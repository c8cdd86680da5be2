using Atoll.Components.Abi;
using Atoll.Components.Abi.Adapters;
using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Components.Instantiation;

/// <summary>
/// Makes an instance of a component: goes through its definitions in order, and puts what each defines at the end of its index space. Validation has seen
/// that every index is there and that types match; only what the host gave is looked at here.
/// </summary>
internal sealed class ComponentInstantiation
{
    private readonly Environment _environment;
    private readonly Store _store;
    private readonly Func<ComponentItem, object?> _imports;
    private readonly RuntimeInstance _exports = new();

    private ComponentInstantiation(ComponentClosure closure, Store store, Func<ComponentItem, object?> imports)
    {
        _environment = new Environment(closure.Component, closure.Outer, store);
        _store = store;
        _imports = imports;
    }

    /// <param name="closure">The component.</param>
    /// <param name="store">The store that owns its core instances.</param>
    /// <param name="imports">Gives what satisfies an import.</param>
    /// <param name="environment">The environment, for those that lift and lower on.</param>
    public static RuntimeInstance Run(ComponentClosure closure, Store store, Func<ComponentItem, object?> imports, out Environment environment)
    {
        ComponentInstantiation instantiation = new(closure, store, imports);
        foreach (Definition definition in closure.Definition.Definitions)
        {
            instantiation.Visit(definition);
        }

        environment = instantiation._environment;
        return instantiation._exports;
    }

    private void Visit(Definition definition)
    {
        switch (definition)
        {
            case CoreModuleEntry module:
                _environment.CoreModules.Add(_environment.Component.ModuleOf(module));
                break;
            case CoreInstanceEntry instance:
                _environment.CoreInstances.Add(instance.Module >= 0 ? InstantiateCore(instance) : CollectCore(instance));
                break;
            case ComponentEntry component:
                _environment.Components.Add(new ComponentClosure(_environment.Component, component.Component, _environment));
                break;
            case InstanceEntry instance:
                RuntimeInstance made = instance.Component >= 0 ? Instantiate(instance) : Collect(instance);
                _environment.Bind(new ComponentExternType(ComponentExternKind.Instance, instance.Type!), made);
                _environment.Instances.Add(made);
                break;
            case AliasEntry alias:
                Alias(alias);
                break;
            case TypeEntry type:
                DefineType(type);
                break;
            case CanonEntry canon:
                Canon(canon);
                break;
            case ImportEntry import:
                object? given = _imports(import.Item!) ?? KnownType(import.Item!.Type.Type);
                _environment.Bind(import.Item!.Type, given);
                Add(import.Item.Type.Kind, given);
                break;
            case ExportEntry export:
                object? item = Find(export.Target);
                _environment.Bind(export.Item!.Type, item);
                _exports.Exports[export.Item.Name] = item;
                Add(export.Item.Type.Kind, item);
                break;
            case StartEntry:
                throw new NotSupportedException("start functions of components are not supported yet");
        }
    }

    private object? Find(SortIndex item) => item.Sort switch
    {
        Sort.CoreModule => _environment.CoreModules[item.Index],
        Sort.Function => _environment.Functions[item.Index],
        Sort.Type => _environment.Types[item.Index],
        Sort.Component => _environment.Components[item.Index],
        Sort.Instance => _environment.Instances[item.Index],
        _ => throw new NotSupportedException($"imports and exports of {item.Sort} are not supported yet"),
    };

    private void Add(ComponentExternKind kind, object? item)
    {
        switch (kind)
        {
            case ComponentExternKind.CoreModule:
                _environment.CoreModules.Add((WasmModule)item!);
                break;
            case ComponentExternKind.Function:
                _environment.Functions.Add((RuntimeFunction)item!);
                break;
            case ComponentExternKind.Type:
                _environment.Types.Add(item as ResourceKind);
                break;
            case ComponentExternKind.Component:
                _environment.Components.Add((ComponentClosure)item!);
                break;
            case ComponentExternKind.Instance:
                _environment.Instances.Add((RuntimeInstance)item!);
                break;
            default:
                throw new NotSupportedException("values as imports and exports are not supported yet");
        }
    }

    private RuntimeInstance Instantiate(InstanceEntry entry)
    {
        Dictionary<string, object?> arguments = new(StringComparer.Ordinal);
        foreach (InstantiationArgument argument in entry.Arguments)
        {
            arguments[argument.Name] = Find(argument.Item);
        }

        return Run(_environment.Components[entry.Component], _store, import => arguments[import.Name], out _);
    }

    private RuntimeInstance Collect(InstanceEntry entry)
    {
        RuntimeInstance instance = new();
        foreach (InlineExport export in entry.Exports)
        {
            instance.Exports[export.Name.Name] = Find(export.Item);
        }

        return instance;
    }

    private Func<string, Extern> InstantiateCore(CoreInstanceEntry entry)
    {
        WasmModule module = _environment.CoreModules[entry.Module];
        Dictionary<string, Func<string, Extern>> arguments = new(StringComparer.Ordinal);
        foreach (CoreArgument argument in entry.Arguments)
        {
            arguments[argument.Name] = _environment.CoreInstances[argument.Instance];
        }

        ImportDefinition[] imports = module.Definition.Imports;
        object[] items = new object[imports.Length];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = arguments[imports[i].Module](imports[i].Name);
        }

        Wasm.Instance instance = Wasm.Execution.Instantiation.Run(_store, module, items);
        return name => instance.GetExport(name)!;
    }

    private Func<string, Extern> CollectCore(CoreInstanceEntry entry)
    {
        Dictionary<string, Extern> items = new(StringComparer.Ordinal);
        foreach (CoreInlineExport export in entry.Exports)
        {
            items[export.Name] = _environment.CoreItems(export.Item.Sort)[export.Item.Index];
        }

        return name => items[name];
    }

    private void Alias(AliasEntry alias)
    {
        switch (alias.Target)
        {
            case AliasTarget.CoreExport:
                _environment.CoreItems(alias.Sort).Add(_environment.CoreInstances[alias.Instance](alias.Name));
                return;
            case AliasTarget.Export:
                object? exported = _environment.Instances[alias.Instance].Exports.GetValueOrDefault(alias.Name) ?? KnownType(alias.Type);
                Add(KindOf(alias.Sort), exported);
                return;
        }

        Environment outer = _environment;
        for (int i = 0; i < alias.Instance; i++)
        {
            outer = outer.Outer!;
        }

        switch (alias.Sort)
        {
            case Sort.CoreModule:
                _environment.CoreModules.Add(outer.CoreModules[alias.Index]);
                break;
            case Sort.Component:
                _environment.Components.Add(outer.Components[alias.Index]);
                break;
            case Sort.Type:
                // Of enclosing components only types without resources can be used; those of this one are types of types, which leave nothing behind.
                _environment.Types.Add(outer.Types[alias.Index]);
                break;
        }
    }

    /// <summary>A resource type that the host did not give, because the component's types say which one it is.</summary>
    private ResourceKind? KnownType(object? type) => type is ResourceType resource ? _environment.KindOf(resource.Identity) : null;

    private static ComponentExternKind KindOf(Sort sort) => sort switch
    {
        Sort.CoreModule => ComponentExternKind.CoreModule,
        Sort.Function => ComponentExternKind.Function,
        Sort.Value => ComponentExternKind.Value,
        Sort.Type => ComponentExternKind.Type,
        Sort.Component => ComponentExternKind.Component,
        _ => ComponentExternKind.Instance,
    };

    private void DefineType(TypeEntry entry)
    {
        if (entry.Type is not ResourceType resource)
        {
            _environment.Types.Add(null);
            return;
        }

        int destructor = ((ResourceTypeSyntax)entry.Syntax).Destructor;
        ResourceKind kind = new(_environment.State, destructor < 0 ? null : (Function)_environment.CoreItems(Sort.CoreFunction)[destructor]);
        _environment.Bind(resource.Identity, kind);
        _environment.Types.Add(kind);
    }

    private void Canon(CanonEntry entry)
    {
        List<Extern> functions = _environment.CoreItems(Sort.CoreFunction);
        switch (entry.Kind)
        {
            case CanonKind.Lift:
                _environment.Functions.Add(new LiftedFunction(entry, _environment, EndOf(entry.Resolved), (Function)functions[entry.Index]));
                break;
            case CanonKind.Lower:
                functions.Add(Lower(entry));
                break;
            case CanonKind.ResourceNew:
                (ComponentState state, ResourceKind kind) = (_environment.State, KindOf(entry));
                functions.Add(Builtin("resource.new", (int representation) => Handles.New(state, kind, representation)));
                break;
            case CanonKind.ResourceRep:
                (state, kind) = (_environment.State, KindOf(entry));
                functions.Add(Builtin("resource.rep", (int index) => Handles.Rep(state, kind, index)));
                break;
            case CanonKind.ResourceDrop:
                (state, kind) = (_environment.State, KindOf(entry));
                functions.Add(Builtin("resource.drop", (int index) => Handles.Drop(state, kind, index)));
                break;
            default:
                throw new NotSupportedException($"the canonical function {entry.Kind} is not supported yet");
        }
    }

    private ResourceKind KindOf(CanonEntry entry) => _environment.KindOf(((ResourceType)entry.Type!).Identity);

    private Function Builtin(string name, Delegate body) => HostDefinition.FromDelegate(_store.Engine, name, body).Bind(_store, instance: null);

    private GuestEnd EndOf(CanonOptions options)
    {
        if (options.IsAsync || options.Is64)
        {
            throw new NotSupportedException(options.IsAsync ? "asynchronous functions are not supported yet" : "64-bit memories in the canonical ABI are not supported yet");
        }

        List<Extern> functions = _environment.CoreItems(Sort.CoreFunction);
        return new GuestEnd(
            _environment.State,
            options.Encoding,
            options.Memory < 0 ? null : (Memory)_environment.CoreItems(Sort.CoreMemory)[options.Memory],
            options.Realloc < 0 ? null : (Function)functions[options.Realloc],
            options.PostReturn < 0 ? null : (Function)functions[options.PostReturn]);
    }

    private Function Lower(CanonEntry entry)
    {
        GuestEnd caller = EndOf(entry.Resolved);
        AdapterContext context = new() { Caller = caller };
        AdapterModule.Adapter adapter;
        AdapterModule adapters = _environment.Component.Adapters;
        switch (_environment.Functions[entry.Index])
        {
            case LiftedFunction lifted:
                adapter = FunctionAdapters.Fused(adapters, entry.Function!, entry.Core!, lifted.Core.Type, lifted.End.PostReturn is not null);
                context.Callee = lifted.End;
                context.Core = lifted.Core;
                break;
            case HostFunction host:
                adapter = FunctionAdapters.HostImport(adapters, entry.Function!, entry.Core!, 
                    host.Body is ComponentCallback ? new DynamicBinding(entry.Function!) : TypedBinding.Of(entry.Function!, host.Body.GetType(), mayTakeCaller: true));
                context.Host = host.Body;
                context.Name = host.Name;
                break;
            default:
                throw new InvalidOperationException("unknown kind of function");
        }

        context.Use(adapter, _environment);
        return new Function(_store, adapter.Code, context, DefinedType.Of(entry.Core!), context.Name);
    }
}
