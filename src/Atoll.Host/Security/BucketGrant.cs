using System.Collections.Immutable;
using Atoll.Wasi.Preview2.KeyValue;

namespace Atoll.Host.Security;

/// <summary>A bucket of keys and values that the operator opens to tools; all of them share what is in it.</summary>
/// <param name="Name">The name that guests open it by.</param>
/// <param name="CanWrite">Whether tools may change it.</param>
/// <param name="Store">What keeps the values.</param>
internal sealed record BucketGrant(string Name, bool CanWrite, IKeyValueBucket Store)
{
    private const string ReadOnly = ":ro";

    /// <summary>The capability, for example <c>kv:write:counters/**</c>.</summary>
    public string Capability => $"kv:{(CanWrite ? "write" : "read")}:{Name}/**";

    /// <summary>Reads <c>BUCKET</c> or <c>BUCKET:ro</c> and makes an empty bucket in memory; null when it is neither.</summary>
    public static BucketGrant? TryParse(string text)
    {
        bool canWrite = !text.EndsWith(ReadOnly, StringComparison.Ordinal);
        string name = canWrite ? text : text[..^ReadOnly.Length];
        return KeyValueGrant.IsName(name) ? new BucketGrant(name, canWrite, new MemoryBucket()) : null;
    }
}

/// <summary>One bucket that a manifest asks for.</summary>
/// <param name="Name">The bucket; null for every one that the operator grants.</param>
/// <param name="Writes">Whether it asks to change it.</param>
internal sealed record BucketPermission(string? Name, bool Writes)
{
    /// <summary>Reads what stands behind <c>kv:</c>: <c>read:BUCKET</c>, <c>write:BUCKET</c>, with <c>/**</c> behind it or not, or <c>**</c> for the bucket. Null when it is none.</summary>
    public static BucketPermission? TryParse(string action, string pattern)
    {
        string name = pattern.EndsWith("/**", StringComparison.Ordinal) ? pattern[..^3] : pattern;
        return action is "read" or "write" && (name == "**" || KeyValueGrant.IsName(name)) ? new BucketPermission(name == "**" ? null : name, action == "write") : null;
    }

    /// <summary>What of the operator's buckets is left to whoever has these permissions. Whoever may write may read.</summary>
    public static IEnumerable<BucketGrant> Limit(IEnumerable<BucketGrant> buckets, ImmutableArray<BucketPermission> permissions) =>
        from bucket in buckets
        let wanted = permissions.Where(permission => permission.Name is null || permission.Name == bucket.Name).ToArray()
        where wanted.Length > 0
        select bucket with { CanWrite = bucket.CanWrite && wanted.Any(permission => permission.Writes) };
}
