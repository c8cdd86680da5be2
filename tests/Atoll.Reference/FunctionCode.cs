using System.Globalization;
using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Reference;

/// <summary>A load or store of a number, as its name says it: type, load or store, and for a part of the type its bits and sign.</summary>
internal sealed record Access(SlotKind Kind, int Width, int Bits, bool IsLoad, bool IsSigned)
{
    public static Access? Parse(Instruction row)
    {
        if (row.Immediate != ImmediateKind.Memory || row.Mnemonic.StartsWith("v128", StringComparison.Ordinal))
        {
            return null;
        }

        string[] name = row.Mnemonic.Split('.');
        SlotKind kind = Enum.Parse<SlotKind>(name[0], ignoreCase: true);
        int width = int.Parse(name[0].AsSpan(1), CultureInfo.InvariantCulture);
        string bits = new([.. name[1].Where(char.IsAsciiDigit)]);
        return new Access(
            kind,
            width,
            bits.Length == 0 ? width : int.Parse(bits, CultureInfo.InvariantCulture),
            name[1].StartsWith("load", StringComparison.Ordinal),
            name[1].EndsWith("_s", StringComparison.Ordinal));
    }
}

/// <summary>An instruction with its immediates.</summary>
internal sealed class Step(Instruction row)
{
    public Instruction Row { get; } = row;

    public Opcode Opcode => Row.Opcode;

    /// <summary>The first index among the immediates: of a label, function, type, local, global, table, memory or segment.</summary>
    public int First { get; set; }

    /// <summary>The second index; for accesses to a lane its number.</summary>
    public int Second { get; set; }

    /// <summary>A constant, a shuffle's lanes, or the offset of a memory access.</summary>
    public UInt128 Bits { get; set; }

    /// <summary>The labels of a branch table, the default one last.</summary>
    public int[] Labels { get; set; } = [];

    /// <summary>The clauses of a <c>try_table</c>.</summary>
    public List<CatchClause> Clauses { get; } = [];

    /// <summary>Where the handlers of a <c>try</c> are: its <c>catch</c>, <c>catch_all</c> or <c>delegate</c>.</summary>
    public List<int> Handlers { get; } = [];

    /// <summary>The type that a cast or test asks for.</summary>
    public Wasm.ValueType Reference { get; set; }

    /// <summary>A block's type.</summary>
    public FunctionType? Type { get; set; }

    /// <summary>A block's <c>end</c>, or the end of the block that an <c>else</c> or handler belongs to.</summary>
    public int End { get; set; }

    /// <summary>An <c>if</c>'s <c>else</c>, or its <c>end</c> when there is none.</summary>
    public int Else { get; set; }

    /// <summary>What a numeric instruction does.</summary>
    public Action<OperandStack>? Operator { get; set; }

    /// <summary>What a load or store of a number does; null for all others.</summary>
    public Access? Access { get; } = Access.Parse(row);

    public override string ToString() => Row.Mnemonic;
}

/// <summary>A function's body as a list of instructions, with the ends of its blocks found.</summary>
internal sealed class FunctionCode
{
    private FunctionCode(List<Step> steps, List<Wasm.ValueType> locals)
    {
        Steps = steps;
        Locals = locals;
    }

    public List<Step> Steps { get; }

    /// <summary>Types of the declared locals, parameters not included.</summary>
    public List<Wasm.ValueType> Locals { get; }

    public static FunctionCode Decode(ModuleDefinition module, FunctionBody body)
    {
        List<Wasm.ValueType> locals = [];
        foreach (LocalRun run in body.Locals)
        {
            locals.AddRange(Enumerable.Repeat(run.Type, run.Count));
        }

        return new FunctionCode(DecodeSteps(module, body.Code), locals);
    }

    /// <summary>Decodes an expression; of a constant expression too.</summary>
    public static List<Step> DecodeSteps(ModuleDefinition module, ByteRange code)
    {
        WasmReader reader = new(module.Bytes, code.Start, code.End, types: module.Types);
        List<Step> steps = [];
        Stack<int> open = new();
        while (!reader.AtEnd)
        {
            Opcode opcode = reader.ReadOpcode();
            if (!Instructions.TryGet(opcode, out Instruction row))
            {
                throw new ReferenceDefectException($"validation let the opcode {(int)opcode:x} pass");
            }

            Step step = new(row);
            ReadImmediates(ref reader, step, module);
            step.Operator = Numerics.Operators.Find(row.Mnemonic);
            Match(steps, open, step);
            steps.Add(step);
        }

        return steps;
    }

