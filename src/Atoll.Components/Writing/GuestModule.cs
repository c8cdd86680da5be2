using System.Collections.Immutable;
using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Validation;

namespace Atoll.Components.Writing;

/// <summary>A core module that becomes part of a component.</summary>
internal sealed class GuestModule
{
    private readonly Dictionary<string, CoreItem> _exports;
    private readonly Dictionary<(string Module, string Name), string> _importNames = [];

    /// <summary>Takes a module in.</summary>
    /// <param name="bytes">The module, with worlds in it or without.</param>
    /// <param name="reallocNames">The names that its function for allocating can have.</param>
    /// <param name="cancellationToken">Stops the validation between functions.</param>
    /// <exception cref="MalformedModuleException">The bytes are no module.</exception>
    /// <exception cref="InvalidModuleException">The module is invalid.</exception>
    public GuestModule(byte[] bytes, ReadOnlySpan<string> reallocNames, CancellationToken cancellationToken)
    {
        ModuleDefinition module = ModuleDecoder.Decode(bytes, ModuleLimits.Default, WasmFeatures.Default);
        ModuleValidator.Validate(module, ModuleLimits.Default, cancellationToken);
        Definition = UniqueImports.Of(module, _importNames);
        _exports = CoreModuleType.Of(Definition).ExportItems.ToDictionary(item => item.Name, StringComparer.Ordinal);
        Realloc = Find(reallocNames, ExternKind.Function)?.Name;
    }

    public byte[] Bytes => Definition.Bytes;

    public ModuleDefinition Definition { get; }

    public StringEncoding Encoding { get; set; }

    /// <summary>Name of its export that allocates, or null.</summary>
    public string? Realloc { get; }

    /// <summary>Index of its core instance, once there is one.</summary>
    public int Instance { get; set; } = -1;

    /// <summary>The name of what an import asks for: its own, unless it was given another because that was taken.</summary>
    public string NameOf(ImportDefinition import) => _importNames.GetValueOrDefault((import.Module, import.Name), import.Name);

    public CoreItem? Find(string name) => _exports.GetValueOrDefault(name);

    /// <summary>The first export that has one of the names and is of a kind.</summary>
    public CoreItem? Find(ReadOnlySpan<string> names, ExternKind kind)
    {
        foreach (string name in names)
        {
            if (_exports.TryGetValue(name, out CoreItem? item) && item.Kind == kind)
            {
                return item;
            }
        }

        return null;
    }

    /// <summary>Type of an exported function.</summary>
    public FunctionType TypeOf(CoreItem function) => ((DefinedType)function.Type).Function!;
}

/// <summary>Something that a core module imports and that is given to it.</summary>
/// <param name="User">Who imports it.</param>
/// <param name="Import">The import.</param>
/// <param name="Type">Its type.</param>
internal sealed record CoreNeed(GuestModule User, ImportDefinition Import, FunctionType Type)
{
    /// <summary>What of the world it is; null when another module gives it.</summary>
    public CoreImport? Target { get; init; }

    /// <summary>The function of the world that is lowered, or null.</summary>
    public ComponentFunctionType? Function { get; init; }

    /// <summary>The resource whose canonical function it is, or null.</summary>
    public ResourceType? Resource { get; init; }

    /// <summary>The module that exports it, or null.</summary>
    public GuestModule? Giver { get; init; }

    /// <summary>Whether values pass through memory.</summary>
    public bool NeedsMemory { get; init; }

    /// <summary>Whether memory is allocated for what comes back.</summary>
    public bool NeedsRealloc { get; init; }

    /// <summary>Place in the table of functions that come later, or -1: it is there before the module is instantiated.</summary>
    public int Slot { get; set; } = -1;
}

/// <summary>An export of the world with the core functions that it is made of.</summary>
/// <param name="Interface">The exported interface, or null.</param>
/// <param name="Item">The function.</param>
/// <param name="Giver">The module that has it.</param>
/// <param name="Export">Name of the core function.</param>
/// <param name="PostReturn">Name of the core function that is called when the result has been read, or null.</param>
/// <param name="NeedsMemory">Whether values pass through memory.</param>
/// <param name="NeedsRealloc">Whether memory is allocated for parameters.</param>
internal sealed record CoreOffer(
    ComponentItem? Interface, ComponentItem Item, GuestModule Giver, string Export, string? PostReturn, bool NeedsMemory, bool NeedsRealloc);
