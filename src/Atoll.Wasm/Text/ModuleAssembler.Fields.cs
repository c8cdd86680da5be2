namespace Atoll.Wasm.Text;

/// <content>Functions, tables, memories, globals, imports and exports.</content>
internal sealed partial class ModuleAssembler
{
    private uint _nextFunction;
    private uint _nextTable;
    private uint _nextMemory;
    private uint _nextGlobal;
    private string? _definedBeforeImport;

    private void ImportField(int start)
    {
        CheckImportOrder(start);
        string module = _cursor.ExpectName();
        string name = _cursor.ExpectName();
        _cursor.ExpectOpen();
        ImportType(StartImport(module, name));
        _cursor.ExpectClose();
    }

    /// <summary>Reads what an import is, up to the parenthesis that ends it.</summary>
    private void ImportType(ByteBuffer import)
    {
        if (_cursor.TryKeyword("func"u8))
        {
            _cursor.TryId();
            FunctionImport(import);
        }
        else if (_cursor.TryKeyword("table"u8))
        {
            _cursor.TryId();
            TableImport(import);
        }
        else if (_cursor.TryKeyword("memory"u8))
        {
            _cursor.TryId();
            MemoryImport(import);
        }
        else if (_cursor.TryKeyword("global"u8))
        {
            _cursor.TryId();
            GlobalImport(import);
        }
        else if (_cursor.TryKeyword("tag"u8))
        {
            _cursor.TryId();
            TagImport(import);
        }
        else
        {
            throw _cursor.Unexpected("func, table, memory, global or tag");
        }

        _cursor.ExpectClose();
    }

    private void CheckImportOrder(int position)
    {
        if (_definedBeforeImport is { } what)
        {
            throw _cursor.ErrorAt($"import after {what}", position);
        }
    }

    private ByteBuffer StartImport(string module, string name)
    {
        ByteBuffer import = _imports.Next();
        import.Name(module);
        import.Name(name);
        return import;
    }

    /// <summary>Reads <c>(export "…")*</c> and then <c>(import "…" "…")</c>, if it is there.</summary>
    private ByteBuffer? InlineExportsAndImport(ExternKind kind, uint index)
    {
        while (_cursor.TryOpen("export"u8))
        {
            WriteExport(_cursor.ExpectName(), kind, index);
            _cursor.ExpectClose();
        }

        int start = _cursor.Position;
        if (!_cursor.TryOpen("import"u8))
        {
            return null;
        }

        CheckImportOrder(start);
        ByteBuffer import = StartImport(_cursor.ExpectName(), _cursor.ExpectName());
        _cursor.ExpectClose();
        return import;
    }

    private void WriteExport(string name, ExternKind kind, uint index)
    {
        ByteBuffer export = _exports.Next();
        export.Name(name);
        export.Byte((byte)kind);
        export.Unsigned(index);
    }

    private void ExportField()
    {
        string name = _cursor.ExpectName();
        _cursor.ExpectOpen();
        (ExternKind kind, TextIndexSpace space) = _cursor.TryKeyword("func"u8) ? (ExternKind.Function, Functions)
            : _cursor.TryKeyword("table"u8) ? (ExternKind.Table, Tables)
            : _cursor.TryKeyword("memory"u8) ? (ExternKind.Memory, Memories)
            : _cursor.TryKeyword("global"u8) ? (ExternKind.Global, Globals)
            : _cursor.TryKeyword("tag"u8) ? (ExternKind.Tag, Tags)
            : throw _cursor.Unexpected("func, table, memory, global or tag");
        WriteExport(name, kind, space.Resolve(_cursor));
        _cursor.ExpectClose();
        _cursor.ExpectClose();
    }

    private void StartField(int start)
    {
        if (_start >= 0)
        {
            throw _cursor.ErrorAt("multiple start sections", start);
        }

        _start = Functions.Resolve(_cursor);
        _cursor.ExpectClose();
    }

    private void FunctionField()
    {
        _cursor.TryId();
        if (InlineExportsAndImport(ExternKind.Function, _nextFunction) is { } import)
        {
            FunctionImport(import);
            _cursor.ExpectClose();
            return;
        }

        _definedBeforeImport ??= "function";
        TextIndexSpace locals = _instructions.Locals;
        locals.Clear();
        _functions.Next().Unsigned(Types.Use(_cursor, locals));
        _scratch.Truncate(0);
        Locals(locals);
        _instructions.Sequence(_scratch);
        TakeBranchHints();
        _cursor.ExpectClose();
        _code.Next().Vector(_scratch.Span);
        WriteFunctionNames(_localNames, locals.Names);
        WriteFunctionNames(_labelNames, _instructions.LabelNames);
        _nextFunction++;
    }

    private void FunctionImport(ByteBuffer import)
    {
        TextIndexSpace locals = _instructions.Locals;
        locals.Clear();
        import.Byte((byte)ExternKind.Function);
        import.Unsigned(Types.Use(_cursor, locals));
        WriteFunctionNames(_localNames, locals.Names);
        _nextFunction++;
    }

    private void WriteFunctionNames(SectionBuffer section, List<(uint Index, string Name)> map)
    {
        if (map.Count > 0)
        {
            ByteBuffer names = section.Next();
            names.Unsigned(_nextFunction);
            WriteNameMap(names, map);
        }
    }