    private static void Match(List<Step> steps, Stack<int> open, Step step)
    {
        int here = steps.Count;
        switch (step.Opcode)
        {
            case Opcode.Block or Opcode.Loop or Opcode.If or Opcode.Try or Opcode.TryTable:
                open.Push(here);
                break;
            case Opcode.Else:
                steps[open.Peek()].Else = here;
                break;
            case Opcode.Catch or Opcode.CatchAll:
                steps[open.Peek()].Handlers.Add(here);
                break;
            case Opcode.Delegate:
                steps[open.Peek()].Handlers.Add(here);
                steps[open.Pop()].End = here;
                break;
            case Opcode.End when open.TryPop(out int start):
                Step block = steps[start];
                block.End = here;
                block.Handlers.ForEach(handler => steps[handler].End = here);
                if (block.Else != 0)
                {
                    steps[block.Else].End = here;
                }
                else
                {
                    block.Else = here;
                }

                break;
        }
    }

    private static void ReadTypes(ref WasmReader reader, Step step)
    {
        switch (step.Row.Immediate)
        {
            case ImmediateKind.HeapType:
                reader.ReadHeapType();
                break;
            case ImmediateKind.CastHeapType:
                Wasm.ValueType type = reader.ReadHeapType();
                step.Reference = step.Opcode is Opcode.RefTestNull or Opcode.RefCastNull ? type : type.WithoutNull;
                break;
            case ImmediateKind.CastTypes:
                bool hasNull = (reader.ReadByte() & 2) != 0;
                step.First = (int)reader.ReadVarU32();
                reader.ReadHeapType();
                Wasm.ValueType wanted = reader.ReadHeapType();
                step.Reference = hasNull ? wanted : wanted.WithoutNull;
                break;
            case ImmediateKind.TryTable:
                step.Type = reader.ReadBlockType(out _);
                for (uint left = reader.ReadCount(); left > 0; left--)
                {
                    step.Clauses.Add(reader.ReadCatchClause());
                }

                break;
        }
    }

    private static void ReadImmediates(ref WasmReader reader, Step step, ModuleDefinition module)
    {
        switch (step.Row.Immediate)
        {
            case ImmediateKind.None:
                break;
            case ImmediateKind.BlockType:
                step.Type = reader.ReadBlockType(out _);
                break;
            case ImmediateKind.I32:
                step.Bits = (uint)reader.ReadVarS32();
                break;
            case ImmediateKind.I64:
                step.Bits = (ulong)reader.ReadVarS64();
                break;
            case ImmediateKind.F32:
                step.Bits = reader.ReadF32Bits();
                break;
            case ImmediateKind.F64:
                step.Bits = reader.ReadF64Bits();
                break;
            case ImmediateKind.V128 or ImmediateKind.Shuffle:
                UInt128 low = reader.ReadF64Bits();
                step.Bits = low | ((UInt128)reader.ReadF64Bits() << 64);
                break;
            case ImmediateKind.HeapType or ImmediateKind.CastHeapType or ImmediateKind.CastTypes or ImmediateKind.TryTable:
                ReadTypes(ref reader, step);
                break;
            case ImmediateKind.Memory or ImmediateKind.AtomicMemory or ImmediateKind.MemoryLane:
                (_, uint memory, ulong offset) = reader.ReadMemoryArgument();
                step.First = (int)memory;
                step.Bits = offset;
                step.Second = step.Row.Immediate == ImmediateKind.MemoryLane ? reader.ReadByte() : 0;
                break;
            case ImmediateKind.Lane:
                step.Second = reader.ReadByte();
                break;
            case ImmediateKind.Fence:
                reader.ReadByte();
                break;
            case ImmediateKind.BranchTable:
                step.Labels = new int[reader.ReadCount() + 1];
                for (int i = 0; i < step.Labels.Length; i++)
                {
                    step.Labels[i] = (int)reader.ReadVarU32();
                }

                break;
            case ImmediateKind.SelectTypes:
                reader.SkipImmediate(ImmediateKind.SelectTypes);
                break;
            case ImmediateKind.Field or ImmediateKind.ArrayCount or ImmediateKind.ArrayData or ImmediateKind.ArrayElements or ImmediateKind.TypePair:
            case ImmediateKind.CallIndirect or ImmediateKind.MemoryInit or ImmediateKind.MemoryCopy or ImmediateKind.TableInit or ImmediateKind.TableCopy:
                step.First = (int)reader.ReadVarU32();
                step.Second = (int)reader.ReadVarU32();
                break;
            default:
                step.First = (int)reader.ReadVarU32();
                break;
        }
    }
}
