namespace Atoll.Wasm;

/// <summary>A WebAssembly value type (specification, "Value Types"): a number, a vector or a reference.</summary>
/// <remarks>
/// Immutable and thread-safe. Two values are equal when they denote the same type. A reference to a type that a module defines denotes it only
/// while a module, an instance or an item of one that has the type is alive.
/// </remarks>
public readonly struct ValueType : IEquatable<ValueType>
{
    /// <summary>Set in the code of an abstract reference type that excludes null.</summary>
    internal const int NonNullBit = 0x80;

    /// <summary>Low byte of the code of a reference to a defined type, null included; the byte of the binary format.</summary>
    internal const int NullableDefined = 0x63;

    /// <summary>Low byte of the code of a reference to a defined type, null excluded; the byte of the binary format.</summary>
    internal const int NonNullDefined = 0x64;

    // An abstract type is the byte of the binary format ("Binary Format / Value Types"), with a bit where null is excluded. A reference to a
    // defined type is the number of that type, which no other ever has, above one of the two bytes.
    private readonly long _code;

    internal ValueType(long code) => _code = code;

    /// <summary>32-bit integer, of no particular signedness.</summary>
    public static ValueType I32 => new(0x7F);

    /// <summary>64-bit integer, of no particular signedness.</summary>
    public static ValueType I64 => new(0x7E);

    /// <summary>IEEE 754 binary32 number.</summary>
    public static ValueType F32 => new(0x7D);

    /// <summary>IEEE 754 binary64 number.</summary>
    public static ValueType F64 => new(0x7C);

    /// <summary>128-bit vector.</summary>
    public static ValueType V128 => new(0x7B);

    /// <summary>Reference to a function, or null.</summary>
    public static ValueType FuncRef => new(0x70);

    /// <summary>Reference to an object of the host, or null; a guest can only pass it on.</summary>
    public static ValueType ExternRef => new(0x6F);

    /// <summary>Reference to any structure, array, small integer or object of the host, or null.</summary>
    public static ValueType AnyRef => new(0x6E);

    /// <summary>Reference that can be compared: to a structure, an array or a small integer, or null.</summary>
    public static ValueType EqRef => new(0x6D);

    /// <summary>Integer of 31 bits as a reference, or null.</summary>
    public static ValueType I31Ref => new(0x6C);

    /// <summary>Reference to a structure, or null.</summary>
    public static ValueType StructRef => new(0x6B);

    /// <summary>Reference to an array, or null.</summary>
    public static ValueType ArrayRef => new(0x6A);

    /// <summary>Reference to an exception, or null.</summary>
    public static ValueType ExnRef => new(0x69);

    /// <summary>Only null, as an <see cref="AnyRef"/>.</summary>
    public static ValueType NullRef => new(0x71);

    /// <summary>Only null, as an <see cref="ExternRef"/>.</summary>
    public static ValueType NullExternRef => new(0x72);

    /// <summary>Only null, as a <see cref="FuncRef"/>.</summary>
    public static ValueType NullFuncRef => new(0x73);

    /// <summary>Only null, as an <see cref="ExnRef"/>.</summary>
    public static ValueType NullExnRef => new(0x74);

    /// <summary>Packed 8-bit integer: a storage type of fields, not of values.</summary>
    internal static ValueType I8 => new(0x78);

    /// <summary>Packed 16-bit integer: a storage type of fields, not of values.</summary>
    internal static ValueType I16 => new(0x77);

    internal long Code => _code;

    /// <summary>Whether this is <c>i32</c>, <c>i64</c>, <c>f32</c> or <c>f64</c>.</summary>
    public bool IsNumeric => _code is >= 0x7C and <= 0x7F;

    /// <summary>Whether this is <c>v128</c>.</summary>
    public bool IsVector => _code == 0x7B;

    /// <summary>Whether this is a reference type.</summary>
    public bool IsReference => _code is not (>= 0x75 and <= 0x7F);

    /// <summary>Whether this is a reference type with null among its values.</summary>
    public bool IsNullable => IsReference && (IsDefined ? (byte)_code == NullableDefined : (_code & NonNullBit) == 0);

    internal bool IsPacked => _code is 0x77 or 0x78;

    /// <summary>Whether this is a reference to a type that a module defines.</summary>
    internal bool IsDefined => _code > 0xFF;

    /// <summary>Whether a variable of the type has a value before it is set ("Defaultable Types").</summary>
    internal bool IsDefaultable => !IsReference || IsNullable;

    /// <summary>Number of the defined type.</summary>
    internal long DefinedId => _code >> 8;

    /// <summary>The same reference type without null.</summary>
    internal ValueType WithoutNull => IsDefined ? new((_code & ~0xFFL) | NonNullDefined) : new(_code | NonNullBit);

    /// <summary>The same reference type with null.</summary>
    internal ValueType WithNull => IsDefined ? new((_code & ~0xFFL) | NullableDefined) : new(_code & ~(long)NonNullBit);

    /// <summary>What an instruction gets out of a field of this storage type ("unpack").</summary>
    internal ValueType Unpacked => IsPacked ? I32 : this;

    internal static ValueType ReferenceTo(DefinedType type, bool isNullable) => new((type.Id << 8) + (isNullable ? NullableDefined : NonNullDefined));

    /// <summary>Whether each value of this type is one of the other (specification, "Matching / Value Types").</summary>
    /// <param name="other">The type that is wanted.</param>
    public bool Matches(ValueType other) => _code == other._code || Subtyping.Matches(this, other);

    /// <inheritdoc/>
    public bool Equals(ValueType other) => _code == other._code;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ValueType other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _code.GetHashCode();

    /// <summary>Whether both denote the same type.</summary>
    public static bool operator ==(ValueType left, ValueType right) => left._code == right._code;

    /// <summary>Whether the two denote different types.</summary>
    public static bool operator !=(ValueType left, ValueType right) => left._code != right._code;

    /// <summary>The name of the text format, for example <c>i32</c> or <c>(ref null func)</c>; a defined type is named by what it is.</summary>
    public override string ToString()
    {
        if (IsDefined)
        {
            return $"(ref {(IsNullable ? "null " : "")}({DefinedType.Find(DefinedId)?.ToString() ?? "a type that is gone"}))";
        }

        return IsReference && !IsNullable ? $"(ref {HeapName(WithNull._code)})" : Name(_code);
    }

    private static string Name(long code) => code switch
    {
        0x7F => "i32",
        0x7E => "i64",
        0x7D => "f32",
        0x7C => "f64",
        0x7B => "v128",
        0x78 => "i8",
        0x77 => "i16",
        0x71 => "nullref",
        0x72 => "nullexternref",
        0x73 => "nullfuncref",
        0x74 => "nullexnref",
        _ => HeapName(code) + "ref",
    };

    private static string HeapName(long code) => code switch
    {
        0x70 => "func",
        0x6F => "extern",
        0x6E => "any",
        0x6D => "eq",
        0x6C => "i31",
        0x6B => "struct",
        0x6A => "array",
        0x69 => "exn",
        0x71 => "none",
        0x72 => "noextern",
        0x73 => "nofunc",
        0x74 => "noexn",
        _ => $"type(0x{code:x})",
    };
}
