namespace Atoll.Wasm.Binary;

/// <summary>Calls that take the place of their caller.</summary>
internal static class TailCallInstructions
{
    public static readonly Instruction[] Rows =
    [
        new(Opcode.ReturnCall, "return_call", ImmediateKind.Function, 0, "", WasmFeatures.TailCalls),
        new(Opcode.ReturnCallIndirect, "return_call_indirect", ImmediateKind.CallIndirect, 0, "", WasmFeatures.TailCalls),
    ];
}
