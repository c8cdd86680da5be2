using Atoll.Wasm.Execution;

namespace Atoll.Wasm;

/// <summary>A rented instance; goes back to its pool when it is disposed.</summary>
/// <remarks>One that is never disposed stays rented. Not to be used by several threads at once, like the instance.</remarks>
public sealed class InstanceLease : IDisposable
{
    private readonly Rental<PooledInstance> _rental;

    internal InstanceLease(StorePool<PooledInstance> pool, PooledInstance pooled) => _rental = new Rental<PooledInstance>(pool, pooled);

    /// <summary>The instance.</summary>
    /// <exception cref="ObjectDisposedException">It went back.</exception>
    public Instance Instance => _rental.Get(this).Instance;

    /// <summary>The instance's store.</summary>
    /// <exception cref="ObjectDisposedException">The instance went back.</exception>
    public Store Store => Instance.Store;

    /// <summary>Gives the instance back. Twice is harmless.</summary>
    /// <exception cref="InvalidOperationException">A call into the instance is running; it stays rented.</exception>
    public void Dispose() => _rental.Return();
}
