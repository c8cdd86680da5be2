using System.Globalization;
using System.Text;

namespace Atoll.Wasi.Preview2.KeyValue;

/// <summary>A bucket in memory, which ends with the process. Thread-safe; writing fails when it is full.</summary>
public sealed class MemoryBucket : IKeyValueBucket
{
    private const int KeysOfPage = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    // By the order in which the keys were made, so that a cursor keeps its meaning while keys come and go.
    private readonly SortedSet<Entry> _order = new(Comparer<Entry>.Create(static (left, right) => left.Place.CompareTo(right.Place)));
    private readonly long _maximumBytes;
    private readonly int _maximumKeys;
    private long _bytes;
    private ulong _last;

    /// <summary>Makes an empty bucket.</summary>
    /// <param name="maximumBytes">Most bytes of keys and values together, keys counted in UTF-8; not negative.</param>
    /// <param name="maximumKeys">Most keys; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is negative.</exception>
    public MemoryBucket(long maximumBytes = 64 * 1024 * 1024, int maximumKeys = 100_000)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maximumBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(maximumKeys);
        _maximumBytes = maximumBytes;
        _maximumKeys = maximumKeys;
    }

    /// <inheritdoc/>
    public KeyValueEntry? Get(string key)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(key, out Entry? entry) ? new KeyValueEntry(entry.Value, entry.Version) : null;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="KeyValueException">The bucket is full.</exception>
    public void Set(string key, ReadOnlySpan<byte> value)
    {
        lock (_lock)
        {
            Put(key, value);
        }
    }

    /// <inheritdoc/>
    public void Delete(string key)
    {
        lock (_lock)
        {
            if (_entries.Remove(key, out Entry? entry))
            {
                _order.Remove(entry);
                _bytes -= Encoding.UTF8.GetByteCount(key) + entry.Value.Length;
            }
        }
    }

    /// <inheritdoc/>
    public bool Exists(string key)
    {
        lock (_lock)
        {
            return _entries.ContainsKey(key);
        }
    }

    /// <inheritdoc/>
    public KeyPage ListKeys(ulong cursor)
    {
        List<string> keys = [];
        lock (_lock)
        {
            foreach (Entry entry in _order.GetViewBetween(new Entry("", cursor), new Entry("", ulong.MaxValue)))
            {
                if (keys.Count == KeysOfPage)
                {
                    return new KeyPage(keys, entry.Place);
                }

                keys.Add(entry.Key);
            }
        }

        return new KeyPage(keys, null);
    }

    /// <inheritdoc/>
    /// <exception cref="KeyValueException">The value is no number, the sum is too great, or the bucket is full; nothing has changed then.</exception>
    public ulong Increment(string key, ulong delta)
    {
        lock (_lock)
        {
            ulong before = 0;
            if (_entries.TryGetValue(key, out Entry? entry) && !ulong.TryParse(entry.Value, NumberStyles.None, CultureInfo.InvariantCulture, out before))
            {
                throw new KeyValueException("the value of the key is not a number from 0 to 18446744073709551615 in decimal digits");
            }

            if (delta > ulong.MaxValue - before)
            {
                throw new KeyValueException("the sum is greater than 18446744073709551615");
            }

            Span<byte> digits = stackalloc byte[20];
            (before + delta).TryFormat(digits, out int written, provider: CultureInfo.InvariantCulture);
            Put(key, digits[..written]);
            return before + delta;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="KeyValueException">The bucket is full.</exception>
    public bool TrySwap(string key, ulong version, ReadOnlySpan<byte> value)
    {
        lock (_lock)
        {
            if ((_entries.TryGetValue(key, out Entry? entry) ? entry.Version : 0) != version)
            {
                return false;
            }

            Put(key, value);
            return true;
        }
    }

    private void Put(string key, ReadOnlySpan<byte> value)
    {
        bool isNew = !_entries.TryGetValue(key, out Entry? entry);
        if (isNew && _entries.Count >= _maximumKeys)
        {
            throw new KeyValueException($"the bucket is full: it has {_maximumKeys} keys");
        }

        long bytes = _bytes + value.Length + (entry is null ? Encoding.UTF8.GetByteCount(key) : -entry.Value.Length);
        if (bytes > _maximumBytes)
        {
            throw new KeyValueException($"the bucket is full: it may have {_maximumBytes} bytes");
        }

        // A new array: readers may still have the old one.
        byte[] copy = value.ToArray();
        if (entry is null)
        {
            entry = new Entry(key, ++_last);
            _entries.Add(key, entry);
            _order.Add(entry);
        }

        entry.Value = copy;
        entry.Version = ++_last;
        _bytes = bytes;
    }

    private sealed class Entry(string key, ulong place)
    {
        public string Key { get; } = key;

        public ulong Place { get; } = place;

        public byte[] Value { get; set; } = [];

        public ulong Version { get; set; }
    }
}
