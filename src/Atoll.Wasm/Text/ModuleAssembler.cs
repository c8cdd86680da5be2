using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <summary>
/// The fields of one module to the binary format (specification, "Text Format / Modules"). A first pass gives every definition
/// its index; a second reads the fields in the order of the text and writes their sections.
/// </summary>
internal sealed partial class ModuleAssembler
{
    private readonly TextCursor _cursor;
    private readonly int _first;
    private string? _name;
    private readonly InstructionAssembler _instructions;
    private readonly SectionBuffer _imports = new();
    private readonly SectionBuffer _functions = new();
    private readonly SectionBuffer _tables = new();
    private readonly SectionBuffer _memories = new();
    private readonly SectionBuffer _globals = new();
    private readonly SectionBuffer _tags = new();
    private readonly SectionBuffer _exports = new();
    private readonly SectionBuffer _elements = new();
    private readonly SectionBuffer _code = new();
    private readonly SectionBuffer _data = new();
    private readonly SectionBuffer _localNames = new();
    private readonly SectionBuffer _labelNames = new();
    private readonly ByteBuffer _scratch = new();
    private long _start = -1;

    /// <summary>Assembles the fields from the cursor up to the parenthesis (or end of the text) that ends them.</summary>
    public ModuleAssembler(TextCursor cursor, string? name)
    {
        _cursor = cursor;
        _first = cursor.Position;
        _name = name;
        _instructions = new InstructionAssembler(this, cursor);
    }

    public TextTypeTable Types { get; private init; } = new();

    public TextIndexSpace Functions { get; } = new("function");

    public TextIndexSpace Tables { get; } = new("table");

    public TextIndexSpace Memories { get; } = new("memory");

    public TextIndexSpace Globals { get; } = new("global");

    public TextIndexSpace Tags { get; } = new("tag");

    public TextIndexSpace Elements { get; } = new("elem segment");

    public TextIndexSpace Data { get; } = new("data segment");

    /// <summary>Whether an instruction names a data segment, so that the data count section is needed.</summary>
    public bool UsesData { get; set; }

    public byte[] Run()
    {
        Declare();
        _cursor.Position = _first;
        _name = _cursor.TryNameAnnotation("module") ?? _name;
        TakeCustomSections();
        while (_cursor.At(TokenKind.Open))
        {
            Field();
            TakeCustomSections();
        }

        CheckAnnotations();
        return Write();
    }

    /// <summary>The first pass. It looks at heads only; what does not follow the grammar is left to the second pass.</summary>
    private void Declare()
    {
        List<(int Position, bool StartsGroup, bool IsRecursive)> types = [];
        while (_cursor.At(TokenKind.Open))
        {
            int match = _cursor.Match;
            DeclareField(types);
            if (_cursor.Source.Tokens[match].Kind != TokenKind.Close)
            {
                // Unclosed: the second pass runs into it.
                _cursor.Position = match;
                break;
            }

            _cursor.Position = match + 1;
        }

        foreach ((int position, bool startsGroup, bool isRecursive) in types)
        {
            if (startsGroup)
            {
                Types.BeginGroup(isRecursive);
            }

            if (position >= 0)
            {
                _cursor.Position = position;
                Types.Define(_cursor);
            }
        }

        Types.EndDeclarations();
    }

    private void DeclareField(List<(int Position, bool StartsGroup, bool IsRecursive)> types)
    {
        int match = _cursor.Match;
        if (_cursor.TryOpen("type"u8))
        {
            Types.Index.Declare(_cursor);
            types.Add((_cursor.Position, true, false));
        }
        else if (_cursor.TryOpen("rec"u8))
        {
            types.Add((-1, true, true));
            while (_cursor.AtOpen("type"u8))
            {
                int end = _cursor.Match;
                _cursor.Position += 2;
                Types.Index.Declare(_cursor);
                types.Add((_cursor.Position, false, true));
                _cursor.Position = end;
                if (!_cursor.At(TokenKind.Close))
                {
                    // Unclosed, as the group and the module are.
                    return;
                }

                _cursor.Position++;
            }
        }
        else if (_cursor.TryOpen("import"u8))
        {
            _cursor.Position += _cursor.At(TokenKind.String) ? 1 : 0;
            _cursor.Position += _cursor.At(TokenKind.String) ? 1 : 0;
            DeclareItem();
        }
        else if (_cursor.TryOpen("elem"u8))
        {
            Elements.Declare(_cursor);
        }
        else if (_cursor.TryOpen("data"u8))
        {
            Data.Declare(_cursor);
        }
        else if (_cursor.AtOpen("table"u8))
        {
            DeclareItem();
            DeclareInlineSegment(match, "elem"u8, Elements);
        }
        else if (_cursor.AtOpen("memory"u8))
        {
            DeclareItem();
            DeclareInlineSegment(match, "data"u8, Data);
        }
        else
        {
            DeclareItem();
        }
    }

    private void DeclareItem()
    {
        TextIndexSpace? space = _cursor.TryOpen("func"u8) ? Functions
            : _cursor.TryOpen("table"u8) ? Tables
            : _cursor.TryOpen("memory"u8) ? Memories
            : _cursor.TryOpen("global"u8) ? Globals
            : _cursor.TryOpen("tag"u8) ? Tags
            : null;
        space?.Declare(_cursor);
    }

