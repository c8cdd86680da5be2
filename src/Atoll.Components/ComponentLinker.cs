using Atoll.Components.Abi;
using Atoll.Components.Instantiation;
using Atoll.Components.Types;
using Atoll.Wasm;

namespace Atoll.Components;

/// <summary>A set of named definitions from which the imports of components are satisfied. Fill it once, instantiate often.</summary>
/// <remarks>
/// Not thread-safe while it is being filled; afterwards any number of threads may instantiate from it. An import with a version, such as
/// <c>wasi:io/streams@0.2.3</c>, that is not defined by exactly this name is satisfied by the newest definition of a compatible version (0.2.x; from 1.0.0 on
/// any with the same first number), so that all these names stand for the same resource types.
/// </remarks>
public sealed class ComponentLinker
{
    private readonly RuntimeInstance _root = new();
    private readonly VersionTracks _tracks = new();

    /// <summary>Defines a function.</summary>
    /// <param name="name">Name of the import.</param>
    /// <param name="body">The function.</param>
    public ComponentLinker DefineFunction(string name, ComponentCallback body)
    {
        Root.DefineFunction(name, body);
        return this;
    }

    /// <summary>Defines a function by a delegate with .NET types of its own (<see cref="ComponentFunction.ToDelegate"/> lists them).</summary>
    /// <param name="name">Name of the import.</param>
    /// <param name="function">The function; its first parameter may be a <see cref="ComponentCaller"/>. Whether it fits is known when a component imports it.</param>
    public ComponentLinker DefineFunction(string name, Delegate function)
    {
        Root.DefineFunction(name, function);
        return this;
    }

    /// <summary>The definitions of an imported instance; made when first asked for.</summary>
    /// <param name="name">Name of the import, for example <c>wasi:clocks/wall-clock@0.2.3</c>.</param>
    public ComponentLinkerInstance Instance(string name)
    {
        ComponentLinkerInstance instance = Root.Instance(name);
        _tracks.Add(name);
        return instance;
    }

    /// <summary>Defines an import as what an instance exports.</summary>
    /// <param name="name">Name of the import.</param>
    /// <param name="instance">The instance; of the same store as those that import it.</param>
    public ComponentLinker DefineInstance(string name, ComponentInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        _root.Exports[name] = instance.Exports;
        _tracks.Add(name);
        return this;
    }

    /// <summary>Defines an import as a component that others instantiate.</summary>
    /// <param name="name">Name of the import.</param>
    /// <param name="component">The component.</param>
    public ComponentLinker DefineComponent(string name, Component component)
    {
        ArgumentNullException.ThrowIfNull(component);
        _root.Exports[name] = new ComponentClosure(component, component.Definition, null);
        return this;
    }

    /// <summary>Defines an import as a core module.</summary>
    /// <param name="name">Name of the import.</param>
    /// <param name="module">The module.</param>
    public ComponentLinker DefineModule(string name, WasmModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        _root.Exports[name] = module;
        return this;
    }

    /// <summary>Links and instantiates a component.</summary>
    /// <param name="store">The store that will own it.</param>
    /// <param name="component">The component.</param>
    /// <exception cref="UnlinkableException">Imports are missing; the exception lists them all.</exception>
    /// <exception cref="TrapException">A start function of a core module trapped.</exception>
    /// <exception cref="NotSupportedException">The component uses a part of the Component Model that is not there yet; the message names it.</exception>
    public ComponentInstance Instantiate(Store store, Component component)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(component);
        IReadOnlyList<string> missing = LinkCheck.Run(component.Type, Find);
        if (missing.Count > 0)
        {
            throw new UnlinkableException([.. missing]);
        }

        Wasm.Execution.ThreadBias? entered = store.Enter();
        try
        {
            ComponentClosure closure = new(component, component.Definition, null);
            RuntimeInstance exports = ComponentInstantiation.Run(closure, store, import => Given(import), out Instantiation.Environment environment);
            return new ComponentInstance(component, store, environment, exports);
        }
        finally
        {
            store.Exit(entered);
        }
    }

    /// <summary>What instances define: <c>wasi:io/poll@0.2.12#poll</c> and so on.</summary>
    internal IEnumerable<string> DefinedNames() =>
        _root.Exports.SelectMany(item => item.Value is RuntimeInstance instance ? instance.Exports.Keys.Select(name => $"{item.Key}#{name}") : [item.Key]);

    /// <summary>An instance from which nothing is wanted need not be defined.</summary>
    private object? Given(ComponentItem import) => Find(import.Name) ?? (import.Type.Kind == ComponentExternKind.Instance ? new RuntimeInstance() : null);

    private object? Find(string name) =>
        _root.Exports.TryGetValue(name, out object? exact) ? exact : _tracks.Find(name) is { } compatible ? _root.Exports[compatible] : null;

    private ComponentLinkerInstance Root => new(_root, "");
}

