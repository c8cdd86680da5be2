using System.Text.Unicode;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <summary>The annotations that mean something here ("Custom Sections and Annotations"); any other is skipped.</summary>
internal enum AnnotationKind : byte
{
    /// <summary><c>(@name "…")</c>: the name of what is defined, whatever its identifier is.</summary>
    Name,

    /// <summary><c>(@custom "…" …)</c>: a custom section.</summary>
    Custom,

    /// <summary><c>(@metadata.code.branch_hint "…")</c>: whether a branch is likely taken.</summary>
    BranchHint,
}

/// <summary>An annotation, which is no token of the text but stands between two.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Before">Index of the token that follows it.</param>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="Content">The tokens in it, without its id; parentheses do not know where they end.</param>
internal sealed record TextAnnotation(AnnotationKind Kind, int Before, int Start, TextToken[] Content)
{
    /// <summary>The annotation's id with its <c>@</c>.</summary>
    public string Id => Kind switch
    {
        AnnotationKind.Name => "@name",
        AnnotationKind.Custom => "@custom",
        _ => "@" + BranchHints.SectionName,
    };

    public static AnnotationKind? KindOf(ReadOnlySpan<byte> id) =>
        id.SequenceEqual("name"u8) ? AnnotationKind.Name
        : id.SequenceEqual("custom"u8) ? AnnotationKind.Custom
        : id.SequenceEqual("metadata.code.branch_hint"u8) ? AnnotationKind.BranchHint
        : null;
}

/// <summary>The annotations of a text, and which of them somebody had a use for.</summary>
internal sealed class AnnotationSet(TextSource source)
{
    private readonly HashSet<int> _taken = [];

    /// <summary>Takes the annotations of a kind that stand directly before a token and were not taken yet.</summary>
    public IEnumerable<TextAnnotation> TakeAll(AnnotationKind kind, int before)
    {
        TextAnnotation[] all = source.Annotations;
        for (int i = FirstFrom(before); i < all.Length && all[i].Before == before; i++)
        {
            if (all[i].Kind == kind && _taken.Add(i))
            {
                yield return all[i];
            }
        }
    }

    /// <summary>Takes the first of them, or gives null.</summary>
    public TextAnnotation? Take(AnnotationKind kind, int before) => source.Annotations.Length == 0 ? null : TakeAll(kind, before).FirstOrDefault();

    /// <summary>Whether an annotation of a kind stands directly before a token.</summary>
    public bool Has(AnnotationKind kind, int before)
    {
        TextAnnotation[] all = source.Annotations;
        int i = FirstFrom(before);
        while (i < all.Length && all[i].Before == before && all[i].Kind != kind)
        {
            i++;
        }

        return i < all.Length && all[i].Before == before;
    }

    /// <summary>The first annotation that stands before one of the tokens and that nobody took.</summary>
    public TextAnnotation? FindLeft(int firstToken, int lastToken)
    {
        TextAnnotation[] all = source.Annotations;
        for (int i = FirstFrom(firstToken); i < all.Length && all[i].Before <= lastToken; i++)
        {
            if (!_taken.Contains(i))
            {
                return all[i];
            }
        }

        return null;
    }

    private int FirstFrom(int token)
    {
        TextAnnotation[] all = source.Annotations;
        int low = 0;
        int high = all.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = all[middle].Before < token ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}

/// <summary>Reads the content of one annotation; its errors name the annotation.</summary>
internal sealed class AnnotationReader(TextSource source, TextAnnotation annotation)
{
    private int _next;

    public bool AtEnd => _next >= annotation.Content.Length;

    public MalformedModuleException Error(string message) =>
        source.Error($"{annotation.Id} annotation: {message}", AtEnd ? annotation.Start : annotation.Content[_next].Start);

    public bool TryTake(TokenKind kind, out ReadOnlySpan<byte> text)
    {
        if (AtEnd || annotation.Content[_next].Kind != kind)
        {
            text = default;
            return false;
        }

        text = source.Slice(annotation.Content[_next++]);
        return true;
    }

    /// <summary>A string that must be UTF-8.</summary>
    public string ExpectName(string what)
    {
        if (AtEnd || annotation.Content[_next].Kind != TokenKind.String)
        {
            throw Error(what);
        }

        byte[] bytes = TextStrings.Decode(source.Slice(annotation.Content[_next]));
        if (!Utf8.IsValid(bytes))
        {
            throw Error("malformed UTF-8 encoding");
        }

        _next++;
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    /// <summary>The bytes of all strings that follow, which must be all there is.</summary>
    public byte[] ExpectStringsToEnd()
    {
        ByteBuffer bytes = new();
        while (TryTake(TokenKind.String, out ReadOnlySpan<byte> token))
        {
            bytes.Bytes(TextStrings.Decode(token));
        }

        ExpectEnd();
        return bytes.ToArray();
    }

    public void ExpectEnd()
    {
        if (!AtEnd)
        {
            throw Error("unexpected token");
        }
    }
}
