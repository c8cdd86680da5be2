using System.Globalization;
using Atoll.Components;
using Atoll.Wasi.Preview2;
using Atoll.Wasi.Preview2.KeyValue;
using Outcome = Atoll.Components.Result<Atoll.Components.Unit, Atoll.Wasi.Platform.PlatformError>;

namespace Atoll.Wasi.Platform;

/// <summary><c>atoll:platform/key-value.entry</c></summary>
internal sealed record BucketEntry(ReadOnlyMemory<byte> Value, ulong Version);

/// <summary><c>atoll:platform/key-value.pair</c></summary>
internal sealed record BucketPair(string Key, ReadOnlyMemory<byte> Value);

/// <summary><c>atoll:platform/key-value.expected</c></summary>
internal sealed record BucketVersion(string Key, ulong Version);

/// <summary><c>atoll:platform/key-value.page</c></summary>
internal sealed record BucketPage(BucketPair[] Pairs, bool More);

/// <summary><c>atoll:platform/key-value.change</c></summary>
internal abstract class BucketChange
{
    public sealed class Set(BucketPair value) : BucketChange
    {
        public BucketPair Value { get; } = value;
    }

    public sealed class Delete(string value) : BucketChange
    {
        public string Value { get; } = value;
    }

    public sealed class Check(BucketVersion value) : BucketChange
    {
        public BucketVersion Value { get; } = value;
    }
}

/// <summary><c>atoll:platform/key-value.bucket</c>: the buckets of <c>wasi:keyvalue</c>, with the same grants, limits and stores.</summary>
internal sealed class PlatformBucket(WasiContext context, KeyValueGrant grant) : WasiResource(context)
{
    private bool _hasWritten;

    public static void AddTo(ComponentLinker linker)
    {
        const string Method = "[method]bucket.";
        ComponentLinkerInstance store = linker.Instance(PlatformHost.Name("key-value"));
        store.DefineResource<PlatformBucket>("bucket", bucket => bucket.Drop());
        store.DefineFunction("open", (ComponentCaller caller, string name) => Open(PlatformHost.Context(caller), name));
        store.DefineFunction(Method + "get", (ComponentCaller caller, PlatformBucket self, string key) => self.Get(caller, key));
        store.DefineFunction(Method + "has", (ComponentCaller caller, PlatformBucket self, string key) => self.Has(caller, key));
        store.DefineFunction(Method + "set", (ComponentCaller caller, PlatformBucket self, string key, ReadOnlyMemory<byte> value) => self.Set(caller, key, value));
        store.DefineFunction(Method + "delete", (ComponentCaller caller, PlatformBucket self, string key) => self.Delete(caller, key));
        store.DefineFunction(
            Method + "scan", (ComponentCaller caller, PlatformBucket self, string prefix, string? after, uint limit) => self.Scan(caller, prefix, after, limit));
        store.DefineFunction(Method + "batch", (ComponentCaller caller, PlatformBucket self, BucketChange[] changes) => self.Batch(caller, changes));
        store.DefineFunction(
            Method + "compare-and-set",
            (ComponentCaller caller, PlatformBucket self, string key, ulong version, ReadOnlyMemory<byte>? value) => self.CompareAndSet(caller, key, version, value));
        store.DefineFunction(Method + "increment", (ComponentCaller caller, PlatformBucket self, string key, ulong delta) => self.Increment(caller, key, delta));
    }

    public static Result<PlatformBucket, PlatformError> Open(WasiContext context, string name)
    {
        if (!KeyValueGrant.IsName(name))
        {
            return PlatformResult.Fail<PlatformBucket>(new PlatformError.Invalid(
                $"the name of a bucket has 1 to {KeyValueGrant.MaximumName} letters, digits, '-', '_' and '.'"));
        }

        if (context.Observer?.Invoke("key-value.open", new BucketCall(name, "", null)) is { } fault)
        {
            return PlatformResult.Fail<PlatformBucket>(fault);
        }

        Capability asked = KeyValueGrant.Read(name);
        if (!context.Buckets.TryGetValue(name, out KeyValueGrant? grant))
        {
            context.Deny(asked);
            return PlatformResult.Fail<PlatformBucket>(new PlatformError.Denied(asked.ToString()));
        }

        context.Allow(asked);
        return PlatformResult.Ok(new PlatformBucket(context, grant));
    }

    public Result<BucketEntry?, PlatformError> Get(ComponentCaller caller, string key) => Read<BucketEntry?>("get", key, () =>
    {
        Bucket.Check(caller, key);
        KeyValueEntry? entry = grant.Store.Get(key);
        caller.Work((uint)(entry?.Value.Length ?? 0));
        return entry is { } found ? new BucketEntry(found.Value, found.Version) : null;
    });

