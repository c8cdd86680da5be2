using System.Text;
using Atoll.Components;
using Atoll.Wasi.Preview2.KeyValue;
using Outcome = Atoll.Components.Result<Atoll.Components.Unit, Atoll.Wasi.Preview2.KeyValue.KeyValueError>;

namespace Atoll.Wasi.Tests.Preview2;

/// <summary><c>wasi:keyvalue</c> as guests see it.</summary>
public sealed class KeyValueTests
{
    private const string Method = "keyvalue/store#[method]bucket.";

    [Fact]
    public void A_guest_writes_and_reads()
    {
        using WasiProbe probe = new(Grants.None.AllowKeyValue("cache"));
        Bucket bucket = Open(probe, "cache").Value;
        var set = probe.Get<Func<Bucket, string, byte[], Outcome>>(Method + "set");
        var get = probe.Get<Func<Bucket, string, Result<byte[]?, KeyValueError>>>(Method + "get");
        var exists = probe.Get<Func<Bucket, string, Result<bool, KeyValueError>>>(Method + "exists");
        Assert.Null(get(bucket, "ключ").Value);
        Assert.False(set(bucket, "ключ", [1, 2]).IsError);
        Assert.False(set(bucket, "", []).IsError);
        Assert.Equal((byte[])[1, 2], get(bucket, "ключ").Value);
        Assert.Empty(get(bucket, "").Value!);
        Assert.True(exists(bucket, "ключ").Value);
        var delete = probe.Get<Func<Bucket, string, Outcome>>(Method + "delete");
        Assert.False(delete(bucket, "ключ").IsError);
        Assert.False(delete(bucket, "ключ").IsError);
        Assert.False(exists(bucket, "ключ").Value);
        Assert.Equal(["kv:read:cache/**", "kv:write:cache/**"], probe.Decisions.Select(decision => decision.Capability.ToString()));
        Assert.DoesNotContain(probe.Decisions, decision => !decision.Allowed);
    }

    [Fact]
    public void Without_a_grant_a_bucket_is_denied()
    {
        using WasiProbe probe = new(Grants.None.AllowKeyValue("mine"));
        Assert.IsType<KeyValueError.AccessDenied>(Open(probe, "other").Error);
        AccessDecision decision = Assert.Single(probe.Decisions);
        Assert.Equal("kv:read:other/**", decision.Capability.ToString());
        Assert.False(decision.Allowed);
        Assert.IsType<KeyValueError.AccessDenied>(Open(probe, "MINE").Error);
        foreach (string name in (string[])["", "a/b", "*", "mine/**", "mine\0", "a\nb", "größe", new string('x', 129), new string('x', 1_000_000)])
        {
            Assert.IsType<KeyValueError.NoSuchStore>(Open(probe, name).Error);
        }
    }

    [Fact]
    public void A_read_only_bucket_can_be_read()
    {
        MemoryBucket store = new();
        store.Set("a", "1"u8);
        using WasiProbe probe = new(Grants.None.AllowKeyValue("b", store, readOnly: true));
        Bucket bucket = Open(probe, "b").Value;
        Assert.Equal("1"u8.ToArray(), probe.Get<Func<Bucket, string, Result<byte[]?, KeyValueError>>>(Method + "get")(bucket, "a").Value);
        KeyValueError[] errors =
        [
            probe.Get<Func<Bucket, string, byte[], Outcome>>(Method + "set")(bucket, "a", []).Error,
            probe.Get<Func<Bucket, string, Outcome>>(Method + "delete")(bucket, "a").Error,
            probe.Get<Func<Bucket, string, ulong, Result<ulong, KeyValueError>>>("keyvalue/atomics#increment")(bucket, "a", 1).Error,
            probe.Get<Func<Bucket, (string, byte[])[], Outcome>>("keyvalue/batch#set-many")(bucket, [("a", [])]).Error,
            probe.Get<Func<Bucket, string[], Outcome>>("keyvalue/batch#delete-many")(bucket, ["a"]).Error,
        ];
        Assert.All(errors, error => Assert.IsType<KeyValueError.AccessDenied>(error));
        Assert.Equal(5, probe.Decisions.Count(decision => !decision.Allowed && decision.Capability.ToString() == "kv:write:b/**"));
        Assert.Equal("1"u8, store.Get("a")!.Value.Value.Span);
    }

