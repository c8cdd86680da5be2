using System.Text;
using Atoll.Components;

namespace Atoll.Wasi.Preview2.KeyValue;

/// <summary><c>wasi:keyvalue/store.error</c></summary>
internal abstract class KeyValueError
{
    /// <summary>No bucket can have the name.</summary>
    public sealed class NoSuchStore : KeyValueError;

    /// <summary>It was not granted.</summary>
    public sealed class AccessDenied : KeyValueError;

    /// <summary>Anything else.</summary>
    public sealed class Other(string value) : KeyValueError
    {
        public string Value { get; } = value;
    }
}

/// <summary><c>wasi:keyvalue/store.key-response</c></summary>
internal sealed record KeyResponse(string[] Keys, ulong? Cursor);

/// <summary><c>wasi:keyvalue/store.bucket</c>: a bucket that a guest has open. Checks what the guest passes, so that no store behind it has to.</summary>
internal sealed class Bucket(WasiContext context, KeyValueGrant grant) : WasiResource(context)
{
    /// <summary>Longest key, in bytes of UTF-8.</summary>
    public const int MaximumKey = 1024;

    /// <summary>Most bytes of a value, and of all values that one call gives.</summary>
    public const int MaximumValue = 16 * 1024 * 1024;

    /// <summary>Most keys of one call.</summary>
    public const int MaximumBatch = 10_000;

    private bool _hasWritten;

    /// <summary>Opens a bucket.</summary>
    public static Result<Bucket, KeyValueError> Open(WasiContext context, string identifier)
    {
        if (!KeyValueGrant.IsName(identifier))
        {
            return Result<Bucket, KeyValueError>.Fail(new KeyValueError.NoSuchStore());
        }

        // Whether a bucket that was not granted exists is nobody's business, so all of them are denied.
        if (!context.Buckets.TryGetValue(identifier, out KeyValueGrant? grant))
        {
            context.Deny(KeyValueGrant.Read(identifier));
            return Result<Bucket, KeyValueError>.Fail(new KeyValueError.AccessDenied());
        }

        context.Allow(KeyValueGrant.Read(identifier));
        return Result<Bucket, KeyValueError>.Ok(new Bucket(context, grant));
    }

    public Result<ReadOnlyMemory<byte>?, KeyValueError> Get(ComponentCaller caller, string key) => Try(() => Read(caller, key)?.Value);

    public Result<Unit, KeyValueError> Set(ComponentCaller caller, string key, ReadOnlyMemory<byte> value) => TryWrite(() => Write(caller, key, value));

    public Result<Unit, KeyValueError> Delete(ComponentCaller caller, string key) => TryWrite(() => Remove(caller, key));

    public Result<bool, KeyValueError> Exists(ComponentCaller caller, string key) => Try(() =>
    {
        Check(caller, key);
        return grant.Store.Exists(key);
    });

    public Result<KeyResponse, KeyValueError> ListKeys(ComponentCaller caller, ulong? cursor) => Try(() =>
    {
        KeyPage page = grant.Store.ListKeys(cursor ?? 0);
        foreach (string key in page.Keys)
        {
            caller.Work((uint)key.Length);
        }

        return new KeyResponse([.. page.Keys], page.Next);
    });

    public Result<ulong, KeyValueError> Increment(ComponentCaller caller, string key, ulong delta)
    {
        ulong sum = 0;
        Result<Unit, KeyValueError> outcome = TryWrite(() =>
        {
            Check(caller, key);
            sum = grant.Store.Increment(key, delta);
        });
        return outcome.IsError ? Result<ulong, KeyValueError>.Fail(outcome.Error) : Result<ulong, KeyValueError>.Ok(sum);
    }

    public Result<(string, ReadOnlyMemory<byte>)?[], KeyValueError> GetMany(ComponentCaller caller, string[] keys) => Try(() =>
    {
        CheckCount(keys.Length);
        var found = new (string, ReadOnlyMemory<byte>)?[keys.Length];
        long bytes = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            if (Read(caller, keys[i]) is { } entry)
            {
                // The same key may be asked for many times, so there can be more of them than the bucket has.
                bytes += entry.Value.Length;
                found[i] = bytes <= MaximumValue
                    ? (keys[i], entry.Value)
                    : throw new KeyValueException($"the values have more than {MaximumValue} bytes together; ask for fewer");
            }
        }

        return found;
    });

    public Result<Unit, KeyValueError> SetMany(ComponentCaller caller, (string, ReadOnlyMemory<byte>)[] items) => TryWrite(() =>
    {
        CheckCount(items.Length);
        foreach ((string key, ReadOnlyMemory<byte> value) in items)
        {
            Write(caller, key, value);
        }
    });

    public Result<Unit, KeyValueError> DeleteMany(ComponentCaller caller, string[] keys) => TryWrite(() =>
    {
        CheckCount(keys.Length);
        foreach (string key in keys)
        {
            Remove(caller, key);
        }
    });

    private KeyValueEntry? Read(ComponentCaller caller, string key)
    {
        Check(caller, key);
        KeyValueEntry? entry = grant.Store.Get(key);
        caller.Work((uint)(entry?.Value.Length ?? 0));
        return entry;
    }

    private void Write(ComponentCaller caller, string key, ReadOnlyMemory<byte> value)
    {
        Check(caller, key);
        CheckValue(caller, value);
        grant.Store.Set(key, value.Span);
    }

    private void Remove(ComponentCaller caller, string key)
    {
        Check(caller, key);
        grant.Store.Delete(key);
    }

    /// <exception cref="KeyValueException">No bucket can have the key.</exception>
    public static void Check(ComponentCaller caller, string key)
    {
        if (key.Length > MaximumKey || Encoding.UTF8.GetByteCount(key) > MaximumKey)
        {
            throw new KeyValueException($"the key is longer than {MaximumKey} bytes");
        }

        caller.Work(MaximumKey);
    }

    /// <exception cref="KeyValueException">No key can have the value.</exception>
    public static void CheckValue(ComponentCaller caller, ReadOnlyMemory<byte> value)
    {
        if (value.Length > MaximumValue)
        {
            throw new KeyValueException($"the value has {value.Length} bytes; {MaximumValue} are allowed");
        }

        caller.Work((uint)value.Length);
    }

    /// <exception cref="KeyValueException">There are too many keys.</exception>
    public static void CheckCount(int count)
    {
        if (count > MaximumBatch)
        {
            throw new KeyValueException($"the call has {count} keys; {MaximumBatch} are allowed");
        }
    }

    private Result<Unit, KeyValueError> TryWrite(Action action)
    {
        if (grant.ReadOnly)
        {
            Context.Deny(KeyValueGrant.Write(grant.Bucket));
            return Result<Unit, KeyValueError>.Fail(new KeyValueError.AccessDenied());
        }

        if (!_hasWritten)
        {
            _hasWritten = true;
            Context.Allow(KeyValueGrant.Write(grant.Bucket));
        }

        return Try(() =>
        {
            action();
            return default(Unit);
        });
    }

    private static Result<T, KeyValueError> Try<T>(Func<T> action)
    {
        try
        {
            return Result<T, KeyValueError>.Ok(action());
        }
        catch (KeyValueException exception)
        {
            return Result<T, KeyValueError>.Fail(new KeyValueError.Other(exception.Message));
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            return Result<T, KeyValueError>.Fail(new KeyValueError.Other("the store failed"));
        }
    }
}
