using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Compilation;

/// <content>
/// What is known of integers without running the code: between what they lie, and how far memory surely reaches from them. An index that was
/// masked, or is a byte, needs no check in a table of which the memory's minimum covers all; nor does a field of a structure of which a later field
/// was checked.
/// </content>
internal sealed partial class FunctionCompiler
{
    /// <summary>What the result of an operation on the top two values will be known to be.</summary>
    /// <param name="kind">i32 or i64.</param>
    /// <param name="opcode">The instruction, as the one for i32.</param>
    private (long Extent, NumberRange Range) Predict(LocalKind kind, Opcode opcode)
    {
        if (opcode is Opcode.I32Clz or Opcode.I32Ctz or Opcode.I32Popcnt)
        {
            return (0, NumberRange.Below(65));
        }

        Entry left = _stack[^2];
        Entry right = _stack[^1];
        NumberRange a = KnownRange(left);
        NumberRange b = KnownRange(right);
        return (opcode == Opcode.I32Add && _definition.Memories.Length > 0 ? ExtentOfSum(left, right, a, b) : 0, NumberRange.Of(opcode, a, b, kind));
    }

    /// <summary>Of an address and something that is below its extent; such a sum cannot wrap around.</summary>
    private long ExtentOfSum(in Entry left, in Entry right, NumberRange a, NumberRange b)
    {
        long before = b.IsKnown ? KnownExtent(left, 0) - b.Most : 0;
        return before > 0 ? before : a.IsKnown ? KnownExtent(right, 0) - a.Most : 0;
    }

    /// <summary>Whether somebody could tell, after a trap, that the instruction was executed; or whether it may trap for another reason or go elsewhere.</summary>
    private static bool IsSeen(Opcode opcode) => opcode switch
    {
        Opcode.Nop or Opcode.Drop or Opcode.Select or Opcode.SelectT or Opcode.GlobalGet => false,
        >= Opcode.LocalGet and <= Opcode.LocalTee => false,
        >= Opcode.I32Load and <= Opcode.I64Load32U => false,
        >= Opcode.I32DivS and <= Opcode.I32RemU or >= Opcode.I64DivS and <= Opcode.I64RemU => true,
        >= Opcode.I32TruncF32S and <= Opcode.I32TruncF64U or >= Opcode.I64TruncF32S and <= Opcode.I64TruncF64U => true,
        >= Opcode.I32Const and <= Opcode.I64Extend32S => false,
        _ => true,
    };
}
