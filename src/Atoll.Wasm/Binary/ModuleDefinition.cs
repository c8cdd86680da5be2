namespace Atoll.Wasm.Binary;

/// <summary>A decoded module: what the sections say, in index spaces that count imports first. Immutable once decoded.</summary>
internal sealed class ModuleDefinition
{
    private bool? _hasLines;

    /// <summary>The whole binary; bodies, constant expressions and data segments are ranges of it.</summary>
    public required byte[] Bytes { get; init; }

    /// <summary>What the module was allowed to use.</summary>
    public required WasmFeatures Features { get; init; }

    public List<DefinedType> Types { get; } = [];

    public ImportDefinition[] Imports { get; set; } = [];

    /// <summary>Type index of each function, imports first.</summary>
    public int[] Functions { get; set; } = [];

    public int ImportedFunctionCount { get; set; }

    public TableDefinition[] Tables { get; set; } = [];

    public int ImportedTableCount { get; set; }

    public MemoryType[] Memories { get; set; } = [];

    public int ImportedMemoryCount { get; set; }

    public GlobalDefinition[] Globals { get; set; } = [];

    public int ImportedGlobalCount { get; set; }

    /// <summary>Type of each tag, imports first.</summary>
    public TagDefinition[] Tags { get; set; } = [];

    public int ImportedTagCount { get; set; }

    public ExportDefinition[] Exports { get; set; } = [];

    /// <summary>Index of the start function, or -1.</summary>
    public int Start { get; set; } = -1;

    public ElementSegment[] Elements { get; set; } = [];

    public DataSegment[] Data { get; set; } = [];

    /// <summary>The number in the data count section, or -1 when there is none.</summary>
    public int DataCount { get; set; } = -1;

    /// <summary>One body for each function that is not imported, in order.</summary>
    public FunctionBody[] Bodies { get; set; } = [];

    /// <summary>Offset of the content of the code section.</summary>
    public int CodeStart { get; set; }

    /// <summary>Code of all bodies together, in bytes.</summary>
    public long CodeBytes
    {
        get
        {
            long bytes = 0;
            foreach (FunctionBody body in Bodies)
            {
                bytes += body.Code.Length;
            }

            return bytes;
        }
    }

    public CustomSection[] CustomSections { get; set; } = [];

    /// <summary>Whether the validator has seen it, and has noted in the bodies what the compiler wants to know.</summary>
    public bool IsValidated { get; set; }

    /// <summary>Whether the module says which line an instruction comes from. Known once the sections are.</summary>
    public bool HasLines => _hasLines ??= CustomSections.Any(s => s.Name == Debugging.SourceLines.SectionName);

    /// <summary>Parameters and results of a function; validation has seen that its type is one of functions.</summary>
    public FunctionType TypeOf(int functionIndex) => Types[Functions[functionIndex]].Function!;
}

/// <summary>A range of the module's bytes: <c>[Start, End)</c>.</summary>
internal readonly record struct ByteRange(int Start, int End)
{
    public int Length => End - Start;
}

/// <param name="Module">First part of its name.</param>
/// <param name="Name">Second part of its name.</param>
/// <param name="Kind">What is imported.</param>
/// <param name="Type">As in <see cref="ModuleImport"/>, but a <see cref="DefinedType"/> for a function.</param>
internal sealed record ImportDefinition(string Module, string Name, ExternKind Kind, object Type);

/// <param name="Type">The table's type.</param>
/// <param name="Initializer">Constant expression (up to and including its <c>end</c>) for the elements, or null: they are null references.</param>
internal sealed record TableDefinition(TableType Type, ByteRange? Initializer);

/// <param name="Type">The global's type.</param>
/// <param name="Initializer">Constant expression, up to and including its <c>end</c>; empty for imports.</param>
internal sealed record GlobalDefinition(GlobalType Type, ByteRange Initializer);

/// <param name="TypeIndex">Index of its function type; the validator checks it.</param>
/// <param name="Type">Its type.</param>
internal sealed record TagDefinition(int TypeIndex, TagType Type);

internal sealed record ExportDefinition(string Name, ExternKind Kind, int Index);

internal enum SegmentMode
{
    Active,
    Passive,
    Declarative,
}

/// <summary>An element segment. Exactly one of <see cref="FunctionIndices"/> and <see cref="Expressions"/> is set.</summary>
internal sealed record ElementSegment(SegmentMode Mode, int Table, ByteRange Offset, ValueType Type, int[]? FunctionIndices, ByteRange[]? Expressions)
{
    public int Count => FunctionIndices?.Length ?? Expressions!.Length;
}

internal sealed record DataSegment(SegmentMode Mode, int Memory, ByteRange Offset, ByteRange Content);

/// <param name="Locals">Runs of declared locals, parameters not included.</param>
/// <param name="LocalCount">Parameters and declared locals together.</param>
/// <param name="Code">The instructions, up to and including the last <c>end</c>.</param>
internal sealed record FunctionBody(LocalRun[] Locals, int LocalCount, ByteRange Code)
{
    /// <summary>Where the declarations of the locals begin; custom sections about code count from here.</summary>
    public int Start { get; init; }

    /// <summary>Whether there is a call in the body. Set by validation.</summary>
    public bool HasCalls { get; set; }

    /// <summary>Number of blocks that catch. Set by validation.</summary>
    public int Tries { get; set; }

    /// <summary>Whether there is a loop in the body. Set by validation.</summary>
    public bool HasLoops { get; set; }
}

internal readonly record struct LocalRun(int Count, ValueType Type);

internal sealed record CustomSection(string Name, ByteRange Content);
