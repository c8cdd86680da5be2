using Atoll.Components;
using Atoll.Extensions.Functions;
using Atoll.Wasm;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Atoll.Extensions;

/// <summary>The components of an application by name, and what they are instantiated with.</summary>
/// <remarks>
/// Thread-safe. A component is loaded when it is first asked for and kept. <see cref="Reload"/> puts a new one in its place: instances of the old one go
/// on, and when the last of them is gone, its code is unloaded. The application's services dispose of it.
/// </remarks>
public sealed partial class ComponentCatalog : IDisposable
{
    // Instances that wait for the next call of a model.
    private const int MaxIdle = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Component> _components = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ComponentPool> _pools = new(StringComparer.Ordinal);
    private readonly AtollOptions _options;
    private readonly IServiceProvider _services;
    private bool _disposed;
    private readonly ILogger<ComponentCatalog> _logger;

    internal ComponentCatalog(WasmEngine engine, ComponentLinker linker, IOptions<AtollOptions> options, IServiceProvider services, ILogger<ComponentCatalog> logger)
    {
        Engine = engine;
        Linker = linker;
        _options = options.Value;
        _services = services;
        _logger = logger;
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
    /// Makes a store with the limits of <see cref="AtollOptions.Store"/> and the state of <see cref="AtollOptions.UseState"/> or <see cref="AtollOptions.AddPlatform"/>. Whoever asks for it disposes of it, and then of its state.
    /// </summary>
    /// <param name="cancellationToken">Stops its guests, in the place of the token of the options.</param>
    public Store CreateStore(CancellationToken cancellationToken = default) => new(Engine, _options.Store with
    {
        State = _options.MakeState is null ? _options.Store.State : MakeState(),
        CancellationToken = cancellationToken.CanBeCanceled ? cancellationToken : _options.Store.CancellationToken,
    });

    /// <summary>
    /// The functions that a component exports, for language models. Each call has an instance as if it were new, with a state of its own (<see cref="AtollOptions.UseState"/>), so
    /// that calls cannot disturb each other; it runs on a thread for guests, where it may block. The limits of <see cref="AtollOptions.Store"/> hold for each call.
    /// Functions with resources, streams, futures or other values without a JSON form are left out.
    /// </summary>
    /// <param name="name">Name of the component. Names of functions begin with it.</param>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public IReadOnlyList<AIFunction> GetFunctions(string name) => ComponentAIFunction.Of(this, name);

    /// <summary>Gives back the instances that wait for calls; functions for language models cannot be called any more. Twice is harmless.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (ComponentPool pool in _pools.Values)
            {
                pool.Dispose();
            }

            _pools.Clear();
        }
    }

    /// <summary>A state for one call; null for that of the options.</summary>
    internal object? MakeState() => _options.MakeState?.Invoke(_services);

    /// <summary>An instance of a component as if it were new, with a state of its own; an exchange of the component meanwhile is no matter.</summary>
    internal async ValueTask<ComponentLease> RentAsync(string name, object? state, CancellationToken cancellationToken)
    {
        while (true)
        {
            ComponentPool pool = PoolOf(name);
            try
            {
                return await pool.RentAsync(cancellationToken, state).ConfigureAwait(false);
            }
            catch (ObjectDisposedException) when (!IsCurrent(name, pool))
            {
                // A new component has taken its place.
            }
        }
    }

    private ComponentPool PoolOf(string name)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_pools.TryGetValue(name, out ComponentPool? pool))
            {
                pool = new ComponentPool(Linker, Get(name), new InstancePoolOptions
                {
                    MaxIdle = MaxIdle,
                    Store = _options.Store,
                    MakeState = _options.MakeState is null ? null : MakeState,
                });
                _pools.Add(name, pool);
            }

            return pool;
        }
    }

    private bool IsCurrent(string name, ComponentPool pool)
    {
        lock (_lock)
        {
            return _pools.GetValueOrDefault(name) == pool;
        }
    }

    private Component LoadAndKeep(string name)
    {
        Func<byte[]> source = _options.Sources.GetValueOrDefault(name)
            ?? throw new KeyNotFoundException($"there is no component `{name}`; there are {(Names.Count == 0 ? "none" : string.Join(", ", Names))}");
        Component component = Component.Load(Engine, source());
        _components[name] = component;
        if (_pools.Remove(name, out ComponentPool? pool))
        {
            pool.Dispose();
        }

        LogLoaded(name);
        return component;
    }

    [LoggerMessage(LogLevel.Information, "Loaded the component {Name}")]
    private partial void LogLoaded(string name);
}
