using System.Text;
using System.Text.Json;

namespace Atoll.Host.Configuration;

/// <summary>What a <see cref="SourceJson"/> node is.</summary>
internal enum SourceJsonKind
{
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

/// <summary>Limits on a file that a person (or an attacker) wrote.</summary>
internal sealed record SourceJsonLimits(int MaxBytes = 1 << 20, int MaxDepth = 48, int MaxNodes = 50_000);

/// <summary>
/// A JSON document that remembers where each value stood, so that a mistake is reported with its line. Strict: no comments, no
/// trailing commas, no repeated names, nothing after the value.
/// </summary>
internal sealed class SourceJson
{
    private readonly ReadOnlyMemory<byte> _text;
    private readonly int _start;
    private readonly int _end;
    private readonly Dictionary<string, SourceJson>? _members;
    private readonly List<SourceJson>? _items;
    private readonly string? _string;

    private SourceJson(
        SourceJsonKind kind, ReadOnlyMemory<byte> text, int start, int end,
        Dictionary<string, SourceJson>? members = null, List<SourceJson>? items = null, string? value = null)
    {
        Kind = kind;
        _text = text;
        _start = start;
        _end = end;
        _members = members;
        _items = items;
        _string = value;
    }

    public SourceJsonKind Kind { get; }

    /// <summary>Line and column (bytes) of the value's first byte, counted from 1.</summary>
    public (int Line, int Column) Position => PositionOf(_text.Span, _start);

    /// <summary>Line and column (bytes) behind the value's last byte, counted from 1.</summary>
    public (int Line, int Column) End => PositionOf(_text.Span, _end);

    public IReadOnlyDictionary<string, SourceJson> Members => _members ?? throw new InvalidOperationException("not an object");

    public IReadOnlyList<SourceJson> Items => _items ?? throw new InvalidOperationException("not an array");

    public string Text => _string ?? throw new InvalidOperationException("not a string");

    public bool Boolean => _text.Span[_start] == (byte)'t';

    public bool TryGetInt64(out long value)
    {
        var reader = new Utf8JsonReader(_text.Span[_start.._end]);
        value = 0;
        return Kind == SourceJsonKind.Number && reader.Read() && reader.TryGetInt64(out value);
    }

    /// <summary>The value as an independent element.</summary>
    public JsonElement ToElement()
    {
        using var document = JsonDocument.Parse(_text[_start.._end]);
        return document.RootElement.Clone();
    }

    /// <summary>Reads a document.</summary>
    /// <param name="file">Name for messages.</param>
    /// <param name="utf8">The bytes; a byte-order mark is skipped.</param>
    /// <param name="limits">Limits; exceeding one is a problem.</param>
    /// <param name="problem">Why it could not be read.</param>
    /// <returns>The document, or null.</returns>
    public static SourceJson? Parse(string file, ReadOnlyMemory<byte> utf8, SourceJsonLimits limits, out Problem? problem)
    {
        problem = null;
        if (utf8.Length > limits.MaxBytes)
        {
            problem = new Problem(file, 0, 0, $"the file has {utf8.Length} bytes; at most {limits.MaxBytes} are read. Make it smaller.");
            return null;
        }

        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        if (utf8.Span.StartsWith(mark))
        {
            utf8 = utf8[3..];
        }

        try
        {
            var reader = new Utf8JsonReader(utf8.Span, new JsonReaderOptions { MaxDepth = limits.MaxDepth });
            reader.Read();
            var budget = limits.MaxNodes;
            var root = ReadValue(ref reader, utf8, ref budget);

            // Only blanks may follow; the reader reports anything else.
            reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            var message = e.Message;
            var cut = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            problem = new Problem(
                file, (int)(e.LineNumber ?? 0) + 1, (int)(e.BytePositionInLine ?? 0) + 1,
                "not valid JSON: " + (cut < 0 ? message : message[..cut]) + " Correct the syntax (no comments, no trailing commas).");
            return null;
        }
        catch (SourceJsonException e)
        {
            var (line, column) = PositionOf(utf8.Span, e.Offset);
            problem = new Problem(file, line, column, e.Message);
            return null;
        }
    }

    private static SourceJson ReadValue(ref Utf8JsonReader reader, ReadOnlyMemory<byte> text, ref int budget)
    {
        var start = (int)reader.TokenStartIndex;
        if (--budget < 0)
        {
            throw new SourceJsonException(start, "the document has too many values. Make it smaller.");
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return ReadObject(ref reader, text, start, ref budget);
            case JsonTokenType.StartArray:
                var items = new List<SourceJson>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(ReadValue(ref reader, text, ref budget));
                }

                return new SourceJson(SourceJsonKind.Array, text, start, (int)reader.BytesConsumed, items: items);
            case JsonTokenType.String:
                return new SourceJson(SourceJsonKind.String, text, start, (int)reader.BytesConsumed, value: StringOf(ref reader, start));
            case JsonTokenType.Number:
                return new SourceJson(SourceJsonKind.Number, text, start, (int)reader.BytesConsumed);
            case JsonTokenType.True or JsonTokenType.False:
                return new SourceJson(SourceJsonKind.Boolean, text, start, (int)reader.BytesConsumed);
            default:
                return new SourceJson(SourceJsonKind.Null, text, start, (int)reader.BytesConsumed);
        }
    }

    private static SourceJson ReadObject(ref Utf8JsonReader reader, ReadOnlyMemory<byte> text, int start, ref int budget)
    {
        var members = new Dictionary<string, SourceJson>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var at = (int)reader.TokenStartIndex;
            var name = StringOf(ref reader, at);
            reader.Read();
            if (!members.TryAdd(name, ReadValue(ref reader, text, ref budget)))
            {
                throw new SourceJsonException(at, $"the property \"{Printable.Shorten(name)}\" appears twice. Keep one of them.");
            }
        }

        return new SourceJson(SourceJsonKind.Object, text, start, (int)reader.BytesConsumed, members: members);
    }

    private static string StringOf(ref Utf8JsonReader reader, int at)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new SourceJsonException(at, "the string is not valid Unicode (broken UTF-8 or half of a surrogate pair). Correct it.");
        }
    }

    private static (int Line, int Column) PositionOf(ReadOnlySpan<byte> text, int offset)
    {
        var before = text[..Math.Min(offset, text.Length)];
        return (before.Count((byte)'\n') + 1, before.Length - before.LastIndexOf((byte)'\n'));
    }

    private sealed class SourceJsonException(int offset, string message) : Exception(message)
    {
        public int Offset { get; } = offset;
    }
}

/// <summary>Text from outside made fit for a log line or a message.</summary>
internal static class Printable
{
    /// <summary>Cuts long text and replaces control characters, so that hostile text cannot forge log lines or terminal commands.</summary>
    public static string Shorten(string? text, int max = 200)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var clean = true;
        foreach (var c in text)
        {
            clean &= !IsUnsafe(c);
        }

        if (clean && text.Length <= max)
        {
            return text;
        }

        var builder = new StringBuilder(Math.Min(text.Length, max) + 1);
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, max)))
        {
            builder.Append(IsUnsafe(c) ? '\uFFFD' : c);
        }

        return text.Length > max ? builder.Append('…').ToString() : builder.ToString();
    }

    // Besides controls: line and paragraph separators and the bidirectional controls, which reorder what a terminal shows.
    private static bool IsUnsafe(char c)
        => char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
