using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <content>What follows the name of an instruction.</content>
internal sealed partial class InstructionPrinter
{
    private void BlockType(ref WasmReader reader)
    {
        (TextType? result, long? index) = reader.ReadRawBlockType();
        if (index is { } type)
        {
            printer.TypeUse((uint)type, null);
        }
        else if (result is { } single)
        {
            output.Write(" (result ");
            printer.Type(single);
            output.Write(')');
        }
    }

    /// <summary>Writes <c> (catch $tag 0)</c> and its like; their labels do not count the block that they belong to.</summary>
    private void CatchClauses(ref WasmReader reader)
    {
        for (uint left = reader.ReadCount(); left > 0; left--)
        {
            CatchClause clause = reader.ReadCatchClause();
            output.Write(clause.Kind switch
            {
                CatchKind.Catch => " (catch",
                CatchKind.CatchRef => " (catch_ref",
                CatchKind.CatchAll => " (catch_all",
                _ => " (catch_all_ref",
            });
            if (clause.HasTag)
            {
                Index(printer.Tags, clause.Tag);
            }

            Label(clause.Label);
            output.Write(')');
        }
    }

    /// <summary>The index space of immediates that are one index which the text always has; null for others.</summary>
    private PrintedIds? SpaceOf(ImmediateKind kind) => kind switch
    {
        ImmediateKind.Function => printer.Functions,
        ImmediateKind.Tag => printer.Tags,
        ImmediateKind.Local => Locals,
        ImmediateKind.Global => printer.Globals,
        ImmediateKind.Table => printer.Tables,
        ImmediateKind.Element => printer.Elements,
        ImmediateKind.Data => printer.Data,
        _ => null,
    };

    private void Immediates(Instruction instruction, ref WasmReader reader)
    {
        if (SpaceOf(instruction.Immediate) is { } space)
        {
            Index(space, reader.ReadVarU32());
            return;
        }

        switch (instruction.Immediate)
        {
            case ImmediateKind.None:
                break;
            case ImmediateKind.Label:
                Label(reader.ReadVarU32());
                break;
            case ImmediateKind.BranchTable:
                // The default target comes after those that are counted.
                for (ulong left = reader.ReadCount() + 1UL; left > 0; left--)
                {
                    Label(reader.ReadVarU32());
                }

                break;
            case ImmediateKind.MemoryIndex:
                IndexUnlessZero(printer.Memories, reader.ReadVarU32());
                break;
            case ImmediateKind.CallIndirect:
                uint type = reader.ReadVarU32();
                IndexUnlessZero(printer.Tables, reader.ReadVarU32());
                printer.TypeReference(type);
                break;
            case ImmediateKind.SelectTypes:
                SelectTypes(ref reader);
                break;
            case ImmediateKind.HeapType:
                output.Write(' ');
                printer.HeapType(reader.ReadRawHeapType());
                break;
            default:
                if (!SegmentImmediates(instruction.Immediate, ref reader) && !TypeImmediates(instruction, ref reader))
                {
                    Constant(instruction, ref reader);
                }

                break;
        }
    }

