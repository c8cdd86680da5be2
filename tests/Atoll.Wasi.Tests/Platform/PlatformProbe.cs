using Atoll.Components;
using Atoll.Components.Text;
using Atoll.Wasi.Platform;
using Atoll.Wasi.Tests.Preview2;
using Atoll.Wasm;
using Atoll.Wit;

namespace Atoll.Wasi.Tests.Platform;

/// <summary>Calls the functions of <c>atoll:platform</c> as a guest does.</summary>
internal sealed class PlatformProbe : IDisposable
{
    private static readonly WasmEngine Engine = new();
    private static readonly ComponentLinker Linker = new ComponentLinker().AddPlatform();
    private static readonly Lazy<(WitGuest Guest, Component Component)> All = new(() =>
    {
        WitGuest guest = new(Interfaces!);
        return (guest, Component.Load(Engine, ComponentText.Assemble(guest.Text)));
    });

    /// <summary>What the WIT says that a host has.</summary>
    public static IReadOnlyList<WitInterface> Interfaces { get; } =
        [.. WitLibrary.Open("atoll:platform").Load().SelectWorld("imports").Imports.Select(item => item.Interface!)];

    private readonly Store _store;
    private readonly ComponentInstance _instance;

    public PlatformProbe(Grants? grants = null, StoreOptions? options = null)
    {
        Context = new WasiContext((grants ?? Grants.None).OnDecision(Decisions.Add));
        _store = new Store(Engine, (options ?? new StoreOptions()) with { State = Context, MayBlock = true });
        _instance = Linker.Instantiate(_store, All.Value.Component);
    }

    public WasiContext Context { get; }

    public List<AccessDecision> Decisions { get; } = [];

    /// <summary>The function <c>logging#log</c> and the like; <c>key-value#drop bucket</c> drops a resource.</summary>
    public TDelegate Get<TDelegate>(string name)
        where TDelegate : Delegate => _instance.GetFunction(All.Value.Guest.Export($"platform/{name}"))!.ToDelegate<TDelegate>();

    public void Dispose()
    {
        _store.Dispose();
        Context.Dispose();
    }
}
