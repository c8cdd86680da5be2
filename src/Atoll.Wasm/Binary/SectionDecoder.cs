namespace Atoll.Wasm.Binary;

/// <summary>Decodes the sections of one module, in their order, and puts the <see cref="ModuleDefinition"/> together.</summary>
/// <remarks>
/// A vector's length is compared with the bytes that are left before anything is allocated, so memory stays within a
/// constant factor of the module's size.
/// </remarks>
internal sealed partial class SectionDecoder(byte[] bytes, ModuleLimits limits, WasmFeatures features)
{
    private readonly ModuleDefinition _module = new() { Bytes = bytes, Features = features };
    private readonly List<CustomSection> _customSections = [];
    private bool _hasCode;
    private bool _hasData;

    /// <summary>The types read so far.</summary>
    public List<DefinedType> Types => _module.Types;

    public void Read(byte id, ref WasmReader reader)
    {
        switch (id)
        {
            case 0: ReadCustom(ref reader); break;
            case 1: ReadTypes(ref reader); break;
            case 2: ReadImports(ref reader); break;
            case 3: ReadFunctions(ref reader); break;
            case 4: ReadTables(ref reader); break;
            case 5: ReadMemories(ref reader); break;
            case 6: ReadGlobals(ref reader); break;
            case 7: ReadExports(ref reader); break;
            case 8: _module.Start = ReadIndex(ref reader); break;
            case 9: ReadElements(ref reader); break;
            case 10: ReadCode(ref reader); break;
            case 11: ReadData(ref reader); break;
            case 12: ReadDataCount(ref reader); break;
            case 13: ReadTags(ref reader); break;
            default: throw new InvalidOperationException($"section {id} has no reader");
        }
    }

    public ModuleDefinition Finish(int end)
    {
        if (!_hasCode && _module.Functions.Length != _module.ImportedFunctionCount)
        {
            throw new MalformedModuleException("function and code section have inconsistent lengths: there is no code section", end);
        }

        if (!_hasData && _module.DataCount > 0)
        {
            throw new MalformedModuleException("data count and data section have inconsistent lengths: there is no data section", end);
        }

        _module.CustomSections = [.. _customSections];
        return _module;
    }

    private void ReadCustom(ref WasmReader reader)
    {
        if (_customSections.Count >= limits.MaxCustomSections)
        {
            throw new MalformedModuleException($"too many custom sections: the limit is {limits.MaxCustomSections}", reader.Position);
        }

        string name = reader.ReadName(limits.MaxNameBytes);
        _customSections.Add(new CustomSection(name, new ByteRange(reader.Position, reader.End)));
        reader.Position = reader.End;
    }

    private void ReadTypes(ref WasmReader reader)
    {
        for (int groups = ReadCount(ref reader, 0, limits.MaxTypes, "types"); groups > 0; groups--)
        {
            TypeSectionReader.ReadGroup(ref reader, limits);
        }
    }

    private void ReadImports(ref WasmReader reader)
    {
        var imports = new ImportDefinition[ReadCount(ref reader, 0, limits.MaxImports, "imports")];
        List<int> functions = [];
        List<TableDefinition> tables = [];
        List<MemoryType> memories = [];
        List<GlobalDefinition> globals = [];
        List<TagDefinition> tags = [];
        for (int i = 0; i < imports.Length; i++)
        {
            string module = reader.ReadName(limits.MaxNameBytes);
            string name = reader.ReadName(limits.MaxNameBytes);
            int start = reader.Position;
            byte kind = reader.ReadByte();
            object type;
            switch (kind)
            {
                case 0:
                    int index = ReadIndex(ref reader);
                    functions.Add(index);
                    type = index < Types.Count ? Types[index] : UnknownType;
                    break;
                case 1:
                    TableType table = reader.ReadTableType();
                    tables.Add(new TableDefinition(table, null));
                    type = table;
                    break;
                case 2:
                    MemoryType memory = reader.ReadMemoryType();
                    memories.Add(memory);
                    type = memory;
                    break;
                case 3:
                    GlobalType global = reader.ReadGlobalType();
                    globals.Add(new GlobalDefinition(global, default));
                    type = global;
                    break;
                case 4 when (features & WasmFeatures.Exceptions) != 0:
                    TagDefinition tag = ReadTag(ref reader);
                    tags.Add(tag);
                    type = tag.Type;
                    break;
                default:
                    string hint = kind == 4 ? ": exception handling is not enabled" : "";
                    throw new MalformedModuleException($"malformed import kind 0x{kind:x2}{hint}", start);
            }

            imports[i] = new ImportDefinition(module, name, (ExternKind)kind, type);
        }

        CheckLimit(functions.Count, limits.MaxFunctions, "functions", reader.Position);
        CheckLimit(tables.Count, limits.MaxTables, "tables", reader.Position);
        CheckLimit(memories.Count, limits.MaxMemories, "memories", reader.Position);
        CheckLimit(globals.Count, limits.MaxGlobals, "globals", reader.Position);
        CheckLimit(tags.Count, limits.MaxTags, "tags", reader.Position);
        _module.Imports = imports;
        _module.Functions = [.. functions];
        _module.ImportedFunctionCount = functions.Count;
        _module.Tables = [.. tables];
        _module.ImportedTableCount = tables.Count;
        _module.Memories = [.. memories];
        _module.ImportedMemoryCount = memories.Count;
        _module.Globals = [.. globals];
        _module.ImportedGlobalCount = globals.Count;
        _module.Tags = [.. tags];
        _module.ImportedTagCount = tags.Count;
    }

