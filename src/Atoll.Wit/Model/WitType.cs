namespace Atoll.Wit;

/// <summary>A type where a type is used: built in, built from others, or a name (WIT.md, "Types").</summary>
public abstract class WitType
{
    private protected WitType()
    {
    }

    /// <summary>The types that this one is directly built of.</summary>
    internal virtual IEnumerable<WitType> Parts => [];

    /// <summary>The type as WIT writes it.</summary>
    public sealed override string ToString() => Printing.WitPrinter.Print(this);
}

/// <summary>The built-in types without arguments.</summary>
public enum WitPrimitiveKind
{
    /// <summary><c>bool</c></summary>
    Bool,

    /// <summary><c>s8</c></summary>
    S8,

    /// <summary><c>u8</c></summary>
    U8,

    /// <summary><c>s16</c></summary>
    S16,

    /// <summary><c>u16</c></summary>
    U16,

    /// <summary><c>s32</c></summary>
    S32,

    /// <summary><c>u32</c></summary>
    U32,

    /// <summary><c>s64</c></summary>
    S64,

    /// <summary><c>u64</c></summary>
    U64,

    /// <summary><c>f32</c></summary>
    F32,

    /// <summary><c>f64</c></summary>
    F64,

    /// <summary><c>char</c>: a Unicode scalar value.</summary>
    Char,

    /// <summary><c>string</c></summary>
    String,

    /// <summary><c>error-context</c>: has no syntax of its own in WIT.md yet; it occurs in components.</summary>
    ErrorContext,
}

/// <summary>A built-in type without arguments.</summary>
public sealed class WitPrimitive : WitType
{
    private static readonly WitPrimitive[] All =
        [.. Enum.GetValues(typeof(WitPrimitiveKind)).Cast<WitPrimitiveKind>().Select(kind => new WitPrimitive(kind))];

    private WitPrimitive(WitPrimitiveKind kind) => Kind = kind;

    /// <summary>Which.</summary>
    public WitPrimitiveKind Kind { get; }

    internal static WitPrimitive Of(WitPrimitiveKind kind) => All[(int)kind];
}

/// <summary><c>list&lt;T&gt;</c>, or <c>list&lt;T, N&gt;</c> of a fixed length.</summary>
public sealed class WitList : WitType
{
    internal WitList(WitType element, int? length)
    {
        Element = element;
        Length = length;
    }

    /// <summary>Type of each element.</summary>
    public WitType Element { get; }

    /// <summary>Number of elements where it is fixed, at least 1.</summary>
    public int? Length { get; }

    internal override IEnumerable<WitType> Parts => [Element];
}

/// <summary><c>option&lt;T&gt;</c></summary>
public sealed class WitOption : WitType
{
    internal WitOption(WitType element) => Element = element;

    /// <summary>Type of the value where there is one.</summary>
    public WitType Element { get; }

    internal override IEnumerable<WitType> Parts => [Element];
}

/// <summary><c>result&lt;T, E&gt;</c>; either may be missing.</summary>
public sealed class WitResult : WitType
{
    internal WitResult(WitType? ok, WitType? error)
    {
        Ok = ok;
        Error = error;
    }

    /// <summary>Type of the value of success, or null.</summary>
    public WitType? Ok { get; }

    /// <summary>Type of the value of failure, or null.</summary>
    public WitType? Error { get; }

    internal override IEnumerable<WitType> Parts => new[] { Ok, Error }.OfType<WitType>();
}

/// <summary><c>tuple&lt;A, B, …&gt;</c></summary>
public sealed class WitTuple : WitType
{
    internal WitTuple(IReadOnlyList<WitType> items) => Items = items;

    /// <summary>Types of the items, at least one.</summary>
    public IReadOnlyList<WitType> Items { get; }

    internal override IEnumerable<WitType> Parts => Items;
}

/// <summary><c>map&lt;K, V&gt;</c></summary>
public sealed class WitMap : WitType
{
    internal WitMap(WitPrimitive key, WitType value)
    {
        Key = key;
        Value = value;
    }

    /// <summary>Type of the keys: an integer, <c>bool</c>, <c>char</c> or <c>string</c>.</summary>
    public WitPrimitive Key { get; }

    /// <summary>Type of the values.</summary>
    public WitType Value { get; }

    internal override IEnumerable<WitType> Parts => [Key, Value];
}

/// <summary><c>future&lt;T&gt;</c> or <c>future</c></summary>
public sealed class WitFuture : WitType
{
    internal WitFuture(WitType? payload) => Payload = payload;

    /// <summary>Type of what will be there, or null.</summary>
    public WitType? Payload { get; }

    internal override IEnumerable<WitType> Parts => Payload is null ? [] : [Payload];
}

/// <summary><c>stream&lt;T&gt;</c> or <c>stream</c></summary>
public sealed class WitStream : WitType
{
    internal WitStream(WitType? payload) => Payload = payload;

    /// <summary>Type of what flows, or null.</summary>
    public WitType? Payload { get; }

    internal override IEnumerable<WitType> Parts => Payload is null ? [] : [Payload];
}

/// <summary>A handle to a resource: owning (<c>r</c>) or borrowed (<c>borrow&lt;r&gt;</c>) (WIT.md, "Handles").</summary>
public sealed class WitHandle : WitType
{
    internal WitHandle(WitTypeDefinition resource, bool isBorrowed)
    {
        Resource = resource;
        IsBorrowed = isBorrowed;
    }

    /// <summary>The resource under the name that was used; <see cref="WitTypeDefinition.Target"/> gives the definition behind aliases.</summary>
    public WitTypeDefinition Resource { get; }

    /// <summary>Whether the handle is lent for the duration of a call.</summary>
    public bool IsBorrowed { get; }
}

/// <summary>A defined type by its name. Inside other types it is never a resource: those are <see cref="WitHandle"/>s.</summary>
public sealed class WitNamed : WitType
{
    internal WitNamed(WitTypeDefinition definition) => Definition = definition;

    /// <summary>What the name stands for.</summary>
    public WitTypeDefinition Definition { get; }
}
