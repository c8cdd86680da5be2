using Atoll.Components;
using Atoll.Components.Text;
using Atoll.Wasm;

namespace Atoll.Wasi.Tests.Preview2;

/// <summary>Calls the functions of WASI 0.2 as a guest does.</summary>
internal sealed class WasiProbe : IDisposable
{
    private static readonly WasmEngine Engine = new();
    private static readonly ComponentLinker Linker = new ComponentLinker().AddWasi();
    private static readonly Lazy<(WitGuest Guest, Component Component)> All = new(() =>
    {
        WitGuest guest = new(Wit.Interfaces);
        return (guest, Component.Load(Engine, ComponentText.Assemble(guest.Text)));
    });

    private readonly Store _store;
    private readonly ComponentInstance _instance;

    public WasiProbe(Grants? grants = null, StoreOptions? options = null, bool mayBlock = true)
    {
        Context = new WasiContext((grants ?? Grants.None).OnDecision(Decisions.Add));
        _store = new Store(Engine, (options ?? new StoreOptions()) with { State = Context, MayBlock = mayBlock });
        _instance = Linker.Instantiate(_store, All.Value.Component);
    }

    public WasiContext Context { get; }

    public List<AccessDecision> Decisions { get; } = [];

    /// <summary>The function <c>io/poll#poll</c> and the like; <c>io/poll#drop pollable</c> drops a resource.</summary>
    public TDelegate Get<TDelegate>(string name)
        where TDelegate : Delegate => _instance.GetFunction(All.Value.Guest.Export(name))!.ToDelegate<TDelegate>();

    public void Dispose()
    {
        _store.Dispose();
        Context.Dispose();
    }
}