/// <summary>The definitions of one imported instance.</summary>
public sealed class ComponentLinkerInstance
{
    private readonly RuntimeInstance _instance;
    private readonly string _path;

    internal ComponentLinkerInstance(RuntimeInstance instance, string path)
    {
        _instance = instance;
        _path = path;
    }

    /// <summary>Defines a function.</summary>
    /// <param name="name">Its name in the instance, for example <c>now</c> or <c>[method]file.read</c>.</param>
    /// <param name="body">The function.</param>
    public ComponentLinkerInstance DefineFunction(string name, ComponentCallback body)
    {
        ArgumentNullException.ThrowIfNull(body);
        _instance.Exports[name] = new HostFunction(_path + name, body);
        return this;
    }

    /// <summary>Defines a function by a delegate with .NET types of its own (<see cref="ComponentFunction.ToDelegate"/> lists them).</summary>
    /// <param name="name">Its name in the instance.</param>
    /// <param name="function">The function; its first parameter may be a <see cref="ComponentCaller"/>. Whether it fits is known when a component imports it.</param>
    public ComponentLinkerInstance DefineFunction(string name, Delegate function)
    {
        ArgumentNullException.ThrowIfNull(function);
        _instance.Exports[name] = new HostFunction(_path + name, function);
        return this;
    }

    /// <summary>Defines a resource type whose resources are objects of the host.</summary>
    /// <param name="name">Its name in the instance.</param>
    /// <param name="dispose">Called when a guest drops a resource that it owns.</param>
    /// <returns>The type, which makes resources.</returns>
    public HostResourceType DefineResource(string name, Action<object>? dispose = null)
    {
        ResourceKind kind = new(name, typeof(object), dispose);
        _instance.Exports[name] = kind;
        return new HostResourceType(kind);
    }

    /// <summary>Defines a resource type of the host whose objects are all of one class, so that delegates can take and give the objects themselves.</summary>
    /// <typeparam name="T">The class of the objects.</typeparam>
    /// <param name="name">Its name in the instance.</param>
    /// <param name="dispose">Called when a guest drops a resource that it owns.</param>
    /// <returns>The type, which makes resources.</returns>
    public HostResourceType DefineResource<T>(string name, Action<T> dispose)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(dispose);
        ResourceKind kind = new(name, typeof(T), value => dispose((T)value));
        _instance.Exports[name] = kind;
        return new HostResourceType(kind);
    }

    /// <summary>Defines a second name for something that was defined.</summary>
    /// <param name="name">The second name.</param>
    /// <param name="existing">The first.</param>
    /// <exception cref="ArgumentException">There is no such definition.</exception>
    public ComponentLinkerInstance DefineAlias(string name, string existing)
    {
        _instance.Exports[name] = _instance.Exports.TryGetValue(existing, out object? item) ? item : throw new ArgumentException($"`{_path}{existing}` is not defined");
        return this;
    }

    /// <summary>Defines a core module.</summary>
    /// <param name="name">Its name in the instance.</param>
    /// <param name="module">The module.</param>
    public ComponentLinkerInstance DefineModule(string name, WasmModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        _instance.Exports[name] = module;
        return this;
    }

    /// <summary>The definitions of an instance within; made when first asked for.</summary>
    /// <param name="name">Its name.</param>
    public ComponentLinkerInstance Instance(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_instance.Exports.GetValueOrDefault(name) is not RuntimeInstance inner)
        {
            _instance.Exports[name] = inner = new RuntimeInstance();
        }

        return new ComponentLinkerInstance(inner, $"{_path}{name}#");
    }
}

/// <summary>A resource type of the host.</summary>
public sealed class HostResourceType
{
    private readonly ResourceKind _kind;

    internal HostResourceType(ResourceKind kind) => _kind = kind;

    /// <summary>Makes a resource that stands for an object.</summary>
    /// <param name="value">The object.</param>
    /// <exception cref="ArgumentException">It is not of the class that the type was defined with.</exception>
    public ComponentResource New(object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!_kind.ObjectType!.IsInstanceOfType(value))
        {
            throw new ArgumentException($"the objects of `{_kind.Name}` are of the class {_kind.ObjectType}, not {value.GetType()}", nameof(value));
        }

        return new ComponentResource(new Handle { Kind = _kind, Object = value, IsOwn = true }, isOwned: true);
    }
}
