using Atoll.Components.Types;
using Atoll.Wasm;

namespace Atoll.Components.Validation;

internal enum ScopeKind
{
    Component,
    ComponentType,
    InstanceType,
}

/// <summary>A value of the value index space, which must be used exactly once.</summary>
internal sealed class ValueSlot(ComponentValueType type)
{
    public ComponentValueType Type { get; } = type;

    public bool IsUsed { get; set; }
}

/// <summary>The index spaces of one component, component type or instance type while it is being checked.</summary>
internal sealed class Scope(ScopeKind kind, Scope? parent, ComponentFeatures features)
{
    public ScopeKind Kind { get; } = kind;

    public Scope? Parent { get; } = parent;

    public List<FunctionType> CoreFunctions { get; } = [];

    /// <summary>The defined types of the core functions, which matching needs.</summary>
    public List<DefinedType> CoreFunctionTypes { get; } = [];

    public List<TableType> CoreTables { get; } = [];

    public List<MemoryType> CoreMemories { get; } = [];

    public List<GlobalType> CoreGlobals { get; } = [];

    public List<TagType> CoreTags { get; } = [];

    /// <summary>Each a <see cref="DefinedType"/> or a <see cref="CoreModuleType"/>.</summary>
    public List<object> CoreTypes { get; } = [];

    public List<CoreModuleType> CoreModules { get; } = [];

    public List<IReadOnlyDictionary<string, CoreItem>> CoreInstances { get; } = [];

    public List<ComponentFunctionType> Functions { get; } = [];

    public List<ValueSlot> Values { get; } = [];

    public List<DefinableType> Types { get; } = [];

    public List<ComponentType> Components { get; } = [];

    public List<InstanceType> Instances { get; } = [];

    public List<ComponentItem> Imports { get; } = [];

    public List<ComponentItem> Exports { get; } = [];

    public NameContext ImportNames { get; } = new("import", features);

    public NameContext ExportNames { get; } = new("export", features);

    /// <summary>Types that an import may speak of, because an import named them.</summary>
    public HashSet<DefinableType> ImportedTypes { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>Types that an export may speak of, because an import or export named them.</summary>
    public HashSet<DefinableType> ExportedTypes { get; } = new(ReferenceEqualityComparer.Instance);

    public List<ResourceIdentity> ImportedResources { get; } = [];

    /// <summary>Resources that exports of a type introduce.</summary>
    public List<ResourceIdentity> DeclaredResources { get; } = [];

    /// <summary>Resources that this component defines itself.</summary>
    public HashSet<ResourceIdentity> LocalResources { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>Types of the slots of tasks' contexts, as far as functions have said them.</summary>
    public Wasm.ValueType?[] ContextSlots { get; } = new Wasm.ValueType?[2];

    public bool HasStart { get; set; }

    /// <summary>Adds something to the index space of its kind.</summary>
    public void Add(ComponentExternType item)
    {
        switch (item.Kind)
        {
            case ComponentExternKind.CoreModule:
                CoreModules.Add((CoreModuleType)item.Type);
                break;
            case ComponentExternKind.Function:
                Functions.Add((ComponentFunctionType)item.Type);
                break;
            case ComponentExternKind.Value:
                Values.Add(new ValueSlot((ComponentValueType)item.Type));
                break;
            case ComponentExternKind.Type:
                Types.Add((DefinableType)item.Type);
                break;
            case ComponentExternKind.Component:
                Components.Add((ComponentType)item.Type);
                break;
            default:
                Instances.Add((InstanceType)item.Type);
                break;
        }
    }

    /// <summary>Adds something of core WebAssembly to the index space of its kind.</summary>
    public void Add(object coreType)
    {
        switch (coreType)
        {
            case DefinedType function:
                CoreFunctionTypes.Add(function);
                CoreFunctions.Add(function.Function!);
                break;
            case TableType table:
                CoreTables.Add(table);
                break;
            case MemoryType memory:
                CoreMemories.Add(memory);
                break;
            case TagType tag:
                CoreTags.Add(tag);
                break;
            default:
                CoreGlobals.Add((GlobalType)coreType);
                break;
        }
    }
}
