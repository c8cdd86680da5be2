using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Compilation;

/// <content>
/// What is known of integers without running the code: how many low bits can be set, and how far memory surely reaches from them. An index that was
/// masked, or is a byte, needs no check in a table of which the memory's minimum covers all; nor does a field of a structure of which a later field
/// was checked.
/// </content>
internal sealed partial class FunctionCompiler
{
    /// <summary>What the result of an operation on the top two values will be known to be.</summary>
    /// <param name="kind">i32 or i64.</param>
    /// <param name="opcode">The instruction, as the one for i32.</param>
    private (long Extent, int Width) Predict(LocalKind kind, Opcode opcode)
    {
        int bits = kind == LocalKind.I32 ? 32 : 64;
        if (opcode is Opcode.I32Clz or Opcode.I32Ctz or Opcode.I32Popcnt)
        {
            return (0, 7);
        }

        Entry left = _stack[^2];
        Entry right = _stack[^1];
        int a = KnownWidth(left);
        int b = KnownWidth(right);
        int width = opcode switch
        {
            Opcode.I32And => a == 0 ? b : b == 0 ? a : Math.Min(a, b),
            Opcode.I32Or or Opcode.I32Xor => a == 0 || b == 0 ? 0 : Math.Max(a, b),
            Opcode.I32Add => a == 0 || b == 0 ? 0 : Math.Max(a, b) + 1,
            Opcode.I32Mul => a == 0 || b == 0 ? 0 : a + b,
            Opcode.I32RemU => right.Kind == EntryKind.Const ? b : 0,
            Opcode.I32DivU => a,
            Opcode.I32ShrU when right.Kind == EntryKind.Const => Math.Max(1, (a == 0 ? bits : a) - ((int)right.Bits & (bits - 1))),
            Opcode.I32Shl when right.Kind == EntryKind.Const && a > 0 => a + ((int)right.Bits & (bits - 1)),
            _ => 0,
        };
        return (opcode == Opcode.I32Add ? ExtentOfSum(left, right, a, b) : 0, width < bits ? width : 0);
    }

    /// <summary>Of an address and something that is below its extent; such a sum cannot wrap around.</summary>
    private long ExtentOfSum(in Entry left, in Entry right, int leftWidth, int rightWidth)
    {
        if (_definition.Memories.Length == 0)
        {
            return 0;
        }

        long before = right.Kind == EntryKind.Const && right.Bits >= 0 ? KnownExtent(left, 0) - right.Bits
            : rightWidth is > 0 and < 32 ? KnownExtent(left, 0) - ((1L << rightWidth) - 1)
            : 0;
        return before > 0 ? before : leftWidth is > 0 and < 32 ? KnownExtent(right, 0) - ((1L << leftWidth) - 1) : 0;
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
