using Atoll.Wasm.Compilation;

namespace Atoll.Wasm.Interpretation;

/// <summary>A function as the interpreter runs it. Everything but the budget and the loops' code is fixed once made.</summary>
/// <remarks>
/// Slots are 64 bits wide; those of 32-bit values have anything in their upper half. Parameters and locals come first, then the operands: the
/// operand at height n always has the same slot.
/// </remarks>
internal sealed class ColdFunction
{
    /// <summary>Number of the function, imports not counted.</summary>
    public required int Index { get; init; }

    public required FunctionType Type { get; init; }

    /// <summary>Operations, four numbers each; pinned.</summary>
    public required int[] Code { get; init; }

    /// <summary>Parameters and locals.</summary>
    public required int LocalCount { get; init; }

    public required int SlotCount { get; init; }

    /// <summary>What a call costs of the budget.</summary>
    public required int EntryCost { get; init; }

    public required ColdLoop[] Loops { get; init; }

    /// <summary>Operations that are left until compiling the function is the better deal. Threads may count past each other.</summary>
    public int Budget;

    /// <summary>Number of operations.</summary>
    public int Operations => Code.Length / 4;

    public LocalKind? Result => Type.Results.IsEmpty ? null : LocalKinds.Of(Type.Results[0]);
}

/// <summary>A loop of a cold function, which compiled code can take over between two rounds.</summary>
internal sealed class ColdLoop
{
    /// <summary>Offset of the instruction behind the loop's block type, in the module.</summary>
    public required int Offset { get; init; }

    /// <summary>Address of a method that goes on from the loop's start, or zero; and its frame if that is large.</summary>
    public nint Code;
    public int FrameBytes;
}
