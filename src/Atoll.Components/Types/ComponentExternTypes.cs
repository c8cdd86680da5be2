using System.Collections.Immutable;
using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Components.Types;

/// <summary>What a component imports or exports ("Explainer", "Type Definitions", <c>externdesc</c>).</summary>
public enum ComponentExternKind
{
    /// <summary>A core module.</summary>
    CoreModule,

    /// <summary>A function.</summary>
    Function,

    /// <summary>A value.</summary>
    Value,

    /// <summary>A type.</summary>
    Type,

    /// <summary>A component.</summary>
    Component,

    /// <summary>An instance.</summary>
    Instance,
}

/// <summary>The type of an import or export.</summary>
/// <param name="Kind">What is imported or exported.</param>
/// <param name="Type">
/// A <see cref="CoreModuleType"/>, <see cref="ComponentFunctionType"/>, <see cref="ComponentValueType"/> (of a value), <see cref="DefinableType"/> (the
/// imported or exported type itself), <see cref="ComponentType"/> or <see cref="InstanceType"/>.
/// </param>
public sealed record ComponentExternType(ComponentExternKind Kind, TypeNode Type);

/// <summary>An import or export with its name and what is said about the name.</summary>
/// <param name="Name">For example <c>run</c>, <c>[method]file.read</c> or <c>wasi:clocks/wall-clock@0.2.0</c>.</param>
/// <param name="Type">Its type.</param>
public sealed record ComponentItem(string Name, ComponentExternType Type)
{
    /// <summary>Name of the interface that an instance with a plain name implements, or null.</summary>
    public string? Implements { get; init; }

    /// <summary>The rest of a version that the name gives in its canonical, cut form; or null.</summary>
    public string? VersionSuffix { get; init; }

    /// <summary>A name that means something to the embedder alone, or null.</summary>
    public string? ExternalId { get; init; }
}

/// <summary>Parameters and result of a function between components.</summary>
public sealed class ComponentFunctionType : DefinableType
{
    internal ComponentFunctionType(ImmutableArray<LabeledType> parameters, ComponentValueType? result, bool isAsync)
    {
        Parameters = parameters;
        Result = result;
        IsAsync = isAsync;
        foreach (LabeledType parameter in parameters)
        {
            Include(parameter.Type);
        }

        HasParametersInMemory = Has(TypeTraits.Pointer);
        Include(result);
    }

    /// <summary>Names and types of the parameters in order.</summary>
    public ImmutableArray<LabeledType> Parameters { get; }

    /// <summary>Type of the result, or null.</summary>
    public ComponentValueType? Result { get; }

    /// <summary>Whether a call may wait before it returns.</summary>
    public bool IsAsync { get; }

    /// <summary>
    /// A part of the parameters or the result that only a program can hold, so that no text and no JSON stands for it: a resource, stream, future or error
    /// context. Null where all values can be written.
    /// </summary>
    public ComponentValueType? OpaquePart => TypeText.FindOpaque([.. Parameters.Select(parameter => parameter.Type), Result]);

    /// <summary>Whether there are strings or lists in the parameters.</summary>
    internal bool HasParametersInMemory { get; }
}

/// <summary>The exports of an instance.</summary>
public sealed class InstanceType : DefinableType
{
    private Dictionary<string, ComponentItem>? _byName;

    internal InstanceType(ImmutableArray<ComponentItem> exports, ImmutableArray<ResourceIdentity> resources)
    {
        Exports = exports;
        Resources = resources;
        foreach (ComponentItem export in exports)
        {
            Include(export.Type.Type);
        }
    }

    /// <summary>The exports in order.</summary>
    public ImmutableArray<ComponentItem> Exports { get; }

    /// <summary>Resources that the type leaves open: each instance brings its own. Empty for the type of a certain instance.</summary>
    internal ImmutableArray<ResourceIdentity> Resources { get; }

    /// <summary>The export of a name.</summary>
    /// <param name="name">The name as it stands in the type.</param>
    /// <returns>The export, or null.</returns>
    public ComponentItem? Find(string name)
    {
        // Racing threads make equal ones.
        Dictionary<string, ComponentItem> byName = _byName ??= Exports.ToDictionary(e => e.Name, StringComparer.Ordinal);
        return byName.GetValueOrDefault(name);
    }
}

/// <summary>What a component needs and what it then offers.</summary>
public sealed class ComponentType : DefinableType
{
    internal ComponentType(
        ImmutableArray<ComponentItem> imports,
        ImmutableArray<ComponentItem> exports,
        ImmutableArray<ResourceIdentity> importedResources,
        ImmutableArray<ResourceIdentity> definedResources)
    {
        Imports = imports;
        Exports = exports;
        ImportedResources = importedResources;
        DefinedResources = definedResources;
        foreach (ComponentItem item in imports)
        {
            Include(item.Type.Type);
        }

        foreach (ComponentItem item in exports)
        {
            Include(item.Type.Type);
        }
    }

    /// <summary>The imports in order.</summary>
    public ImmutableArray<ComponentItem> Imports { get; }

    /// <summary>The exports in order.</summary>
    public ImmutableArray<ComponentItem> Exports { get; }

    /// <summary>Finds an export, for example an interface by the version that a program knows.</summary>
    /// <param name="name">The name, with its version if it has one.</param>
    /// <returns>The export of that name, or else the newest of a compatible version (<c>0.2.x</c> for each other, <c>1.x</c> likewise), or null.</returns>
    public ComponentItem? FindExport(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Instantiation.VersionTracks.Find(Exports, name);
    }

