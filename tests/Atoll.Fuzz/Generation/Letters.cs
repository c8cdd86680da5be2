using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Generation;

/// <summary>Signatures of the instruction table: letters around <c>&gt;</c>.</summary>
internal static class Letters
{
    private const string Known = "ilfdva";

    public static char Of(ValueType type) =>
        type == ValueType.I32 ? 'i' : type == ValueType.I64 ? 'l' : type == ValueType.F32 ? 'f' : type == ValueType.F64 ? 'd' : type == ValueType.V128 ? 'v' : 'r';

    public static ValueType TypeOf(char letter, ValueType address) => letter switch
    {
        'i' => ValueType.I32,
        'l' => ValueType.I64,
        'f' => ValueType.F32,
        'd' => ValueType.F64,
        'v' => ValueType.V128,
        'a' => address,
        _ => throw new ArgumentException($"no type for the letter {letter}"),
    };

    /// <summary>The instructions that take and give values of fixed types and fit a module, by the letter of their result.</summary>
    public static Dictionary<char, Instruction[]> RowsFor(ModulePlan plan, Func<Instruction, bool> wanted)
    {
        WasmFeatures missing = ~plan.Features;
        return Instructions.All
            .Where(row => row.Signature.Length > 0 && row.Signature.All(letter => letter == '>' || Known.Contains(letter)))
            .Where(row => (row.Feature & missing) == 0)
            .Where(row => row.Immediate is ImmediateKind.None or ImmediateKind.Lane
                || (plan.Memories.Count > 0 && row.Immediate is ImmediateKind.Memory or ImmediateKind.MemoryLane or ImmediateKind.AtomicMemory)
                || row.Immediate == ImmediateKind.Shuffle)
            // Waiting needs a time-out; it has a place of its own.
            .Where(row => row.Opcode is not (Opcode.MemoryAtomicWait32 or Opcode.MemoryAtomicWait64))
            .Where(wanted)
            .GroupBy(row => row.Signature.EndsWith('>') ? '-' : row.Signature[^1])
            .ToDictionary(group => group.Key, group => group.ToArray());
    }

    /// <summary>The letters of the operands.</summary>
    public static string Operands(Instruction row) => row.Signature.Split('>')[0];

    /// <summary>
    /// Whether the sign or payload of a NaN on top of the stack, which the specification leaves open, would show in the result of the instruction.
    /// </summary>
    public static bool ShowsNan(Instruction row)
    {
        string name = row.Mnemonic;
        return name.Contains("reinterpret_f", StringComparison.Ordinal) || name.EndsWith("copysign", StringComparison.Ordinal)
            || name is "f32.store" or "f64.store" or "f32x4.splat" or "f64x2.splat" or "f32x4.replace_lane" or "f64x2.replace_lane";
    }

    /// <summary>Whether lanes of the result may be NaN whose sign or payload is open; and which lanes those are.</summary>
    public static bool GivesNanLanes(Instruction row, out bool wide)
    {
        string[] name = row.Mnemonic.Split('.');
        wide = name[0] == "f64x2";
        return name[0] is "f32x4" or "f64x2" && row.Signature.EndsWith(">v", StringComparison.Ordinal)
            && name[1] is "add" or "sub" or "mul" or "div" or "sqrt" or "min" or "max" or "ceil" or "floor" or "trunc" or "nearest"
                or "demote_f64x2_zero" or "promote_low_f32x4" or "relaxed_madd" or "relaxed_nmadd" or "relaxed_min" or "relaxed_max";
    }
}
