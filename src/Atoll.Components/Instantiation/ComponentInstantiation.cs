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
    /// <summary>Signatures that the engine keeps code for.</summary>
    private const int SharedSignatures = 1000;

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

    private CoreExports InstantiateCore(CoreInstanceEntry entry)
    {
        WasmModule module = _environment.CoreModules[entry.Module];
        ImportDefinition[] imports = module.Definition.Imports;
        object[] items = imports.Length == 0 ? [] : new object[imports.Length];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = _environment.CoreInstances[InstanceFor(entry, imports[i].Module)].Get(imports[i].Name);
        }

        return new CoreExports(Wasm.Execution.Instantiation.Run(_store, module, items));
    }

    private static int InstanceFor(CoreInstanceEntry entry, string name)
    {
        foreach (CoreArgument argument in entry.Arguments)
        {
            if (argument.Name == name)
            {
                return argument.Instance;
            }
        }

        throw new InvalidOperationException($"nothing is given for the imports from `{name}`: the component was not validated");
    }

    private CoreExports CollectCore(CoreInstanceEntry entry)
    {
        Dictionary<string, Extern> items = new(entry.Exports.Length, StringComparer.Ordinal);
        foreach (CoreInlineExport export in entry.Exports)
        {
            items[export.Name] = _environment.CoreItems(export.Item.Sort)[export.Item.Index];
        }

        return new CoreExports(items);
    }

    private void Alias(AliasEntry alias)
    {
        switch (alias.Target)
        {
            case AliasTarget.CoreExport:
                _environment.CoreItems(alias.Sort).Add(_environment.CoreInstances[alias.Instance].Get(alias.Name));
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
        ResourceKind kind = new(
            _environment.State,
            destructor < 0 ? null : (Function)_environment.CoreItems(Sort.CoreFunction)[destructor],
            isWide: resource.Identity.Representation == Wasm.ValueType.I64);
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
            default:
                functions.Add(Builtin(entry) ?? throw new NotSupportedException($"the canonical function {entry.Kind} is not supported yet"));
                break;
        }
    }

    private Function? Builtin(CanonEntry entry) => Builtins.Make(
        entry,
        _environment.State,
        entry.Type is ResourceType resource ? _environment.KindOf(resource.Identity) : null,
        entry.Resolved.Memory < 0 ? null : EndOf(entry.Resolved));

    private GuestEnd EndOf(CanonOptions options)
    {
        if (options.IsAsync)
        {
            throw new NotSupportedException("asynchronous functions are not supported yet");
        }

        List<Extern> functions = _environment.CoreItems(Sort.CoreFunction);
        return new GuestEnd(
            _environment.State,
            options.Encoding,
            options.Memory < 0 ? null : (Memory)_environment.CoreItems(Sort.CoreMemory)[options.Memory],
            options.Realloc < 0 ? null : (Function)functions[options.Realloc],
            options.PostReturn < 0 ? null : (Function)functions[options.PostReturn],
            options.Is64);
    }

    private Function Lower(CanonEntry entry)
    {
        RuntimeFunction function = _environment.Functions[entry.Index];
        AdapterContext context = new(AdapterOf(entry, function), _environment) { Caller = EndOf(entry.Resolved) };
        switch (function)
        {
            case LiftedFunction lifted when lifted.Environment.State.Store != _store:
                throw new InvalidOperationException("an import is defined as a function of an instance of another store");
            case LiftedFunction lifted:
                context.Callee = lifted.End;
                context.Core = lifted.Core;
                break;
            case HostFunction host:
                context.Host = host.Body;
                context.Name = host.Name;
                break;
        }

        return new Function(_store, context.TryUse() ? context.Code : LateCodeOf(entry, context), context, DefinedType.Of(entry.Core!), context.Name);
    }

    /// <summary>The code that stands for an adapter until it is first called. A component that imports a hundred functions calls few of them.</summary>
    private nint LateCodeOf(CanonEntry entry, AdapterContext context) =>
        _store.Engine.Thunks.GetLateEntry(entry.Core!, SharedSignatures) is not 0 and nint late ? late : context.Make();

    /// <summary>The adapter of a lowered function; what the last instance used is kept, because the next one mostly uses it too.</summary>
    private Adapter AdapterOf(CanonEntry entry, RuntimeFunction function)
    {
        object target = function is LiftedFunction lifted ? lifted.Entry : ((HostFunction)function).Body.GetType();
        bool counts = _store.CountsHostCalls;
        if (entry.LastAdapter is { } last && ReferenceEquals(last.Target, target) && last.Counts == counts)
        {
            return (Adapter)last.Adapter;
        }

        AdapterModule adapters = _environment.Component.Adapters;
        Adapter adapter = target is CanonEntry lift
            ? FunctionAdapters.Fused(adapters, entry, lift)
            : FunctionAdapters.HostImport(adapters, entry, (Type)target, counts);
        entry.LastAdapter = new CanonEntry.AdapterUse(adapter, target, counts);
        return adapter;
    }
}
