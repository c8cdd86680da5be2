using System.Collections.Immutable;

namespace Atoll.Host.Telemetry;

/// <summary>One measured value that a tool or an agent reported.</summary>
/// <param name="Time">When the host received it.</param>
/// <param name="Name">Metric name, e.g. <c>build.duration</c>.</param>
/// <param name="Value">The value; never NaN or infinite.</param>
/// <param name="Unit">Unit (UCUM), e.g. <c>ms</c>; may be empty.</param>
/// <param name="Attributes">Attributes, in the order they came.</param>
/// <param name="TraceId">Trace that reported it.</param>
internal sealed record MetricPoint(
    DateTimeOffset Time, string Name, double Value, string Unit, ImmutableArray<KeyValuePair<string, string>> Attributes, string TraceId);

/// <summary>Keeps the newest metric points in memory. Thread-safe; bounded: the oldest point is dropped when the store is full.</summary>
internal sealed class MetricStore
{
    private readonly Lock _gate = new();
    private readonly MetricPoint[] _points;
    private long _count;

    public MetricStore(int capacity = 4096)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _points = new MetricPoint[capacity];
    }

    /// <summary>How many points were ever added.</summary>
    public long Total
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    public void Add(IReadOnlyList<MetricPoint> points)
    {
        lock (_gate)
        {
            foreach (var point in points)
            {
                _points[_count++ % _points.Length] = point;
            }
        }
    }

    /// <summary>The newest points, oldest first.</summary>
    /// <param name="max">At most so many.</param>
    /// <param name="name">Only points with this name; null for all.</param>
    public IReadOnlyList<MetricPoint> Recent(int max, string? name = null)
    {
        var found = new List<MetricPoint>();
        lock (_gate)
        {
            for (var i = _count - 1; i >= Math.Max(0, _count - _points.Length) && found.Count < max; i--)
            {
                var point = _points[i % _points.Length];
                if (name is null || point.Name == name)
                {
                    found.Add(point);
                }
            }
        }

        found.Reverse();
        return found;
    }
}
