namespace Atoll.Bench;

/// <summary>Order statistics of samples.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];
    private bool _sorted;

    public int Count => _values.Count;

    public double Median => Percentile(0.5);

    /// <summary>The median and where it lies with 95 % certainty, whatever the distribution: by order statistics (binomial).</summary>
    public Interval Interval
    {
        get
        {
            Sort();
            int reach = (int)Math.Ceiling(0.98 * Math.Sqrt(Count));
            int middle = Count / 2;
            return new Interval(_values[middle], _values[Math.Max(0, middle - reach)], _values[Math.Min(Count - 1, middle + reach)]);
        }
    }

    public static Samples Of(IEnumerable<double> values)
    {
        Samples samples = new();
        samples._values.AddRange(values);
        return samples;
    }

    public void Add(double value)
    {
        _values.Add(value);
        _sorted = false;
    }

    /// <summary>The value that a share of the samples does not exceed (nearest rank).</summary>
    public double Percentile(double share)
    {
        Sort();
        return _values[Math.Clamp((int)Math.Ceiling(share * _values.Count) - 1, 0, _values.Count - 1)];
    }

    private void Sort()
    {
        if (!_sorted)
        {
            _values.Sort();
            _sorted = true;
        }
    }
}

/// <summary>A median with the bounds of its 95 % interval.</summary>
internal readonly record struct Interval(double Median, double Low, double High)
{
    public override string ToString() => FormattableString.Invariant($"[{Low:F3}, {High:F3}]");
}

/// <summary>
/// Runs of ours and of a peer, taken in turns. Ratios are paired by round, because the speed of a shared machine changes from second to second.
/// </summary>
internal sealed class Comparison
{
    private readonly List<double> _ours = [];
    private readonly List<double> _theirs = [];

    public int Count => _ours.Count;

    public double Ours => Samples.Of(_ours).Median;

    public double Theirs => Samples.Of(_theirs).Median;

    /// <summary>Ours ÷ theirs, round by round.</summary>
    public IEnumerable<double> Ratios => _ours.Zip(_theirs, static (a, b) => a / Math.Max(b, 1e-6));

    public Interval Ratio => Samples.Of(Ratios).Interval;

    /// <summary>
    /// The geometric mean of the medians of many comparisons. Its interval is that of the bootstrap: rounds of each comparison are drawn again, with replacement, and what
    /// comes out is between these bounds in 95 % of draws. The draws are the same each time.
    /// </summary>
    public static Interval GeometricMean(IReadOnlyCollection<Comparison> comparisons)
    {
        const int Draws = 2000;
        Random random = new(1);
        List<double[]> ratios = [.. comparisons.Select(static c => c.Ratios.ToArray())];
        Samples means = Samples.Of(Enumerable.Range(0, Draws).Select(_ => Mean(ratios.Select(r => Samples.Of(random.GetItems(r, r.Length))))));
        return new Interval(Mean(ratios.Select(static r => Samples.Of(r))), means.Percentile(0.025), means.Percentile(0.975));

        static double Mean(IEnumerable<Samples> samples) => Math.Exp(samples.Average(static s => Math.Log(s.Interval.Median)));
    }

    /// <summary>The largest ratio of many: below the upper bound with the certainty of one, whichever of them it is.</summary>
    public static Interval Worst(IReadOnlyCollection<Comparison> comparisons) =>
        new(comparisons.Max(static c => c.Ratio.Median), comparisons.Max(static c => c.Ratio.Low), comparisons.Max(static c => c.Ratio.High));

    /// <summary>Rounds during which somebody shared the core.</summary>
    public int Disturbed { get; private set; }

    /// <param name="isDisturbed">Whether somebody shared the core.</param>
    public void Add(double ours, double theirs, bool isDisturbed = false)
    {
        Disturbed += isDisturbed ? 1 : 0;
        _ours.Add(ours);
        _theirs.Add(theirs);
    }
}
