namespace Atoll.Wasm.Text;

/// <summary>
/// The types of a module: those that it declares, then those that type uses imply (specification, "Text Format / Modules /
/// Type Uses").
/// </summary>
internal sealed class TextTypeTable
{
    private readonly List<TextSignature> _types = [];
    private readonly Dictionary<TextSignature, uint> _first = [];

    public TextIndexSpace Index { get; } = new("type");

    /// <summary>Reads <c>(type $id? (func …))</c>, of which the cursor has passed the word <c>type</c> and the identifier.</summary>
    public void Define(TextCursor cursor)
    {
        if (!cursor.TryOpen("func"u8))
        {
            cursor.Position += cursor.At(TokenKind.Open) ? 1 : 0;
            throw cursor.Unexpected("func");
        }

        Add(Signature(cursor, locals: null, namesAllowed: true));
        cursor.ExpectClose();
        cursor.ExpectClose();
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

    public void Write(ByteBuffer buffer)
    {
        buffer.Unsigned((uint)_types.Count);
        foreach (TextSignature type in _types)
        {
            buffer.Byte(0x60);
            WriteList(type.Parameters, buffer);
            WriteList(type.Results, buffer);
        }
    }

    public int Count => _types.Count;

    private static void WriteList(TextType[] types, ByteBuffer buffer)
    {
        buffer.Unsigned((uint)types.Length);
        foreach (TextType type in types)
        {
            type.Write(buffer);
        }
    }

    private uint Add(TextSignature signature)
    {
        uint index = (uint)_types.Count;
        _types.Add(signature);
        _first.TryAdd(signature, index);
        return index;
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
            return _first.TryGetValue(signature, out uint known) ? known : Add(signature);
        }

        if (signature.IsEmpty)
        {
            // Nothing is repeated: the parameters are those of the type. An index out of range is for validation to find.
            locals?.Skip(index < _types.Count ? _types[(int)index].Parameters.Length : 0);
        }
        else if (index >= _types.Count)
        {
            throw cursor.ErrorAt($"unknown type {index}", start);
        }
        else if (!_types[(int)index].Equals(signature))
        {
            throw cursor.ErrorAt($"inline function type differs from type {index}", start);
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
