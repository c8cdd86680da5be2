using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm;

/// <summary>An instantiated module.</summary>
/// <remarks>Used by one thread at a time, like its store; lives as long as its store.</remarks>
public sealed class Instance
{
    private readonly InstanceContext _context;
    private readonly Global?[] _globals;
    private readonly Value[] _globalValues;

    internal Instance(Store store, WasmModule module, InstanceContext context, Global?[] globals, Value[] globalValues)
    {
        Store = store;
        Module = module;
        _context = context;
        _globals = globals;
        _globalValues = globalValues;
    }

    /// <summary>The store that owns it.</summary>
    public Store Store { get; }

    /// <summary>The module that it was made from.</summary>
    public WasmModule Module { get; }

    internal InstanceContext Context => _context;

    /// <summary>By index: globals that live in cells of their own, and null.</summary>
    internal Global?[] GlobalCells => _globals;

    /// <summary>By index: values at the time when the others were made.</summary>
    internal Value[] FirstGlobals => _globalValues;

    /// <summary>All exports with their names.</summary>
    public IEnumerable<KeyValuePair<string, Extern>> Exports
    {
        get
        {
            foreach (ExportDefinition export in Module.Definition.Exports)
            {
                yield return new KeyValuePair<string, Extern>(export.Name, Get(export));
            }
        }
    }

    /// <summary>An export, or null when there is none of that name. O(1).</summary>
    /// <param name="name">Its name.</param>
    public Extern? GetExport(string name)
    {
        if (!Module.Code.Exports.TryGetValue(name, out ExportDefinition? export))
        {
            return null;
        }

        if (export.Kind == ExternKind.Function && export.Index >= Module.Definition.ImportedFunctionCount)
        {
            Module.Code.Prepare(export.Index - Module.Definition.ImportedFunctionCount);
        }

        return Get(export);
    }

    /// <summary>An exported function, or null when there is none of that name.</summary>
    /// <param name="name">Its name.</param>
    public Function? GetFunction(string name) => GetExport(name) as Function;

    /// <summary>An exported memory, or null when there is none of that name.</summary>
    /// <param name="name">Its name.</param>
    public Memory? GetMemory(string name) => GetExport(name) as Memory;

    /// <summary>An exported table, or null when there is none of that name.</summary>
    /// <param name="name">Its name.</param>
    public Table? GetTable(string name) => GetExport(name) as Table;

    /// <summary>An exported global, or null when there is none of that name.</summary>
    /// <param name="name">Its name.</param>
    public Global? GetGlobal(string name) => GetExport(name) as Global;

    /// <summary>An exported tag, or null when there is none of that name.</summary>
    /// <param name="name">Its name.</param>
    public Tag? GetTag(string name) => GetExport(name) as Tag;

    private Extern Get(ExportDefinition export) => export.Kind switch
    {
        ExternKind.Function => GuestRuntime.RefFunc(_context, export.Index),
        ExternKind.Table => _context.Tables[export.Index],
        ExternKind.Memory => _context.Memories[export.Index],
        ExternKind.Tag => _context.Tags[export.Index],
        _ => GetGlobal(export.Index),
    };

    /// <summary>Exported mutable globals are cells from the start; an immutable one becomes a cell when somebody asks.</summary>
    private Global GetGlobal(int index) =>
        _globals[index] ??= new Global(Store, Module.Definition.Globals[index].Type, _globalValues[index]);
}
