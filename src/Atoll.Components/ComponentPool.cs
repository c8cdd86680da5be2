using Atoll.Components.Abi;
using Atoll.Components.Instantiation;
using Atoll.Wasm;
using Atoll.Wasm.Execution;

namespace Atoll.Components;

/// <summary>
/// Instances of a component for many short uses, for example one for each request of a web application. Who rents one gets an instance as if it were new, in
/// a store of its own; what comes back is taken back to that state and lent again.
/// </summary>
/// <remarks>
/// <para>Thread-safe. Of what an earlier user's guest did nothing is left: not in memories, globals or tables, not in tables of handles; objects of the host
/// that the guest still owned are disposed of.</para>
/// <para>An instance is not lent again after a call of it ended with an exception (other than the guest's own exit), which poisons it, or after a limit or
/// cancellation stopped it; a new one takes its place.</para>
/// <para>What a component does while it is instantiated (start functions, the start of a language's runtime) is done when an instance is made, not at each rental, with
/// the state of <see cref="InstancePoolOptions.MakeState"/>; random numbers that it takes then are the same for all rentals of that instance. Where this leaves something that cannot be
/// put back, handles for example, or needs a state and none can be made, each rental makes an instance of its own with the renter's state, and <see cref="ReuseObstacle"/> says why.</para>
/// <para>Functions and resources of an instance must not be used after its return:
/// they will belong to the next user.</para>
/// </remarks>
public sealed class ComponentPool : IDisposable
{
    private readonly Pool _pool;

    /// <summary>Makes a pool with one instance in it.</summary>
    /// <param name="linker">What the component's imports are satisfied from: functions, resources and modules, not instances, which belong to one store.</param>
    /// <param name="component">The component.</param>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="UnlinkableException">Imports are missing; the exception lists them all.</exception>
    /// <exception cref="InvalidOperationException">The linker defines an import as something that belongs to one store.</exception>
    /// <exception cref="HostFunctionException">A function of the host threw while an instance was made, though there was a state for it.</exception>
    /// <exception cref="TrapException">A start function of a core module trapped.</exception>
    /// <exception cref="LimitExceededException">A memory or table is over a limit from the start, or a start function was stopped.</exception>
    public ComponentPool(ComponentLinker linker, Component component, InstancePoolOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(linker);
        ArgumentNullException.ThrowIfNull(component);
        Component = component;
        _pool = new Pool(linker, component, options);
    }

    /// <summary>The component.</summary>
    public Component Component { get; }

    /// <summary>Why each rental makes an instance of its own, for people; null when instances are lent again.</summary>
    public string? ReuseObstacle => _pool.Obstacle;

    /// <summary>Number of instances that are rented.</summary>
    public int RentedCount => _pool.RentedCount;

    /// <summary>Number of instances that wait to be rented.</summary>
    public int IdleCount => _pool.IdleCount;

    /// <summary>Rents an instance.</summary>
    /// <param name="cancellationToken">Stops the guest; takes the place of the one in the pool's options.</param>
    /// <param name="state">The host's data of the instance's store; null for that of the pool's options.</param>
    /// <exception cref="LimitExceededException">All instances are rented (<see cref="LimitKind.Instances"/>).</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    public ComponentLease Rent(CancellationToken cancellationToken = default, object? state = null) => new(_pool, _pool.Rent(cancellationToken, state));

    /// <summary>Rents an instance, and waits until there is one.</summary>
    /// <param name="cancellationToken">Ends the waiting, and stops the guest; takes the place of the one in the pool's options.</param>
    /// <param name="state">The host's data of the instance's store; null for that of the pool's options.</param>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    public async ValueTask<ComponentLease> RentAsync(CancellationToken cancellationToken = default, object? state = null) =>
        new(_pool, await _pool.RentAsync(cancellationToken, state).ConfigureAwait(false));

    /// <summary>Gives the idle instances back to the system; those that are rented follow when they return. Twice is harmless.</summary>
    public void Dispose() => _pool.Dispose();

    private sealed class Pool : StorePool<PooledComponent>
    {
        private readonly ComponentLinker _linker;
        private readonly Component _component;
        private MemoryImage?[]?[]? _images;

        public Pool(ComponentLinker linker, Component component, InstancePoolOptions? options)
            : base(options)
        {
            _linker = linker;
            _component = component;
            try
            {
                _images = Fill().State?.Images;
            }
            catch (HostFunctionException exception) when (Options is { MakeState: null, Store.State: null })
            {
                // Whoever rents one has a state.
                Obstacle = $"what runs when it is instantiated calls the host, which needs a state ({nameof(InstancePoolOptions.MakeState)}): {exception.Message}";
            }
        }

        public string? Obstacle { get; private set; }

        protected override WasmEngine Engine => _component.Engine;

        protected override bool MakesAnew => Obstacle is not null;

        protected override PooledComponent Make(Store store)
        {
            ComponentInstance instance = _linker.Instantiate(store, _component);
            if (MakesAnew)
            {
                return new PooledComponent(instance, null);
            }

            ComponentInstanceState? state = ComponentInstanceState.TryTake(store, _images, out string? obstacle);
            Obstacle ??= obstacle;
            return new PooledComponent(instance, state);
        }

        protected override bool MayLend(PooledComponent item) => item.State is not null;

        protected override Store StoreOf(PooledComponent item) => item.Instance.Store;

        protected override bool TryRestore(PooledComponent item)
        {
            item.Instance.Store.ReleaseResidents();
            return item.State is { } state && state.TryRestore();
        }

        protected override void Begin(PooledComponent item)
        {
        }

        protected override void Release()
        {
            foreach (MemoryImage? image in (_images ?? []).SelectMany(images => images ?? []))
            {
                image?.Dispose();
            }
        }
    }
}

/// <summary>A rented instance; goes back to its pool when it is disposed.</summary>
/// <remarks>One that is never disposed stays rented. Not to be used by several threads at once, like the instance.</remarks>
public sealed class ComponentLease : IDisposable
{
    private readonly Rental<PooledComponent> _rental;

    internal ComponentLease(StorePool<PooledComponent> pool, PooledComponent pooled) => _rental = new Rental<PooledComponent>(pool, pooled);

    /// <summary>The instance.</summary>
    /// <exception cref="ObjectDisposedException">It went back.</exception>
    public ComponentInstance Instance => _rental.Get(this).Instance;

    /// <summary>The instance's store.</summary>
    /// <exception cref="ObjectDisposedException">The instance went back.</exception>
    public Store Store => Instance.Store;

    /// <summary>Gives the instance back. Twice is harmless.</summary>
    /// <exception cref="InvalidOperationException">A call into the instance is running; it stays rented.</exception>
    public void Dispose() => _rental.Return();
}

/// <summary>An instance that a pool lends, and how to make it as new; null when that cannot be done.</summary>
internal sealed record PooledComponent(ComponentInstance Instance, ComponentInstanceState? State);
