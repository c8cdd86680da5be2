using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Reference;

/// <summary>A module instance (specification, "Execution / Runtime Structure / Module Instances").</summary>
internal sealed class ModuleInstance(ModuleDefinition definition)
{
    public ModuleDefinition Definition { get; } = definition;

    public List<FunctionInstance> Functions { get; } = [];

    public List<TableInstance> Tables { get; } = [];

    public List<MemoryInstance> Memories { get; } = [];

    public List<GlobalInstance> Globals { get; } = [];

    public List<TagInstance> Tags { get; } = [];

    /// <summary>Elements of each segment; empty once it was dropped.</summary>
    public List<object?[]> Elements { get; } = [];

    /// <summary>Bytes of each segment; empty once it was dropped.</summary>
    public List<byte[]> Data { get; } = [];

    /// <summary>What the module exports by a name, or null.</summary>
    public object? Export(string name)
    {
        ExportDefinition? export = Definition.Exports.FirstOrDefault(candidate => candidate.Name == name);
        return export is null ? null : Item(export);
    }

    /// <summary>What an export stands for.</summary>
    public object Item(ExportDefinition export) => export.Kind switch
    {
        ExternKind.Function => Functions[export.Index],
        ExternKind.Table => Tables[export.Index],
        ExternKind.Memory => Memories[export.Index],
        ExternKind.Global => Globals[export.Index],
        ExternKind.Tag => Tags[export.Index],
        _ => throw new ReferenceDefectException($"exports of the kind {export.Kind} are not known"),
    };
}

/// <summary>A function of a module, or of the host.</summary>
internal sealed class FunctionInstance(DefinedType type)
{
    public DefinedType Defined { get; } = type;

    /// <summary>Parameters and results.</summary>
    public FunctionType Type { get; } = type.Function!;

    /// <summary>The instance that it belongs to; null for functions of the host.</summary>
    public ModuleInstance? Module { get; init; }

    /// <summary>Index among the bodies of the module.</summary>
    public int BodyIndex { get; init; }

    /// <summary>What a function of the host does.</summary>
    public Func<Slot[], Slot[]>? Host { get; init; }

    /// <summary>The decoded body, made at the first call.</summary>
    public FunctionCode? Code { get; set; }

    public override string ToString() => Module is null ? "host function" : $"function {Module.Definition.ImportedFunctionCount + BodyIndex}";
}

/// <summary>A table; its length is that of the list.</summary>
internal sealed class TableInstance(TableType type)
{
    public TableType Type { get; } = type;

    public List<object?> Elements { get; } = [];
}

/// <summary>A global variable.</summary>
internal sealed class GlobalInstance(GlobalType type, Slot value)
{
    public GlobalType Type { get; } = type;

    public Slot Value { get; set; } = value;
}
