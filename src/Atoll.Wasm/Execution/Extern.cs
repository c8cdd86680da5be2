namespace Atoll.Wasm;

/// <summary>Something that an instance can import or export; it belongs to one store.</summary>
/// <remarks>Used by one thread at a time, like its store; usable until the store is disposed.</remarks>
public abstract class Extern
{
    private protected Extern(Store store) => Store = store;

    /// <summary>The store that owns it.</summary>
    public Store Store { get; }

    /// <summary>What it is.</summary>
    public abstract ExternKind Kind { get; }
}
