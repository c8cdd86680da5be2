using Atoll.Wasm;

namespace Atoll.Reference;

/// <summary>The kinds of values that a slot of the operand stack tells apart.</summary>
internal enum SlotKind : byte
{
    I32,
    I64,
    F32,
    F64,
    V128,
    Reference,
}

/// <summary>
/// A value (specification, "Execution / Runtime Structure / Values"). Floating-point numbers are kept as their bits, so that nothing but an
/// instruction can change a NaN. A reference is null, a <see cref="FunctionInstance"/>, or any object of the host.
/// </summary>
internal readonly record struct Slot(SlotKind Kind, UInt128 Bits, object? Reference = null)
{
    public static Slot Null => new(SlotKind.Reference, 0);

    public uint AsI32 => (uint)Bits;

    public ulong AsI64 => (ulong)Bits;

    public static Slot I32(uint value) => new(SlotKind.I32, value);

    public static Slot I64(ulong value) => new(SlotKind.I64, value);

    public static Slot F32(uint bits) => new(SlotKind.F32, bits);

    public static Slot F64(ulong bits) => new(SlotKind.F64, bits);

    public static Slot V128(UInt128 bits) => new(SlotKind.V128, bits);

    public static Slot Ref(object? reference) => new(SlotKind.Reference, 0, reference);

    /// <summary>The kind that values of a type have.</summary>
    public static SlotKind KindOf(Wasm.ValueType type) =>
        type == Wasm.ValueType.I32 ? SlotKind.I32
        : type == Wasm.ValueType.I64 ? SlotKind.I64
        : type == Wasm.ValueType.F32 ? SlotKind.F32
        : type == Wasm.ValueType.F64 ? SlotKind.F64
        : type == Wasm.ValueType.V128 ? SlotKind.V128
        : SlotKind.Reference;

    /// <summary>The default value of a type: zero or null.</summary>
    public static Slot Default(Wasm.ValueType type) => new(KindOf(type), 0);

    public override string ToString() => Kind switch
    {
        SlotKind.I32 => $"i32 0x{AsI32:x}",
        SlotKind.I64 => $"i64 0x{AsI64:x}",
        SlotKind.F32 => $"f32 0x{AsI32:x8} ({BitConverter.UInt32BitsToSingle(AsI32):R})",
        SlotKind.F64 => $"f64 0x{AsI64:x16} ({BitConverter.UInt64BitsToDouble(AsI64):R})",
        SlotKind.V128 => $"v128 0x{Bits:x32}",
        _ => Reference is null ? "null" : $"ref {Reference}",
    };
}