    /// <summary>The exported functions, those of exported instances too, by the names that <see cref="ComponentInstance.GetFunction"/> takes.</summary>
    public IEnumerable<KeyValuePair<string, ComponentFunctionType>> Functions
    {
        get
        {
            foreach (ComponentItem item in Exports)
            {
                if (item.Type is { Kind: ComponentExternKind.Function, Type: ComponentFunctionType function })
                {
                    yield return KeyValuePair.Create(item.Name, function);
                }
                else if (item.Type is { Kind: ComponentExternKind.Instance, Type: InstanceType instance })
                {
                    foreach (ComponentItem inner in instance.Exports)
                    {
                        if (inner.Type.Kind == ComponentExternKind.Function)
                        {
                            yield return KeyValuePair.Create($"{item.Name}#{inner.Name}", (ComponentFunctionType)inner.Type.Type);
                        }
                    }
                }
            }
        }
    }

    /// <summary>
    /// Finds exported functions by what people call them: the whole name, <c>ns:pkg/iface#run</c> without its version, <c>iface#run</c>, <c>iface.run</c>, or
    /// <c>run</c>.
    /// </summary>
    /// <param name="name">The name; a whole one means that function alone, or where that version is not exported, the one of the newest compatible version.</param>
    /// <returns>Whole names of all functions that can be meant; empty when there is none.</returns>
    public IReadOnlyList<string> FindFunctions(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        List<string> found = [];
        foreach ((string full, _) in Functions)
        {
            if (full == name)
            {
                return [full];
            }

            int mark = full.IndexOf('#', StringComparison.Ordinal);
            ReadOnlySpan<char> function = full.AsSpan(mark + 1);
            ReadOnlySpan<char> instance = mark < 0 ? default : full.AsSpan(0, mark);
            int at = instance.IndexOf('@');
            ReadOnlySpan<char> plain = at < 0 ? instance : instance[..at];
            ReadOnlySpan<char> last = plain[(plain.LastIndexOf('/') + 1)..];
            if (name.AsSpan().SequenceEqual(function)
                || (mark >= 0 && (name == $"{plain}#{function}" || name == $"{last}#{function}" || name == $"{last}.{function}")))
            {
                found.Add(full);
            }
        }

        int split = name.IndexOf('#', StringComparison.Ordinal);
        if (found.Count == 0 && split > 0 && FindExport(name[..split]) is { } compatible)
        {
            string whole = $"{compatible.Name}{name[split..]}";
            found.AddRange(Functions.Where(function => function.Key == whole).Select(function => function.Key));
        }

        return found;
    }

    /// <summary>Resources that the arguments of an instantiation decide on.</summary>
    internal ImmutableArray<ResourceIdentity> ImportedResources { get; }

    /// <summary>Resources that each instantiation makes anew, as far as they are seen from outside.</summary>
    internal ImmutableArray<ResourceIdentity> DefinedResources { get; }
}

/// <summary>The imports and exports of a core module.</summary>
public sealed class CoreModuleType : TypeNode
{
    private ImmutableArray<ModuleImport> _imports;
    private ImmutableArray<ModuleExport> _exports;
    private Dictionary<(string Module, string Name), ImportDefinition>? _importsByName;
    private Dictionary<string, CoreItem>? _exportsByName;

    internal CoreModuleType(ImmutableArray<ImportDefinition> imports, ImmutableArray<CoreItem> exports)
    {
        ImportDefinitions = imports;
        ExportItems = exports;
        IncludeNames(imports.Length);
        IncludeNames(exports.Length);
    }

    /// <summary>What the module asks for.</summary>
    public ImmutableArray<ModuleImport> Imports =>
        _imports.IsDefault ? _imports = [.. ImportDefinitions.Select(i => new ModuleImport(i.Module, i.Name, i.Kind, CoreItem.PublicType(i.Type)))] : _imports;

    /// <summary>What the module offers.</summary>
    public ImmutableArray<ModuleExport> Exports =>
        _exports.IsDefault ? _exports = [.. ExportItems.Select(e => new ModuleExport(e.Name, e.Kind, CoreItem.PublicType(e.Type)))] : _exports;

    /// <summary>The imports with the engine's defined types, which matching needs.</summary>
    internal ImmutableArray<ImportDefinition> ImportDefinitions { get; }

    internal ImmutableArray<CoreItem> ExportItems { get; }

    /// <summary>The imports by name, for which validation has seen that no two have the same.</summary>
    internal IReadOnlyDictionary<(string Module, string Name), ImportDefinition> ImportsByName =>
        _importsByName ??= ImportDefinitions.ToDictionary(i => (i.Module, i.Name));

    /// <summary>What an instance of the module offers; one object for all of them.</summary>
    internal IReadOnlyDictionary<string, CoreItem> ExportsByName => _exportsByName ??= ExportItems.ToDictionary(e => e.Name, StringComparer.Ordinal);

    internal static CoreModuleType Of(ModuleDefinition module) => new(
        [.. module.Imports],
        [.. module.Exports.Select(e => new CoreItem(e.Name, e.Kind, TypeOf(module, e)))]);

    private static object TypeOf(ModuleDefinition module, ExportDefinition export) => export.Kind switch
    {
        ExternKind.Function => module.Types[module.Functions[export.Index]],
        ExternKind.Table => module.Tables[export.Index].Type,
        ExternKind.Memory => module.Memories[export.Index],
        ExternKind.Tag => module.Tags[export.Index].Type,
        _ => module.Globals[export.Index].Type,
    };
}

/// <summary>Something of core WebAssembly with a name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Type">A <see cref="DefinedType"/> for functions, otherwise the engine's public type.</param>
internal sealed record CoreItem(string Name, ExternKind Kind, object Type)
{
    internal static object PublicType(object type) => type is DefinedType defined ? defined.Function! : type;
}
