namespace Atoll.Wasm.Execution;

/// <summary>Gives all equal function types of an engine one representative, without keeping types alive that nobody uses any more.</summary>
internal sealed class FunctionTypeTable
{
    private readonly Lock _lock = new();
    private Dictionary<int, List<WeakReference<FunctionType>>> _buckets = [];
    private int _count;
    private int _sweepAt = 1024;

    public FunctionType Intern(FunctionType type)
    {
        lock (_lock)
        {
            int hash = type.GetHashCode();
            if (!_buckets.TryGetValue(hash, out List<WeakReference<FunctionType>>? bucket))
            {
                _buckets.Add(hash, bucket = []);
            }

            foreach (WeakReference<FunctionType> entry in bucket)
            {
                if (entry.TryGetTarget(out FunctionType? known) && known.Equals(type))
                {
                    return known;
                }
            }

            bucket.Add(new WeakReference<FunctionType>(type));
            if (++_count >= _sweepAt)
            {
                Sweep();
            }

            return type;
        }
    }

    private void Sweep()
    {
        Dictionary<int, List<WeakReference<FunctionType>>> alive = [];
        _count = 0;
        foreach ((int hash, List<WeakReference<FunctionType>> bucket) in _buckets)
        {
            bucket.RemoveAll(entry => !entry.TryGetTarget(out _));
            if (bucket.Count > 0)
            {
                alive.Add(hash, bucket);
                _count += bucket.Count;
            }
        }

        _buckets = alive;
        _sweepAt = Math.Max(1024, _count * 2);
    }
}
