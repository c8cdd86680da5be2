using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Compilation;

/// <content>All of a module's code at once, to be kept.</content>
internal sealed partial class ModuleCompiler
{
    /// <summary>
    /// The images of a module: its own, and for a large module one for each part (<see cref="LazyCode.PartsOf"/>). They differ from those that are loaded at
    /// once in that no method asks to be optimised when it is loaded: ahead-of-time compilers pass such methods by.
    /// </summary>
    public static byte[][] CompileImages(ModuleDefinition definition, WasmEngine engine, string key, CancellationToken cancellationToken)
    {
        HashSet<int> cells = CellsOf(definition);
        bool isLarge = LazyCode.IsLarge(definition, engine);
        ModuleCompiler own = new(definition, engine, cells, VersionOf(key, -1), isKept: true);
        int[] parts = isLarge ? LazyCode.PartsOf(definition) : [0];
        byte[][] images = new byte[parts.Length][];
        images[0] = own.CompileOwn(isLarge, cancellationToken);
        try
        {
            Parallel.For(1, images.Length, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken }, i =>
            {
                Batch batch = new(i - 1, parts[i - 1], parts[i] - parts[i - 1]);
                ModuleCompiler part = new(definition, engine, cells, batch, VersionOf(key, i - 1), isKept: true);
                part.CompileFunctions(batch.First, batch.Count, cancellationToken);
                images[i] = part._assembly.Build();
            });
        }
        catch (AggregateException exception)
        {
            // One part's failure is the module's.
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }

        return images;
    }

    /// <summary>Identity of an image that is kept: the same for the same code.</summary>
    private static Guid VersionOf(string key, int part) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"{key} {part}")).AsSpan(0, 16));
}
