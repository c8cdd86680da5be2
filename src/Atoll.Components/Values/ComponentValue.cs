using System.Collections.Immutable;
using System.Text;
using Atoll.Components.Types;

namespace Atoll.Components;

/// <summary>
/// A value of any type of the Component Model, for callers that do not know types beforehand: command lines, scripts, JSON. Typed calls need none.
/// </summary>
/// <remarks>Immutable. Two values are equal when they have the same kind and the same parts; all NaNs of a width are equal.</remarks>
public readonly partial struct ComponentValue : IEquatable<ComponentValue>
{
    private readonly object? _object;
    private readonly ulong _bits;

    private ComponentValue(ComponentValueKind kind, ulong bits, object? @object = null)
    {
        Kind = kind;
        _bits = bits;
        _object = @object;
    }

    /// <summary>Kind of the value's type.</summary>
    public ComponentValueKind Kind { get; }

    /// <summary><c>none</c></summary>
    public static ComponentValue None { get; } = new(ComponentValueKind.Option, 0);

    /// <summary>A truth value.</summary>
    /// <param name="value">The value.</param>
    public static ComponentValue Bool(bool value) => new(ComponentValueKind.Bool, value ? 1u : 0u);

    /// <summary>A signed 8-bit integer.</summary>
    /// <param name="value">The value.</param>
    public static ComponentValue S8(sbyte value) => new(ComponentValueKind.S8, (ulong)(long)value);

    /// <summary>An unsigned 8-bit integer.</summary>
    /// <param name="value">The value.</param>
    public static ComponentValue U8(byte value) => new(ComponentValueKind.U8, value);

    /// <summary>A signed 16-bit integer.</summary>
    /// <param name="value">The value.</param>
    public static ComponentValue S16(short value) => new(ComponentValueKind.S16, (ulong)(long)value);

    /// <summary>An unsigned 16-bit integer.</summary>
    /// <param name="value">The value.</param>
    public static ComponentValue U16(ushort value) => new(ComponentValueKind.U16, value);

    /// <summary>A signed 32-bit integer.</summary>
    /// <param name="value">The value.</param>
    public static ComponentValue S32(int value) => new(ComponentValueKind.S32, (ulong)(long)value);

    /// <summary>An unsigned 32-bit integer.</summary>
    /// <param name="value">The value.</param>
    public static ComponentValue U32(uint value) => new(ComponentValueKind.U32, value);

    /// <summary>A signed 64-bit integer.</summary>
    /// <param name="value">The value.</param>
    public static ComponentValue S64(long value) => new(ComponentValueKind.S64, (ulong)value);

    /// <summary>An unsigned 64-bit integer.</summary>
    /// <param name="value">The value.</param>
    public static ComponentValue U64(ulong value) => new(ComponentValueKind.U64, value);

    /// <summary>A 32-bit floating-point number; every NaN becomes the canonical one.</summary>
    /// <param name="value">The value.</param>
    public static ComponentValue F32(float value) => new(ComponentValueKind.F32, float.IsNaN(value) ? 0x7fc00000 : BitConverter.SingleToUInt32Bits(value));

    /// <summary>A 64-bit floating-point number; every NaN becomes the canonical one.</summary>
    /// <param name="value">The value.</param>
    public static ComponentValue F64(double value) =>
        new(ComponentValueKind.F64, double.IsNaN(value) ? 0x7ff8000000000000 : BitConverter.DoubleToUInt64Bits(value));

    /// <summary>A Unicode scalar value.</summary>
    /// <param name="value">The value.</param>
    public static ComponentValue Char(Rune value) => new(ComponentValueKind.Char, (uint)value.Value);

    /// <summary>A string.</summary>
    /// <param name="value">The value.</param>
    public static ComponentValue String(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new ComponentValue(ComponentValueKind.String, 0, value);
    }

    /// <summary>An error context.</summary>
    /// <param name="debugMessage">Its message.</param>
    public static ComponentValue ErrorContext(string debugMessage)
    {
        ArgumentNullException.ThrowIfNull(debugMessage);
        return new ComponentValue(ComponentValueKind.ErrorContext, 0, debugMessage);
    }

    /// <summary>A list.</summary>
    /// <param name="elements">The elements, all of one type.</param>
    public static ComponentValue List(params ReadOnlySpan<ComponentValue> elements) => OfList(elements.ToArray());

    /// <summary>A list of unsigned 8-bit integers, kept as bytes.</summary>
    /// <param name="bytes">The elements.</param>
    public static ComponentValue List(ReadOnlySpan<byte> bytes) => OfBytes(bytes.ToArray());

    /// <summary>A tuple.</summary>
    /// <param name="elements">The elements, at least one.</param>
    public static ComponentValue Tuple(params ReadOnlySpan<ComponentValue> elements) => new(ComponentValueKind.Tuple, 0, elements.ToArray());

    /// <summary>A record.</summary>
    /// <param name="fields">Names and values of the fields, in any order.</param>
    public static ComponentValue Record(params ReadOnlySpan<(string Name, ComponentValue Value)> fields)
    {
        string[] names = new string[fields.Length];
        ComponentValue[] values = new ComponentValue[fields.Length];
        for (int i = 0; i < fields.Length; i++)
        {
            (names[i], values[i]) = fields[i];
        }

        return OfRecord(new FieldNames(names), values);
    }

    /// <summary>A case of a variant.</summary>
    /// <param name="name">Name of the case.</param>
    /// <param name="payload">The value that comes with it, if one does.</param>
    public static ComponentValue Variant(string name, ComponentValue? payload = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new ComponentValue(ComponentValueKind.Variant, 0, new CaseValue(name, payload is { } value ? new Box(value) : null));
    }

    /// <summary>A case of an enumeration.</summary>
    /// <param name="name">Name of the case.</param>
    public static ComponentValue Enum(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new ComponentValue(ComponentValueKind.Enum, 0, name);
    }

    /// <summary>A set of flags.</summary>
    /// <param name="names">Names of those that are set.</param>
    public static ComponentValue Flags(params ReadOnlySpan<string> names) => new(ComponentValueKind.Flags, 0, names.ToArray());

    /// <summary><c>some</c></summary>
    /// <param name="value">The value.</param>
    public static ComponentValue Some(ComponentValue value) => new(ComponentValueKind.Option, 1, new Box(value));

    /// <summary>A result of success.</summary>
    /// <param name="value">The value that comes with it, if one does.</param>
    public static ComponentValue Ok(ComponentValue? value = null) => new(ComponentValueKind.Result, 0, value is { } payload ? new Box(payload) : null);

    /// <summary>A result of failure.</summary>
    /// <param name="value">The value that comes with it, if one does.</param>
    public static ComponentValue Error(ComponentValue? value = null) => new(ComponentValueKind.Result, 1, value is { } payload ? new Box(payload) : null);

    /// <summary>A map.</summary>
    /// <param name="entries">Keys and values; of equal keys the last one counts for those who look up.</param>
    public static ComponentValue Map(params ReadOnlySpan<(ComponentValue Key, ComponentValue Value)> entries)
    {
        ComponentValue[] pairs = new ComponentValue[entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            pairs[i] = Tuple(entries[i].Key, entries[i].Value);
        }

        return OfMap(pairs);
    }

    /// <summary>A resource that goes with the value.</summary>
    /// <param name="resource">The resource.</param>
    public static ComponentValue Own(ComponentResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return new ComponentValue(ComponentValueKind.Own, 0, resource);
    }

    /// <summary>A resource that is lent for the time of a call.</summary>
    /// <param name="resource">The resource.</param>
    public static ComponentValue Borrow(ComponentResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return new ComponentValue(ComponentValueKind.Borrow, 0, resource);
    }

    /// <summary>The truth value.</summary>
    /// <exception cref="InvalidOperationException">It is of another kind; so for all that follow.</exception>
    public bool AsBool() => Expect(ComponentValueKind.Bool)._bits != 0;

    /// <summary>The integer, whatever its width, where it fits.</summary>
    /// <exception cref="OverflowException">It is an unsigned integer over <see cref="long.MaxValue"/>.</exception>
    public long AsInt64() => Kind == ComponentValueKind.U64 ? checked((long)_bits) : (long)ExpectInteger()._bits;

    /// <summary>The integer, whatever its width, where it is not negative.</summary>
    /// <exception cref="OverflowException">It is negative.</exception>
    public ulong AsUInt64() => IsSigned(Kind) ? checked((ulong)(long)_bits) : ExpectInteger()._bits;

    /// <summary>The 32-bit floating-point number.</summary>
    public float AsF32() => BitConverter.UInt32BitsToSingle((uint)Expect(ComponentValueKind.F32)._bits);

    /// <summary>The 64-bit floating-point number.</summary>
    public double AsF64() => BitConverter.UInt64BitsToDouble(Expect(ComponentValueKind.F64)._bits);

    /// <summary>The character.</summary>
    public Rune AsChar() => new((uint)Expect(ComponentValueKind.Char)._bits);

    /// <summary>The string; of an error context its message.</summary>
    public string AsString() => Kind == ComponentValueKind.ErrorContext ? (string)_object! : (string)Expect(ComponentValueKind.String)._object!;

    /// <summary>The elements of a list or tuple; the pairs of a map, as tuples.</summary>
    public IReadOnlyList<ComponentValue> AsList() => Kind is ComponentValueKind.List or ComponentValueKind.Tuple or ComponentValueKind.Map
        ? Elements
        : throw Wrong(ComponentValueKind.List);

    /// <summary>The elements of a list of unsigned 8-bit integers.</summary>
    public ReadOnlyMemory<byte> AsBytes() => Expect(ComponentValueKind.List)._object is byte[] bytes
        ? bytes
        : Elements.Select(element => (byte)element.Expect(ComponentValueKind.U8)._bits).ToArray();

    /// <summary>Names and values of a record's fields.</summary>
    public IReadOnlyList<KeyValuePair<string, ComponentValue>> AsRecord()
    {
        RecordValue record = (RecordValue)Expect(ComponentValueKind.Record)._object!;
        return [.. record.Names.Names.Zip(record.Values, KeyValuePair.Create)];
    }

    /// <summary>Name and payload of a variant's or enumeration's case; <c>some</c> or <c>none</c>; <c>ok</c> or <c>err</c>.</summary>
    public (string Name, ComponentValue? Payload) AsCase() => Kind switch
    {
        ComponentValueKind.Variant => (((CaseValue)_object!).Name, ((CaseValue)_object).Payload?.Value),
        ComponentValueKind.Enum => ((string)_object!, null),
        ComponentValueKind.Option => (_bits == 0 ? "none" : "some", ((Box?)_object)?.Value),
        ComponentValueKind.Result => (_bits == 0 ? "ok" : "err", ((Box?)_object)?.Value),
        _ => throw Wrong(ComponentValueKind.Variant),
    };

    /// <summary>Names of the flags that are set.</summary>
    public IReadOnlyList<string> AsFlags() => (string[])Expect(ComponentValueKind.Flags)._object!;

    /// <summary>The resource.</summary>
    public ComponentResource AsResource() => Kind is ComponentValueKind.Own or ComponentValueKind.Borrow ? (ComponentResource)_object! : throw Wrong(ComponentValueKind.Own);

    /// <inheritdoc/>
    public bool Equals(ComponentValue other)
    {
        if (Kind != other.Kind || _bits != other._bits)
        {
            return false;
        }

        return Kind switch
        {
            ComponentValueKind.List when _object is byte[] bytes && other._object is byte[] otherBytes => bytes.AsSpan().SequenceEqual(otherBytes),
            ComponentValueKind.List or ComponentValueKind.Tuple or ComponentValueKind.Map => Elements.AsSpan().SequenceEqual(other.Elements),
            ComponentValueKind.Record => ((RecordValue)_object!).Equals((RecordValue)other._object!),
            ComponentValueKind.Flags => ((string[])_object!).ToHashSet(StringComparer.Ordinal).SetEquals((string[])other._object!),
            _ => Equals(_object, other._object),
        };
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ComponentValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Kind switch
    {
        ComponentValueKind.List or ComponentValueKind.Tuple or ComponentValueKind.Map => HashCode.Combine(Kind, AsList().Count),
        ComponentValueKind.Record or ComponentValueKind.Flags => (int)Kind,
        _ => HashCode.Combine(Kind, _bits, _object),
    };

    /// <summary>Whether two values are equal.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(ComponentValue left, ComponentValue right) => left.Equals(right);

    /// <summary>Whether two values differ.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(ComponentValue left, ComponentValue right) => !left.Equals(right);
}
