namespace Atoll.Wasm.Binary;

/// <summary>Atomic instructions (the proposal for threads). Their numbers stand behind the prefix 0xFE.</summary>
internal static class AtomicInstructions
{
    public const int Prefix = 0xFE0000;

    /// <summary>Number of the first load.</summary>
    public const int FirstLoad = 0x10;

    /// <summary>Number of the first store.</summary>
    public const int FirstStore = 0x17;

    /// <summary>Number of the first instruction that reads and writes.</summary>
    public const int FirstReadModifyWrite = 0x1E;

    /// <summary>Number of the first compare and exchange.</summary>
    public const int FirstCompareExchange = 0x48;

    // The operations, in the order of their numbers. Each has the seven shapes.
    private static readonly string[] Operations = ["add", "sub", "and", "or", "xor", "xchg", "cmpxchg"];

    /// <summary>Type, bits in memory where these are fewer, and log2 of the bytes, in the order in which the numbers of every group have them.</summary>
    private static readonly (string Type, string Bits, int Alignment)[] Shapes =
        [("i32", "", 2), ("i64", "", 3), ("i32", "8", 0), ("i32", "16", 1), ("i64", "8", 0), ("i64", "16", 1), ("i64", "32", 2)];

    public static readonly Instruction[] Rows = [.. MakeRows()];

    private static IEnumerable<Instruction> MakeRows()
    {
        yield return new(Opcode.MemoryAtomicNotify, "memory.atomic.notify", ImmediateKind.AtomicMemory, 2, "ai>i", WasmFeatures.Threads);
        yield return new(Opcode.MemoryAtomicWait32, "memory.atomic.wait32", ImmediateKind.AtomicMemory, 2, "ail>i", WasmFeatures.Threads);
        yield return new(Opcode.MemoryAtomicWait64, "memory.atomic.wait64", ImmediateKind.AtomicMemory, 3, "all>i", WasmFeatures.Threads);
        yield return new(Opcode.AtomicFence, "atomic.fence", ImmediateKind.Fence, 0, "", WasmFeatures.Threads);
        for (int shape = 0; shape < Shapes.Length; shape++)
        {
            (string type, string bits, int alignment) = Shapes[shape];
            char letter = type == "i32" ? 'i' : 'l';
            string unsigned = bits.Length > 0 ? "_u" : "";
            yield return Row(FirstLoad + shape, $"{type}.atomic.load{bits}{unsigned}", alignment, $"a>{letter}");
            yield return Row(FirstStore + shape, $"{type}.atomic.store{bits}", alignment, $"a{letter}>");
            for (int operation = 0; operation < Operations.Length; operation++)
            {
                int number = FirstReadModifyWrite + (operation * Shapes.Length) + shape;
                string operands = number >= FirstCompareExchange ? $"a{letter}{letter}" : $"a{letter}";
                yield return Row(number, $"{type}.atomic.rmw{bits}.{Operations[operation]}{unsigned}", alignment, $"{operands}>{letter}");
            }
        }
    }

    private static Instruction Row(int number, string mnemonic, int alignment, string signature) =>
        new((Opcode)(Prefix | number), mnemonic, ImmediateKind.AtomicMemory, alignment, signature, WasmFeatures.Threads);
}
