using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Interpretation;

/// <summary>
/// Operations of cold code. Loads, stores and numeric instructions keep the number that they have in the binary format (those behind the prefix
/// 0xFC get <see cref="FirstSaturating"/>); these are the others. An operation is four numbers: itself and three operands, most of them slots.
/// </summary>
internal enum ColdOp
{
    /// <summary>Traps.</summary>
    Unreachable,

    /// <summary>Target.</summary>
    Jump,

    /// <summary>Condition, target.</summary>
    JumpIf,

    /// <summary>Condition, target.</summary>
    JumpUnless,

    /// <summary>Index, number of targets without the default; the targets follow, in whole operations.</summary>
    JumpTable,

    Return,

    /// <summary>Value.</summary>
    ReturnValue,

    /// <summary>Cost of the body, number of the loop.</summary>
    LoopHead,

    /// <summary>Function (imports first), slot of the first argument, which becomes that of the result.</summary>
    Call,

    /// <summary>Type, table, slot of the first argument; the index lies behind the last.</summary>
    CallIndirect,

    /// <summary>Destination, source.</summary>
    Move,

    /// <summary>Destination, lower half, upper half.</summary>
    Const,

    /// <summary>First value and destination, second value, condition.</summary>
    Select,

    /// <summary>Destination, number of the global's place.</summary>
    GlobalGet32,
    GlobalGet64,

    /// <summary>Number of the global's place, source.</summary>
    GlobalSet32,
    GlobalSet64,

    /// <summary>Destination, global.</summary>
    CellGet,

    /// <summary>Global, source.</summary>
    CellSet32,
    CellSet64,

    /// <summary>Destination.</summary>
    MemorySize,

    /// <summary>Destination, pages.</summary>
    MemoryGrow,

    /// <summary>Slot of the first of three operands.</summary>
    MemoryFill,
    MemoryCopy,

    /// <summary>Slot of the first of three operands, segment.</summary>
    MemoryInit,

    /// <summary>Segment.</summary>
    DataDrop,

    /// <summary>The first of the eight truncations that saturate.</summary>
    FirstSaturating = (int)Opcode.I64Extend32S + 1,

    /// <summary>Destination, operand, constant.</summary>
    I32AddConst = FirstSaturating + 8,
    I64AddConst,

    /// <summary>Destination, operand: a NaN becomes the canonical one.</summary>
    CanonicalF32,
    CanonicalF64,

    /// <summary>Operand, operand, target: a comparison and a jump if it holds. In the order of the comparisons of i32 from eq on.</summary>
    JumpIfI32Eq,
    JumpIfI32Ne,
    JumpIfI32LtS,
    JumpIfI32LtU,
    JumpIfI32GtS,
    JumpIfI32GtU,
    JumpIfI32LeS,
    JumpIfI32LeU,
    JumpIfI32GeS,
    JumpIfI32GeU,

    /// <summary>Likewise for i64.</summary>
    JumpIfI64Eq,
    JumpIfI64Ne,
    JumpIfI64LtS,
    JumpIfI64LtU,
    JumpIfI64GtS,
    JumpIfI64GtU,
    JumpIfI64LeS,
    JumpIfI64LeU,
    JumpIfI64GeS,
    JumpIfI64GeU,
}
