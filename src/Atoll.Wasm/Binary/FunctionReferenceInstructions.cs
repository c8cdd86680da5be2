namespace Atoll.Wasm.Binary;

/// <summary>Instructions on references of a known type and on references that may be null.</summary>
internal static class FunctionReferenceInstructions
{
    private const WasmFeatures Feature = WasmFeatures.FunctionReferences;

    public static readonly Instruction[] Rows =
    [
        new(Opcode.CallRef, "call_ref", ImmediateKind.Type, 0, "", Feature),
        new(Opcode.ReturnCallRef, "return_call_ref", ImmediateKind.Type, 0, "", Feature | WasmFeatures.TailCalls),
        new(Opcode.RefAsNonNull, "ref.as_non_null", ImmediateKind.None, 0, "", Feature),
        new(Opcode.BrOnNull, "br_on_null", ImmediateKind.Label, 0, "", Feature),
        new(Opcode.BrOnNonNull, "br_on_non_null", ImmediateKind.Label, 0, "", Feature),
    ];
}
