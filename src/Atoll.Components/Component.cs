using System.Collections.Concurrent;
using Atoll.Components.Abi.Adapters;
using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Components;

/// <summary>A component that was decoded and validated.</summary>
/// <remarks>Immutable and thread-safe. Its core modules and the adapters of its functions are compiled when first needed, and shared by its instances.</remarks>
public sealed partial class Component
{
    private readonly ConcurrentDictionary<CoreModuleEntry, Lazy<WasmModule>> _modules = new();
    private readonly Dictionary<ModuleDefinition, WasmModule> _kept;

    private Component(WasmEngine engine, ComponentDefinition definition, Dictionary<ModuleDefinition, WasmModule> kept)
    {
        Engine = engine;
        Definition = definition;
        _kept = kept;
    }

    /// <summary>The engine that compiles it.</summary>
    public WasmEngine Engine { get; }

    /// <summary>What it needs and what it offers.</summary>
    public ComponentType Type => Definition.Type!;

    internal ComponentDefinition Definition { get; }

    internal AdapterModule Adapters { get; } = new();

    /// <summary>Whether the bytes start as those of a component do, and not as those of a core module.</summary>
    /// <param name="bytes">The bytes of a file, at least the first eight.</param>
    public static bool IsComponent(ReadOnlySpan<byte> bytes) => ComponentDecoder.IsComponent(bytes);

    /// <summary>Decodes and validates a component.</summary>
    /// <param name="engine">The engine that will run it.</param>
    /// <param name="bytes">The component in the binary format; copied.</param>
    /// <param name="cancellationToken">Stops the work between definitions.</param>
    /// <exception cref="MalformedComponentException">The bytes do not follow the format, or break a limit.</exception>
    /// <exception cref="InvalidComponentException">A rule of validation is broken.</exception>
    public static Component Load(WasmEngine engine, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) =>
        Load(engine, bytes, new ComponentLoadOptions(), cancellationToken);

    /// <summary>Compiles the core modules of a component, to be kept in a cache for engines with the same options. Loads nothing.</summary>
    /// <remarks>What is between the modules is small, and compiled when it is first called.</remarks>
    /// <param name="engine">The engine.</param>
    /// <param name="bytes">The component in the binary format.</param>
    /// <param name="cancellationToken">Stops the work between functions.</param>
    /// <returns>The code of each module, one for those that are the same.</returns>
    /// <exception cref="MalformedComponentException">The bytes do not follow the format, or break a limit.</exception>
    /// <exception cref="InvalidComponentException">A rule of validation is broken.</exception>
    public static IReadOnlyList<ModuleCode> CompileForCache(WasmEngine engine, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        Component component = Load(engine, bytes, cancellationToken);
        Dictionary<string, ModuleCode> codes = new(StringComparer.Ordinal);
        Stack<ComponentDefinition> open = new([component.Definition]);
        while (open.TryPop(out ComponentDefinition? definition))
        {
            foreach (Definition entry in definition.Definitions)
            {
                if (entry is ComponentEntry inner)
                {
                    open.Push(inner.Component);
                }
                else if (entry is CoreModuleEntry module)
                {
                    ModuleCode code = engine.CompileForCache(module.Module.Bytes, cancellationToken);
                    codes.TryAdd(code.Key, code);
                }
            }
        }

        return [.. codes.Values];
    }

    internal static Component Load(WasmEngine engine, ReadOnlyMemory<byte> bytes, ComponentLoadOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);
        // Modules whose code is in the cache are valid: that takes most of the time of loading a large component.
        Dictionary<ModuleDefinition, WasmModule> kept = new(ReferenceEqualityComparer.Instance);
        return new Component(engine, ComponentLoader.Load(bytes.ToArray(), options, cancellationToken, IsKept), kept);

        bool IsKept(ModuleDefinition module) => engine.Find(module, out _) is { } found && kept.TryAdd(module, found);
    }

    /// <summary>The compiled form of a core module within.</summary>
    internal WasmModule ModuleOf(CoreModuleEntry entry) =>
        _kept.TryGetValue(entry.Module, out WasmModule? kept)
            ? kept
            : _modules.GetOrAdd(entry, key => new Lazy<WasmModule>(() => Engine.Load(key.Module, CancellationToken.None))).Value;
}
