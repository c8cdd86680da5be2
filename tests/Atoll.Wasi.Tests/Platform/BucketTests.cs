using System.Text;
using Atoll.Components;
using Atoll.Wasi.Platform;
using Atoll.Wasi.Preview2.KeyValue;
using Outcome = Atoll.Components.Result<Atoll.Components.Unit, Atoll.Wasi.Platform.PlatformError>;

namespace Atoll.Wasi.Tests.Platform;

/// <summary><c>atoll:platform/key-value</c> as guests see it.</summary>
public sealed class BucketTests
{
    private const string Method = "key-value#[method]bucket.";

    [Fact]
    public void A_guest_writes_reads_and_removes()
    {
        MemoryBucket store = new();
        using PlatformProbe probe = new(Grants.None.AllowKeyValue("b", store));
        PlatformBucket bucket = Open(probe, "b").Value;
        var get = probe.Get<Func<PlatformBucket, string, Result<BucketEntry?, PlatformError>>>(Method + "get");
        Assert.Null(get(bucket, "k").Value);
        Assert.False(Set(probe, bucket, "k", [1, 2]).IsError);
        Assert.Equal((byte[])[1, 2], get(bucket, "k").Value!.Value);
        Assert.True(probe.Get<Func<PlatformBucket, string, Result<bool, PlatformError>>>(Method + "has")(bucket, "k").Value);
        Assert.False(probe.Get<Func<PlatformBucket, string, Outcome>>(Method + "delete")(bucket, "k").IsError);
        Assert.Null(get(bucket, "k").Value);
        Assert.Equal(7ul, probe.Get<Func<PlatformBucket, string, ulong, Result<ulong, PlatformError>>>(Method + "increment")(bucket, "n", 7).Value);
        Assert.Equal("7"u8, store.Get("n")!.Value.Value.Span);
        Assert.Equal(["kv:read:b/**", "kv:write:b/**"], probe.Decisions.Select(decision => decision.Capability.ToString()));
    }

    [Fact]
    public void What_was_not_granted_is_denied_with_the_capability()
    {
        using PlatformProbe probe = new(Grants.None.AllowKeyValue("b", readOnly: true));
        Assert.Equal("kv:read:other/**", Assert.IsType<PlatformError.Denied>(Open(probe, "other").Error).Value);
        Assert.IsType<PlatformError.Invalid>(Open(probe, "a/b").Error);
        PlatformBucket bucket = Open(probe, "b").Value;
        Assert.Equal("kv:write:b/**", Assert.IsType<PlatformError.Denied>(Set(probe, bucket, "k", []).Error).Value);
        Assert.IsType<PlatformError.Denied>(Batch(probe, bucket, new BucketChange.Delete("k")).Error);
        Assert.IsType<PlatformError.Denied>(Swap(probe, bucket, "k", 0, [1]).Error);
    }

    [Fact]
    public void Keys_are_scanned_in_the_order_of_their_bytes()
    {
        using PlatformProbe probe = new(Grants.None.AllowKeyValue("b"));
        PlatformBucket bucket = Open(probe, "b").Value;
        string[] keys = ["", "a", "a/1", "a/10", "a/2", "a\uffff", "a\ud83d\ude00", "b"];
        foreach (string key in keys.Reverse())
        {
            Set(probe, bucket, key, Encoding.UTF8.GetBytes(key));
        }

        var scan = probe.Get<Func<PlatformBucket, string, string?, uint, Result<BucketPage, PlatformError>>>(Method + "scan");
        BucketPage all = scan(bucket, "", null, 100).Value;
        Assert.Equal(keys, all.Pairs.Select(pair => pair.Key));
        Assert.False(all.More);
        Assert.Equal("a/10"u8, all.Pairs[3].Value.Span);
        BucketPage first = scan(bucket, "a/", null, 2).Value;
        Assert.Equal(["a/1", "a/10"], first.Pairs.Select(pair => pair.Key));
        Assert.True(first.More);
        BucketPage second = scan(bucket, "a/", "a/10", 2).Value;
        Assert.Equal(["a/2"], second.Pairs.Select(pair => pair.Key));
        Assert.False(second.More);
        Assert.Empty(scan(bucket, "c", null, 1).Value.Pairs);
        Assert.Empty(scan(bucket, "a", "zzz", 1).Value.Pairs);
        Assert.Equal("a", Assert.Single(scan(bucket, "a", "A", 0).Value.Pairs).Key);
        Assert.IsType<PlatformError.Invalid>(scan(bucket, new string('x', 2000), null, 1).Error);
    }

