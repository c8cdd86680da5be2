using System.Diagnostics.CodeAnalysis;

namespace Atoll.Sdk.Toml;

/// <summary>A value of a TOML document, and where it stands.</summary>
internal abstract class TomlValue(TextSpan span)
{
    public TextSpan Span { get; } = span;

    /// <summary>What it is, with its article, for messages.</summary>
    public abstract string Kind { get; }
}

internal sealed class TomlString(TextSpan span, string value) : TomlValue(span)
{
    public string Value { get; } = value;

    public override string Kind => "a string";
}

internal sealed class TomlInteger(TextSpan span, long value) : TomlValue(span)
{
    public long Value { get; } = value;

    public override string Kind => "an integer";
}

internal sealed class TomlFloat(TextSpan span, double value) : TomlValue(span)
{
    public double Value { get; } = value;

    public override string Kind => "a float";
}

internal sealed class TomlBoolean(TextSpan span, bool value) : TomlValue(span)
{
    public bool Value { get; } = value;

    public override string Kind => "a boolean";
}

/// <summary>A date, a time, or both, with or without the offset of a time zone; fractions of a second are kept to 100 ns.</summary>
internal sealed class TomlDateTime(TextSpan span, DateOnly? date, TimeOnly? time, TimeSpan? offset) : TomlValue(span)
{
    public DateOnly? Date { get; } = date;

    public TimeOnly? Time { get; } = time;

    public TimeSpan? Offset { get; } = offset;

    public override string Kind => Offset is not null ? "a date-time" : Date is null ? "a local time" : Time is null ? "a local date" : "a local date-time";
}

internal sealed class TomlArray(TextSpan span, IReadOnlyList<TomlValue> items) : TomlValue(span)
{
    public IReadOnlyList<TomlValue> Items { get; } = items;

    /// <summary>Whether it is written as <c>[[name]]</c>, so that more can come.</summary>
    public bool IsOfTables { get; init; }

    public override string Kind => "an array";
}

/// <summary>A key with its value.</summary>
/// <param name="Key">The key.</param>
/// <param name="KeySpan">Where the key stands.</param>
/// <param name="Value">The value.</param>
internal sealed record TomlEntry(string Key, TextSpan KeySpan, TomlValue Value);

/// <summary>A table; its entries are in the order of the document.</summary>
internal sealed class TomlTable(TextSpan span) : TomlValue(span)
{
    private readonly List<TomlEntry> _entries = [];
    private readonly Dictionary<string, TomlEntry> _byKey = new(StringComparer.Ordinal);

    public IReadOnlyList<TomlEntry> Entries => _entries;

    public override string Kind => "a table";

    /// <summary>Whether a <c>[header]</c> defined it.</summary>
    internal bool HasHeader { get; set; }

    /// <summary>The section whose dotted keys defined it; 0 for none.</summary>
    internal int DottedIn { get; set; }

    /// <summary>Whether it was written in braces, so that nothing can be added.</summary>
    internal bool IsInline { get; set; }

    public TomlEntry? Find(string key) => _byKey.GetValueOrDefault(key);

    public bool TryGet(string key, [NotNullWhen(true)] out TomlValue? value)
    {
        value = Find(key)?.Value;
        return value is not null;
    }

    internal void Add(TomlEntry entry)
    {
        _byKey.Add(entry.Key, entry);
        _entries.Add(entry);
    }
}

/// <summary>A document that was read.</summary>
/// <param name="Source">Its text.</param>
/// <param name="Root">The table that everything is in.</param>
internal sealed record TomlDocument(SourceText Source, TomlTable Root)
{
    /// <summary>Reads TOML 1.0.</summary>
    /// <exception cref="DiagnosticException">It is not; the one diagnostic says what is wrong and where.</exception>
    public static TomlDocument Read(string path, ReadOnlySpan<byte> utf8) => new TomlReader(SourceText.Decode(path, utf8)).Read();
}
