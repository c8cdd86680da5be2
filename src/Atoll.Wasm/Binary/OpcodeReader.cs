namespace Atoll.Wasm.Binary;

/// <summary>Reads operation codes and steps over whole instructions (specification, "Binary Format / Instructions").</summary>
internal static class OpcodeReader
{
    /// <summary>Prefixes are 0xFB (garbage collection), 0xFC (numbers and bulk), 0xFD (vectors), 0xFE (atomics).</summary>
    public const byte FirstPrefix = 0xFB;

    /// <summary>No prefix has a number above this.</summary>
    public const int MaxNumber = 0x1FF;

    private const byte LastPrefix = 0xFE;

    /// <summary>Reads an operation code, prefix and number joined: <c>0xFC0008</c>. It may still be one that does not exist.</summary>
    public static Opcode ReadOpcode(this ref WasmReader reader)
    {
        byte first = reader.ReadByte();
        return first is >= FirstPrefix and <= LastPrefix ? reader.ReadPrefixed(first) : (Opcode)first;
    }

    /// <summary>The error for a code that does not exist or is not enabled.</summary>
    public static MalformedModuleException Illegal(Opcode opcode, int offset)
    {
        int code = (int)opcode;
        string text = code > 0xFF ? $"{code >> 16:x2} {code & 0xFFFF:x2}" : $"{code:x2}";
        return new MalformedModuleException($"illegal opcode {text}{Explain(code)}", offset);
    }

    /// <summary>Steps over an expression, up to and including the <c>end</c> that closes it, and returns its bytes' range.</summary>
    public static ByteRange SkipExpression(this ref WasmReader reader)
    {
        int start = reader.Position;
        int depth = 0;
        while (true)
        {
            int offset = reader.Position;
            Opcode opcode = reader.ReadOpcode();
            switch (opcode)
            {
                case Opcode.End when depth == 0:
                    return new ByteRange(start, reader.Position);
                case Opcode.End:
                    depth--;
                    break;
                case Opcode.Block or Opcode.Loop or Opcode.If:
                    depth++;
                    reader.SkipImmediate(ImmediateKind.BlockType);
                    break;
                case Opcode.I32Const:
                    reader.ReadVarS32();
                    break;
                case Opcode.RefFunc or Opcode.GlobalGet:
                    reader.ReadVarU32();
                    break;
                case Opcode.I32Add or Opcode.I32Sub or Opcode.I32Mul:
                    break;

                // The rest is rare in constant expressions: a process that runs kept code mostly does without the table.
                default:
                    if (!Instructions.TryGet(opcode, out Instruction instruction) || (instruction.Feature & ~reader.Features) != 0)
                    {
                        throw Illegal(opcode, offset);
                    }

                    reader.SkipImmediate(instruction.Immediate);
                    depth += opcode is Opcode.Try or Opcode.TryTable ? 1 : opcode == Opcode.Delegate && depth > 0 ? -1 : 0;
                    break;
            }
        }
    }

    /// <summary>Reads alignment, memory index and offset of a memory access ("Memory Instructions"; bit 6 of the first number: a memory index follows).</summary>
    public static (int Alignment, uint Memory, ulong Offset) ReadMemoryArgument(this ref WasmReader reader)
    {
        int start = reader.Position;
        uint flags = reader.ReadVarU32();
        if (flags > 0x7F)
        {
            throw new MalformedModuleException("malformed memop flags", start);
        }

        uint memory = (flags & 0x40) != 0 ? reader.ReadVarU32() : 0;
        return ((int)(flags & 0x3F), memory, reader.ReadVarU64());
    }

    public static void SkipImmediate(this ref WasmReader reader, ImmediateKind kind)
    {
        switch (kind)
        {
            case ImmediateKind.None:
                break;
            case ImmediateKind.BlockType:
                reader.SkipBlockType();
                break;
            case ImmediateKind.I32:
                reader.ReadVarS32();
                break;
            case ImmediateKind.I64:
                reader.ReadVarS64();
                break;
            case ImmediateKind.F32:
                reader.ReadF32Bits();
                break;
            case ImmediateKind.F64:
                reader.ReadF64Bits();
                break;
            case ImmediateKind.HeapType or ImmediateKind.CastHeapType:
                reader.ReadVarS33();
                break;
            case ImmediateKind.Memory or ImmediateKind.AtomicMemory:
                reader.ReadMemoryArgument();
                break;
            case ImmediateKind.MemoryLane:
                reader.ReadMemoryArgument();
                reader.ReadByte();
                break;
            case ImmediateKind.Lane or ImmediateKind.Fence:
                reader.ReadByte();
                break;
            case ImmediateKind.V128 or ImmediateKind.Shuffle:
                reader.ReadF64Bits();
                reader.ReadF64Bits();
                break;
            case ImmediateKind.CastTypes:
                reader.ReadByte();
                reader.ReadVarU32();
                reader.ReadVarS33();
                reader.ReadVarS33();
                break;
            case ImmediateKind.Field or ImmediateKind.ArrayCount or ImmediateKind.ArrayData or ImmediateKind.ArrayElements or ImmediateKind.TypePair:
            case ImmediateKind.CallIndirect or ImmediateKind.MemoryInit or ImmediateKind.MemoryCopy or ImmediateKind.TableInit or ImmediateKind.TableCopy:
                reader.ReadVarU32();
                reader.ReadVarU32();
                break;
            case ImmediateKind.BranchTable or ImmediateKind.SelectTypes or ImmediateKind.TryTable:
                reader.SkipList(kind);
                break;
            default:
                reader.ReadVarU32();
                break;
        }
    }

    private static void SkipList(this ref WasmReader reader, ImmediateKind kind)
    {
        if (kind == ImmediateKind.TryTable)
        {
            reader.SkipBlockType();
        }

        for (uint left = reader.ReadCount(); left > 0; left--)
        {
            switch (kind)
            {
                case ImmediateKind.BranchTable: reader.ReadVarU32(); break;
                case ImmediateKind.SelectTypes: reader.SkipValueType(); break;
                default: reader.ReadCatchClause(); break;
            }
        }

        if (kind == ImmediateKind.BranchTable)
        {
            // The default target is not counted.
            reader.ReadVarU32();
        }
    }

    private static Opcode ReadPrefixed(this ref WasmReader reader, byte prefix)
    {
        int start = reader.Position - 1;
        uint number = reader.ReadVarU32();
        return number <= MaxNumber
            ? (Opcode)((prefix << 16) | (int)number)
            : throw new MalformedModuleException($"illegal opcode {prefix:x2} {number:x2}", start);
    }

    private static string Explain(int code) =>
        Instructions.TryGet((Opcode)code, out Instruction row) ? $": {row.Mnemonic} needs {row.Feature}, which is not enabled" : "";
}
