namespace Atoll.Wasm.Execution;

/// <summary>What a lease of a pool has: the item while it is rented, and how it goes back.</summary>
/// <typeparam name="TItem">What is pooled.</typeparam>
/// <param name="pool">Where it goes back to.</param>
/// <param name="item">What was rented.</param>
internal sealed class Rental<TItem>(StorePool<TItem> pool, TItem item)
    where TItem : class
{
    private TItem? _item = item;

    /// <exception cref="ObjectDisposedException">It went back.</exception>
    public TItem Get(object lease) => _item ?? throw new ObjectDisposedException(lease.GetType().Name);

    /// <summary>Gives the item back. Twice is harmless.</summary>
    /// <exception cref="InvalidOperationException">A call is running in it; it stays rented.</exception>
    public void Return()
    {
        if (Interlocked.Exchange(ref _item, null) is not { } rented)
        {
            return;
        }

        try
        {
            pool.Return(rented);
        }
        catch (InvalidOperationException)
        {
            _item = rented;
            throw;
        }
    }
}
