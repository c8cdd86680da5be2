namespace Atoll.Bench;

/// <summary>One line of the engine's table.</summary>
/// <param name="Key">Its word in the closing line; null for lines that are only in the table.</param>
/// <param name="What">What was measured.</param>
internal sealed record Measurement(string? Key, string What)
{
    private string _ours = "–";
    private string _peer = "–";
    private string _ratio = "–";
    private string _interval = "–";
    private string _format = "F3";
    private double _value;

    /// <summary>What is wanted.</summary>
    public string Goal { get; init; } = "";

    /// <summary>Why there are no figures; null when there are.</summary>
    public string? NotMeasured { get; private init; }

    /// <summary>Runs in turns against a live peer: the ratio counts.</summary>
    /// <param name="unit">Of the times; those of the comparison are in it.</param>
    public static Measurement Ratio(string? key, string what, string unit, Comparison runs, string goal = "") =>
        OfRatio(key, what, FormattableString.Invariant($"{runs.Ours:F2} {unit}"), FormattableString.Invariant($"{runs.Theirs:F2} {unit}"), runs.Ratio, goal);

    /// <summary>A ratio that was put together from several.</summary>
    public static Measurement OfRatio(string? key, string what, string ours, string peer, Interval ratio, string goal = "") =>
        new(key, what) { _ours = ours, _peer = peer, _ratio = FormattableString.Invariant($"{ratio.Median:F3}"), _interval = ratio.ToString(), _value = ratio.Median, Goal = goal };

    /// <summary>A size of its own: a time or a number of bytes.</summary>
    /// <param name="runs">In the unit.</param>
    /// <param name="peer">The same of a peer that was measured for comparison, in the unit.</param>
    public static Measurement Absolute(string? key, string what, string unit, Samples runs, string goal = "", Samples? peer = null)
    {
        Interval interval = runs.Interval;
        return new Measurement(key, what)
        {
            _ours = FormattableString.Invariant($"{interval.Median:F2} {unit}"),
            _peer = peer is null ? "–" : FormattableString.Invariant($"{peer.Median:F2} {unit}"),
            _ratio = peer is null ? "–" : FormattableString.Invariant($"{interval.Median / peer.Median:F3}"),
            _interval = FormattableString.Invariant($"[{interval.Low:F2}, {interval.High:F2}]"),
            _value = interval.Median,
            _format = "F2",
            Goal = goal,
        };
    }

    public static Measurement Missing(string? key, string what, string why) => new(key, what) { NotMeasured = why };

    public static string Header => $"{"measure",-58} {"ours",12} {"peer",12} {"ratio",7}  {"95 % interval",-18} goal";

    /// <summary>The measure's part of the closing line, or null.</summary>
    public string? Word => Key is null || NotMeasured is not null ? null : $"{Key}={_value.ToString(_format, System.Globalization.CultureInfo.InvariantCulture)}";

    public override string ToString() => NotMeasured is { } why ? $"{What,-58} not measured: {why}" : $"{What,-58} {_ours,12} {_peer,12} {_ratio,7}  {_interval,-18} {Goal}";
}
