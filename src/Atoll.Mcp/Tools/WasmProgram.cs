using Atoll.Components;
using Atoll.Wasi;
using Atoll.Wasm;

namespace Atoll.Mcp.Tools;

/// <summary>A program of WASI that was compiled. Thread-safe.</summary>
internal abstract class WasmProgram : IDisposable
{
    /// <summary>Runs it once, in an instance as if it were new, on the calling thread.</summary>
    /// <returns>The program's exit code.</returns>
    public abstract int Run(Grants grants, ulong maxMemoryBytes, TimeSpan timeout, CancellationToken cancellationToken);

    public virtual void Dispose()
    {
    }
}

/// <summary>A module of preview 1.</summary>
internal sealed class ModuleProgram(Linker linker, WasmModule module) : WasmProgram
{
    public override int Run(Grants grants, ulong maxMemoryBytes, TimeSpan timeout, CancellationToken cancellationToken) =>
        WasiCommand.Run(linker, module, grants, new StoreOptions { MaxMemoryBytes = maxMemoryBytes, Timeout = timeout, CancellationToken = cancellationToken });
}

/// <summary>A component that exports <c>wasi:cli/run</c>. It has several core modules, so its instances are kept and taken back to what they were.</summary>
internal sealed class CommandProgram(ComponentLinker linker, Component component) : WasmProgram
{
    // The limit of memory belongs to an instance. Clients may ask for any; only so many have a pool, the others get an instance of their own.
    private const int MaxPools = 4;

    // What calls between modules and host need is compiled when they are first made, which is the host's work and not the guest's.
    private static readonly TimeSpan CompileTime = TimeSpan.FromSeconds(5);
    private readonly Dictionary<ulong, ComponentPool> _pools = [];
    private volatile bool _hasRun;

    public override int Run(Grants grants, ulong maxMemoryBytes, TimeSpan timeout, CancellationToken cancellationToken)
    {
        timeout = _hasRun ? timeout : timeout + CompileTime;
        int code = Pool(maxMemoryBytes) is { } pool
            ? WasiCommand.Run(pool, grants, timeout, cancellationToken)
            : WasiCommand.Run(linker, component, grants, new StoreOptions { MaxMemoryBytes = maxMemoryBytes, Timeout = timeout, CancellationToken = cancellationToken });
        _hasRun = true;
        return code;
    }

    public override void Dispose()
    {
        lock (_pools)
        {
            foreach (ComponentPool pool in _pools.Values)
            {
                pool.Dispose();
            }
        }
    }

    private ComponentPool? Pool(ulong maxMemoryBytes)
    {
        lock (_pools)
        {
            if (!_pools.TryGetValue(maxMemoryBytes, out ComponentPool? pool) && _pools.Count < MaxPools)
            {
                pool = new ComponentPool(linker, component, new InstancePoolOptions
                {
                    // As many as there may be guest threads; what is kept costs memory.
                    MaxInstances = int.MaxValue,
                    MaxIdle = Environment.ProcessorCount * 2,
                    Store = new StoreOptions { MaxMemoryBytes = maxMemoryBytes, MayBlock = true },
                });
                _pools.Add(maxMemoryBytes, pool);
            }

            return pool;
        }
    }
}
