namespace Atoll.Wasm.Binary;

/// <summary>Arithmetic on 128-bit integers in two halves, low half first (the wide-arithmetic proposal).</summary>
internal static class WideArithmeticInstructions
{
    public static readonly Instruction[] Rows =
    [
        new(Opcode.I64Add128, "i64.add128", ImmediateKind.None, 0, "", WasmFeatures.WideArithmetic),
        new(Opcode.I64Sub128, "i64.sub128", ImmediateKind.None, 0, "", WasmFeatures.WideArithmetic),
        new(Opcode.I64MulWideS, "i64.mul_wide_s", ImmediateKind.None, 0, "", WasmFeatures.WideArithmetic),
        new(Opcode.I64MulWideU, "i64.mul_wide_u", ImmediateKind.None, 0, "", WasmFeatures.WideArithmetic),
    ];
}
