using System.Text;
using System.Text.Json;

namespace Atoll.Mcp;

/// <summary>Sets one member two levels deep in the text of a JSON object and leaves every other byte as it is, comments included.</summary>
internal static class JsonTextEditor
{
    /// <summary>Sets <c>text[outer][name]</c>; makes what is missing.</summary>
    /// <param name="text">A JSON object, with comments and trailing commas if need be; empty for a new one.</param>
    /// <param name="outer">Name of the outer member, an object.</param>
    /// <param name="name">Name of the inner member.</param>
    /// <param name="value">The JSON text of the value, indented with two spaces.</param>
    /// <exception cref="JsonException">The text is not a JSON object, or the outer member is not one.</exception>
    public static string SetMember(string text, string outer, string name, string value)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            text = "{\n}\n";
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        var root = Find(bytes, 0, outer) ?? throw new JsonException("the file does not hold an object");
        string changed;
        if (root.ValueStart < 0)
        {
            changed = Insert(bytes, root, 1, outer, "{\n" + Indent($"{Quote(name)}: {value}", 1) + "\n}");
        }
        else
        {
            var inner = Find(bytes, root.ValueStart, name) ?? throw new JsonException($"\"{outer}\" is not an object");
            changed = inner.ValueStart < 0
                ? Insert(bytes, inner, 2, name, value)
                : Splice(bytes, inner.ValueStart, inner.ValueEnd, Indent(value, 2).TrimStart());
        }

        // The result must be what was meant before anybody writes it.
        using var check = JsonDocument.Parse(changed, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        using var wanted = JsonDocument.Parse(value);
        return JsonElement.DeepEquals(check.RootElement.GetProperty(outer).GetProperty(name), wanted.RootElement)
            ? changed
            : throw new JsonException("the file has the same name twice");
    }

    // Where the object that starts at an offset ends, where its last member ends, and where the value of one member stands.
    private static Place? Find(byte[] bytes, int start, string name)
    {
        var reader = new Utf8JsonReader(bytes.AsSpan(start), new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        var place = new Place(start + (int)reader.BytesConsumed, -1, -1, -1, -1);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var match = reader.ValueTextEquals(name);
            reader.Read();
            var valueStart = start + (int)reader.TokenStartIndex;
            reader.Skip();
            var valueEnd = start + (int)reader.BytesConsumed;
            place = place with { LastValueEnd = valueEnd };
            if (match)
            {
                place = place with { ValueStart = valueStart, ValueEnd = valueEnd };
            }
        }

        return place with { Close = start + (int)reader.TokenStartIndex };
    }

    private static string Insert(byte[] bytes, Place place, int level, string name, string value)
    {
        var member = Indent($"{Quote(name)}: {value}", level);
        if (place.LastValueEnd < 0)
        {
            return Splice(bytes, place.Open, place.Open, "\n" + member + Tail(bytes, place.Open, place.Close, level));
        }

        // A comma may stand after the last member already (JSON with comments allows it).
        var between = new Utf8JsonReaderGap(bytes.AsSpan(place.LastValueEnd, place.Close - place.LastValueEnd));
        return between.Comma is { } comma
            ? Splice(bytes, place.LastValueEnd + comma + 1, place.LastValueEnd + comma + 1, "\n" + member)
            : Splice(bytes, place.LastValueEnd, place.LastValueEnd, ",\n" + member);
    }

    private static string Tail(byte[] bytes, int open, int close, int level)
        => bytes.AsSpan(open, close - open).Contains((byte)'\n') ? "" : "\n" + new string(' ', (level - 1) * 2);

    private static string Splice(byte[] bytes, int from, int to, string text)
        => Encoding.UTF8.GetString(bytes.AsSpan(0, from)) + text + Encoding.UTF8.GetString(bytes.AsSpan(to));

    private static string Indent(string text, int level)
    {
        var prefix = new string(' ', level * 2);
        return prefix + text.Replace("\n", "\n" + prefix, StringComparison.Ordinal);
    }

    private static string Quote(string name) => "\"" + JsonEncodedText.Encode(name, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping) + "\"";

    private sealed record Place(int Open, int Close, int LastValueEnd, int ValueStart, int ValueEnd);

    /// <summary>Finds a comma between two tokens, outside of comments.</summary>
    private readonly ref struct Utf8JsonReaderGap
    {
        public Utf8JsonReaderGap(ReadOnlySpan<byte> gap)
        {
            for (var i = 0; i < gap.Length; i++)
            {
                if (gap[i] == ',')
                {
                    Comma = i;
                    return;
                }

                if (gap[i..].StartsWith("//"u8))
                {
                    var end = gap[i..].IndexOf((byte)'\n');
                    i = end < 0 ? gap.Length : i + end;
                }
                else if (gap[i..].StartsWith("/*"u8))
                {
                    i += gap[i..].IndexOf("*/"u8) + 1;
                }
            }
        }

        public int? Comma { get; }
    }
}