    public Result<bool, PlatformError> Has(ComponentCaller caller, string key) => Read("has", key, () =>
    {
        Bucket.Check(caller, key);
        return grant.Store.Exists(key);
    });

    public Outcome Set(ComponentCaller caller, string key, ReadOnlyMemory<byte> value) => Write<Unit>("set", key, value, () =>
    {
        Bucket.Check(caller, key);
        Bucket.CheckValue(caller, value);
        grant.Store.Set(key, value.Span);
        return default;
    });

    public Outcome Delete(ComponentCaller caller, string key) => Write<Unit>("delete", key, null, () =>
    {
        Bucket.Check(caller, key);
        grant.Store.Delete(key);
        return default;
    });

    public Result<BucketPage, PlatformError> Scan(ComponentCaller caller, string prefix, string? after, uint limit) => Read("scan", prefix, () =>
    {
        Bucket.Check(caller, prefix);
        Bucket.Check(caller, after ?? "");
        KeyValueScan found = grant.Store.Scan(prefix, after, (int)Math.Clamp(limit, 1, Bucket.MaximumBatch), Bucket.MaximumValue);
        BucketPair[] pairs = new BucketPair[found.Pairs.Count];
        for (int i = 0; i < pairs.Length; i++)
        {
            (string key, ReadOnlyMemory<byte> value) = found.Pairs[i];
            caller.Work((uint)(key.Length + value.Length));
            pairs[i] = new BucketPair(key, value);
        }

        return new BucketPage(pairs, found.HasMore);
    });

    public Outcome Batch(ComponentCaller caller, BucketChange[] changes)
    {
        Result<bool, PlatformError> outcome = Write("batch", changes.Length.ToString(CultureInfo.InvariantCulture), null, () =>
        {
            Bucket.CheckCount(changes.Length);
            return grant.Store.TryApply([.. changes.Select(change => Change(caller, change))]);
        });
        return outcome.IsError ? Outcome.Fail(outcome.Error)
            : outcome.Value ? Outcome.Ok(default)
            : Outcome.Fail(new PlatformError.Conflict("a key has another version"));
    }

    public Result<bool, PlatformError> CompareAndSet(ComponentCaller caller, string key, ulong version, ReadOnlyMemory<byte>? value) =>
        Write("compare-and-set", key, value, () => grant.Store.TryApply(
        [
            Change(caller, new BucketChange.Check(new BucketVersion(key, version))),
            Change(caller, value is { } bytes ? new BucketChange.Set(new BucketPair(key, bytes)) : new BucketChange.Delete(key)),
        ]));

    public Result<ulong, PlatformError> Increment(ComponentCaller caller, string key, ulong delta) => Write("increment", key, null, () =>
    {
        Bucket.Check(caller, key);
        return grant.Store.Increment(key, delta);
    });

    private static KeyValueChange Change(ComponentCaller caller, BucketChange change)
    {
        switch (change)
        {
            case BucketChange.Set { Value: var pair }:
                Bucket.Check(caller, pair.Key);
                Bucket.CheckValue(caller, pair.Value);
                return KeyValueChange.Set(pair.Key, pair.Value);
            case BucketChange.Delete { Value: var key }:
                Bucket.Check(caller, key);
                return KeyValueChange.Delete(key);
            default:
                BucketVersion expected = ((BucketChange.Check)change).Value;
                Bucket.Check(caller, expected.Key);
                return KeyValueChange.Check(expected.Key, expected.Version);
        }
    }

    private Result<T, PlatformError> Write<T>(string function, string key, ReadOnlyMemory<byte>? value, Func<T> action)
    {
        if (grant.ReadOnly)
        {
            Capability asked = KeyValueGrant.Write(grant.Bucket);
            Context.Deny(asked);
            return PlatformResult.Fail<T>(new PlatformError.Denied(asked.ToString()));
        }

        if (!_hasWritten)
        {
            _hasWritten = true;
            Context.Allow(KeyValueGrant.Write(grant.Bucket));
        }

        return Try(function, key, value, action);
    }

    private Result<T, PlatformError> Read<T>(string function, string key, Func<T> action) => Try(function, key, null, action);

    private Result<T, PlatformError> Try<T>(string function, string key, ReadOnlyMemory<byte>? value, Func<T> action)
    {
        if (Context.Observer?.Invoke($"key-value.{function}", new BucketCall(grant.Bucket, key, value)) is { } fault)
        {
            return PlatformResult.Fail<T>(fault);
        }

        try
        {
            return PlatformResult.Ok(action());
        }
        catch (KeyValueException exception)
        {
            return PlatformResult.Fail<T>(exception.IsFull ? new PlatformError.Exhausted(exception.Message) : new PlatformError.Invalid(exception.Message));
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            return PlatformResult.Fail<T>(exception is TimeoutException ? new PlatformError.Timeout() : new PlatformError.Failed("the store failed"));
        }
    }
}
