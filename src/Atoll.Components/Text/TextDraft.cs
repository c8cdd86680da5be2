using Atoll.Wasm.Text;

namespace Atoll.Components.Text;

/// <summary>Something that has an index. The index is known when all of its scope has been read.</summary>
/// <param name="Sort">In which index space it is.</param>
/// <param name="Id">Its identifier, or null.</param>
/// <param name="Name">Its name in the name section, or null.</param>
/// <param name="Token">The token that gives it its identifier, for messages.</param>
internal sealed record TextDefinition(TextSort Sort, string? Id = null, string? Name = null, int Token = 0)
{
    public uint Index { get; set; }

    /// <summary>For an alias that the text only implies: its place among the definitions of its scope; else -1.</summary>
    public int ImpliedAt { get; init; } = -1;
}

/// <summary>A use of something that has an index: by number, by identifier, or through the exports of an instance.</summary>
/// <param name="sort">What it must be.</param>
/// <param name="token">Where it stands, for messages.</param>
internal sealed class TextReference(TextSort sort, int token)
{
    public TextSort Sort { get; } = sort;

    public int Token { get; } = token;

    public string? Id { get; private init; }

    public uint Number { get; private init; }

    /// <summary>The names of exports that lead from an instance (which is what the index or identifier then denotes) to what is meant.</summary>
    public List<string> Path { get; } = [];

    /// <summary>What is meant, once that is known.</summary>
    public TextDefinition? Target { get; set; }

    public uint Index => Target?.Index ?? Number;

    /// <summary>Whether it says where to look, so that there is something to find out.</summary>
    public bool IsOpen => Target is null && (Id is not null || Path.Count > 0);

    /// <summary>Reads an index or identifier.</summary>
    public static TextReference Read(TextCursor cursor, TextSort sort)
    {
        int token = cursor.Position;
        return cursor.TryId() is { } id ? new TextReference(sort, token) { Id = id }
            : cursor.At(TokenKind.Nat) ? new TextReference(sort, token) { Number = (uint)cursor.ExpectInteger(32) }
            : throw cursor.Unexpected($"a {sort.Words()} index");
    }

    /// <summary>Reads an index or identifier and the names of exports that follow ("inlinealias").</summary>
    public static TextReference ReadWithPath(TextCursor cursor, TextSort sort)
    {
        TextReference reference = Read(cursor, sort);
        while (cursor.At(TokenKind.String) && (reference.Path.Count == 0 || !sort.IsCore() || sort == TextSort.CoreModule))
        {
            reference.Path.Add(cursor.ExpectName());
        }

        return reference;
    }

    public static TextReference To(TextDefinition target) => new(target.Sort, 0) { Target = target };

    /// <summary>The same index or identifier without its path, as that of an instance.</summary>
    public TextReference AsInstance(TextSort instance) => new(instance, Token) { Id = Id, Number = Number };
}

/// <summary>The bytes of one definition, in which the indices are still open, and what the definition uses.</summary>
internal sealed class TextDraft
{
    private readonly List<(int Offset, Action<ByteBuffer> Write)> _late = [];

    /// <summary>What is known already.</summary>
    public ByteBuffer Bytes { get; } = new();

    /// <summary>What it uses, in the order in which aliases for it are made.</summary>
    public List<TextReference> Uses { get; } = [];

    /// <summary>Says that a reference is used; where its index stands comes later.</summary>
    public TextReference Use(TextReference reference)
    {
        Uses.Add(reference);
        return reference;
    }

    /// <summary>Puts the index of a reference here, which <see cref="Use"/> has seen.</summary>
    public void Place(TextReference reference) => Late(output => output.Unsigned(reference.Index));

    /// <summary>Uses a reference and puts its index here.</summary>
    public void Index(TextReference reference) => Place(Use(reference));

    /// <summary>Uses a reference and puts its index here as a type's, which is a signed number.</summary>
    public void TypeIndex(TextReference reference)
    {
        Use(reference);
        Late(output => output.Signed(reference.Index));
    }

    /// <summary>Puts something here that can be written only when all indices are known.</summary>
    public void Late(Action<ByteBuffer> write) => _late.Add((Bytes.Length, write));

    /// <summary>Puts another draft here.</summary>
    public void Append(TextDraft other)
    {
        Uses.AddRange(other.Uses);
        Late(other.Write);
    }

    /// <summary>Puts a number of items and the items here.</summary>
    public void Vector(uint count, TextDraft items)
    {
        Bytes.Unsigned(count);
        Append(items);
    }

    public void Write(ByteBuffer output)
    {
        int done = 0;
        foreach ((int offset, Action<ByteBuffer> write) in _late)
        {
            output.Bytes(Bytes.Span[done..offset]);
            write(output);
            done = offset;
        }

        output.Bytes(Bytes.Span[done..]);
    }
}