    /// <summary>Stands for the type of an import whose type index does not exist; the validator refuses such a module.</summary>
    private static DefinedType UnknownType { get; } = DefinedType.Of(new FunctionType([], []));

    private void ReadFunctions(ref WasmReader reader)
    {
        int imported = _module.ImportedFunctionCount;
        int count = ReadCount(ref reader, imported, limits.MaxFunctions, "functions");
        var functions = new int[imported + count];
        _module.Functions.CopyTo(functions, 0);
        for (int i = imported; i < functions.Length; i++)
        {
            functions[i] = ReadIndex(ref reader);
        }

        _module.Functions = functions;
    }

    private void ReadTables(ref WasmReader reader)
    {
        int imported = _module.ImportedTableCount;
        int count = ReadCount(ref reader, imported, limits.MaxTables, "tables");
        var tables = new TableDefinition[imported + count];
        _module.Tables.CopyTo(tables, 0);
        for (int i = imported; i < tables.Length; i++)
        {
            // 0x40 0x00 introduces a table with an initializer ("Binary Format / Table Section").
            bool hasInitializer = reader.PeekByte() == 0x40;
            if (hasInitializer)
            {
                reader.Position++;
                ReadZero(ref reader);
            }

            TableType type = reader.ReadTableType();
            tables[i] = new TableDefinition(type, hasInitializer ? reader.SkipExpression() : null);
        }

        _module.Tables = tables;
    }

    private void ReadMemories(ref WasmReader reader)
    {
        int imported = _module.ImportedMemoryCount;
        int count = ReadCount(ref reader, imported, limits.MaxMemories, "memories");
        var memories = new MemoryType[imported + count];
        _module.Memories.CopyTo(memories, 0);
        for (int i = imported; i < memories.Length; i++)
        {
            memories[i] = reader.ReadMemoryType();
        }

        _module.Memories = memories;
    }

    private void ReadGlobals(ref WasmReader reader)
    {
        int imported = _module.ImportedGlobalCount;
        int count = ReadCount(ref reader, imported, limits.MaxGlobals, "globals");
        var globals = new GlobalDefinition[imported + count];
        _module.Globals.CopyTo(globals, 0);
        for (int i = imported; i < globals.Length; i++)
        {
            GlobalType type = reader.ReadGlobalType();
            globals[i] = new GlobalDefinition(type, reader.SkipExpression());
        }

        _module.Globals = globals;
    }

    private void ReadExports(ref WasmReader reader)
    {
        var exports = new ExportDefinition[ReadCount(ref reader, 0, limits.MaxExports, "exports")];
        for (int i = 0; i < exports.Length; i++)
        {
            string name = reader.ReadName(limits.MaxNameBytes);
            int start = reader.Position;
            byte kind = reader.ReadByte();
            if (kind > 4 || (kind == 4 && (features & WasmFeatures.Exceptions) == 0))
            {
                string hint = kind == 4 ? ": exception handling is not enabled" : "";
                throw new MalformedModuleException($"malformed export kind 0x{kind:x2}{hint}", start);
            }

            exports[i] = new ExportDefinition(name, (ExternKind)kind, ReadIndex(ref reader));
        }

        _module.Exports = exports;
    }

    private void ReadElements(ref WasmReader reader)
    {
        var segments = new ElementSegment[ReadCount(ref reader, 0, limits.MaxElementSegments, "element segments")];
        for (int i = 0; i < segments.Length; i++)
        {
            segments[i] = ReadElementSegment(ref reader);
        }

        _module.Elements = segments;
    }

    private ElementSegment ReadElementSegment(ref WasmReader reader)
    {
        // Bit 0: not active; bit 1: declarative, or an explicit table; bit 2: expressions instead of function indices.
        int start = reader.Position;
        uint flags = reader.ReadVarU32();
        if (flags > 7)
        {
            throw new MalformedModuleException($"malformed elements segment kind {flags}", start);
        }

        bool active = (flags & 1) == 0;
        SegmentMode mode = active ? SegmentMode.Active : (flags & 2) == 0 ? SegmentMode.Passive : SegmentMode.Declarative;
        int table = active && (flags & 2) != 0 ? ReadIndex(ref reader) : 0;
        ByteRange offset = active ? reader.SkipExpression() : default;
        bool hasExpressions = (flags & 4) != 0;

        // Function indices give references that are not null ("Element Section").
        ValueType type = hasExpressions ? ValueType.FuncRef : ValueType.FuncRef.WithoutNull;
        if ((flags & 3) != 0)
        {
            if (hasExpressions)
            {
                type = reader.ReadReferenceType();
            }
            else
            {
                int kindOffset = reader.Position;
                if (reader.ReadByte() != 0)
                {
                    throw new MalformedModuleException("malformed element kind", kindOffset);
                }
            }
        }

        int count = ReadCount(ref reader, 0, limits.MaxSegmentElements, "elements in a segment");
        if (!hasExpressions)
        {
            var functions = new int[count];
            for (int i = 0; i < count; i++)
            {
                functions[i] = ReadIndex(ref reader);
            }

            return new ElementSegment(mode, table, offset, type, functions, null);
        }

        var expressions = new ByteRange[count];
        for (int i = 0; i < count; i++)
        {
            expressions[i] = reader.SkipExpression();
        }

        return new ElementSegment(mode, table, offset, type, null, expressions);
    }

