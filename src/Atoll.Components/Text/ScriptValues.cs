using System.Text;
using Atoll.Wasm.Text;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Components.Text;

/// <summary>Values that scripts pass and expect.</summary>
internal static class ScriptValues
{
    public static ComponentValue ToValue(WastValue value) => value switch
    {
        { Component: ScriptValue script } => ToValue(script),
        { Kind: WastValueKind.Number } when value.Type == ValueType.F32 => ComponentValue.F32(BitConverter.UInt32BitsToSingle((uint)value.Bits!.Value)),
        { Kind: WastValueKind.Number } when value.Type == ValueType.F64 => ComponentValue.F64(BitConverter.UInt64BitsToDouble(value.Bits!.Value)),
        _ => throw new InvalidOperationException($"{value} is no value of a component"),
    };

    /// <summary>Whether a result is what a script expects. All NaNs are one value between components (CanonicalABI.md, "Loading", <c>canonicalize_nan32</c>).</summary>
    public static bool Matches(ComponentValue actual, WastValue expected) => expected switch
    {
        { Component: ScriptValue { Nan: not ScriptNan.Exact } pattern } => IsNan(actual, pattern.Kind == ScriptValueKind.F32),
        { Component: ScriptValue script } => script.IsConstant && actual == ToValue(script),
        { Kind: WastValueKind.CanonicalNan or WastValueKind.ArithmeticNan } => IsNan(actual, expected.Type == ValueType.F32),
        { Kind: WastValueKind.Number } => actual == ToValue(expected),
        _ => false,
    };

    public static string Show(ComponentValue value) => $"{value.Kind.ToString().ToLowerInvariant()} {(value.Object is null ? $"0x{value.Bits:x}" : value.Object)}";

    private static bool IsNan(ComponentValue value, bool isSingle) => isSingle
        ? value.Kind == Types.ComponentValueKind.F32 && float.IsNaN(value.AsF32())
        : value.Kind == Types.ComponentValueKind.F64 && double.IsNaN(value.AsF64());

    private static ComponentValue ToValue(ScriptValue value)
    {
        ComponentValue? payload = value.Kind is ScriptValueKind.Variant or ScriptValueKind.Option or ScriptValueKind.Result && value.Items.Length == 1
            ? ToValue(value.Items[0])
            : null;
        return value.Kind switch
        {
            ScriptValueKind.Bool => ComponentValue.Bool(value.Bits != 0),
            ScriptValueKind.S8 => ComponentValue.S8((sbyte)value.Bits),
            ScriptValueKind.U8 => ComponentValue.U8((byte)value.Bits),
            ScriptValueKind.S16 => ComponentValue.S16((short)value.Bits),
            ScriptValueKind.U16 => ComponentValue.U16((ushort)value.Bits),
            ScriptValueKind.S32 => ComponentValue.S32((int)value.Bits),
            ScriptValueKind.U32 => ComponentValue.U32((uint)value.Bits),
            ScriptValueKind.S64 => ComponentValue.S64((long)value.Bits),
            ScriptValueKind.U64 => ComponentValue.U64(value.Bits),
            ScriptValueKind.F32 => ComponentValue.F32(BitConverter.UInt32BitsToSingle((uint)value.Bits)),
            ScriptValueKind.F64 => ComponentValue.F64(BitConverter.UInt64BitsToDouble(value.Bits)),
            ScriptValueKind.Char => ComponentValue.Char(new Rune((uint)value.Bits)),
            ScriptValueKind.String => ComponentValue.String(value.Text),
            ScriptValueKind.List => ComponentValue.List(Array.ConvertAll(value.Items, ToValue)),
            ScriptValueKind.Tuple => ComponentValue.Tuple(Array.ConvertAll(value.Items, ToValue)),
            ScriptValueKind.Record => ComponentValue.Record([.. value.Labels.Zip(value.Items, (label, item) => (label, ToValue(item)))]),
            ScriptValueKind.Variant => ComponentValue.Variant(value.Text, payload),
            ScriptValueKind.Enum => ComponentValue.Enum(value.Text),
            ScriptValueKind.Option => payload is { } some ? ComponentValue.Some(some) : ComponentValue.None,
            ScriptValueKind.Result => value.Bits == 0 ? ComponentValue.Ok(payload) : ComponentValue.Error(payload),
            _ => ComponentValue.Flags(value.Labels),
        };
    }
}
