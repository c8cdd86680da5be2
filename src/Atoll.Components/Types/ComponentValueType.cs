using System.Collections.Immutable;

namespace Atoll.Components.Types;

/// <summary>Kinds of value types ("Explainer", "Fundamental value types" and "Specialized value types").</summary>
public enum ComponentValueKind
{
    /// <summary>True or false.</summary>
    Bool,

    /// <summary>Signed 8-bit integer.</summary>
    S8,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 16-bit integer.</summary>
    S16,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>Signed 32-bit integer.</summary>
    S32,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>Signed 64-bit integer.</summary>
    S64,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,

    /// <summary>IEEE 754 binary32 number with one NaN.</summary>
    F32,

    /// <summary>IEEE 754 binary64 number with one NaN.</summary>
    F64,

    /// <summary>Unicode scalar value.</summary>
    Char,

    /// <summary>Sequence of Unicode scalar values.</summary>
    String,

    /// <summary>Opaque description of an error.</summary>
    ErrorContext,

    /// <summary>Fields with names.</summary>
    Record,

    /// <summary>One of several cases, each with or without a value.</summary>
    Variant,

    /// <summary>Values of one type; their number may be part of the type.</summary>
    List,

    /// <summary>Fields without names.</summary>
    Tuple,

    /// <summary>Named bits.</summary>
    Flags,

    /// <summary>One of several names.</summary>
    Enum,

    /// <summary>A value or nothing.</summary>
    Option,

    /// <summary>Success or failure, each with or without a value.</summary>
    Result,

    /// <summary>A handle that owns a resource.</summary>
    Own,

    /// <summary>A handle that is lent for the time of a call.</summary>
    Borrow,

    /// <summary>Values that arrive over time.</summary>
    Stream,

    /// <summary>A value that arrives later.</summary>
    Future,

    /// <summary>Values by key.</summary>
    Map,
}

/// <summary>The type of a value that passes between components.</summary>
public abstract class ComponentValueType : DefinableType
{
    private protected ComponentValueType(ComponentValueKind kind) => Kind = kind;

    /// <summary>Which kind of type it is.</summary>
    public ComponentValueKind Kind { get; }

    /// <summary>Types of core values that it is passed as, at most one more than fit; made at the first use (32-bit, then 64-bit pointers).</summary>
    internal ImmutableArray<Wasm.ValueType>[] Flat { get; private set; } = new ImmutableArray<Wasm.ValueType>[2];

    /// <summary>Bytes in a memory (upper half) and alignment (lower half), for 32-bit and 64-bit pointers; 0 until asked for.</summary>
    internal ulong[] Measures { get; } = new ulong[2];

    /// <summary>The type that this one is another name of, where that is known: it tells <c>use</c> from a second definition.</summary>
    internal ComponentValueType? Origin { get; set; }

    /// <summary>Whether it is one of those that have a name where they are seen from outside.</summary>
    internal bool NeedsName => Kind is ComponentValueKind.Record or ComponentValueKind.Variant or ComponentValueKind.Flags or ComponentValueKind.Enum;

    /// <summary>The same type under another name.</summary>
    internal ComponentValueType Rename()
    {
        if (this is PrimitiveType)
        {
            return this;
        }

        ComponentValueType named = (ComponentValueType)MemberwiseClone();
        named.Origin = this;
        return named;
    }
}

/// <summary>A type without parts: numbers, characters, strings.</summary>
public sealed class PrimitiveType : ComponentValueType
{
    private static readonly PrimitiveType[] All = MakeAll();

    private PrimitiveType(ComponentValueKind kind)
        : base(kind) => Include(kind == ComponentValueKind.String ? TypeTraits.Pointer : TypeTraits.None);

    private static PrimitiveType[] MakeAll()
    {
        var all = new PrimitiveType[(int)ComponentValueKind.ErrorContext + 1];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = new PrimitiveType((ComponentValueKind)i);
        }

        return all;
    }

    /// <summary>The one object of a primitive kind.</summary>
    /// <param name="kind">A kind up to <see cref="ComponentValueKind.ErrorContext"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The kind has parts.</exception>
    public static PrimitiveType Of(ComponentValueKind kind)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)kind, (uint)ComponentValueKind.ErrorContext, nameof(kind));
        return All[(int)kind];
    }

    /// <summary>For example <c>u32</c>.</summary>
    public override string ToString() => Kind == ComponentValueKind.ErrorContext ? "error-context" : Kind.ToString().ToLowerInvariant();
}
