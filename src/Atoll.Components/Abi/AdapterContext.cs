using Atoll.Components.Abi.Adapters;
using Atoll.Wasm;
using Atoll.Wasm.Execution;

namespace Atoll.Components.Abi;

/// <summary>What an adapter works on: compiled code is shared by all instances of a component, and this is what differs between them.</summary>
internal sealed class AdapterContext(Adapter adapter, Instantiation.Environment environment) : LateCode
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

    /// <summary>Takes over what the code needs if there is code already.</summary>
    /// <returns>Whether there is.</returns>
    public bool TryUse()
    {
        if (adapter.Code == 0)
        {
            return false;
        }

        Use();
        return true;
    }

    /// <inheritdoc/>
    public override nint Make()
    {
        adapter.Make();
        Use();
        return Code;
    }

    /// <summary>Whether what a host function threw has to be wrapped; see <see cref="GuestErrors.IsForeign"/>.</summary>
    public static bool IsForeign(object exception, AdapterContext context) => exception switch
    {
        WasmException => false,
        _ => !(exception is OperationCanceledException && context.Caller is { State.Store.IsStopped: true }),
    };

    public static Exception FromHost(Exception exception, AdapterContext context) => new HostFunctionException(context.Name, exception);

    public static void CountHostCall(AdapterContext context) => context.Caller!.State.Store.CountHostCall();

    private void Use()
    {
        Constants = adapter.Constants;
        Kinds = adapter.Kinds.Length == 0 ? [] : Array.ConvertAll(adapter.Kinds, environment.KindOf);
        Volatile.Write(ref Code, adapter.Code);
    }
}
