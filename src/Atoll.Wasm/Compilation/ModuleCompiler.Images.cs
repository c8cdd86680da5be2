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
    public static List<byte[]> CompileImages(ModuleDefinition definition, WasmEngine engine, string key, CancellationToken cancellationToken)
    {
        HashSet<int> cells = CellsOf(definition);
        bool isLarge = LazyCode.IsFor(definition, engine);
        ModuleCompiler own = new(definition, engine, cells, VersionOf(key, -1), isKept: true);
        List<byte[]> images = [own.CompileOwn(isLarge, cancellationToken)];
        if (isLarge)
        {
            int[] parts = LazyCode.PartsOf(definition);
            for (int i = 0; i + 1 < parts.Length; i++)
            {
                ModuleCompiler part = new(definition, engine, cells, new Batch(i, parts[i], parts[i + 1] - parts[i]), VersionOf(key, i), isKept: true);
                part.CompileFunctions(parts[i], parts[i + 1] - parts[i], cancellationToken);
                images.Add(part._assembly.Build());
            }
        }

        return images;
    }

    /// <summary>Identity of an image that is kept: the same for the same code.</summary>
    private static Guid VersionOf(string key, int part) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"{key} {part}")).AsSpan(0, 16));
}
