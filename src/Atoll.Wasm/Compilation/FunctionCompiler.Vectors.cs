using System.Globalization;
using System.Runtime.Intrinsics;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>
/// Vector instructions. Each is a call of a method of <see cref="Vectors"/>, which the JIT compiler inlines: operands, then the immediates as
/// constants, so that lanes and shuffles fold.
/// </content>
internal sealed partial class FunctionCompiler
{
    private static readonly string?[] VectorMethods = new string?[OpcodeReader.MaxNumber + 1];

    /// <summary>Vector instructions so far.</summary>
    private int _vectors;

    private void CompileVector(ref WasmReader reader, Opcode opcode)
    {
        Instructions.TryGet(opcode, out Instruction row);
        _vectors++;
        if (opcode == Opcode.V128Const)
        {
            (long low, long high) = LoadSixteenBytes(ref reader);
            _il.Emit(Il.Call, _module.Vector(nameof(Vectors.Const)));
            PushStack(LocalKind.V128);
            Hide(HiddenOfVector(low, high));
            return;
        }

        string name = _options.Deterministic ? DeterministicName(MethodName(row)) : MethodName(row);
        int method = _module.Vector(name);
        if (row.Immediate is ImmediateKind.Memory or ImmediateKind.MemoryLane)
        {
            CompileVectorAccess(ref reader, row, method);
            return;
        }

        (int depth, Hidden hidden) = LoadVectorOperands(name, row.Signature.IndexOf('>', StringComparison.Ordinal));
        if (row.Immediate == ImmediateKind.Shuffle)
        {
            LoadSixteenBytes(ref reader);
        }
        else if (row.Immediate == ImmediateKind.Lane)
        {
            _il.LoadInt32(reader.ReadByte());
        }

        _il.Emit(Il.Call, method);
        if (_options.Deterministic)
        {
            EmitCanonicalLanes(name);
        }

        PushStack(KindOf(row.Signature[^1]), depth + 1);
        Hide(hidden);
    }

    private void CompileVectorAccess(ref WasmReader reader, Instruction row, int method)
    {
        (_, uint memoryIndex, ulong offset) = reader.ReadMemoryArgument();
        int memory = (int)memoryIndex;
        bool takesVector = row.Signature[1] == 'v';
        Entry value = takesVector ? Pop() : default;
        if (takesVector && value.Kind == EntryKind.Stack)
        {
            SpillTop(ref value);
        }

        PopAddress(memory, offset, 1 << row.NaturalAlignment);
        if (takesVector)
        {
            Load(value);
        }

        if (row.Immediate == ImmediateKind.MemoryLane)
        {
            _il.LoadInt32(reader.ReadByte());
        }

        _il.Emit(Il.Call, method);
        if (row.Signature[^1] == 'v')
        {
            PushStack(LocalKind.V128, 3);
            Hide(Hidden.All);
        }
    }

    private (long Low, long High) LoadSixteenBytes(ref WasmReader reader)
    {
        long low = (long)reader.ReadF64Bits();
        long high = (long)reader.ReadF64Bits();
        _il.LoadInt64(low);
        _il.LoadInt64(high);
        return (low, high);
    }

    private static LocalKind KindOf(char letter) => letter switch
    {
        'i' => LocalKind.I32,
        'l' => LocalKind.I64,
        'f' => LocalKind.F32,
        'd' => LocalKind.F64,
        _ => LocalKind.V128,
    };

    /// <summary><c>i8x16.add_sat_s</c> is <c>I8x16AddSatS</c>.</summary>
    private static string MethodName(Instruction row)
    {
        // Racing threads make the same string.
        ref string? name = ref VectorMethods[(int)row.Opcode & OpcodeReader.MaxNumber];
        return name ??= string.Concat(row.Mnemonic.Split('.', '_').Select(part => char.ToUpper(part[0], CultureInfo.InvariantCulture) + part[1..]));
    }

    private void EmitVectorZero()
    {
        _il.LoadInt64(0);
        _il.LoadInt64(0);
        _il.Emit(Il.Call, _module.Vector(nameof(Vectors.Const)));
    }
}