    private void DeclareInlineSegment(int match, ReadOnlySpan<byte> word, TextIndexSpace space)
    {
        while (_cursor.Position < match)
        {
            if (_cursor.AtOpen(word))
            {
                space.DeclareUnnamed();
                return;
            }

            _cursor.Position = _cursor.At(TokenKind.Open) ? _cursor.Match + 1 : _cursor.Position + 1;
        }
    }

    private void Field()
    {
        _cursor.ExpectOpen();
        int start = _cursor.Position;
        if (_cursor.TryKeyword("type"u8) || _cursor.TryKeyword("rec"u8))
        {
            // Read by the first pass.
            _cursor.Position = _cursor.Source.Tokens[start - 1].End;
            _cursor.ExpectClose();
        }
        else if (_cursor.TryKeyword("import"u8))
        {
            ImportField(start);
        }
        else if (_cursor.TryKeyword("func"u8))
        {
            FunctionField();
        }
        else if (_cursor.TryKeyword("table"u8))
        {
            TableField();
        }
        else if (_cursor.TryKeyword("memory"u8))
        {
            MemoryField();
        }
        else if (_cursor.TryKeyword("global"u8))
        {
            GlobalField();
        }
        else if (_cursor.TryKeyword("tag"u8))
        {
            TagField();
        }
        else if (_cursor.TryKeyword("export"u8))
        {
            ExportField();
        }
        else if (_cursor.TryKeyword("start"u8))
        {
            StartField(start);
        }
        else if (_cursor.TryKeyword("elem"u8))
        {
            ElementField();
        }
        else if (_cursor.TryKeyword("data"u8))
        {
            DataField();
        }
        else
        {
            throw _cursor.Unexpected("a module field");
        }
    }

    private byte[] Write()
    {
        SortCustomSections();
        ByteBuffer module = new();
        module.Bytes("\0asm\u0001\0\0\0"u8);
        if (Types.Count > 0)
        {
            ByteBuffer types = new();
            Types.Write(types);
            Section(module, 1, types);
        }

        Section(module, 2, _imports);
        Section(module, 3, _functions);
        Section(module, 4, _tables);
        Section(module, 5, _memories);
        Section(module, 13, _tags);
        Section(module, 6, _globals);
        Section(module, 7, _exports);
        if (_start >= 0)
        {
            ByteBuffer start = new();
            start.Unsigned((ulong)_start);
            Section(module, 8, start);
        }

        Section(module, 9, _elements);
        if (UsesData)
        {
            ByteBuffer count = new();
            count.Unsigned(_data.Count);
            Section(module, 12, count);
        }

        Section(module, 10, _code);
        Section(module, 11, _data);
        WriteCustomSections(module, int.MaxValue);
        WriteNames(module);
        return module.ToArray();
    }

    private void Section(ByteBuffer module, byte id, SectionBuffer section)
    {
        if (section.Count > 0)
        {
            ByteBuffer content = new();
            content.Unsigned(section.Count);
            content.Bytes(section.Items.Span);
            Section(module, id, content);
        }
    }

    private void Section(ByteBuffer module, byte id, ByteBuffer content)
    {
        WriteCustomSections(module, SectionWords.Place(id, isAfter: false));
        Part(module, id, content);
    }

    /// <summary>A section or a part of one: its number, its length and its content.</summary>
    private static void Part(ByteBuffer output, byte id, ByteBuffer content)
    {
        output.Byte(id);
        output.Vector(content.Span);
    }

    private static void Part(ByteBuffer output, byte id, SectionBuffer items)
    {
        if (items.Count > 0)
        {
            ByteBuffer content = new();
            content.Unsigned(items.Count);
            content.Bytes(items.Items.Span);
            Part(output, id, content);
        }
    }

    /// <summary>The name section, in the order of the specification's appendix and its extension for further index spaces.</summary>
    private void WriteNames(ByteBuffer module)
    {
        ByteBuffer section = new();
        section.Name("name");
        int empty = section.Length;
        if (_name is not null)
        {
            ByteBuffer content = new();
            content.Name(_name);
            Part(section, 0, content);
        }

        WriteNameMap(section, 1, Functions);
        Part(section, 2, _localNames);
        Part(section, 3, _labelNames);
        WriteNameMap(section, 4, Types.Index);
        WriteNameMap(section, 5, Tables);
        WriteNameMap(section, 6, Memories);
        WriteNameMap(section, 7, Globals);
        WriteNameMap(section, 8, Elements);
        WriteNameMap(section, 9, Data);
        SectionBuffer fields = new();
        foreach ((uint type, TextIndexSpace names) in Types.FieldNames)
        {
            fields.Next().Unsigned(type);
            WriteNameMap(fields.Items, names.Names);
        }

        Part(section, 10, fields);
        WriteNameMap(section, 11, Tags);
        if (section.Length > empty)
        {
            Part(module, 0, section);
        }
    }

    private static void WriteNameMap(ByteBuffer section, byte id, TextIndexSpace space)
    {
        if (space.Names.Count > 0)
        {
            ByteBuffer content = new();
            WriteNameMap(content, space.Names);
            Part(section, id, content);
        }
    }

    private static void WriteNameMap(ByteBuffer content, List<(uint Index, string Name)> map)
    {
        content.Unsigned((uint)map.Count);
        foreach ((uint index, string name) in map)
        {
            content.Unsigned(index);
            content.Name(name);
        }
    }

    /// <summary>The items of one section and how many they are.</summary>
    private sealed class SectionBuffer
    {
        public uint Count { get; private set; }

        public ByteBuffer Items { get; } = new();

        public ByteBuffer Next()
        {
            Count++;
            return Items;
        }
    }
}
