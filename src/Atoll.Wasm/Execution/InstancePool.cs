using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm;

/// <summary>Options of an <see cref="InstancePool"/>.</summary>
public sealed record InstancePoolOptions
{
    /// <summary>How many instances may be rented at the same time.</summary>
    /// <value>Default: 1000.</value>
    public int MaxInstances { get; init; } = 1000;

    /// <summary>How many instances the pool keeps for later; each takes some kilobytes, and address space for its memories.</summary>
    /// <value>Default: 1000.</value>
    public int MaxIdle { get; init; } = 1000;

    /// <summary>Options of the store that each instance has to itself. Its time-out begins anew with each rental, and so does its fuel.</summary>
    /// <value>Default: a store's defaults.</value>
    public StoreOptions Store { get; init; } = new();

    /// <summary>
    /// Makes the <see cref="Wasm.Store.State"/> that guests see while a new instance is made, before anybody rents it: start functions may call the host. What it gives
    /// is used for one instance, and disposed of when that is made and it can be. It should reach no secrets of one user: what a start function learns, all users' guests know.
    /// </summary>
    /// <value>Default: null, for the state in <see cref="Store"/>.</value>
    public Func<object?>? MakeState { get; init; }
}

/// <summary>
/// Instances of a module for many short uses, for example one for each request of a web application. Who rents one gets an instance as if it were new, in a
/// store of its own; what comes back is taken back to that state, which takes microseconds, and lent again.
/// </summary>
/// <remarks>
/// <para>Thread-safe. Of what an earlier user's guest did nothing is left: not in memories, globals or tables, not in the store. On Linux a memory's first
/// content is mapped from a file that only exists in memory; it is shared until a page is written, and taking it back drops the written pages. Elsewhere
/// memories are zeroed and written again.</para>
/// <para>The state "as new" is that after the start function, if there is one that calls nothing or the module imports no functions; otherwise the start
/// function runs at each rental, because it may call the host. An instance is not lent again after a call of it ended with an exception (other than the guest's own exit), after a
/// limit or cancellation stopped it, or when it holds structures or arrays of WebAssembly; a new one takes its place. A shared memory that the module
/// imports is left as it is, because it is not the instance's own.</para>
/// <para>Functions, memories and other items of an instance must not be used after its return: they will belong to the next user.</para>
/// </remarks>
public sealed class InstancePool : IDisposable
{
    private readonly Pool _pool;

    /// <summary>Makes a pool with one instance in it.</summary>
    /// <param name="linker">What the module's imports are satisfied from: host functions and shared memories.</param>
    /// <param name="module">The module.</param>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="UnlinkableException">Imports are missing or of another type.</exception>
    /// <exception cref="InvalidOperationException">The linker defines an import as something that belongs to one store, or is of another engine.</exception>
    /// <exception cref="TrapException">A segment does not fit, or the start function trapped.</exception>
    /// <exception cref="LimitExceededException">A memory or table is over a limit from the start, or the start function was stopped.</exception>
    public InstancePool(Linker linker, WasmModule module, InstancePoolOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(linker);
        ArgumentNullException.ThrowIfNull(module);
        Module = module;
        _pool = new Pool(linker, module, options);
    }

    /// <summary>The module.</summary>
    public WasmModule Module { get; }

    /// <summary>Number of instances that are rented.</summary>
    public int RentedCount => _pool.RentedCount;

    /// <summary>Number of instances that wait to be rented.</summary>
    public int IdleCount => _pool.IdleCount;

    /// <summary>Rents an instance. O(1), and no allocation but the lease, when one is idle.</summary>
    /// <param name="cancellationToken">Stops the guest; takes the place of the one in the pool's options.</param>
    /// <param name="state">The host's data of the instance's store; null for that of the pool's options.</param>
    /// <exception cref="LimitExceededException">All instances are rented (<see cref="LimitKind.Instances"/>).</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    public InstanceLease Rent(CancellationToken cancellationToken = default, object? state = null) => new(_pool, _pool.Rent(cancellationToken, state));

    /// <summary>Rents an instance, and waits until there is one.</summary>
    /// <param name="cancellationToken">Ends the waiting, and stops the guest; takes the place of the one in the pool's options.</param>
    /// <param name="state">The host's data of the instance's store; null for that of the pool's options.</param>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    public async ValueTask<InstanceLease> RentAsync(CancellationToken cancellationToken = default, object? state = null) =>
        new(_pool, await _pool.RentAsync(cancellationToken, state).ConfigureAwait(false));

    /// <summary>Gives the idle instances back to the system; those that are rented follow when they return. Twice is harmless.</summary>
    public void Dispose() => _pool.Dispose();

    private sealed class Pool : StorePool<PooledInstance>
    {
        private readonly Linker _linker;
        private readonly WasmModule _module;
        private readonly bool _startsAtRental;
        private MemoryImage?[]? _images;

        public Pool(Linker linker, WasmModule module, InstancePoolOptions? options)
            : base(options)
        {
            _linker = linker;
            _module = module;
            _startsAtRental = module.Definition.Start >= 0 && MayCallHost(module.Definition);
            _images = Fill().State?.Images;
        }

        protected override WasmEngine Engine => _module.Engine;

        protected override PooledInstance Make(Store store)
        {
            Instance instance = _linker.Instantiate(store, _module, runStart: !_startsAtRental);
            return new PooledInstance(instance, InstanceState.TryTake(instance, _images));
        }

        protected override Store StoreOf(PooledInstance item) => item.Instance.Store;

        protected override bool TryRestore(PooledInstance item) => item.State is { } state && state.TryRestore();

        protected override void Begin(PooledInstance item)
        {
            if (_startsAtRental)
            {
                Instantiation.RunStart(item.Instance);
            }
        }

        protected override void Release()
        {
            foreach (MemoryImage? image in _images ?? [])
            {
                image?.Dispose();
            }
        }

        private static bool MayCallHost(ModuleDefinition definition) => definition.ImportedFunctionCount > 0
            && (definition.Start < definition.ImportedFunctionCount || definition.Bodies[definition.Start - definition.ImportedFunctionCount].HasCalls);
    }
}

/// <summary>An instance that a pool lends, and how to make it as new; null when that cannot be done.</summary>
internal sealed record PooledInstance(Instance Instance, InstanceState? State);
