using System.Collections.Immutable;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm;

/// <summary>A set of named definitions from which the imports of modules are satisfied. Fill it once, instantiate often.</summary>
/// <remarks>Not thread-safe while it is being filled; afterwards any number of threads may instantiate from it. A later definition of a name replaces an earlier one.</remarks>
public sealed class Linker
{
    private readonly WasmEngine _engine;
    private readonly Dictionary<(string Module, string Name), object> _definitions = [];

    /// <summary>Makes an empty linker.</summary>
    /// <param name="engine">The engine of the modules to come.</param>
    public Linker(WasmEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        _engine = engine;
    }

    /// <summary>Defines a host function by a delegate; the types of its parameters give its WebAssembly type.</summary>
    /// <param name="module">First part of the name.</param>
    /// <param name="name">Second part of the name.</param>
    /// <param name="function">
    /// The function. Its first parameter may be a <see cref="Caller"/>; the others, and the result, are <c>int</c>, <c>uint</c>, <c>long</c>, <c>ulong</c>,
    /// <c>float</c>, <c>double</c>, <see cref="Function"/> or <c>object</c>.
    /// </param>
    /// <exception cref="ArgumentException">The delegate uses another type.</exception>
    public Linker DefineFunction(string module, string name, Delegate function) =>
        Add(module, name, HostDefinition.FromDelegate(_engine, $"{module}.{name}", function));

    /// <summary>Defines a host function of any type by an untyped callback.</summary>
    /// <param name="module">First part of the name.</param>
    /// <param name="name">Second part of the name.</param>
    /// <param name="type">Its type.</param>
    /// <param name="function">Its body.</param>
    public Linker DefineFunction(string module, string name, FunctionType type, HostCallback function) =>
        Add(module, name, HostDefinition.FromCallback(_engine, $"{module}.{name}", type, function));

    /// <summary>Defines a name as something that a store owns.</summary>
    /// <param name="module">First part of the name.</param>
    /// <param name="name">Second part of the name.</param>
    /// <param name="item">The function, table, memory, global or tag.</param>
    public Linker Define(string module, string name, Extern item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return Add(module, name, item);
    }

    /// <summary>Defines a name as a shared memory, which any store may then use.</summary>
    /// <param name="module">First part of the name.</param>
    /// <param name="name">Second part of the name.</param>
    /// <param name="memory">The memory.</param>
    public Linker Define(string module, string name, SharedMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return Add(module, name, memory);
    }

    /// <summary>Defines all exports of an instance under a module name.</summary>
    /// <param name="module">First part of the names.</param>
    /// <param name="instance">The instance.</param>
    public Linker DefineInstance(string module, Instance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        foreach (KeyValuePair<string, Extern> export in instance.Exports)
        {
            Add(module, export.Key, export.Value);
        }

        return this;
    }

    /// <summary>Checks, without a store, whether all imports of a module are defined here; types of store-bound items included.</summary>
    /// <param name="module">The module.</param>
    /// <returns>One line for each import that is missing or of another type; empty when the module can be linked.</returns>
    public ImmutableArray<string> FindMissing(WasmModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        ImmutableArray<string>.Builder missing = ImmutableArray.CreateBuilder<string>();
        foreach (ImportDefinition import in module.Definition.Imports)
        {
            if (ImportMatching.Mismatch(import, Find(import)) is { } problem)
            {
                missing.Add(problem);
            }
        }

        return missing.DrainToImmutable();
    }

    /// <summary>Links and instantiates a module, and runs its start function.</summary>
    /// <param name="store">The store that will own the instance.</param>
    /// <param name="module">The module.</param>
    /// <exception cref="UnlinkableException">Imports are missing or of another type; the exception lists them all.</exception>
    /// <exception cref="TrapException">A segment does not fit, or the start function trapped.</exception>
    /// <exception cref="GuestThrownException">The start function threw an exception that nothing caught.</exception>
    /// <exception cref="LimitExceededException">A memory or table is over a limit from the start.</exception>
    /// <exception cref="InvalidOperationException">Store or module are of another engine; the store is in use.</exception>
    public Instance Instantiate(Store store, WasmModule module) => Instantiate(store, module, runStart: true);

    internal Instance Instantiate(Store store, WasmModule module, bool runStart)
    {
        ArgumentNullException.ThrowIfNull(store);
        ImmutableArray<string> missing = FindMissing(module);
        if (!missing.IsEmpty)
        {
            throw new UnlinkableException(missing);
        }

        if (module.Engine != _engine || store.Engine != _engine)
        {
            throw new InvalidOperationException("linker, store and module must belong to the same engine");
        }

        ImportDefinition[] imports = module.Definition.Imports;
        object[] items = new object[imports.Length];
        for (int i = 0; i < imports.Length; i++)
        {
            object definition = Find(imports[i])!;
            items[i] = definition is SharedMemory shared ? store.Attach(shared) : definition;
            if (items[i] is Extern item && item.Store != store)
            {
                throw new InvalidOperationException($"{imports[i].Module}.{imports[i].Name} belongs to another store");
            }
        }

        return Instantiation.Run(store, module, items, runStart);
    }

    private object? Find(ImportDefinition import) => _definitions.GetValueOrDefault((import.Module, import.Name));

    private Linker Add(string module, string name, object definition)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(name);
        _definitions[(module, name)] = definition;
        return this;
    }
}