    [Fact]
    public void Guests_with_the_same_grants_share_a_bucket()
    {
        Grants grants = Grants.None.AllowKeyValue("b");
        using WasiProbe one = new(grants);
        using WasiProbe two = new(grants);
        using WasiProbe other = new(Grants.None.AllowKeyValue("b"));
        const string Increment = "keyvalue/atomics#increment";
        Assert.Equal(5ul, one.Get<Func<Bucket, string, ulong, Result<ulong, KeyValueError>>>(Increment)(Open(one, "b").Value, "n", 5).Value);
        Assert.Equal(12ul, two.Get<Func<Bucket, string, ulong, Result<ulong, KeyValueError>>>(Increment)(Open(two, "b").Value, "n", 7).Value);
        Assert.Equal(1ul, other.Get<Func<Bucket, string, ulong, Result<ulong, KeyValueError>>>(Increment)(Open(other, "b").Value, "n", 1).Value);
    }

    [Fact]
    public void A_sum_that_cannot_be_is_an_error()
    {
        MemoryBucket store = new();
        store.Set("n", "18446744073709551614"u8);
        store.Set("text", "x"u8);
        using WasiProbe probe = new(Grants.None.AllowKeyValue("b", store));
        Bucket bucket = Open(probe, "b").Value;
        var increment = probe.Get<Func<Bucket, string, ulong, Result<ulong, KeyValueError>>>("keyvalue/atomics#increment");
        Assert.Equal(ulong.MaxValue, increment(bucket, "n", 1).Value);
        AssertOther("the sum is greater", increment(bucket, "n", 1));
        AssertOther("not a number", increment(bucket, "text", 1));
        AssertOther("the key is longer than 1024 bytes", increment(bucket, new string('ä', 513), 1));
        Assert.Equal("18446744073709551615"u8, store.Get("n")!.Value.Value.Span);
    }

    [Fact]
    public void Many_keys_in_one_call()
    {
        using WasiProbe probe = new(Grants.None.AllowKeyValue("b"));
        Bucket bucket = Open(probe, "b").Value;
        var set = probe.Get<Func<Bucket, (string, byte[])[], Outcome>>("keyvalue/batch#set-many");
        var get = probe.Get<Func<Bucket, string[], Result<(string, byte[])?[], KeyValueError>>>("keyvalue/batch#get-many");
        var delete = probe.Get<Func<Bucket, string[], Outcome>>("keyvalue/batch#delete-many");
        Assert.False(set(bucket, [("a", [1]), ("b", [2]), ("a", [3])]).IsError);
        (string Key, byte[] Value)?[] found = get(bucket, ["b", "none", "a"]).Value;
        Assert.Equal(["b", null, "a"], found.Select(item => item?.Key));
        Assert.Equal((byte[])[2], found[0]!.Value.Value);
        Assert.Equal((byte[])[3], found[2]!.Value.Value);
        Assert.False(delete(bucket, ["a", "none"]).IsError);
        Assert.Equal([false, true], get(bucket, ["a", "b"]).Value.Select(item => item is not null));
        Assert.Empty(get(bucket, []).Value);
        string[] many = [.. Enumerable.Repeat("k", 10_001)];
        AssertOther("10000 are allowed", get(bucket, many));
        AssertOther("10000 are allowed", delete(bucket, many));
        AssertOther("10000 are allowed", set(bucket, [.. many.Select(key => (key, Array.Empty<byte>()))]));
    }

    [Fact]
    public void The_same_value_many_times_is_refused()
    {
        using WasiProbe probe = new(Grants.None.AllowKeyValue("b"));
        Bucket bucket = Open(probe, "b").Value;
        Assert.False(probe.Get<Func<Bucket, string, byte[], Outcome>>(Method + "set")(bucket, "big", new byte[1 << 20]).IsError);
        var get = probe.Get<Func<Bucket, string[], Result<(string, byte[])?[], KeyValueError>>>("keyvalue/batch#get-many");
        AssertOther("ask for fewer", get(bucket, [.. Enumerable.Repeat("big", 10_000)]));
    }

