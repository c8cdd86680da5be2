namespace Atoll.Wasm.Text;

/// <summary>
/// The types of a module: those that it declares, then those that type uses imply (specification, "Text Format / Modules /
/// Type Uses").
/// </summary>
internal sealed partial class TextTypeTable
{
    private const byte Recursive = 0x4E;
    private const byte SubFinal = 0x4F;
    private const byte Sub = 0x50;
    private const byte ArrayForm = 0x5E;
    private const byte StructForm = 0x5F;
    private const byte FunctionForm = 0x60;

    private readonly List<Definition> _types = [];
    private readonly List<Group> _groups = [];
    private readonly Dictionary<TextSignature, uint> _first = [];
    private readonly List<(uint Index, TextSignature Signature, Group Group)> _plain = [];

    /// <summary>A type in the binary format. Only a function type has a signature, only a structure's fields may have names.</summary>
    private sealed record Definition(byte[] Bytes, TextSignature? Signature, TextIndexSpace? Fields);

    /// <param name="Start">Index of its first type.</param>
    /// <param name="IsRecursive">Whether the text has <c>(rec …)</c>.</param>
    private sealed record Group(int Start, bool IsRecursive)
    {
        public int Count { get; set; }
    }

    public TextIndexSpace Index { get; init; } = new("type");

    /// <summary>Names of fields, by the index of their structure type.</summary>
    public IEnumerable<(uint Type, TextIndexSpace Fields)> FieldNames =>
        _types.Select((type, i) => ((uint)i, type.Fields!)).Where(pair => pair.Item2 is { Names.Count: > 0 });

    /// <summary>Begins a recursion group, to which the next defined types belong.</summary>
    public void BeginGroup(bool isRecursive) => _groups.Add(new Group(_types.Count, isRecursive));

    /// <summary>Reads <c>(type $id? …)</c>, of which the cursor has passed the word <c>type</c> and the identifier.</summary>
    public void Define(TextCursor cursor)
    {
        ByteBuffer bytes = new();
        bool isPlain = true;
        bool isSub = cursor.TryOpen("sub"u8);
        if (isSub)
        {
            bool isFinal = cursor.TryKeyword("final"u8);
            List<uint> supers = [];
            while (cursor.AtIndex)
            {
                supers.Add(Index.Resolve(cursor));
            }

            isPlain = isFinal && supers.Count == 0;
            if (!isPlain)
            {
                bytes.Byte(isFinal ? SubFinal : Sub);
                bytes.Unsigned((uint)supers.Count);
                supers.ForEach(super => bytes.Unsigned(super));
            }
        }

        TextSignature? signature = null;
        TextIndexSpace? fields = null;
        if (cursor.TryOpen("func"u8))
        {
            signature = Signature(cursor, locals: null, namesAllowed: true);
            WriteFunction(bytes, signature);
        }
        else if (cursor.TryOpen("struct"u8))
        {
            fields = Structure(cursor, bytes);
        }
        else if (cursor.TryOpen("array"u8))
        {
            bytes.Byte(ArrayForm);
            Field(cursor, bytes);
        }
        else
        {
            cursor.Position += cursor.At(TokenKind.Open) ? 1 : 0;
            throw cursor.Unexpected("func, struct or array");
        }

        cursor.ExpectClose();
        if (isSub)
        {
            cursor.ExpectClose();
        }

        cursor.ExpectClose();
        Add(new Definition(bytes.ToArray(), signature, fields), isPlain);
    }

    /// <summary>Reads a type use and gives its type index. <paramref name="locals"/> takes the parameters' names, null where they may have none.</summary>
    public uint Use(TextCursor cursor, TextIndexSpace? locals)
    {
        bool explicitType = TryExplicit(cursor, out uint index);
        int start = cursor.Position;
        TextSignature signature = Signature(cursor, locals, namesAllowed: locals is not null);
        return Finish(cursor, explicitType, index, signature, start, locals);
    }

    /// <summary>Reads a block type and writes it in its shortest form.</summary>
    public void WriteBlockType(TextCursor cursor, ByteBuffer buffer)
    {
        bool explicitType = TryExplicit(cursor, out uint index);
        int start = cursor.Position;
        TextSignature signature = Signature(cursor, locals: null, namesAllowed: false);
        if (!explicitType && signature.Parameters.Length == 0 && signature.Results.Length <= 1)
        {
            if (signature.Results.Length == 0)
            {
                buffer.Byte(0x40);
            }
            else
            {
                signature.Results[0].Write(buffer);
            }
        }
        else
        {
            buffer.Signed(Finish(cursor, explicitType, index, signature, start, locals: null));
        }
    }

    /// <summary>Reads a field of a structure type, by name or number.</summary>
    public uint ResolveField(TextCursor cursor, uint type) =>
        ((type < _types.Count ? _types[(int)type].Fields : null) ?? new TextIndexSpace("field")).Resolve(cursor);

    public void Write(ByteBuffer buffer)
    {
        buffer.Unsigned((uint)_groups.Count);
        foreach (Group group in _groups)
        {
            if (group.IsRecursive)
            {
                buffer.Byte(Recursive);
                buffer.Unsigned((uint)group.Count);
            }

            for (int i = 0; i < group.Count; i++)
            {
                buffer.Bytes(_types[group.Start + i].Bytes);
            }
        }
    }

    public int Count => _groups.Count;

