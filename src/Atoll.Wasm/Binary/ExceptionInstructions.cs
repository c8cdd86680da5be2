namespace Atoll.Wasm.Binary;

/// <summary>Exceptions: the form of WebAssembly 3.0, and the older one (the proposal's document on legacy exception handling).</summary>
internal static class ExceptionInstructions
{
    public static readonly Instruction[] Rows =
    [
        new(Opcode.Throw, "throw", ImmediateKind.Tag, 0, "", WasmFeatures.Exceptions),
        new(Opcode.ThrowRef, "throw_ref", ImmediateKind.None, 0, "", WasmFeatures.Exceptions),
        new(Opcode.TryTable, "try_table", ImmediateKind.TryTable, 0, "", WasmFeatures.Exceptions),
        new(Opcode.Try, "try", ImmediateKind.BlockType, 0, "", WasmFeatures.LegacyExceptions),
        new(Opcode.Catch, "catch", ImmediateKind.Tag, 0, "", WasmFeatures.LegacyExceptions),
        new(Opcode.CatchAll, "catch_all", ImmediateKind.None, 0, "", WasmFeatures.LegacyExceptions),
        new(Opcode.Rethrow, "rethrow", ImmediateKind.Label, 0, "", WasmFeatures.LegacyExceptions),
        new(Opcode.Delegate, "delegate", ImmediateKind.Label, 0, "", WasmFeatures.LegacyExceptions),
    ];
}

/// <summary>What a clause of <c>try_table</c> catches, as the number of the binary format; bit 0: with a reference to the exception, bit 1: any tag.</summary>
internal enum CatchKind : byte
{
    Catch = 0,
    CatchRef = 1,
    CatchAll = 2,
    CatchAllRef = 3,
}

/// <summary>A clause of <c>try_table</c>.</summary>
/// <param name="Kind">What it catches.</param>
/// <param name="Tag">The tag's index; 0 for any tag.</param>
/// <param name="Label">Where it branches to, counted outside of the block.</param>
internal readonly record struct CatchClause(CatchKind Kind, uint Tag, uint Label)
{
    public bool HasTag => Kind is CatchKind.Catch or CatchKind.CatchRef;

    public bool HasReference => Kind is CatchKind.CatchRef or CatchKind.CatchAllRef;
}

internal static class CatchClauseReader
{
    /// <summary>Reads one of the clauses that follow the block type (specification, "Binary Format / Control Instructions").</summary>
    public static CatchClause ReadCatchClause(this ref WasmReader reader)
    {
        int start = reader.Position;
        byte kind = reader.ReadByte();
        if (kind > (byte)CatchKind.CatchAllRef)
        {
            throw new MalformedModuleException($"malformed catch clause 0x{kind:x2}", start);
        }

        uint tag = kind <= (byte)CatchKind.CatchRef ? reader.ReadVarU32() : 0;
        return new CatchClause((CatchKind)kind, tag, reader.ReadVarU32());
    }
}
