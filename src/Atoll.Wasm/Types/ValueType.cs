namespace Atoll.Wasm;

/// <summary>A WebAssembly value type (specification, "Value Types"): a number, a vector or a reference.</summary>
/// <remarks>Immutable and thread-safe. Two values are equal when they denote the same type.</remarks>
public readonly struct ValueType : IEquatable<ValueType>
{
    // The code is the byte of the binary format ("Binary Format / Value Types"), which leaves non-negative
    // numbers free for types that a type section defines.
    private readonly int _code;

    internal ValueType(int code) => _code = code;

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

    /// <summary>Reference to an exception, or null (<see cref="ExceptionInstance"/>).</summary>
    public static ValueType ExnRef => new(0x69);

    /// <summary>The byte of the binary format.</summary>
    internal int Code => _code;

    /// <summary>Whether this is <c>i32</c>, <c>i64</c>, <c>f32</c> or <c>f64</c>.</summary>
    public bool IsNumeric => _code is >= 0x7C and <= 0x7F;

    /// <summary>Whether this is <c>v128</c>.</summary>
    public bool IsVector => _code == 0x7B;

    /// <summary>Whether this is a reference type.</summary>
    public bool IsReference => !IsNumeric && !IsVector;

    /// <inheritdoc/>
    public bool Equals(ValueType other) => _code == other._code;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ValueType other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _code;

    /// <summary>Whether both denote the same type.</summary>
    public static bool operator ==(ValueType left, ValueType right) => left._code == right._code;

    /// <summary>Whether the two denote different types.</summary>
    public static bool operator !=(ValueType left, ValueType right) => left._code != right._code;

    /// <summary>The name of the text format, for example <c>i32</c>.</summary>
    public override string ToString() => _code switch
    {
        0x7F => "i32",
        0x7E => "i64",
        0x7D => "f32",
        0x7C => "f64",
        0x7B => "v128",
        0x70 => "funcref",
        0x6F => "externref",
        0x69 => "exnref",
        _ => $"type(0x{_code:x})",
    };
}
