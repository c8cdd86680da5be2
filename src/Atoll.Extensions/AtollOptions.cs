using Atoll.Components;
using Atoll.Wasi;
using Atoll.Wasi.Platform;
using Atoll.Wasm;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Atoll.Extensions;

/// <summary>What <c>AddAtoll</c> sets up. Read once, when the first service is asked for.</summary>
public sealed class AtollOptions
{
    private Func<IServiceProvider, Grants>? _grants;
    private Grants? _granted;
    private object? _granting;

    /// <summary>Options of the engine that all components share.</summary>
    /// <value>Default: those of the engine.</value>
    public WasmEngineOptions Engine { get; set; } = new();

    /// <summary>Limits of the stores that <see cref="ComponentCatalog.CreateStore"/> makes.</summary>
    /// <value>Default: no limits but the engine's. Set a time-out or fuel for guests that nobody trusts.</value>
    public StoreOptions Store { get; set; } = new();

    internal Func<IServiceProvider, object?>? MakeState { get; private set; }

    internal Dictionary<string, Func<byte[]>> Sources { get; } = new(StringComparer.Ordinal);

    internal List<Action<IServiceProvider, ComponentLinker>> Definitions { get; } = [];

    /// <summary>
    /// Defines WASI and the interfaces of <c>atoll:platform</c>, and lets guests log: their entries go to the application's logs under <c>Atoll.Guest</c>. Nothing else is
    /// open unless it is granted. The state of stores (<see cref="UseState"/>) then is a <see cref="WasiContext"/>.
    /// </summary>
    /// <param name="grant">Adds to the grants; called once. Null for nothing more.</param>
    public AtollOptions AddPlatform(Func<IServiceProvider, Grants, Grants>? grant = null)
    {
        Func<IServiceProvider, Grants>? before = _grants;
        if (before is null)
        {
            Definitions.Add(static (_, linker) => linker.AddWasi().AddPlatform());
            before = static services => Grants.None.AllowLogging(
                services.GetService<ILoggerFactory>() is { } factory ? factory.CreateLogger("Atoll.Guest").WriteGuestEntry : static _ => { });
        }

        _grants = grant is null ? before : services => grant(services, before(services));
        return UseState(services => new WasiContext(LazyInitializer.EnsureInitialized(ref _granted, ref _granting, () => _grants(services))));
    }

    /// <summary>Names a component that is read from a file when it is first asked for.</summary>
    /// <param name="name">The name that programs ask for it by.</param>
    /// <param name="path">The file; a relative path starts at the folder of the program.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public AtollOptions AddComponent(string name, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.GetFullPath(path, AppContext.BaseDirectory);
        return Add(name, () => File.ReadAllBytes(full));
    }

    /// <summary>Names a component that is in memory.</summary>
    /// <param name="name">The name that programs ask for it by.</param>
    /// <param name="bytes">The component in the binary format; copied.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public AtollOptions AddComponent(string name, ReadOnlyMemory<byte> bytes)
    {
        byte[] copy = bytes.ToArray();
        return Add(name, () => copy);
    }

    /// <summary>Defines what components may import: the <c>AddTo</c> of generated bindings, for example. Nothing is defined unless it is here.</summary>
    /// <param name="define">Gets the application's services and the linker that all instances are made from.</param>
    public AtollOptions ConfigureLinker(Action<IServiceProvider, ComponentLinker> define)
    {
        ArgumentNullException.ThrowIfNull(define);
        Definitions.Add(define);
        return this;
    }

    /// <summary>
    /// Says what the <see cref="Wasm.Store.State"/> of each new store is: for components that import WASI a <c>WasiContext</c>, of what they are granted. Without this it is the
    /// state in <see cref="Store"/>, the same for all of them.
    /// </summary>
    /// <param name="make">
    /// Gets the application's services. What it makes for a call of <see cref="ComponentCatalog.GetFunctions"/> is disposed of after the call, if it can be; what it makes for
    /// <see cref="ComponentCatalog.CreateStore"/> is the caller's to dispose of, after the store.
    /// </param>
    public AtollOptions UseState(Func<IServiceProvider, object?> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        MakeState = make;
        return this;
    }

    private AtollOptions Add(string name, Func<byte[]> source)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Sources.TryAdd(name, source) ? this : throw new ArgumentException($"there is a component `{name}` already", nameof(name));
    }
}