    /// <summary>Reads <c>(local …)*</c> and writes them as runs of one type.</summary>
    private void Locals(TextIndexSpace locals)
    {
        List<(uint Count, TextType Type)> runs = [];
        while (_cursor.TryOpen("local"u8))
        {
            if (_cursor.At(TokenKind.Id) || _cursor.AtNameAnnotation)
            {
                locals.Declare(_cursor);
                AddLocal(runs, TextTypes.ValueType(_cursor, Types.Index));
            }
            else
            {
                while (TextTypes.TryValueType(_cursor, Types.Index, out TextType type))
                {
                    locals.DeclareUnnamed();
                    AddLocal(runs, type);
                }
            }

            _cursor.ExpectClose();
        }

        _scratch.Unsigned((uint)runs.Count);
        foreach ((uint count, TextType type) in runs)
        {
            _scratch.Unsigned(count);
            type.Write(_scratch);
        }
    }

    private static void AddLocal(List<(uint Count, TextType Type)> runs, TextType type)
    {
        if (runs.Count > 0 && runs[^1].Type == type)
        {
            runs[^1] = (runs[^1].Count + 1, type);
        }
        else
        {
            runs.Add((1, type));
        }
    }

    private void TableField()
    {
        _cursor.TryId();
        uint index = _nextTable++;
        if (InlineExportsAndImport(ExternKind.Table, index) is { } import)
        {
            import.Byte((byte)ExternKind.Table);
            TableType(import);
            _cursor.ExpectClose();
            return;
        }

        _definedBeforeImport ??= "table";
        ByteBuffer table = _tables.Next();
        bool wide = TryIndexType();
        if (!_cursor.At(TokenKind.Nat))
        {
            TableWithElements(table, index, wide);
        }
        else
        {
            _scratch.Truncate(0);
            TableLimits(_scratch, wide);
            TextType type = TextTypes.ReferenceType(_cursor, Types.Index);
            bool hasInitializer = !_cursor.At(TokenKind.Close);
            if (hasInitializer)
            {
                table.Byte(0x40);
                table.Byte(0);
            }

            type.Write(table);
            table.Bytes(_scratch.Span);
            if (hasInitializer)
            {
                _instructions.Sequence(table);
            }
        }

        _cursor.ExpectClose();
    }

    private void TableImport(ByteBuffer import)
    {
        _nextTable++;
        import.Byte((byte)ExternKind.Table);
        TableType(import);
    }

    private void TableType(ByteBuffer output)
    {
        bool wide = TryIndexType();
        _scratch.Truncate(0);
        TableLimits(_scratch, wide);
        TextTypes.ReferenceType(_cursor, Types.Index).Write(output);
        output.Bytes(_scratch.Span);
    }

    /// <summary>Reads <c>i32</c> or <c>i64</c> before limits; true for <c>i64</c>.</summary>
    private bool TryIndexType() => !_cursor.TryKeyword("i32"u8) && _cursor.TryKeyword("i64"u8);

    private void MemoryField()
    {
        _cursor.TryId();
        uint index = _nextMemory++;
        if (InlineExportsAndImport(ExternKind.Memory, index) is { } import)
        {
            import.Byte((byte)ExternKind.Memory);
            MemoryType(import, TryIndexType());
            _cursor.ExpectClose();
            return;
        }

        _definedBeforeImport ??= "memory";
        bool wide = TryIndexType();
        if (_cursor.AtOpen("data"u8) || _cursor.AtOpen("pagesize"u8))
        {
            int page = TryPageSize();
            _cursor.ExpectOpen();
            _cursor.ExpectKeyword("data"u8);
            byte[] bytes = _cursor.Strings();
            _cursor.ExpectClose();
            ulong pages = page == 0 ? (ulong)bytes.Length : ((ulong)bytes.Length + Wasm.MemoryType.PageSize - 1) / Wasm.MemoryType.PageSize;
            WriteLimits(_memories.Next(), wide, shared: false, pages, pages, page);
            WriteActiveData(index, wide, bytes);
        }
        else
        {
            MemoryType(_memories.Next(), wide);
        }

        _cursor.ExpectClose();
    }

    private void MemoryImport(ByteBuffer import)
    {
        _nextMemory++;
        import.Byte((byte)ExternKind.Memory);
        MemoryType(import, TryIndexType());
    }

    private void GlobalField()
    {
        _cursor.TryId();
        if (InlineExportsAndImport(ExternKind.Global, _nextGlobal) is { } import)
        {
            GlobalImport(import);
            _cursor.ExpectClose();
            return;
        }

        _definedBeforeImport ??= "global";
        _nextGlobal++;
        ByteBuffer global = _globals.Next();
        WriteGlobalType(global);
        _instructions.Locals.Clear();
        _instructions.Sequence(global);
        _cursor.ExpectClose();
    }

    private void GlobalImport(ByteBuffer import)
    {
        _nextGlobal++;
        import.Byte((byte)ExternKind.Global);
        WriteGlobalType(import);
    }

    private void WriteGlobalType(ByteBuffer output)
    {
        bool mutable = _cursor.TryOpen("mut"u8);
        TextTypes.ValueType(_cursor, Types.Index).Write(output);
        output.Byte(mutable ? (byte)1 : (byte)0);
        if (mutable)
        {
            _cursor.ExpectClose();
        }
    }
}
