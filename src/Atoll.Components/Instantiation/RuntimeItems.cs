using Atoll.Components.Abi;
using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Wasm;

namespace Atoll.Components.Instantiation;

/// <summary>A function of a component instance, or of the host.</summary>
internal abstract class RuntimeFunction
{
}

/// <summary>A core function that was lifted.</summary>
/// <param name="canon">Its definition.</param>
/// <param name="environment">The instance that it is of.</param>
/// <param name="end">Its canonical options.</param>
/// <param name="core">The core function.</param>
internal sealed class LiftedFunction(CanonEntry canon, Environment environment, GuestEnd end, Function core) : RuntimeFunction
{
    /// <summary>Its definition.</summary>
    public CanonEntry Entry { get; } = canon;

    public ComponentFunctionType Type => Entry.Function!;

    public Environment Environment { get; } = environment;

    public GuestEnd End { get; } = end;

    public Function Core { get; } = core;
}

/// <summary>A function of the host; its type is that of whoever imports it.</summary>
/// <param name="name">For errors.</param>
/// <param name="body">What is called: a <see cref="ComponentCallback"/>.</param>
internal sealed class HostFunction(string name, Delegate body) : RuntimeFunction
{
    public string Name { get; } = name;

    public Delegate Body { get; } = body;
}

/// <summary>What a core instance exports, by name: it is one, or a list of items.</summary>
internal readonly struct CoreExports
{
    private readonly Wasm.Instance? _instance;
    private readonly Dictionary<string, Extern>? _items;

    public CoreExports(Wasm.Instance instance) => _instance = instance;

    public CoreExports(Dictionary<string, Extern> items) => _items = items;

    /// <summary>An item that is there: validation has seen to it.</summary>
    public Extern Get(string name) => _items is not null ? _items[name] : _instance!.GetExport(name)!;
}

/// <summary>An instance as others see it: what it exports, by name. A value is a <see cref="RuntimeFunction"/>, a <see cref="RuntimeInstance"/>, a
/// <see cref="ResourceKind"/>, a <see cref="ComponentClosure"/>, a core <see cref="WasmModule"/>, or null for a type that is no resource.</summary>
internal sealed class RuntimeInstance
{
    public Dictionary<string, object?> Exports { get; } = new(StringComparer.Ordinal);
}

/// <summary>A component with what it reaches of those around it.</summary>
/// <param name="Component">The component that it was loaded with; it keeps compiled code.</param>
/// <param name="Definition">Its definition.</param>
/// <param name="Outer">The instance in which it stands, or null.</param>
internal sealed record ComponentClosure(Component Component, ComponentDefinition Definition, Environment? Outer);
