namespace Atoll.Wasm.Execution;

/// <summary>Something in a store that holds what belongs to the host.</summary>
internal interface IStoreResident
{
    /// <summary>Whether there is something that guests made since it was new.</summary>
    bool IsUsed { get; }

    /// <summary>Gives it back: the store ends, or goes to another user.</summary>
    void Release();
}
