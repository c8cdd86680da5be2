namespace Atoll.Wasm.Binary;

/// <summary>What follows an operation code in the binary format.</summary>
internal enum ImmediateKind : byte
{
    None,
    BlockType,
    Label,
    BranchTable,
    Function,

    /// <summary>Type index, then table index.</summary>
    CallIndirect,
    SelectTypes,
    Local,
    Global,
    Table,

    /// <summary>Alignment, (memory index,) offset; the natural alignment of the access is in <see cref="Instruction.NaturalAlignment"/>.</summary>
    Memory,
    MemoryIndex,
    I32,
    I64,
    F32,
    F64,
    HeapType,

    /// <summary>Data index, then memory index.</summary>
    MemoryInit,
    Data,

    /// <summary>Destination memory, then source memory.</summary>
    MemoryCopy,

    /// <summary>Element index, then table index.</summary>
    TableInit,
    Element,

    /// <summary>Destination table, then source table.</summary>
    TableCopy,

    /// <summary>A lane's number; the lane's width is in <see cref="Instruction.NaturalAlignment"/>.</summary>
    Lane,

    /// <summary>Sixteen bytes.</summary>
    V128,

    /// <summary>Sixteen numbers of lanes of two vectors.</summary>
    Shuffle,

    /// <summary>As <see cref="Memory"/>, then a lane's number.</summary>
    MemoryLane,

    /// <summary>As <see cref="Memory"/>; the alignment must be the natural one.</summary>
    AtomicMemory,

    /// <summary>A zero byte.</summary>
    Fence,

    /// <summary>Type index.</summary>
    Type,

    /// <summary>Type index, then the field's number.</summary>
    Field,

    /// <summary>Type index, then a number of elements.</summary>
    ArrayCount,

    /// <summary>Type index, then data index.</summary>
    ArrayData,

    /// <summary>Type index, then element index.</summary>
    ArrayElements,

    /// <summary>Two type indices.</summary>
    TypePair,

    /// <summary>A heap type; the instruction's last bit says whether null is included.</summary>
    CastHeapType,

    /// <summary>Flags (bit 0: the first type has null, bit 1: the second has), label, two heap types.</summary>
    CastTypes,
    Tag,

    /// <summary>Block type, then clauses (<see cref="CatchClause"/>).</summary>
    TryTable,
}

/// <summary>One row of the instruction table, shared by validator, text format and tools.</summary>
/// <param name="Opcode">The operation code.</param>
/// <param name="Mnemonic">Its name in the text format.</param>
/// <param name="Immediate">What follows the code.</param>
/// <param name="NaturalAlignment">Memory accesses and lanes: log2 of the width in bytes; otherwise 0.</param>
/// <param name="Signature">
/// Operands and result of instructions with a fixed type, as letters around <c>&gt;</c>: i = i32, l = i64, f = f32, d = f64, v = v128,
/// a = an address of the memory's index type. Empty for instructions whose type depends on context.
/// </param>
/// <param name="Feature">What must be enabled for it.</param>
internal sealed record Instruction(
    Opcode Opcode, string Mnemonic, ImmediateKind Immediate, int NaturalAlignment, string Signature, WasmFeatures Feature = WasmFeatures.None)
{
    /// <summary>Whether it begins a block, with a label of its own.</summary>
    public bool OpensBlock => Immediate is ImmediateKind.BlockType or ImmediateKind.TryTable;
}

/// <summary>The instruction table: one row for each instruction. Each part of WebAssembly has its rows in a file.</summary>
internal static class Instructions
{
    public static readonly Instruction[] All =
        [.. CoreInstructions.Rows, .. VectorInstructions.Rows, .. TailCallInstructions.Rows, .. WideArithmeticInstructions.Rows, .. AtomicInstructions.Rows,
            .. FunctionReferenceInstructions.Rows, .. GarbageCollectionInstructions.Rows, .. ExceptionInstructions.Rows];

    // By prefix, then by number: the decoder looks here for each instruction, and a process that only runs cached code should not build a hash table for a few.
    private static readonly Instruction?[][] ByOpcode = Index();

    public static bool TryGet(Opcode opcode, out Instruction instruction)
    {
        uint prefix = (uint)opcode >> 16, number = (uint)opcode & 0xFFFF;
        Instruction?[] numbers = prefix < (uint)ByOpcode.Length ? ByOpcode[prefix] : [];
        instruction = number < (uint)numbers.Length ? numbers[number]! : null!;
        return instruction is not null;
    }

    private static Instruction?[][] Index()
    {
        var pages = new Instruction?[0x100][];
        Array.Fill(pages, []);
        foreach (Instruction row in All)
        {
            int number = (int)row.Opcode & 0xFFFF;
            ref Instruction?[] numbers = ref pages[(int)row.Opcode >> 16];
            if (number >= numbers.Length)
            {
                Array.Resize(ref numbers, Math.Max(number + 1, 0x100));
            }

            numbers[number] = row;
        }

        return pages;
    }
}
