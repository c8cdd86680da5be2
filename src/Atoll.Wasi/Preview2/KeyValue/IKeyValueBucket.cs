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
public sealed class KeyValueException(string message) : Exception(message);
