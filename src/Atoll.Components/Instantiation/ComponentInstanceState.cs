using Atoll.Wasm;
using Atoll.Wasm.Execution;

namespace Atoll.Components.Instantiation;

/// <summary>What the instances of a store that has one component were like when it was new, to take them back there.</summary>
internal sealed class ComponentInstanceState
{
    private readonly InstanceState[] _instances;

    private ComponentInstanceState(InstanceState[] instances) => _instances = instances;

    /// <summary>Memories of each core instance.</summary>
    public MemoryImage?[]?[] Images => Array.ConvertAll(_instances, instance => (MemoryImage?[]?)instance.Images);

    /// <summary>The state of a component that nobody has used yet; null when it cannot be taken back to it.</summary>
    /// <param name="store">The store with its core instances, and nothing else.</param>
    /// <param name="known">Images of another instance of the component, to be shared as far as they are the same; or null.</param>
    /// <param name="obstacle">Why it cannot be taken back, for people.</param>
    public static ComponentInstanceState? TryTake(Store store, MemoryImage?[]?[]? known, out string? obstacle)
    {
        obstacle = null;
        if (store.Residents.Any(resident => resident.IsUsed))
        {
            obstacle = "what runs when it is instantiated keeps handles of resources, and these belong to one run";
            return null;
        }

        InstanceState[] states = new InstanceState[store.Instances.Count];
        for (int i = 0; i < states.Length; i++)
        {
            if (InstanceState.TryTake(store.Instances[i], known is not null && i < known.Length ? known[i] : null, wasUsed: true) is not { } state)
            {
                obstacle = "a core module in it holds objects of WebAssembly, references that cannot be put back, or a shared memory of its own";
                return null;
            }

            states[i] = state;
        }

        return new ComponentInstanceState(states);
    }

    /// <summary>Takes the instances back. False when they are of no more use.</summary>
    public bool TryRestore() => Array.TrueForAll(_instances, instance => instance.TryRestore());
}
