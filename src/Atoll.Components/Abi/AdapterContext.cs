using Atoll.Components.Abi.Adapters;
using Atoll.Wasm;

namespace Atoll.Components.Abi;

/// <summary>What an adapter works on: compiled code is shared by all instances of a component, and this is what differs between them.</summary>
internal sealed class AdapterContext
{
    // Read by generated code.

    /// <summary>The guest that calls; null where the host does.</summary>
    public GuestEnd? Caller;

    /// <summary>The guest that is called; null where the host is.</summary>
    public GuestEnd? Callee;

    /// <summary>The core function of the guest that is called.</summary>
    public Function? Core;

    /// <summary>The function of the host that is called.</summary>
    public Delegate? Host;

    /// <summary>The resource types of the function's type, in the order in which they first occur in it.</summary>
    public ResourceKind[] Kinds = [];

    /// <summary>Objects that the code needs: names of fields and cases.</summary>
    public object[] Constants = [];

    /// <summary>Name of the function, for errors.</summary>
    public string Name = "";

    private AdapterModule.Adapter? _adapter;

    /// <summary>Takes over what the code needs, and keeps the code alive.</summary>
    public void Use(AdapterModule.Adapter adapter, Instantiation.Environment environment)
    {
        _adapter = adapter;
        Constants = adapter.Constants;
        Kinds = adapter.Kinds.Length == 0 ? [] : Array.ConvertAll(adapter.Kinds, environment.KindOf);
    }

    /// <summary>Whether what a host function threw has to be wrapped; see <see cref="Wasm.Execution.GuestErrors.IsForeign"/>.</summary>
    public static bool IsForeign(object exception, AdapterContext context) => exception switch
    {
        WasmException => false,
        _ => !(exception is OperationCanceledException && context.Caller!.State.Store.IsStopped),
    };

    public static Exception FromHost(Exception exception, AdapterContext context) => new HostFunctionException(context.Name, exception);
}
