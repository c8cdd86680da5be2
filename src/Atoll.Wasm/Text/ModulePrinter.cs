using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <summary>
/// Writes a module in the text format (specification, "Text Format / Modules"): imports and exports as fields of their own, each
/// definition with its index in a comment, functions as plain instructions. What it writes, <see cref="ModuleAssembler"/> reads back to the same module.
/// </summary>
/// <remarks>The module is well formed and need not be valid. It is not kept in memory as text, and no work grows faster than the module.</remarks>
internal sealed partial class ModulePrinter
{
    // Magic number and version.
    private const int HeaderBytes = 8;

    /// <summary>Lists go on in a new line after this many characters.</summary>
    private const int MaxColumn = 100;

    private readonly ModuleDefinition _module;
    private readonly TextOutput _output;
    private readonly WatPrintOptions _options;
    private readonly CancellationToken _cancellation;
    private readonly ModuleNames _names;
    private readonly InstructionPrinter _instructions;

    public ModulePrinter(ModuleDefinition module, TextWriter writer, WatPrintOptions options, CancellationToken cancellation)
    {
        _module = module;
        _output = new TextOutput(writer);
        _options = options;
        _cancellation = cancellation;
        _names = ReadNames();
        _instructions = new InstructionPrinter(module, this, _output);
        ReadTypes();
        Types = Ids(NameKind.Type, module.Types.Count);
        Functions = Ids(NameKind.Function, module.Functions.Length);
        Tables = Ids(NameKind.Table, module.Tables.Length);
        Memories = Ids(NameKind.Memory, module.Memories.Length);
        Globals = Ids(NameKind.Global, module.Globals.Length);
        Tags = Ids(NameKind.Tag, module.Tags.Length);
        Elements = Ids(NameKind.Element, module.Elements.Length);
        Data = Ids(NameKind.Data, module.Data.Length);
    }

    public PrintedIds Types { get; }

    public PrintedIds Functions { get; }

    public PrintedIds Tables { get; }

    public PrintedIds Memories { get; }

    public PrintedIds Globals { get; }

    public PrintedIds Tags { get; }

    public PrintedIds Elements { get; }

    public PrintedIds Data { get; }

    public void Run()
    {
        new CodeChecker(_module, _cancellation).Run();
        ReadHints();
        _output.Write("(module");
        if (_names.Module is { } name)
        {
            PrintedIds.Define(_output, name);
        }

        TypeFields();
        ImportFields();
        TableFields();
        MemoryFields();
        TagFields();
        GlobalFields();
        ExportFields();
        StartField();
        ElementFields();
        FunctionFields();
        DataFields();
        CustomSections();
        _output.Line(0);
        _output.Write(")\n");
        _output.Flush();
    }

    private PrintedIds Ids(NameKind kind, int count) => new PrintedIds().Assign(_names.Of(kind), count);

    /// <summary>Begins a field: <c>(word $id (;index;)</c>.</summary>
    private void Field(ReadOnlySpan<char> word, PrintedIds ids, int index)
    {
        _cancellation.ThrowIfCancellationRequested();
        _output.Line(1);
        Head(word, ids, index);
    }

    private void Head(ReadOnlySpan<char> word, PrintedIds ids, int index)
    {
        _output.Write('(');
        _output.Write(word);
        ids.Define(_output, index);
        _output.Write(" (;");
        _output.Unsigned((uint)index);
        _output.Write(";)");
    }

    private void ImportFields()
    {
        int function = 0;
        int table = 0;
        int memory = 0;
        int global = 0;
        int tag = 0;
        foreach (ImportDefinition import in _module.Imports)
        {
            _cancellation.ThrowIfCancellationRequested();
            _output.Line(1);
            _output.Write("(import ");
            _output.Name(import.Module);
            _output.Write(' ');
            _output.Name(import.Name);
            _output.Write(' ');
            switch (import.Kind)
            {
                case ExternKind.Function:
                    Head("func", Functions, function);
                    FunctionHead(function++);
                    break;
                case ExternKind.Table:
                    Head("table", Tables, table);
                    TableType(_module.Tables[table++].Type);
                    break;
                case ExternKind.Memory:
                    Head("memory", Memories, memory);
                    MemoryType(_module.Memories[memory++]);
                    break;
                case ExternKind.Tag:
                    Head("tag", Tags, tag);
                    TypeUse((uint)_module.Tags[tag++].TypeIndex, null);
                    break;
                default:
                    Head("global", Globals, global);
                    GlobalType(_module.Globals[global++].Type);
                    break;
            }

            _output.Write("))");
        }
    }

    private void TableFields()
    {
        for (int i = _module.ImportedTableCount; i < _module.Tables.Length; i++)
        {
            TableDefinition table = _module.Tables[i];
            Field("table", Tables, i);
            TableType(table.Type);
            if (table.Initializer is { } initializer)
            {
                _instructions.Expression(initializer);
            }

            _output.Write(')');
        }
    }

    private void MemoryFields()
    {
        for (int i = _module.ImportedMemoryCount; i < _module.Memories.Length; i++)
        {
            Field("memory", Memories, i);
            MemoryType(_module.Memories[i]);
            _output.Write(')');
        }
    }

    private void TagFields()
    {
        for (int i = _module.ImportedTagCount; i < _module.Tags.Length; i++)
        {
            Field("tag", Tags, i);
            TypeUse((uint)_module.Tags[i].TypeIndex, null);
            _output.Write(')');
        }
    }

    private void GlobalFields()
    {
        for (int i = _module.ImportedGlobalCount; i < _module.Globals.Length; i++)
        {
            Field("global", Globals, i);
            GlobalType(_module.Globals[i].Type);
            _instructions.Expression(_module.Globals[i].Initializer);
            _output.Write(')');
        }
    }

    private void ExportFields()
    {
        foreach (ExportDefinition export in _module.Exports)
        {
            _cancellation.ThrowIfCancellationRequested();
            _output.Line(1);
            _output.Write("(export ");
            _output.Name(export.Name);
            (string word, PrintedIds ids) = export.Kind switch
            {
                ExternKind.Function => (" (func ", Functions),
                ExternKind.Table => (" (table ", Tables),
                ExternKind.Memory => (" (memory ", Memories),
                ExternKind.Tag => (" (tag ", Tags),
                _ => (" (global ", Globals),
            };
            _output.Write(word);
            ids.Use(_output, (uint)export.Index);
            _output.Write("))");
        }
    }

    private void StartField()
    {
        if (_module.Start >= 0)
        {
            _output.Line(1);
            _output.Write("(start ");
            Functions.Use(_output, (uint)_module.Start);
            _output.Write(')');
        }
    }
}
