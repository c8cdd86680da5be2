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

    /// <summary>The geometric mean of many comparisons: of their medians, with the interval of the means of the rounds.</summary>
    public static Interval GeometricMean(IReadOnlyCollection<Comparison> comparisons)
    {
        int rounds = comparisons.Min(c => c.Count);
        List<double[]> logs = [.. comparisons.Select(c => c.Ratios.Take(rounds).Select(r => Math.Log(r)).ToArray())];
        Interval means = Samples.Of(Enumerable.Range(0, rounds).Select(i => Math.Exp(logs.Average(l => l[i])))).Interval;
        return means with { Median = Math.Exp(comparisons.Average(c => Math.Log(c.Ratio.Median))) };
    }

    public void Add(double ours, double theirs)
    {
        _ours.Add(ours);
        _theirs.Add(theirs);
    }
}
