using System.Globalization;
using Atoll.Sdk.Toml;

namespace Atoll.Sdk.Manifests;

/// <summary>What a key of <c>Component.toml</c> holds.</summary>
internal enum ManifestType
{
    Text,
    Texts,
    Truth,
    Count,
    Size,
    Duration,
    Table,
    Any,
}

/// <summary>One key of <c>Component.toml</c>: the reader, the validator and the documentation all follow this.</summary>
/// <param name="Path">Its name with those of the tables around it; <c>*</c> stands for names that the author chooses.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Description">What it means, for the documentation.</param>
internal sealed record ManifestKey(string Path, ManifestType Type, string Description)
{
    public const int MaxText = 8192;

    public bool IsRequired { get; init; }

    /// <summary>What holds without it, for the documentation.</summary>
    public string? Default { get; init; }

    /// <summary>Its value as one would write it.</summary>
    public string Example { get; init; } = string.Empty;

    /// <summary>What the texts may be; empty for any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Says what is wrong with a text, or null.</summary>
    public Func<string, string?>? Check { get; init; }

    /// <summary>Says what is wrong with the name that stands for the last <c>*</c>, or null.</summary>
    public Func<string, string?>? CheckName { get; init; }

    public string TypeName => Type switch
    {
        ManifestType.Text => "string",
        ManifestType.Texts => "array of strings",
        ManifestType.Truth => "boolean",
        ManifestType.Count => "integer",
        ManifestType.Size => "size",
        ManifestType.Duration => "time",
        ManifestType.Table => "table",
        _ => "any value",
    };

    /// <summary>What is wrong with a value, and what to do; null when nothing is.</summary>
    public (string Message, string? Help)? Judge(TomlValue value) => (Type, value) switch
    {
        (ManifestType.Text, TomlString text) => JudgeText(text.Value),
        (ManifestType.Texts, TomlArray { Items.Count: <= 1000 } array) when array.Items.All(item => item is TomlString) =>
            array.Items.Select(item => JudgeText(((TomlString)item).Value)).FirstOrDefault(found => found is not null),
        (ManifestType.Truth, TomlBoolean) or (ManifestType.Table, TomlTable) or (ManifestType.Any, _) => null,
        (ManifestType.Count, TomlInteger number) => number.Value > 0 ? null : ("it must be more than 0", null),
        (ManifestType.Size, TomlString text) => Quantity.TryParseSize(text.Value, out _) ? null : ($"`{text.Value}` is no size", "Write a number and KB, MB or GB: \"64MB\"."),
        (ManifestType.Duration, TomlString text) => Quantity.TryParseDuration(text.Value, out _) ? null : ($"`{text.Value}` is no time", "Write a number and ms, s or min: \"5s\"."),
        _ => ($"`{Path}` is {Article(TypeName)}, not {value.Kind}", Example.Length == 0 ? null : $"For example {Last} = {Example}."),
    };

    private string Last => Path[(Path.LastIndexOf('.') + 1)..];

    private static string Article(string name) => (name[0] is 'a' or 'i' ? "an " : "a ") + name;

    private (string Message, string? Help)? JudgeText(string text)
    {
        if (text.Length > MaxText)
        {
            return ($"the text has {text.Length} characters; {MaxText} are allowed", null);
        }

        if (Choices.Count > 0 && !Choices.Contains(text))
        {
            return ($"`{text}` is none of {string.Join(", ", Choices)}", Spelling.Suggest(text, Choices));
        }

        return Check?.Invoke(text) is { } problem ? (problem, null) : null;
    }
}

/// <summary>Sizes and times as people write them; the same units as on the command line.</summary>
internal static class Quantity
{
    // Powers of two in either spelling, as memory is counted in pages of 64 KiB.
    private static readonly (string Unit, double Factor)[] Sizes =
        [("kib", 1L << 10), ("mib", 1L << 20), ("gib", 1L << 30), ("kb", 1L << 10), ("mb", 1L << 20), ("gb", 1L << 30), ("b", 1)];

    private static readonly (string Unit, double Factor)[] Durations = [("ms", 1), ("s", 1000), ("min", 60_000), ("m", 60_000), ("h", 3_600_000)];

    public static bool TryParseSize(string text, out long bytes)
    {
        bool good = TryParse(text, Sizes, out double value) && value is >= 1 and < 1L << 52;
        bytes = good ? (long)value : 0;
        return good;
    }

    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        bool good = TryParse(text, Durations, out double value) && value is > 0 and < 1e12;
        duration = good ? TimeSpan.FromMilliseconds(value) : default;
        return good;
    }

    private static bool TryParse(string text, (string Unit, double Factor)[] units, out double value)
    {
        (string unit, double factor) = units.FirstOrDefault(unit => text.EndsWith(unit.Unit, StringComparison.OrdinalIgnoreCase));
        value = 0;
        bool good = unit is not null && double.TryParse(text.AsSpan(0, text.Length - unit.Length).TrimEnd(' '), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
        value *= factor;
        return good;
    }
}

/// <summary>Which of the known words was likely meant.</summary>
internal static class Spelling
{
    private const int MaxCompared = 64;

    /// <summary>A sentence that names the nearest word, or null when none is near.</summary>
    public static string? Suggest(string word, IEnumerable<string> known)
    {
        (string Word, int Distance) nearest = known.Select(candidate => (candidate, Distance(word, candidate))).MinBy(pair => pair.Item2);
        return nearest.Word is not null && nearest.Distance <= Math.Max(2, word.Length / 3) ? $"Did you mean `{nearest.Word}`?" : null;
    }

    private static int Distance(string a, string b)
    {
        if (a.Length > MaxCompared || b.Length > MaxCompared)
        {
            return int.MaxValue;
        }

        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                (diagonal, row[j]) = (row[j], cost);
            }
        }

        return row[b.Length];
    }
}