    [Fact]
    public void A_page_has_a_limit_in_bytes()
    {
        using PlatformProbe probe = new(Grants.None.AllowKeyValue("b", new MemoryBucket(1L << 30)));
        PlatformBucket bucket = Open(probe, "b").Value;
        for (int i = 0; i < 20; i++)
        {
            Set(probe, bucket, $"{i:D2}", new byte[1 << 20]);
        }

        BucketPage page = probe.Get<Func<PlatformBucket, string, string?, uint, Result<BucketPage, PlatformError>>>(Method + "scan")(bucket, "", null, 100).Value;
        Assert.Equal(16, page.Pairs.Length);
        Assert.True(page.More);
    }

    [Fact]
    public void A_batch_is_made_whole_or_not_at_all()
    {
        MemoryBucket store = new(maximumBytes: 100, maximumKeys: 3);
        using PlatformProbe probe = new(Grants.None.AllowKeyValue("b", store));
        PlatformBucket bucket = Open(probe, "b").Value;
        BucketChange[] changes = [new BucketChange.Set(new("a", new byte[] { 1 })), new BucketChange.Set(new("b", new byte[] { 2 })), new BucketChange.Delete("a")];
        Assert.False(Batch(probe, bucket, changes).IsError);
        Assert.Equal([false, true], [store.Exists("a"), store.Exists("b")]);
        ulong version = store.Get("b")!.Value.Version;
        Assert.IsType<PlatformError.Conflict>(
            Batch(probe, bucket, new BucketChange.Set(new("c", Array.Empty<byte>())), new BucketChange.Check(new("b", version + 1))).Error);
        Assert.False(store.Exists("c"));
        Assert.False(Batch(probe, bucket, new BucketChange.Set(new("b", new byte[] { 3 })), new BucketChange.Check(new("b", version)), new BucketChange.Check(new("c", 0))).IsError);
        Assert.IsType<PlatformError.Exhausted>(Batch(probe, bucket, [.. "cdef".Select(key => new BucketChange.Set(new($"{key}", Array.Empty<byte>())))]).Error);
        Assert.IsType<PlatformError.Exhausted>(Batch(probe, bucket, new BucketChange.Set(new("b", new byte[200]))).Error);
        Assert.Equal([3], store.Get("b")!.Value.Value.ToArray());
        Assert.IsType<PlatformError.Invalid>(Batch(probe, bucket, [.. Enumerable.Repeat(new BucketChange.Delete("x"), 10_001)]).Error);
    }

    [Fact]
    public void Compare_and_set_writes_only_what_nobody_changed()
    {
        MemoryBucket store = new();
        using PlatformProbe probe = new(Grants.None.AllowKeyValue("b", store));
        PlatformBucket bucket = Open(probe, "b").Value;
        Assert.True(Swap(probe, bucket, "k", 0, [1]).Value);
        Assert.False(Swap(probe, bucket, "k", 0, [2]).Value);
        ulong version = store.Get("k")!.Value.Version;
        Assert.True(Swap(probe, bucket, "k", version, [3]).Value);
        Assert.False(Swap(probe, bucket, "k", version, null).Value);
        Assert.True(Swap(probe, bucket, "k", store.Get("k")!.Value.Version, null).Value);
        Assert.False(store.Exists("k"));
    }

    [Fact]
    public void A_bucket_is_the_same_as_that_of_wasi()
    {
        Grants grants = Grants.None.AllowKeyValue("b");
        using PlatformProbe platform = new(grants);
        using Preview2.WasiProbe wasi = new(grants);
        Set(platform, Open(platform, "b").Value, "k", [9]);
        Bucket bucket = wasi.Get<Func<string, Result<Bucket, KeyValueError>>>("keyvalue/store#open")("b").Value;
        Assert.Equal((byte[])[9], wasi.Get<Func<Bucket, string, Result<byte[]?, KeyValueError>>>("keyvalue/store#[method]bucket.get")(bucket, "k").Value);
    }

    private static Result<PlatformBucket, PlatformError> Open(PlatformProbe probe, string name) =>
        probe.Get<Func<string, Result<PlatformBucket, PlatformError>>>("key-value#open")(name);

    private static Outcome Set(PlatformProbe probe, PlatformBucket bucket, string key, byte[] value) =>
        probe.Get<Func<PlatformBucket, string, byte[], Outcome>>(Method + "set")(bucket, key, value);

    private static Outcome Batch(PlatformProbe probe, PlatformBucket bucket, params BucketChange[] changes) =>
        probe.Get<Func<PlatformBucket, BucketChange[], Outcome>>(Method + "batch")(bucket, changes);

    private static Result<bool, PlatformError> Swap(PlatformProbe probe, PlatformBucket bucket, string key, ulong version, byte[]? value) =>
        probe.Get<Func<PlatformBucket, string, ulong, byte[]?, Result<bool, PlatformError>>>(Method + "compare-and-set")(bucket, key, version, value);
}
