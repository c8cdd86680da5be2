using Atoll.Wasm;
using Atoll.Wasm.Execution;

namespace Atoll.Components.Abi;

/// <summary>What an instance of a component has beside its core instances (CanonicalABI.md, "Component Instance State").</summary>
internal sealed class ComponentState : IStoreResident
{
    private const uint BytesPerFuel = 64;

    private const long MaxLiftedBytes = 256L << 20;

    // Read and written by generated code.

    /// <summary>False while the canonical ABI runs code of the instance (<c>realloc</c>, <c>post-return</c>) that must not call out.</summary>
    public bool MayLeave = true;

    /// <summary>False while a call into the instance runs, and for ever after one of them trapped: the instance is poisoned then.</summary>
    public bool MayEnter = true;

    /// <summary>Bytes that one call may still make the host allocate for values of the guest.</summary>
    public long Budget;

    /// <summary>Passed to functions of the host that want to know who calls.</summary>
    public readonly ComponentCaller Caller;

    public ComponentState(Store store)
    {
        Store = store;
        Caller = new ComponentCaller(this);
        store.Own(this);
    }

    public Store Store { get; }

    public HandleTable Handles { get; } = new();

    /// <summary>How often the instance went to another user: what one user holds of it is nothing to the next.</summary>
    public int Generation { get; private set; }

    /// <inheritdoc/>
    public bool IsUsed => Handles.Count > 0;

    /// <inheritdoc/>
    public void Release()
    {
        Generation++;
        Abi.Handles.ReleaseAll(Handles);
        MayEnter = true;
        MayLeave = true;
    }

    /// <summary>Looks whether the guest should stop, and charges it for work on its behalf.</summary>
    public unsafe void Work(uint bytes)
    {
        Wasm.Execution.StoreControl* control = Store.Control;
        if (control->IsInterrupted)
        {
            throw Store.StopForInterrupt();
        }

        if (Store.Engine.Options.ConsumeFuel && (control->Fuel -= bytes / BytesPerFuel) < 0)
        {
            throw Store.StopForFuel();
        }
    }

    /// <summary>Charges for what the host allocates. The values of one call may take <see cref="MaxLiftedBytes"/>.</summary>
    public void Charge(long bytes)
    {
        Budget -= bytes;
        if (Budget < 0)
        {
            throw AbiTraps.Make($"the values of one call take more than {MaxLiftedBytes >> 20} MiB of the host");
        }

        Work((uint)Math.Min(bytes, uint.MaxValue));
    }

    /// <summary>Begins a call whose values the host will get.</summary>
    public static void BeginLift(ComponentState state) => state.Budget = MaxLiftedBytes;

    public static void CheckLeave(ComponentState state)
    {
        if (!state.MayLeave)
        {
            AbiTraps.CannotLeave();
        }
    }

    /// <summary>Begins a call. If it ends by an exception, <see cref="MayEnter"/> stays false.</summary>
    public static void Enter(ComponentState state)
    {
        if (!state.MayEnter)
        {
            AbiTraps.CannotEnter();
        }

        state.MayEnter = false;
    }
}
