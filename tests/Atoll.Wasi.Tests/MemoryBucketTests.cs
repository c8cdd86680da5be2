using Atoll.Components;
using Atoll.Wasi.Preview2.KeyValue;

namespace Atoll.Wasi.Tests;

/// <summary>The bucket in memory itself, and the grant of one.</summary>
public sealed class MemoryBucketTests
{
    [Fact]
    public void A_value_does_not_change_once_it_was_read()
    {
        MemoryBucket bucket = new();
        byte[] value = [1];
        bucket.Set("a", value);
        value[0] = 2;
        KeyValueEntry before = bucket.Get("a")!.Value;
        bucket.Set("a", value);
        Assert.Equal((byte[])[1], before.Value.ToArray());
        Assert.Equal((byte[])[2], bucket.Get("a")!.Value.Value.ToArray());
    }

    [Fact]
    public void A_swap_needs_the_version_that_was_read()
    {
        MemoryBucket bucket = new();
        Assert.False(bucket.TrySwap("a", 1, "x"u8));
        Assert.True(bucket.TrySwap("a", 0, "x"u8));
        Assert.False(bucket.TrySwap("a", 0, "y"u8));
        ulong version = bucket.Get("a")!.Value.Version;
        bucket.Set("a", "x"u8);
        Assert.False(bucket.TrySwap("a", version, "y"u8));
        version = bucket.Get("a")!.Value.Version;
        bucket.Delete("a");
        bucket.Set("a", "x"u8);
        Assert.False(bucket.TrySwap("a", version, "y"u8));
        Assert.True(bucket.TrySwap("a", bucket.Get("a")!.Value.Version, "y"u8));
        Assert.Equal("y"u8, bucket.Get("a")!.Value.Value.Span);
    }

    [Fact]
    public void What_is_deleted_makes_room()
    {
        MemoryBucket bucket = new(maximumBytes: 10, maximumKeys: 1);
        for (int i = 0; i < 100; i++)
        {
            bucket.Set($"k{i}", new byte[7]);
            Assert.Throws<KeyValueException>(() => bucket.Set("l", []));
            Assert.Throws<KeyValueException>(() => bucket.TrySwap("l", 0, []));
            Assert.Throws<KeyValueException>(() => bucket.Increment("l", 1));
            Assert.Equal([$"k{i}"], bucket.ListKeys(0).Keys);
            bucket.Delete($"k{i}");
        }

        Assert.Empty(bucket.ListKeys(0).Keys);
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryBucket(maximumBytes: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryBucket(maximumKeys: -1));
    }

    [Fact]
    public void Pages_stay_right_while_keys_come_and_go()
    {
        MemoryBucket bucket = new();
        for (int i = 0; i < 2000; i++)
        {
            bucket.Set($"{i}", []);
        }

        KeyPage first = bucket.ListKeys(0);
        bucket.Delete(first.Keys[0]);
        bucket.Delete("1000");
        bucket.Set("new", []);
        KeyPage second = bucket.ListKeys(first.Next!.Value);
        Assert.Equal(Enumerable.Range(1001, 999).Select(number => $"{number}").Append("new"), second.Keys);
        Assert.Null(second.Next);
    }

    [Fact]
    public void Nothing_is_lost_between_threads()
    {
        MemoryBucket bucket = new();
        Parallel.For(0, 2000, number =>
        {
            bucket.Increment("sum", 1);
            bucket.Set($"{number}", []);
            KeyValueEntry? entry;
            do
            {
                entry = bucket.Get("swapped");
            }
            while (!bucket.TrySwap("swapped", entry?.Version ?? 0, new byte[(entry?.Value.Length ?? 0) + 1]));
        });
        Assert.Equal(2000ul, bucket.Increment("sum", 0));
        Assert.Equal(2000, bucket.Get("swapped")!.Value.Value.Length);
        Assert.Equal(1000, bucket.ListKeys(0).Keys.Count);
    }

    [Fact]
    public void Grants_name_their_capabilities()
    {
        Assert.Equal(
            ["kv:read:a/**", "kv:write:a/**", "kv:read:b/**"],
            Grants.None.AllowKeyValue("a").AllowKeyValue("b", readOnly: true).Capabilities.Select(capability => capability.ToString()));
        foreach (string name in (string[])["", "a/b", "*", "ä", "a b", new string('x', 129)])
        {
            Assert.Throws<ArgumentException>(() => Grants.None.AllowKeyValue(name));
        }
    }
}
