using Atoll.Components.Abi;
using Atoll.Wasm;

namespace Atoll.Components;

/// <summary>Who calls a host function: first parameter of a delegate that wants to know (<see cref="ComponentLinker.DefineFunction(string, Delegate)"/>).</summary>
/// <remarks>One linker serves many stores: a function reaches what belongs to one run through <see cref="Store.State"/>. Used on the thread of the call only.</remarks>
public sealed class ComponentCaller
{
    private readonly ComponentState _state;

    internal ComponentCaller(ComponentState state) => _state = state;

    /// <summary>The store of the call.</summary>
    public Store Store => _state.Store;

    /// <summary>Fires when the guest should stop (deadline or cancellation); hand it to whatever waits, then call <see cref="ThrowIfInterrupted"/>.</summary>
    public CancellationToken Interruption => Store.Interruption;

    /// <summary>Stops the guest if its deadline has passed or somebody cancelled.</summary>
    /// <exception cref="LimitExceededException">The deadline has passed.</exception>
    /// <exception cref="OperationCanceledException">Somebody cancelled.</exception>
    public void ThrowIfInterrupted() => _state.Work(0);

    /// <summary>Charges the guest for bytes that the host works on for it, and stops it when it should stop.</summary>
    /// <param name="bytes">How many bytes; a unit of fuel for each 64, nothing when the engine does not count fuel.</param>
    /// <exception cref="LimitExceededException">The fuel is used up, or the deadline has passed.</exception>
    /// <exception cref="OperationCanceledException">Somebody cancelled.</exception>
    public void Work(uint bytes) => _state.Work(bytes);
}
