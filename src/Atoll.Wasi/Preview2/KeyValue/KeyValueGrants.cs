using Atoll.Components;

namespace Atoll.Wasi.Preview2.KeyValue;

/// <summary>Opens buckets of keys and values for WASI guests (<c>wasi:keyvalue</c>).</summary>
public static class KeyValueGrants
{
    /// <summary>Opens a bucket; replaces an earlier one of the name. All guests that run with these grants share it.</summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="bucket">Name under which guests open it: 1 to 128 letters, digits, '-', '_' and '.', of ASCII; upper and lower case differ.</param>
    /// <param name="store">What keeps the values; null for a new <see cref="MemoryBucket"/>. It stays the caller's.</param>
    /// <param name="readOnly">Guests may read it only.</param>
    /// <exception cref="ArgumentException">The name is not of this form.</exception>
    public static Grants AllowKeyValue(this Grants grants, string bucket, IKeyValueBucket? store = null, bool readOnly = false)
    {
        ArgumentNullException.ThrowIfNull(grants);
        ArgumentNullException.ThrowIfNull(bucket);
        return KeyValueGrant.IsName(bucket)
            ? grants.With(new KeyValueGrant(bucket, store ?? new MemoryBucket(), readOnly))
            : throw new ArgumentException($"the name of a bucket has 1 to {KeyValueGrant.MaximumName} letters, digits, '-', '_' and '.'", nameof(bucket));
    }
}

internal sealed record KeyValueGrant(string Bucket, IKeyValueBucket Store, bool ReadOnly) : IGrant
{
    public const int MaximumName = 128;

    public IEnumerable<Capability> Capabilities => ReadOnly ? [Read(Bucket)] : [Read(Bucket), Write(Bucket)];

    public static Capability Read(string bucket) => Capability.Of("kv", "read", $"{bucket}/**");

    public static Capability Write(string bucket) => Capability.Of("kv", "write", $"{bucket}/**");

    /// <summary>Whether a bucket can have this name. It leaves no room for doubt about which names a capability covers.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= MaximumName && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
