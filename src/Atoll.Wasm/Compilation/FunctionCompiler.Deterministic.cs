using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>
/// The deterministic profile (specification, "Profiles"): a NaN that an instruction makes becomes the canonical one, whatever the processor made of it.
/// Where the next user is arithmetic or a comparison nobody sees the bits, and what arithmetic makes of them is made canonical itself.
/// </content>
internal sealed partial class FunctionCompiler
{
    /// <summary>Instructions that are looked at for the user of a value.</summary>
    private const int MaximumLookAhead = 8;

    /// <summary>Vector instructions that make NaNs. Those that pass lanes on or change signs alone are none of them, pseudo-minimum and -maximum neither.</summary>
    private static readonly HashSet<string> NaNMakers =
    [
        .. from shape in (string[])["F32x4", "F64x2"]
           from operation in (string[])["Ceil", "Floor", "Trunc", "Nearest", "Sqrt", "Add", "Sub", "Mul", "Div", "Min", "Max", "MulAdd", "NegMulAdd"]
           select shape + operation,
        nameof(Vectors.F32x4DemoteF64x2Zero), nameof(Vectors.F64x2PromoteLowF32x4),
    ];

    private void FloatMaker(LocalKind kind, int operands, int method)
    {
        Hidden hidden = HiddenOfAll(operands);
        int depth = LoadOperands(operands);
        _il.Emit(Il.Call, method);
        EmitCanonical(kind);
        PushStack(kind, depth + 1);
        Hide(hidden);
    }

    private void EmitCanonical(LocalKind kind)
    {
        // All instructions that come here are of one byte.
        if (_options.Deterministic && !IsForArithmetic(_definition.Bytes, _instructionOffset + 1))
        {
            _il.Emit(Il.Call, _module.Numeric(kind == LocalKind.F32 ? nameof(Numeric.CanonicalF32) : nameof(Numeric.CanonicalF64)));
        }
    }

    private void EmitCanonicalLanes(string name)
    {
        if (NaNMakers.Contains(name))
        {
            _il.Emit(Il.Call, _module.Vector(name.StartsWith("F32", StringComparison.Ordinal) ? nameof(Vectors.CanonicalF32x4) : nameof(Vectors.CanonicalF64x2)));
        }
    }

    /// <summary>The first of the results that a relaxed instruction may have is that of the profile ("Relaxed Operations").</summary>
    private static string DeterministicName(string name) => name switch
    {
        nameof(Vectors.F32x4RelaxedMadd) => nameof(Vectors.F32x4MulAdd),
        nameof(Vectors.F64x2RelaxedMadd) => nameof(Vectors.F64x2MulAdd),
        nameof(Vectors.F32x4RelaxedNmadd) => nameof(Vectors.F32x4NegMulAdd),
        nameof(Vectors.F64x2RelaxedNmadd) => nameof(Vectors.F64x2NegMulAdd),
        nameof(Vectors.F32x4RelaxedMin) => nameof(Vectors.F32x4Min),
        nameof(Vectors.F32x4RelaxedMax) => nameof(Vectors.F32x4Max),
        nameof(Vectors.F64x2RelaxedMin) => nameof(Vectors.F64x2Min),
        nameof(Vectors.F64x2RelaxedMax) => nameof(Vectors.F64x2Max),

        // The others always do what the profile wants.
        _ => name,
    };

    /// <summary>Whether the float that is on top before the instruction at an offset is used by arithmetic or a comparison, as far as that is seen at once.</summary>
    private static bool IsForArithmetic(byte[] code, int at)
    {
        int above = 0;
        for (int i = 0; i < MaximumLookAhead; i++)
        {
            Opcode opcode = (Opcode)code[at++];
            switch (opcode)
            {
                case Opcode.LocalGet or Opcode.I32Const or Opcode.I64Const:
                    SkipNumber(code, ref at);
                    above++;
                    continue;
                case Opcode.F32Const: at += 4; above++; continue;
                case Opcode.F64Const: at += 8; above++; continue;
                case >= Opcode.I32Load and <= Opcode.I64Load32U when above > 0 && code[at] < 0x40:
                    SkipNumber(code, ref at);
                    SkipNumber(code, ref at);
                    continue;
                case >= Opcode.F32Eq and <= Opcode.F64Ge or >= Opcode.F32Add and <= Opcode.F32Max or >= Opcode.F64Add and <= Opcode.F64Max when above <= 1:
                    return true;
                case >= Opcode.F32Eq and <= Opcode.F64Ge or >= Opcode.F32Add and <= Opcode.F32Max or >= Opcode.F64Add and <= Opcode.F64Max:
                    above--;
                    continue;
                case >= Opcode.F32Ceil and <= Opcode.F32Sqrt or >= Opcode.F64Ceil and <= Opcode.F64Sqrt or Opcode.F32DemoteF64 or Opcode.F64PromoteF32 when above == 0:
                    return true;
                case >= Opcode.F32Abs and <= Opcode.F32Sqrt or >= Opcode.F64Abs and <= Opcode.F64Sqrt when above > 0:
                    continue;
                default: return false;
            }
        }

        return false;
    }

    private static void SkipNumber(byte[] code, ref int at)
    {
        while ((code[at++] & 0x80) != 0)
        {
        }
    }
}