    private void ReadDataCount(ref WasmReader reader)
    {
        int start = reader.Position;
        uint count = reader.ReadVarU32();
        CheckLimit(count, limits.MaxDataSegments, "data segments", start);
        _module.DataCount = (int)count;
    }

    private void ReadCode(ref WasmReader reader)
    {
        _hasCode = true;
        int start = reader.Position;
        _module.CodeStart = start;
        uint count = reader.ReadCount();
        int expected = _module.Functions.Length - _module.ImportedFunctionCount;
        if (count != (uint)expected)
        {
            throw new MalformedModuleException($"function and code section have inconsistent lengths: {expected} and {count}", start);
        }

        var bodies = new FunctionBody[expected];
        for (int i = 0; i < bodies.Length; i++)
        {
            bodies[i] = ReadBody(ref reader, _module.Functions[_module.ImportedFunctionCount + i]);
        }

        _module.Bodies = bodies;
    }

    private FunctionBody ReadBody(ref WasmReader reader, int typeIndex)
    {
        int start = reader.Position;
        uint size = reader.ReadCount();
        if (size > (uint)limits.MaxFunctionBytes)
        {
            throw new MalformedModuleException($"function body of {size} bytes is larger than the limit of {limits.MaxFunctionBytes}", start);
        }

        int end = reader.Position + (int)size;
        var body = new WasmReader(bytes, reader.Position, end, features, Types);
        int localsOffset = body.Position;
        var runs = new LocalRun[body.ReadCount()];

        // The type index is checked by the validator; a function with a bad one counts as having no parameters here.
        ulong total = typeIndex < Types.Count ? (ulong)(Types[typeIndex].Function?.Parameters.Length ?? 0) : 0;
        for (int i = 0; i < runs.Length; i++)
        {
            uint count = body.ReadVarU32();
            total += count;
            if (total > (uint)limits.MaxLocals)
            {
                throw new MalformedModuleException($"too many locals: {total}, the limit is {limits.MaxLocals}", localsOffset);
            }

            runs[i] = new LocalRun((int)count, body.ReadValueType());
        }

        reader.Position = end;
        return new FunctionBody(runs, (int)total, new ByteRange(body.Position, end)) { Start = localsOffset };
    }

    private void ReadData(ref WasmReader reader)
    {
        _hasData = true;
        int start = reader.Position;
        var segments = new DataSegment[ReadCount(ref reader, 0, limits.MaxDataSegments, "data segments")];
        if (_module.DataCount >= 0 && _module.DataCount != segments.Length)
        {
            throw new MalformedModuleException($"data count and data section have inconsistent lengths: {_module.DataCount} and {segments.Length}", start);
        }

        for (int i = 0; i < segments.Length; i++)
        {
            int offset = reader.Position;
            uint flags = reader.ReadVarU32();
            if (flags > 2)
            {
                throw new MalformedModuleException($"malformed data segment kind {flags}", offset);
            }

            int memory = flags == 2 ? ReadIndex(ref reader) : 0;
            ByteRange expression = flags != 1 ? reader.SkipExpression() : default;
            int length = (int)reader.ReadCount();
            segments[i] = new DataSegment(
                flags == 1 ? SegmentMode.Passive : SegmentMode.Active, memory, expression, new ByteRange(reader.Position, reader.Position + length));
            reader.Position += length;
        }

        _module.Data = segments;
    }

    private static int ReadCount(ref WasmReader reader, int already, int maximum, string what)
    {
        int start = reader.Position;
        uint count = reader.ReadCount();
        CheckLimit((ulong)already + count, maximum, what, start);
        return (int)count;
    }

    private static void CheckLimit(ulong count, int maximum, string what, int offset)
    {
        if (count > (ulong)maximum)
        {
            throw new MalformedModuleException($"too many {what}: {count}, the limit is {maximum}", offset);
        }
    }

    private static void CheckLimit(int count, int maximum, string what, int offset) => CheckLimit((ulong)count, maximum, what, offset);

    /// <summary>Reads an index. Those beyond 2^31 cannot exist; they are kept as the largest number, which the validator refuses.</summary>
    private static int ReadIndex(ref WasmReader reader) => (int)Math.Min(reader.ReadVarU32(), int.MaxValue);

    private static void ReadZero(ref WasmReader reader)
    {
        int start = reader.Position;
        if (reader.ReadByte() != 0)
        {
            throw new MalformedModuleException("zero byte expected", start);
        }
    }
}
