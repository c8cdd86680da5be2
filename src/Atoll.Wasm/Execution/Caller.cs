using Atoll.Wasm.Execution;

namespace Atoll.Wasm;

/// <summary>Who calls a host function: the instance that imported it, and what the function may do with it.</summary>
/// <remarks>Valid during the call and on its thread only.</remarks>
public sealed class Caller
{
    // Read by generated code.
    internal readonly HostDefinition Definition;
    internal readonly Delegate Target;
    internal readonly object? Receiver;
    private Memory? _memory;

    internal Caller(HostDefinition definition, Store store, Instance? instance)
    {
        Definition = definition;
        Target = definition.Target;
        Receiver = definition.Target.Target;
        Store = store;
        Instance = instance;
    }

    /// <summary>The store of the call.</summary>
    public Store Store { get; }

    /// <summary>The instance that imported the function; null when the host made and called it itself.</summary>
    public Instance? Instance { get; }

    /// <summary>The memory that the instance exports as <c>memory</c>.</summary>
    /// <exception cref="TrapException">There is none (<see cref="TrapKind.Host"/>).</exception>
    public Memory Memory => TryGetMemory("memory", out Memory? memory)
        ? memory
        : throw new TrapException(TrapKind.Host, $"{Definition.Name}: the module does not export its memory under the name \"memory\"");

    /// <summary>Fires when the guest should stop (deadline or cancellation); hand it to whatever waits, then call <see cref="ThrowIfInterrupted"/>.</summary>
    public CancellationToken Interruption => Store.Interruption;

    /// <summary>Looks up a memory that the instance exports.</summary>
    /// <param name="name">Name of the export.</param>
    /// <param name="memory">The memory.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGetMemory(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Memory? memory)
    {
        if (_memory is not null && name == "memory")
        {
            memory = _memory;
            return true;
        }

        memory = Instance?.GetMemory(name);
        if (name == "memory")
        {
            _memory = memory;
        }

        return memory is not null;
    }

    /// <summary>Stops the guest if its deadline has passed or somebody cancelled.</summary>
    /// <exception cref="LimitExceededException">The deadline has passed.</exception>
    /// <exception cref="OperationCanceledException">Somebody cancelled.</exception>
    public unsafe void ThrowIfInterrupted()
    {
        if (Store.Control->IsInterrupted)
        {
            throw Store.StopForInterrupt();
        }
    }

    /// <summary>Charges the guest for work that the host does on its behalf.</summary>
    /// <param name="units">Fuel; ignored when the engine does not count it.</param>
    /// <exception cref="LimitExceededException">The fuel is used up.</exception>
    public unsafe void ConsumeFuel(ulong units)
    {
        if (Store.Engine.Options.ConsumeFuel)
        {
            Store.Control->Fuel -= (long)Math.Min(units, long.MaxValue / 2);
            if (Store.Control->Fuel < 0)
            {
                throw Store.StopForFuel();
            }
        }
    }
}
