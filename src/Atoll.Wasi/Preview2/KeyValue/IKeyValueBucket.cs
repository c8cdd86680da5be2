namespace Atoll.Wasi.Preview2.KeyValue;

/// <summary>What stands behind a bucket that guests reach through <c>wasi:keyvalue</c>: keys with a value each.</summary>
/// <remarks>
/// Called by any thread that runs a guest, several at a time. A method that waits keeps such a thread, and its guest cannot be stopped meanwhile.
/// Guests cannot ask for keys of more than 1024 bytes of UTF-8 or values of more than 16 MiB; other limits are the implementation's.
/// Methods throw <see cref="KeyValueException"/> for failures that the guest may read about, and <see cref="IOException"/> or
/// <see cref="TimeoutException"/> for those of which it is told no more than that there was one.
/// </remarks>
public interface IKeyValueBucket
{
    /// <summary>Reads a value.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The value and its version, or null when there is no such key.</returns>
    KeyValueEntry? Get(string key);

    /// <summary>Writes a value; makes the key if there is none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value; to be copied.</param>
    void Set(string key, ReadOnlySpan<byte> value);

    /// <summary>Removes a key, if there is such a key.</summary>
    /// <param name="key">The key.</param>
    void Delete(string key);

    /// <summary>Whether there is such a key.</summary>
    /// <param name="key">The key.</param>
    bool Exists(string key);

    /// <summary>Lists keys, page by page. A key that is there all the while is on exactly one page.</summary>
    /// <param name="cursor">Where to go on: 0 for the beginning, else <see cref="KeyPage.Next"/> of the page before; guests may also make it up.</param>
    KeyPage ListKeys(ulong cursor);

    /// <summary>Adds to a number, in one step. The value of the key is the number in decimal digits; without the key it is 0.</summary>
    /// <param name="key">The key.</param>
    /// <param name="delta">What to add.</param>
    /// <returns>The sum.</returns>
    /// <exception cref="KeyValueException">
    /// The value is no such number, or the sum is greater than <see cref="ulong.MaxValue"/>; nothing has changed then.
    /// </exception>
    ulong Increment(string key, ulong delta);

    /// <summary>Writes a value if nobody has written the key since it was read, in one step.</summary>
    /// <param name="key">The key.</param>
    /// <param name="version">What <see cref="Get"/> gave: <see cref="KeyValueEntry.Version"/>, or 0 when there was no such key.</param>
    /// <param name="value">The value; to be copied.</param>
    /// <returns>Whether it was written.</returns>
    bool TrySwap(string key, ulong version, ReadOnlySpan<byte> value);

    /// <summary>Reads the pairs of which the keys begin with some text, in the order of the keys' bytes in UTF-8.</summary>
    /// <param name="prefix">The text; empty for all keys.</param>
    /// <param name="after">Only keys after this one; null for all of them.</param>
    /// <param name="maximumPairs">Most pairs to give; at least 1.</param>
    /// <param name="maximumBytes">Most bytes of values to give, but at least one pair is given if there is one.</param>
    KeyValueScan Scan(string prefix, string? after, int maximumPairs, long maximumBytes);

    /// <summary>Makes all changes, in order, or none, in one step.</summary>
    /// <param name="changes">The changes. Versions are checked against what was there before.</param>
    /// <returns>Whether all versions were as they should be; otherwise nothing has changed.</returns>
    bool TryApply(IReadOnlyList<KeyValueChange> changes);
}

/// <summary>Some pairs of a bucket, in order.</summary>
/// <param name="Pairs">Keys with their values, which do not change.</param>
/// <param name="HasMore">Whether there are more after them.</param>
public sealed record KeyValueScan(IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> Pairs, bool HasMore);

/// <summary>One change of several that are made together: a key is written, removed, or must have a version.</summary>
public readonly record struct KeyValueChange
{
    private KeyValueChange(KeyValueChangeKind kind, string key, ReadOnlyMemory<byte> value, ulong version)
    {
        Kind = kind;
        Key = key;
        Value = value;
        Version = version;
    }

    /// <summary>Which kind of change it is.</summary>
    public KeyValueChangeKind Kind { get; }

    /// <summary>The key.</summary>
    public string Key { get; }

    /// <summary>For <see cref="KeyValueChangeKind.Set"/> the value; to be copied.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>For <see cref="KeyValueChangeKind.Check"/> the version, or 0 for a key that is not there.</summary>
    public ulong Version { get; }

    /// <summary>Writes a value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    public static KeyValueChange Set(string key, ReadOnlyMemory<byte> value) => new(KeyValueChangeKind.Set, key, value, 0);

    /// <summary>Removes a key, if there is such a key.</summary>
    /// <param name="key">The key.</param>
    public static KeyValueChange Delete(string key) => new(KeyValueChangeKind.Delete, key, default, 0);

    /// <summary>Asks for a version.</summary>
    /// <param name="key">The key.</param>
    /// <param name="version">The version that it must have; 0 for a key that must not be there.</param>
    public static KeyValueChange Check(string key, ulong version) => new(KeyValueChangeKind.Check, key, default, version);
}

/// <summary>Kinds of <see cref="KeyValueChange"/>.</summary>
public enum KeyValueChangeKind
{
    /// <summary>A value is written.</summary>
    Set,

    /// <summary>A key is removed.</summary>
    Delete,

    /// <summary>Nothing is changed, but a key must have a version.</summary>
    Check,
}

/// <summary>The value of a key.</summary>
/// <param name="Value">The bytes; they do not change.</param>
/// <param name="Version">Not 0; another one after each write, and never again the same for the same key.</param>
public readonly record struct KeyValueEntry(ReadOnlyMemory<byte> Value, ulong Version);

/// <summary>Some keys of a bucket, in no order that means anything.</summary>
/// <param name="Keys">The keys.</param>
/// <param name="Next">The cursor for the next page, or null when there are no more.</param>
public sealed record KeyPage(IReadOnlyList<string> Keys, ulong? Next);

/// <summary>A bucket cannot do what a guest asked for. The guest reads the message, so it says nothing about the host.</summary>
/// <param name="message">What is wrong.</param>
public sealed class KeyValueException(string message) : Exception(message)
{
    /// <summary>Whether there is no room, as opposed to something that can never be done.</summary>
    public bool IsFull { get; init; }
}
