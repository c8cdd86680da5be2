using Atoll.Components;
using Atoll.Extensions.Functions;
using Atoll.Wasi;
using Atoll.Wasm;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Atoll.Extensions;

/// <summary>The components of an application by name, and what they are instantiated with.</summary>
/// <remarks>
/// Thread-safe. A component is loaded when it is first asked for and kept. <see cref="Reload"/> puts a new one in its place: instances of the old one go
/// on, and when the last of them is gone, its code is unloaded.
/// </remarks>
public sealed partial class ComponentCatalog
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Component> _components = new(StringComparer.Ordinal);
    private readonly AtollOptions _options;
    private readonly ILogger<ComponentCatalog> _logger;
    private readonly Grants? _grants;

    internal ComponentCatalog(WasmEngine engine, ComponentLinker linker, IOptions<AtollOptions> options, ILogger<ComponentCatalog> logger, Grants? grants)
    {
        Engine = engine;
        Linker = linker;
        _options = options.Value;
        _logger = logger;
        _grants = grants;
    }

    /// <summary>The engine that runs all of them.</summary>
    public WasmEngine Engine { get; }

    /// <summary>Defines what they may import.</summary>
    public ComponentLinker Linker { get; }

    /// <summary>The names, in order.</summary>
    public IReadOnlyList<string> Names => [.. _options.Sources.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The component of a name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    /// <exception cref="IOException">Its file cannot be read.</exception>
    /// <exception cref="MalformedComponentException">The bytes do not follow the format, or break a limit.</exception>
    /// <exception cref="InvalidComponentException">A rule of validation is broken.</exception>
    public Component Get(string name)
    {
        lock (_lock)
        {
            return _components.TryGetValue(name, out Component? known) ? known : LoadAndKeep(name);
        }
    }

    /// <summary>Loads a component anew, from its file as it is now. When that fails, the old one stays.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    /// <exception cref="IOException">Its file cannot be read.</exception>
    /// <exception cref="MalformedComponentException">The bytes do not follow the format, or break a limit.</exception>
    /// <exception cref="InvalidComponentException">A rule of validation is broken.</exception>
    public Component Reload(string name)
    {
        lock (_lock)
        {
            return LoadAndKeep(name);
        }
    }

    /// <summary>
    /// Makes a store with the limits of <see cref="AtollOptions.Store"/>, with <see cref="AtollOptions.AddPlatform"/> also with a <see cref="WasiContext"/> of its own as its
    /// state. Whoever asks for it disposes of it, and then of its state, if there is one.
    /// </summary>
    /// <param name="cancellationToken">Stops its guests, beside the token of the options.</param>
    public Store CreateStore(CancellationToken cancellationToken = default)
    {
        StoreOptions options = cancellationToken.CanBeCanceled ? _options.Store with { CancellationToken = cancellationToken } : _options.Store;
        return new Store(Engine, _grants is null ? options : options with { State = new WasiContext(_grants) });
    }

    /// <summary>
    /// The functions that a component exports, for language models. Each call has an instance and a store of its own, so that calls cannot disturb each other.
    /// Functions with resources, streams, futures or other values without a JSON form are left out.
    /// </summary>
    /// <param name="name">Name of the component. Names of functions begin with it.</param>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public IReadOnlyList<AIFunction> GetFunctions(string name) => ComponentAIFunction.Of(this, name);

    private Component LoadAndKeep(string name)
    {
        Func<byte[]> source = _options.Sources.GetValueOrDefault(name)
            ?? throw new KeyNotFoundException($"there is no component `{name}`; there are {(Names.Count == 0 ? "none" : string.Join(", ", Names))}");
        Component component = Component.Load(Engine, source());
        _components[name] = component;
        LogLoaded(name);
        return component;
    }

    [LoggerMessage(LogLevel.Information, "Loaded the component {Name}")]
    private partial void LogLoaded(string name);
}
