using Atoll.Wasm.Text;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>Makes engines, modules and instances from text for the tests of execution.</summary>
internal static class Guest
{
    public static readonly WasmEngine Engine = new();

    /// <summary>An engine that leaves checks of accesses to the processor, where it can.</summary>
    public static readonly WasmEngine Faulting = new(new WasmEngineOptions { FaultChecks = true });

    public static WasmModule Load(string text, WasmEngine? engine = null) => (engine ?? Engine).LoadModule(WatText.ToBinary(text));

    public static Instance Run(string text, WasmEngine? engine = null, StoreOptions? options = null, Action<Linker, Store>? link = null)
    {
        engine ??= Engine;
        Store store = new(engine, options);
        Linker linker = new(engine);
        link?.Invoke(linker, store);
        return linker.Instantiate(store, Load(text, engine));
    }

    public static Value[] Call(this Instance instance, string name, params ReadOnlySpan<Value> arguments) =>
        instance.GetFunction(name)!.Invoke(arguments);
}
