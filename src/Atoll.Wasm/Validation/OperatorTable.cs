using System.Collections.Concurrent;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Validation;

/// <summary>What validation needs of an instruction, dense enough for the inner loop: types are codes of the binary format.</summary>
internal struct OperatorRow
{
    public bool Exists;

    /// <summary>Whether <see cref="PopCount"/>, the operands and <see cref="Push"/> say all about the operands.</summary>
    public bool HasFixedType;
    public ImmediateKind Immediate;
    public byte NaturalAlignment;
    public byte PopCount;

    /// <summary>Lower operand of two, or the only one.</summary>
    public byte First;
    public byte Second;

    /// <summary>Topmost of three.</summary>
    public byte Third;

    /// <summary>Type of the result, or 0 when there is none.</summary>
    public byte Push;
}

/// <summary>The instruction table as an array: codes of one byte at their number, the prefixed ones behind them.</summary>
internal static class OperatorTable
{
    private const int Prefixes = 4;
    private const int Size = 256 + (Prefixes * (OpcodeReader.MaxNumber + 1));

    private static readonly ConcurrentDictionary<WasmFeatures, OperatorRow[]> Tables = new();

    /// <summary>The table in which exactly the instructions of these features exist.</summary>
    public static OperatorRow[] For(WasmFeatures features) => Tables.GetOrAdd(features, Build);

    /// <summary>Place of a code in the table.</summary>
    public static int IndexOf(Opcode opcode) => 
        (int)opcode <= 0xFF ? (int)opcode : 256 + ((((int)opcode >> 16) - OpcodeReader.FirstPrefix) * (OpcodeReader.MaxNumber + 1)) + ((int)opcode & OpcodeReader.MaxNumber);

    private static OperatorRow[] Build(WasmFeatures features)
    {
        var rows = new OperatorRow[Size];
        foreach (Instruction instruction in Instructions.All)
        {
            if ((instruction.Feature & ~features) != 0)
            {
                continue;
            }

            ref OperatorRow row = ref rows[IndexOf(instruction.Opcode)];
            row.Exists = true;
            row.Immediate = instruction.Immediate;
            row.NaturalAlignment = (byte)instruction.NaturalAlignment;
            string signature = instruction.Signature;
            if (signature.Length == 0)
            {
                continue;
            }

            row.HasFixedType = true;
            int arrow = signature.IndexOf('>', StringComparison.Ordinal);
            row.PopCount = (byte)arrow;
            row.First = TypeOf(signature[0]);
            row.Second = arrow > 1 ? TypeOf(signature[1]) : (byte)0;
            row.Third = arrow > 2 ? TypeOf(signature[2]) : (byte)0;
            row.Push = arrow + 1 < signature.Length ? TypeOf(signature[arrow + 1]) : (byte)0;
        }

        return rows;
    }

    private static byte TypeOf(char letter) => letter switch
    {
        // An address has the memory's index type, which the validator takes from the memory.
        'i' or 'a' => (byte)ValueType.I32.Code,
        'l' => (byte)ValueType.I64.Code,
        'f' => (byte)ValueType.F32.Code,
        'd' => (byte)ValueType.F64.Code,
        'v' => (byte)ValueType.V128.Code,
        _ => throw new InvalidOperationException($"no type for '{letter}' in the instruction table"),
    };
}