    /// <summary>Immediates of bulk instructions; false for others.</summary>
    private bool SegmentImmediates(ImmediateKind kind, ref WasmReader reader)
    {
        switch (kind)
        {
            case ImmediateKind.MemoryInit:
                SegmentAndTarget(printer.Data, printer.Memories, ref reader);
                return true;
            case ImmediateKind.TableInit:
                SegmentAndTarget(printer.Elements, printer.Tables, ref reader);
                return true;
            case ImmediateKind.MemoryCopy:
                TwoTargets(printer.Memories, ref reader);
                return true;
            case ImmediateKind.TableCopy:
                TwoTargets(printer.Tables, ref reader);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Immediates of instructions on structures, arrays and typed references; false for others.</summary>
    private bool TypeImmediates(Instruction instruction, ref WasmReader reader)
    {
        switch (instruction.Immediate)
        {
            case ImmediateKind.CastHeapType:
                output.Write(' ');
                printer.Reference(reader.ReadRawHeapType(), isNullable: ((int)instruction.Opcode & 1) != 0);
                return true;
            case ImmediateKind.CastTypes:
                byte flags = reader.ReadByte();
                Label(reader.ReadVarU32());
                output.Write(' ');
                printer.Reference(reader.ReadRawHeapType(), isNullable: (flags & 1) != 0);
                output.Write(' ');
                printer.Reference(reader.ReadRawHeapType(), isNullable: (flags & 2) != 0);
                return true;
            case ImmediateKind.Type or ImmediateKind.Field or ImmediateKind.ArrayCount or ImmediateKind.ArrayData or ImmediateKind.ArrayElements or ImmediateKind.TypePair:
                uint type = reader.ReadVarU32();
                Index(printer.Types, type);
                SecondImmediate(instruction.Immediate, type, ref reader);
                return true;
            default:
                return false;
        }
    }

    /// <summary>What follows the type index.</summary>
    private void SecondImmediate(ImmediateKind kind, uint type, ref WasmReader reader)
    {
        switch (kind)
        {
            case ImmediateKind.Field:
                Index(printer.FieldsOf(type), reader.ReadVarU32());
                break;
            case ImmediateKind.ArrayCount:
                output.Write(' ');
                output.Unsigned(reader.ReadVarU32());
                break;
            case ImmediateKind.ArrayData:
                Index(printer.Data, reader.ReadVarU32());
                break;
            case ImmediateKind.ArrayElements:
                Index(printer.Elements, reader.ReadVarU32());
                break;
            case ImmediateKind.TypePair:
                Index(printer.Types, reader.ReadVarU32());
                break;
        }
    }

    /// <summary>Memory accesses, numbers, vectors and lanes.</summary>
    private void Constant(Instruction instruction, ref WasmReader reader)
    {
        switch (instruction.Immediate)
        {
            case ImmediateKind.Memory or ImmediateKind.AtomicMemory:
                MemoryArgument(instruction, ref reader);
                return;
            case ImmediateKind.MemoryLane:
                MemoryArgument(instruction, ref reader);
                output.Write(' ');
                output.Unsigned(reader.ReadByte());
                return;
            case ImmediateKind.Fence:
                reader.ReadByte();
                return;
        }

        output.Write(' ');
        switch (instruction.Immediate)
        {
            case ImmediateKind.I32:
                output.Signed(reader.ReadVarS32());
                break;
            case ImmediateKind.I64:
                output.Signed(reader.ReadVarS64());
                break;
            case ImmediateKind.F32:
                output.F32(reader.ReadF32Bits());
                break;
            case ImmediateKind.F64:
                output.F64(reader.ReadF64Bits());
                break;
            case ImmediateKind.Lane:
                output.Unsigned(reader.ReadByte());
                break;
            case ImmediateKind.V128:
                output.Write("i32x4");
                for (int lane = 0; lane < 4; lane++)
                {
                    output.Write(' ');
                    output.Hexadecimal(reader.ReadF32Bits(), 8);
                }

                break;
            case ImmediateKind.Shuffle:
                for (int lane = 0; lane < 16; lane++)
                {
                    output.Write(lane == 0 ? "" : " ");
                    output.Unsigned(reader.ReadByte());
                }

                break;
            default:
                throw new InvalidOperationException($"no text form for the immediates of {instruction.Mnemonic}");
        }
    }

    private void Index(PrintedIds ids, uint index)
    {
        output.Write(' ');
        ids.Use(output, index);
    }

    private void IndexUnlessZero(PrintedIds ids, uint index)
    {
        if (index != 0)
        {
            Index(ids, index);
        }
    }

    /// <summary>The text has the target first and may leave it out; the binary has the segment first.</summary>
    private void SegmentAndTarget(PrintedIds segments, PrintedIds targets, ref WasmReader reader)
    {
        uint segment = reader.ReadVarU32();
        IndexUnlessZero(targets, reader.ReadVarU32());
        Index(segments, segment);
    }

    private void TwoTargets(PrintedIds targets, ref WasmReader reader)
    {
        uint destination = reader.ReadVarU32();
        uint source = reader.ReadVarU32();
        if (destination != 0 || source != 0)
        {
            Index(targets, destination);
            Index(targets, source);
        }
    }

    private void SelectTypes(ref WasmReader reader)
    {
        output.Write(" (result");
        for (uint left = reader.ReadCount(); left > 0; left--)
        {
            output.Write(' ');
            printer.Type(reader.ReadRawType());
        }

        output.Write(')');
    }

    private void MemoryArgument(Instruction instruction, ref WasmReader reader)
    {
        (int alignment, uint memory, ulong offset) = reader.ReadMemoryArgument();
        IndexUnlessZero(printer.Memories, memory);
        if (offset != 0)
        {
            output.Write(" offset=");
            output.Unsigned(offset);
        }

        if (alignment != instruction.NaturalAlignment)
        {
            output.Write(" align=");
            output.Unsigned(1UL << alignment);
        }
    }
}