    [Fact]
    public void Long_keys_are_refused_and_a_full_bucket_says_so()
    {
        using WasiProbe probe = new(Grants.None.AllowKeyValue("b", new MemoryBucket(maximumBytes: 2000, maximumKeys: 2)));
        Bucket bucket = Open(probe, "b").Value;
        var set = probe.Get<Func<Bucket, string, byte[], Outcome>>(Method + "set");
        var get = probe.Get<Func<Bucket, string, Result<byte[]?, KeyValueError>>>(Method + "get");
        string longest = new('ä', 512);
        AssertOther("the key is longer than 1024 bytes", set(bucket, longest + "x", []));
        AssertOther("the key is longer than 1024 bytes", get(bucket, new string('x', 1_000_000)));
        Assert.False(set(bucket, longest, new byte[976]).IsError);
        AssertOther("2000 bytes", set(bucket, longest, new byte[977]));
        AssertOther("2000 bytes", set(bucket, "", new byte[1]));
        Assert.Equal(976, get(bucket, longest).Value!.Length);
        Assert.False(set(bucket, "", []).IsError);
        AssertOther("2 keys", set(bucket, "c", []));
        Assert.False(set(bucket, longest, []).IsError);
    }

    [Fact]
    public void Keys_are_listed_page_by_page()
    {
        MemoryBucket store = new();
        using WasiProbe probe = new(Grants.None.AllowKeyValue("b", store));
        Bucket bucket = Open(probe, "b").Value;
        var list = probe.Get<Func<Bucket, ulong?, Result<KeyResponse, KeyValueError>>>(Method + "list-keys");
        Assert.Empty(list(bucket, null).Value.Keys);
        string[] keys = [.. Enumerable.Range(0, 2500).Select(number => $"{number}")];
        Array.ForEach(keys, key => store.Set(key, []));
        List<string> listed = [];
        ulong? cursor = null;
        do
        {
            KeyResponse page = list(bucket, cursor).Value;
            listed.AddRange(page.Keys);
            cursor = page.Cursor;
        }
        while (cursor is not null);
        Assert.Equal(keys.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        foreach (ulong made in (ulong[])[0, 1, 77, 1ul << 32, ulong.MaxValue - 1, ulong.MaxValue])
        {
            Assert.InRange(list(bucket, made).Value.Keys.Length, 0, 1000);
        }
    }

    [Fact]
    public void What_the_store_says_of_the_host_stays_there()
    {
        using WasiProbe probe = new(Grants.None.AllowKeyValue("b", new BrokenBucket()));
        Bucket bucket = Open(probe, "b").Value;
        AssertOther("the store failed", probe.Get<Func<Bucket, string, Outcome>>(Method + "delete")(bucket, "a"));
        AssertOther("the store failed", probe.Get<Func<Bucket, string, Result<bool, KeyValueError>>>(Method + "exists")(bucket, "a"));
    }

    [Fact]
    public void A_guest_can_open_a_bucket_often_and_drop_it()
    {
        using WasiProbe probe = new(Grants.None.AllowKeyValue("b"));
        var drop = probe.Get<Action<Bucket>>("keyvalue/store#drop bucket");
        for (int i = 0; i < 100; i++)
        {
            drop(Open(probe, "b").Value);
        }

        Assert.Equal(0, probe.Context.Resources.Count);
    }

    private static Result<Bucket, KeyValueError> Open(WasiProbe probe, string name) =>
        probe.Get<Func<string, Result<Bucket, KeyValueError>>>("keyvalue/store#open")(name);

    private static void AssertOther<T>(string expected, Result<T, KeyValueError> result)
    {
        string text = Assert.IsType<KeyValueError.Other>(result.Error).Value;
        Assert.Contains(expected, text, StringComparison.Ordinal);
        Assert.True(Encoding.UTF8.GetByteCount(text) < 200);
    }

    private sealed class BrokenBucket : IKeyValueBucket
    {
        public KeyValueEntry? Get(string key) => throw Failure();

        public void Set(string key, ReadOnlySpan<byte> value) => throw Failure();

        public void Delete(string key) => throw Failure();

        public bool Exists(string key) => throw new TimeoutException("db.internal:5432");

        public KeyPage ListKeys(ulong cursor) => throw Failure();

        public ulong Increment(string key, ulong delta) => throw Failure();

        public bool TrySwap(string key, ulong version, ReadOnlySpan<byte> value) => throw Failure();

        public KeyValueScan Scan(string prefix, string? after, int maximumPairs, long maximumBytes) => throw Failure();

        public bool TryApply(IReadOnlyList<KeyValueChange> changes) => throw Failure();

        private static IOException Failure() => new("/var/lib/secret/file");
    }
}
