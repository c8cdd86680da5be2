namespace Atoll.Wasm.Text;

/// <summary>One index space with its symbolic names (specification, "Text Format / Modules / Indices").</summary>
/// <param name="what">What it numbers, for messages.</param>
internal sealed class TextIndexSpace(string what)
{
    private readonly Dictionary<string, uint> _byName = new(StringComparer.Ordinal);

    public uint Count { get; private set; }

    /// <summary>The names in order of their indices.</summary>
    public List<(uint Index, string Name)> Names { get; } = [];

    /// <summary>
    /// Takes the next index, for the identifier at the cursor if there is one. Its name is what <c>(@name …)</c> says, or else the identifier.
    /// </summary>
    public uint Declare(TextCursor cursor)
    {
        int position = cursor.Position;
        string? id = cursor.TryId();
        if (id is not null && !_byName.TryAdd(id, Count))
        {
            throw cursor.ErrorAt($"duplicate {what} ${id}", position);
        }

        if ((cursor.TryNameAnnotation(what) ?? id) is { } name)
        {
            Names.Add((Count, name));
        }

        return Count++;
    }

    /// <summary>Takes the next index for something without a name.</summary>
    public uint DeclareUnnamed() => Count++;

    /// <summary>Lets a name denote an index that was given elsewhere.</summary>
    public void Bind(string name, uint index) => _byName[name] = index;

    /// <summary>Takes the next <paramref name="count"/> indices for something without names.</summary>
    public void Skip(int count) => Count += (uint)count;

    /// <summary>Starts again from nothing.</summary>
    public void Clear()
    {
        _byName.Clear();
        Names.Clear();
        Count = 0;
    }

    /// <summary>The index that the number or identifier at the cursor denotes. Numbers are left to validation.</summary>
    public uint Resolve(TextCursor cursor)
    {
        int position = cursor.Position;
        if (cursor.TryId() is { } name)
        {
            return _byName.TryGetValue(name, out uint index) ? index : throw cursor.ErrorAt($"unknown {what} ${name}", position);
        }

        return cursor.At(TokenKind.Nat) ? (uint)cursor.ExpectInteger(32) : throw cursor.Unexpected($"a {what} index");
    }

    /// <summary>As <see cref="Resolve"/>, or 0 where no index is written.</summary>
    public uint ResolveOptional(TextCursor cursor) => cursor.AtIndex ? Resolve(cursor) : 0;
}
