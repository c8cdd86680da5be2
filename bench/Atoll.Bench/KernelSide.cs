using Atoll.Wasm;

namespace Atoll.Bench;

/// <summary>A kernel in an engine of its own: compiled for it, with a memory that nobody has touched.</summary>
internal sealed class KernelSide : IDisposable
{
    private readonly KernelBench.Kernel _kernel;
    private readonly Store _store;
    private readonly Function _run;

    public KernelSide(KernelBench.Kernel kernel, WasmEngineOptions options, int round)
    {
        _kernel = kernel;
        WasmEngine engine = new(options);
        _store = new Store(engine);
        _run = new Linker(engine).Instantiate(_store, engine.LoadModule(kernel.Wasm(round))).GetFunction("run")!;
    }

    /// <summary>Runs it once; gives the processor time of the whole process in milliseconds.</summary>
    public double Run()
    {
        double before = NodePeer.OurCpuMilliseconds;
        Value value = _run.Invoke(_kernel.N)[0];
        double time = NodePeer.OurCpuMilliseconds - before;
        _kernel.Check(value);
        return time;
    }

    public void Dispose() => _store.Dispose();
}
