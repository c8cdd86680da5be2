using Atoll.Components.Instantiation;
using Atoll.Components.Types;
using Atoll.Wasm;

namespace Atoll.Components;

/// <summary>An instance of a component: its exports can be called.</summary>
/// <remarks>
/// Used by one thread at a time, like its store. After a call that ended by a trap the instance is poisoned: every later call traps. Exceptions of calls are
/// those of <see cref="Function"/>.
/// </remarks>
public sealed class ComponentInstance
{
    private readonly Dictionary<string, ComponentFunction> _functions = new(StringComparer.Ordinal);

    internal ComponentInstance(Component component, Store store, Instantiation.Environment environment, RuntimeInstance exports)
    {
        Component = component;
        Store = store;
        Environment = environment;
        Exports = exports;
    }

    /// <summary>What it is an instance of.</summary>
    public Component Component { get; }

    /// <summary>The store that owns it.</summary>
    public Store Store { get; }

    internal Instantiation.Environment Environment { get; }

    internal RuntimeInstance Exports { get; }

    /// <summary>
    /// Says which class stands for an exported resource where a delegate's types name that class (<see cref="ComponentFunction.ToDelegate"/>).
    /// </summary>
    /// <param name="name">
    /// <c>name</c>, or for one of an exported instance <c>instance#name</c>, for example <c>ns:pkg/iface@1.0.0#file</c>; a compatible version serves as well.
    /// </param>
    /// <param name="wrap">Makes the object for a resource.</param>
    /// <exception cref="ArgumentException">The component exports no such resource.</exception>
    public void MapResource(string name, Func<ComponentResource, GuestResource> wrap)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(wrap);
        int mark = name.IndexOf('#', StringComparison.Ordinal);
        RuntimeInstance? exports = mark < 0 ? Exports
            : Component.Type.FindExport(name[..mark]) is { } found ? Exports.Exports[found.Name] as RuntimeInstance : null;
        if (exports?.Exports.GetValueOrDefault(name[(mark + 1)..]) is not Abi.ResourceKind kind)
        {
            throw new ArgumentException($"the component exports no resource `{name}`", nameof(name));
        }

        kind.Wrap = wrap;
    }

    /// <summary>An exported function.</summary>
    /// <param name="name">
    /// <c>name</c>, or for one of an exported instance <c>instance#name</c>, for example <c>ns:pkg/iface@1.0.0#run</c>. Where that version is not exported, the newest
    /// compatible one serves, as it does for imports.
    /// </param>
    /// <returns>The function, or null when there is none.</returns>
    public ComponentFunction? GetFunction(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_functions.TryGetValue(name, out ComponentFunction? known))
        {
            return known;
        }

        int mark = name.IndexOf('#', StringComparison.Ordinal);
        RuntimeInstance exports = Exports;
        IEnumerable<ComponentItem> items = Component.Type.Exports;
        if (mark >= 0)
        {
            ComponentItem? instance = Component.Type.FindExport(name[..mark]);
            if (instance?.Type.Type is not InstanceType inner)
            {
                return null;
            }

            exports = (RuntimeInstance)Exports.Exports[instance.Name]!;
            items = inner.Exports;
        }

        string plain = name[(mark + 1)..];
        if (items.FirstOrDefault(item => item.Name == plain)?.Type.Type is not ComponentFunctionType type || exports.Exports[plain] is not RuntimeFunction function)
        {
            return null;
        }

        ComponentFunction made = new(name, this, type, function);
        _functions.Add(name, made);
        return made;
    }
}
