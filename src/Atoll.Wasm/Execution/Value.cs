using System.Diagnostics;

namespace Atoll.Wasm;

/// <summary>A WebAssembly value of any type: what goes into and comes out of untyped calls.</summary>
/// <remarks>Immutable. The default value is the <c>i32</c> 0. Numbers convert to it implicitly.</remarks>
public readonly struct Value : IEquatable<Value>
{
    // Read and written by generated code.
    internal readonly ulong Low;
    internal readonly ulong High;
    internal readonly object? Reference;
    private readonly long _type;

    internal Value(ValueType type, ulong low, ulong high = 0, object? reference = null)
    {
        _type = type.Code;
        Low = low;
        High = high;
        Reference = reference;
    }

    /// <summary>The type of the value.</summary>
    public ValueType Type => _type == 0 ? ValueType.I32 : new ValueType(_type);

    /// <summary>An <c>i32</c>.</summary>
    public static Value I32(int value) => new(ValueType.I32, (uint)value);

    /// <summary>An <c>i64</c>.</summary>
    public static Value I64(long value) => new(ValueType.I64, (ulong)value);

    /// <summary>An <c>f32</c>.</summary>
    public static Value F32(float value) => new(ValueType.F32, BitConverter.SingleToUInt32Bits(value));

    /// <summary>An <c>f32</c> with exactly these bits.</summary>
    public static Value F32Bits(uint bits) => new(ValueType.F32, bits);

    /// <summary>An <c>f64</c>.</summary>
    public static Value F64(double value) => new(ValueType.F64, BitConverter.DoubleToUInt64Bits(value));

    /// <summary>An <c>f64</c> with exactly these bits.</summary>
    public static Value F64Bits(ulong bits) => new(ValueType.F64, bits);

    /// <summary>A <c>v128</c> of two halves.</summary>
    public static Value V128(ulong low, ulong high) => new(ValueType.V128, low, high);

    /// <summary>A reference to a function, or null.</summary>
    public static Value FuncRef(Function? function) => new(ValueType.FuncRef, 0, 0, function);

    /// <summary>A reference to an object of the host, or null.</summary>
    public static Value ExternRef(object? value) => new(ValueType.ExternRef, 0, 0, value);

    /// <summary>An <c>i31ref</c>.</summary>
    /// <param name="value">The number, of which 31 bits are kept.</param>
    public static Value I31(int value) => new(ValueType.I31Ref, 0, 0, Execution.I31.Of(value));

    /// <summary>A reference to an exception, or null.</summary>
    public static Value ExnRef(ExceptionInstance? exception) => new(ValueType.ExnRef, 0, 0, exception);

    /// <summary>The default value of a type: zero or null.</summary>
    public static Value Default(ValueType type) => new(type, 0);

    /// <summary>The <c>i32</c>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public int AsI32() => (int)Check(ValueType.I32);

    /// <summary>The <c>i64</c>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public long AsI64() => (long)Check(ValueType.I64);

    /// <summary>The <c>f32</c>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public float AsF32() => BitConverter.UInt32BitsToSingle(AsF32Bits());

    /// <summary>The bits of the <c>f32</c>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public uint AsF32Bits() => (uint)Check(ValueType.F32);

    /// <summary>The <c>f64</c>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public double AsF64() => BitConverter.UInt64BitsToDouble(AsF64Bits());

    /// <summary>The bits of the <c>f64</c>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public ulong AsF64Bits() => Check(ValueType.F64);

    /// <summary>The two halves of the <c>v128</c>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public (ulong Low, ulong High) AsV128() => (Check(ValueType.V128), High);

    /// <summary>The function, or null.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public Function? AsFuncRef()
    {
        CheckHierarchy(ValueType.FuncRef);
        return (Function?)Reference;
    }

    /// <summary>The object of the host, or null.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public object? AsExternRef()
    {
        CheckHierarchy(ValueType.ExternRef);
        return Reference;
    }

    /// <summary>
    /// The object behind a reference of any type, or null. Those of a guest's structures and arrays can be kept, compared and handed back to
    /// guests of the same store.
    /// </summary>
    /// <exception cref="InvalidOperationException">The value is no reference.</exception>
    public object? AsReference() => Type.IsReference ? Reference : throw new InvalidOperationException($"the value is of type {Type}, which is no reference type");

    /// <summary>The small integer behind an <c>i31ref</c> or a reference that can be one; sign-extended.</summary>
    /// <exception cref="InvalidOperationException">The value is null or no small integer.</exception>
    public int AsI31() => Reference is Execution.I31 number ? number.Value : throw new InvalidOperationException($"{this} is no i31");

    /// <summary>The exception, or null.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public ExceptionInstance? AsExnRef()
    {
        CheckHierarchy(ValueType.ExnRef);
        return (ExceptionInstance?)Reference;
    }

    /// <summary>An <c>i32</c>.</summary>
    public static implicit operator Value(int value) => I32(value);

    /// <summary>An <c>i64</c>.</summary>
    public static implicit operator Value(long value) => I64(value);

    /// <summary>An <c>f32</c>.</summary>
    public static implicit operator Value(float value) => F32(value);

    /// <summary>An <c>f64</c>.</summary>
    public static implicit operator Value(double value) => F64(value);

    /// <summary>Same type and same bits, or the same reference.</summary>
    public bool Equals(Value other) =>
        Type == other.Type && Low == other.Low && High == other.High && ReferenceEquals(Reference, other.Reference);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Value other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Type, Low, High);

    /// <summary>Same type and same bits, or the same reference.</summary>
    public static bool operator ==(Value left, Value right) => left.Equals(right);

    /// <summary>Differs in type, bits or reference.</summary>
    public static bool operator !=(Value left, Value right) => !left.Equals(right);

    /// <summary>For example <c>i32:42</c>.</summary>
    public override string ToString()
    {
        FormattableString text = Type.Code switch
        {
            0x7F => $"i32:{(int)Low}",
            0x7E => $"i64:{(long)Low}",
            0x7D => $"f32:{AsF32()}",
            0x7C => $"f64:{AsF64()}",
            0x7B => $"v128:{High:x16}{Low:x16}",
            _ => $"{Type}:{(Reference is null ? "null" : Reference)}",
        };
        return FormattableString.Invariant(text);
    }

    private void CheckHierarchy(ValueType top)
    {
        if (!Type.IsReference || Subtyping.TopOf(Type) != top)
        {
            throw new InvalidOperationException($"the value is of type {Type}, not {top}");
        }
    }

    private ulong Check(ValueType type)
    {
        if (Type != type)
        {
            throw new InvalidOperationException($"the value is of type {Type}, not {type}");
        }

        return Low;
    }
}
