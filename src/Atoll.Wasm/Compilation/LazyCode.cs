using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Compilation;

/// <summary>The functions of a large module, compiled a batch at a time when one of them is called. Thread-safe.</summary>
/// <remarks>
/// Neighbours are likely to call each other, so they share an assembly: loading one costs as much as compiling some kilobytes to IL. The batches are small
/// all the same, because what is called of a large program is scattered over it.
/// </remarks>
internal sealed unsafe class LazyCode
{
    private const int BatchBytes = 4 * 1024;
    private const int BatchFunctions = 64;

    private readonly ModuleDefinition _definition;
    private readonly WasmEngine _engine;
    private readonly HashSet<int> _cells;
    private readonly Batch[] _batches;
    private readonly nint[] _code;

    private LazyCode(ModuleDefinition definition, WasmEngine engine, HashSet<int> cells)
    {
        _definition = definition;
        _engine = engine;
        _cells = cells;
        _code = GC.AllocateArray<nint>(definition.Bodies.Length, pinned: true);
        List<Batch> batches = [];
        int first = 0;
        while (first < definition.Bodies.Length)
        {
            int bytes = 0;
            int next = first;
            do
            {
                bytes += definition.Bodies[next++].Code.Length;
            }
            while (next < definition.Bodies.Length && next - first < BatchFunctions && bytes + definition.Bodies[next].Code.Length <= BatchBytes);

            batches.Add(new Batch(batches.Count, first, next - first));
            first = next;
        }

        _batches = [.. batches];
    }

    private sealed record Batch(int Number, int First, int Count);

    /// <summary>Address of the table with the code of each function, zero where there is none yet. The object keeps it in place.</summary>
    public nint* Table => (nint*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_code));

    /// <summary>What compiles the functions of a module when they are called; null for a module that is better compiled at once.</summary>
    public static LazyCode? For(ModuleDefinition definition, WasmEngine engine, HashSet<int> cells)
    {
        // Each type gets a field of the module's class; there is no program with more than some hundred.
        return CodeBytes(definition) > engine.Options.EagerCodeBytes && definition.Types.Length <= 10_000
            ? new LazyCode(definition, engine, cells)
            : null;
    }

    /// <summary>Code of a function, compiled if need be.</summary>
    /// <param name="index">Number of the function, imports not counted.</param>
    /// <param name="load">Loads an image into the module's load context.</param>
    public nint Get(int index, Func<byte[], Module> load)
    {
        nint code = Volatile.Read(ref _code[index]);
        if (code != 0)
        {
            return code;
        }

        Batch batch = _batches[BatchOf(index)];
        lock (batch)
        {
            if (_code[index] == 0)
            {
                Module module = load(ModuleCompiler.CompileBatch(_definition, _engine, _cells, batch.Number, batch.First, batch.Count));
                for (int i = 0; i < batch.Count; i++)
                {
                    nint pointer = module.ModuleHandle.GetRuntimeMethodHandleFromMetadataToken(ModuleAssembly.MethodToken(i)).GetFunctionPointer();
                    Volatile.Write(ref _code[batch.First + i], pointer);
                }
            }

            return _code[index];
        }
    }

    private static long CodeBytes(ModuleDefinition definition)
    {
        long bytes = 0;
        foreach (FunctionBody body in definition.Bodies)
        {
            bytes += body.Code.Length;
        }

        return bytes;
    }

    private int BatchOf(int index)
    {
        int low = 0;
        int high = _batches.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >>> 1;
            if (_batches[middle].First <= index)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }
}
