namespace Atoll.Bench;

/// <summary>Order statistics of samples.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];
    private bool _sorted;

    public int Count => _values.Count;

    public void Add(double value)
    {
        _values.Add(value);
        _sorted = false;
    }

    /// <summary>The value that a share of the samples does not exceed (nearest rank).</summary>
    public double Percentile(double share)
    {
        if (!_sorted)
        {
            _values.Sort();
            _sorted = true;
        }

        return _values[Math.Clamp((int)Math.Ceiling(share * _values.Count) - 1, 0, _values.Count - 1)];
    }

    public double Median => Percentile(0.5);
}
