using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Atoll.Cli.CommandLine;

/// <summary>Sizes and durations as people write them: <c>64MB</c>, <c>1.5GiB</c>, <c>5s</c>, <c>250ms</c>.</summary>
internal static class Quantities
{
    // Powers of two in either spelling: memory is counted in pages of 64 KiB, and "64MB" of it has always meant 64 MiB.
    private static readonly (string Unit, double Factor)[] SizeUnits =
    [
        ("kib", 1L << 10), ("mib", 1L << 20), ("gib", 1L << 30), ("kb", 1L << 10), ("mb", 1L << 20), ("gb", 1L << 30),
        ("k", 1L << 10), ("m", 1L << 20), ("g", 1L << 30), ("b", 1),
    ];

    private static readonly (string Unit, double Milliseconds)[] DurationUnits =
        [("ms", 1), ("s", 1000), ("min", 60_000), ("m", 60_000), ("h", 3_600_000)];

    public static bool TryParseSize(string text, out ulong bytes)
    {
        bytes = 0;
        if (!TryParse(text, SizeUnits, needsUnit: false, out double value) || value >= 1L << 62)
        {
            return false;
        }

        bytes = (ulong)value;
        return true;
    }

    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = default;
        if (!TryParse(text, DurationUnits, needsUnit: true, out double value) || value is <= 0 or > 1e12)
        {
            return false;
        }

        duration = TimeSpan.FromMilliseconds(value);
        return true;
    }

    /// <summary>A size for people, in the units that sizes are read in.</summary>
    public static string FormatSize(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.0} MB"),
        >= 1L << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 10):0.0} KB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
    };

    public static Option<ulong?> SizeOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        CustomParser = result => Convert<ulong>(result, TryParseSize, "a size such as 64MB, 512KB or 65536"),
    };

    public static Option<TimeSpan?> DurationOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result => Convert<TimeSpan>(result, TryParseDuration, "a time such as 5s, 250ms or 2m"),
    };

    private delegate bool Parse<T>(string text, out T value);

    private static T? Convert<T>(ArgumentResult result, Parse<T> parse, string expected)
        where T : struct
    {
        string text = result.Tokens[0].Value;
        if (parse(text, out T value))
        {
            return value;
        }

        result.AddError($"`{text}` is not {expected}.");
        return null;
    }

    private static bool TryParse(string text, (string Unit, double Factor)[] units, bool needsUnit, out double value)
    {
        double factor = needsUnit ? double.NaN : 1;
        foreach ((string unit, double unitFactor) in units)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
            {
                factor = unitFactor;
                text = text[..^unit.Length];
                break;
            }
        }

        bool good = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
        value *= factor;
        return good && !double.IsNaN(value);
    }
}