    private static void WriteFunction(ByteBuffer buffer, TextSignature signature)
    {
        buffer.Byte(FunctionForm);
        WriteList(signature.Parameters, buffer);
        WriteList(signature.Results, buffer);
    }

    private static void WriteList(TextType[] types, ByteBuffer buffer)
    {
        buffer.Unsigned((uint)types.Length);
        foreach (TextType type in types)
        {
            type.Write(buffer);
        }
    }

    private TextIndexSpace Structure(TextCursor cursor, ByteBuffer bytes)
    {
        TextIndexSpace names = new("field");
        ByteBuffer fields = new();
        while (cursor.TryOpen("field"u8))
        {
            if (cursor.At(TokenKind.Id) || cursor.AtNameAnnotation)
            {
                names.Declare(cursor);
                Field(cursor, fields);
            }
            else
            {
                while (!cursor.At(TokenKind.Close))
                {
                    names.DeclareUnnamed();
                    Field(cursor, fields);
                }
            }

            cursor.ExpectClose();
        }

        bytes.Byte(StructForm);
        bytes.Unsigned(names.Count);
        bytes.Bytes(fields.Span);
        return names;
    }

    /// <summary>Reads a storage type, in <c>(mut …)</c> or not.</summary>
    private void Field(TextCursor cursor, ByteBuffer bytes)
    {
        bool isMutable = cursor.TryOpen("mut"u8);
        if (cursor.TryKeyword("i8"u8))
        {
            bytes.Byte(0x78);
        }
        else if (cursor.TryKeyword("i16"u8))
        {
            bytes.Byte(0x77);
        }
        else
        {
            TextTypes.ValueType(cursor, Index).Write(bytes);
        }

        bytes.Byte(isMutable ? (byte)1 : (byte)0);
        if (isMutable)
        {
            cursor.ExpectClose();
        }
    }

    private uint Add(Definition definition, bool isPlain)
    {
        uint index = (uint)_types.Count;
        _types.Add(definition);
        _groups[^1].Count++;
        if (isPlain && definition.Signature is { } signature)
        {
            // A member of a larger group is another type than one that stands alone.
            _plain.Add((index, signature, _groups[^1]));
        }

        return index;
    }

    /// <summary>After the declared types: which of them a type use without an index can mean.</summary>
    public void EndDeclarations()
    {
        foreach ((uint index, TextSignature signature, Group group) in _plain)
        {
            if (group.Count == 1)
            {
                _first.TryAdd(signature, index);
            }
        }

        _plain.Clear();
    }

    private bool TryExplicit(TextCursor cursor, out uint index)
    {
        index = 0;
        if (!cursor.TryOpen("type"u8))
        {
            return false;
        }

        index = Index.Resolve(cursor);
        cursor.ExpectClose();
        return true;
    }

    private uint Finish(TextCursor cursor, bool explicitType, uint index, TextSignature signature, int start, TextIndexSpace? locals)
    {
        if (!explicitType)
        {
            return _first.TryGetValue(signature, out uint known) ? known : Imply(signature);
        }

        TextSignature? declared = index < _types.Count ? _types[(int)index].Signature : null;
        if (signature.IsEmpty)
        {
            // Nothing is repeated: the parameters are those of the type. An index out of range is for validation to find.
            locals?.Skip(declared?.Parameters.Length ?? 0);
        }
        else if (index >= _types.Count)
        {
            throw cursor.ErrorAt($"unknown type {index}", start);
        }
        else if (!IsOpen && (declared is null || !declared.Equals(signature)))
        {
            throw cursor.ErrorAt($"inline function type differs from type {index}", start);
        }

        return index;
    }

    private uint Imply(TextSignature signature)
    {
        ByteBuffer bytes = new();
        WriteFunction(bytes, signature);
        BeginGroup(isRecursive: false);
        uint index = Add(new Definition(bytes.ToArray(), signature, null), isPlain: false);
        if (IsOpen)
        {
            Index.DeclareUnnamed();
        }
        else
        {
            _first.Add(signature, index);
        }

        return index;
    }

    /// <summary>Reads <c>(param …)*</c> then <c>(result …)*</c>.</summary>
    private TextSignature Signature(TextCursor cursor, TextIndexSpace? locals, bool namesAllowed)
    {
        List<TextType> parameters = [];
        List<TextType> results = [];
        while (cursor.TryOpen("param"u8))
        {
            if (namesAllowed && (cursor.At(TokenKind.Id) || (locals is not null && cursor.AtNameAnnotation)))
            {
                if (locals is null)
                {
                    // Names in a type definition bind nothing.
                    cursor.Position++;
                }
                else
                {
                    locals.Declare(cursor);
                }

                parameters.Add(TextTypes.ValueType(cursor, Index));
            }
            else
            {
                int before = parameters.Count;
                ReadTypes(cursor, parameters);
                locals?.Skip(parameters.Count - before);
            }

            cursor.ExpectClose();
        }

        while (cursor.TryOpen("result"u8))
        {
            ReadTypes(cursor, results);
            cursor.ExpectClose();
        }

        if (cursor.AtOpen("param"u8))
        {
            cursor.Position++;
            throw cursor.Unexpected("no parameters after results");
        }

        return new TextSignature([.. parameters], [.. results]);
    }

    private void ReadTypes(TextCursor cursor, List<TextType> types)
    {
        while (TextTypes.TryValueType(cursor, Index, out TextType type))
        {
            types.Add(type);
        }
    }
}
