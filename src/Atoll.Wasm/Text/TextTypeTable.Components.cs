namespace Atoll.Wasm.Text;

/// <content>Types that components define for core modules (Component Model, "Type Definitions").</content>
internal sealed partial class TextTypeTable
{
    /// <summary>
    /// Whether definitions and uses alternate, as in the type of a core module. A type use then means the first equal type that is defined
    /// before it; one that is implied takes the next index, and each use implies its own, as indices that the text has count them. What a
    /// use repeats of a type that it names is not looked at.
    /// </summary>
    public bool IsOpen { get; init; }

    /// <summary>How many types there are, those of groups and implied ones included.</summary>
    public int TypeCount => _types.Count;

    /// <summary>A type in the binary format.</summary>
    public ReadOnlySpan<byte> BytesOf(int index) => _types[index].Bytes;

    /// <summary>Takes the next index for a type that is defined elsewhere.</summary>
    public void DeclareAlias(TextCursor cursor)
    {
        Index.Declare(cursor);
        _types.Add(new Definition([], null, null));
    }

    /// <summary>Reads <c>(type …)</c> or <c>(rec …)</c>, of which the cursor has passed the word, and writes it without the count of groups.</summary>
    /// <param name="cursor">Where the type stands.</param>
    /// <param name="isGroup">Whether the word was <c>rec</c>.</param>
    /// <param name="isDeclared">Whether the identifiers have their indices already.</param>
    /// <param name="output">Takes the bytes.</param>
    public void DefineOne(TextCursor cursor, bool isGroup, bool isDeclared, ByteBuffer output)
    {
        int first = _types.Count;
        BeginGroup(isGroup);
        if (isGroup)
        {
            DefineGroup(cursor, isDeclared);
            output.Byte(Recursive);
            output.Unsigned((uint)(_types.Count - first));
        }
        else
        {
            DefineMember(cursor, isDeclared);
        }

        foreach (Definition type in _types[first..])
        {
            output.Bytes(type.Bytes);
        }

        EndDeclarations();
    }

    private void DefineGroup(TextCursor cursor, bool isDeclared)
    {
        int start = cursor.Position;
        while (!isDeclared && cursor.TryOpen("type"u8))
        {
            int end = cursor.Source.Tokens[cursor.Position - 2].End;
            Index.Declare(cursor);
            cursor.Position = end;
            if (!cursor.At(TokenKind.Close))
            {
                // Unclosed: the types themselves are read below, and run into it.
                break;
            }

            cursor.Position++;
        }

        cursor.Position = start;
        while (!cursor.At(TokenKind.Close))
        {
            cursor.ExpectOpen();
            cursor.ExpectKeyword("type"u8);
            DefineMember(cursor, isDeclared: true);
        }

        cursor.ExpectClose();
    }

    private void DefineMember(TextCursor cursor, bool isDeclared)
    {
        if (isDeclared)
        {
            cursor.TryId();
        }
        else
        {
            Index.Declare(cursor);
        }

        Define(cursor);
    }
}
