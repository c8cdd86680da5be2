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
    private readonly SortedSet<string> _keys = new(Utf8Order.Instance);
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
            Remove(key);
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

    /// <inheritdoc/>
    public KeyValueScan Scan(string prefix, string? after, int maximumPairs, long maximumBytes)
    {
        List<KeyValuePair<string, ReadOnlyMemory<byte>>> pairs = [];
        lock (_lock)
        {
            string from = after is not null && Utf8Order.Instance.Compare(after, prefix) > 0 ? after : prefix;
            if (_keys.Max is not { } last || Utf8Order.Instance.Compare(from, last) > 0)
            {
                return new KeyValueScan([], HasMore: false);
            }

            foreach (string key in _keys.GetViewBetween(from, last))
            {
                if (key == after)
                {
                    continue;
                }

                // Keys with the prefix stand together.
                if (!key.StartsWith(prefix, StringComparison.Ordinal))
                {
                    break;
                }

                byte[] value = _entries[key].Value;
                maximumBytes -= value.Length;
                if (pairs.Count == maximumPairs || (maximumBytes < 0 && pairs.Count > 0))
                {
                    return new KeyValueScan(pairs, HasMore: true);
                }

                pairs.Add(KeyValuePair.Create(key, (ReadOnlyMemory<byte>)value));
            }
        }

        return new KeyValueScan(pairs, HasMore: false);
    }

    /// <inheritdoc/>
    /// <exception cref="KeyValueException">There is no room for all changes; nothing has changed then.</exception>
    public bool TryApply(IReadOnlyList<KeyValueChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        lock (_lock)
        {
            Dictionary<string, byte[]?> outcome = new(StringComparer.Ordinal);
            foreach (KeyValueChange change in changes)
            {
                if (change.Kind == KeyValueChangeKind.Check)
                {
                    if ((_entries.TryGetValue(change.Key, out Entry? entry) ? entry.Version : 0) != change.Version)
                    {
                        return false;
                    }
                }
                else
                {
                    outcome[change.Key] = change.Kind == KeyValueChangeKind.Set ? change.Value.ToArray() : null;
                }
            }

            CheckRoom(outcome);
            foreach ((string key, byte[]? value) in outcome)
            {
                if (value is null)
                {
                    Remove(key);
                }
                else
                {
                    Store(key, value);
                }
            }

            return true;
        }
    }

    private void CheckRoom(Dictionary<string, byte[]?> outcome)
    {
        long bytes = _bytes;
        int keys = _entries.Count;
        foreach ((string key, byte[]? value) in outcome)
        {
            long before = _entries.TryGetValue(key, out Entry? entry) ? Encoding.UTF8.GetByteCount(key) + entry.Value.Length : 0;
            bytes += (value is null ? 0 : Encoding.UTF8.GetByteCount(key) + value.Length) - before;
            keys += (value is null ? 0 : 1) - (entry is null ? 0 : 1);
        }

        if (keys > _maximumKeys && keys > _entries.Count)
        {
            throw new KeyValueException($"the bucket is full: it has {_maximumKeys} keys") { IsFull = true };
        }

        if (bytes > _maximumBytes && bytes > _bytes)
        {
            throw new KeyValueException($"the bucket is full: it may have {_maximumBytes} bytes") { IsFull = true };
        }
    }

    private void Remove(string key)
    {
        if (_entries.Remove(key, out Entry? entry))
        {
            _order.Remove(entry);
            _keys.Remove(key);
            _bytes -= Encoding.UTF8.GetByteCount(key) + entry.Value.Length;
        }
    }

    private void Put(string key, ReadOnlySpan<byte> value)
    {
        bool isNew = !_entries.TryGetValue(key, out Entry? entry);
        if (isNew && _entries.Count >= _maximumKeys)
        {
            throw new KeyValueException($"the bucket is full: it has {_maximumKeys} keys") { IsFull = true };
        }

        if (_bytes + value.Length + (entry is null ? Encoding.UTF8.GetByteCount(key) : -entry.Value.Length) > _maximumBytes)
        {
            throw new KeyValueException($"the bucket is full: it may have {_maximumBytes} bytes") { IsFull = true };
        }

        // A new array: readers may still have the old one.
        Store(key, value.ToArray());
    }

    private void Store(string key, byte[] value)
    {
        if (_entries.TryGetValue(key, out Entry? entry))
        {
            _bytes -= entry.Value.Length;
        }
        else
        {
            entry = new Entry(key, ++_last);
            _entries.Add(key, entry);
            _order.Add(entry);
            _keys.Add(key);
            _bytes += Encoding.UTF8.GetByteCount(key);
        }

        entry.Value = value;
        entry.Version = ++_last;
        _bytes += value.Length;
    }

    private sealed class Entry(string key, ulong place)
    {
        public string Key { get; } = key;

        public ulong Place { get; } = place;

        public byte[] Value { get; set; } = [];

        public ulong Version { get; set; }
    }
}

/// <summary>The order of texts by their bytes in UTF-8, which is that of their code points.</summary>
internal sealed class Utf8Order : IComparer<string>
{
    public static readonly Utf8Order Instance = new();

    public int Compare(string? left, string? right)
    {
        int length = Math.Min(left!.Length, right!.Length);
        int at = left.AsSpan(0, length).CommonPrefixLength(right.AsSpan(0, length));
        return at == length ? left.Length.CompareTo(right.Length) : Rank(left[at]).CompareTo(Rank(right[at]));
    }

    /// <summary>Code units of pairs stand for code points after all others.</summary>
    private static int Rank(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
}
