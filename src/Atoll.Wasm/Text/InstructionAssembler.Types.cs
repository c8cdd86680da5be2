using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <content>Immediates that name segments and types.</content>
internal sealed partial class InstructionAssembler
{
    /// <summary>Immediates of bulk instructions; false for others.</summary>
    private bool WriteSegments(ImmediateKind kind, ByteBuffer output)
    {
        switch (kind)
        {
            case ImmediateKind.MemoryInit:
                SegmentAndTarget(module.Data, module.Memories, output);
                module.UsesData = true;
                return true;
            case ImmediateKind.Data:
                output.Unsigned(module.Data.Resolve(cursor));
                module.UsesData = true;
                return true;
            case ImmediateKind.TableInit:
                SegmentAndTarget(module.Elements, module.Tables, output);
                return true;
            case ImmediateKind.Element:
                output.Unsigned(module.Elements.Resolve(cursor));
                return true;
            case ImmediateKind.MemoryCopy:
                TwoTargets(module.Memories, output);
                return true;
            case ImmediateKind.TableCopy:
                TwoTargets(module.Tables, output);
                return true;
            default:
                return false;
        }
    }

    private void WriteCast(Instruction instruction, ByteBuffer output)
    {
        // One name stands for two codes: the type says whether null passes.
        (long heap, bool isNullable) = HeapOfReference();
        WriteOpcode(instruction.Opcode + (isNullable ? 1 : 0), output);
        output.Signed(heap);
    }

    /// <summary>Immediates that begin with a type index, and casts; false for others.</summary>
    private bool WriteTypeImmediates(ImmediateKind kind, ByteBuffer output)
    {
        if (kind == ImmediateKind.CastTypes)
        {
            uint label = Label();
            (long from, bool fromNull) = HeapOfReference();
            (long to, bool toNull) = HeapOfReference();
            output.Byte((byte)((fromNull ? 1 : 0) | (toNull ? 2 : 0)));
            output.Unsigned(label);
            output.Signed(from);
            output.Signed(to);
            return true;
        }

        if (kind is not (ImmediateKind.Type or ImmediateKind.Field or ImmediateKind.ArrayCount or ImmediateKind.ArrayData or ImmediateKind.ArrayElements or ImmediateKind.TypePair))
        {
            return false;
        }

        uint type = module.Types.Index.Resolve(cursor);
        output.Unsigned(type);
        switch (kind)
        {
            case ImmediateKind.Field:
                output.Unsigned(module.Types.ResolveField(cursor, type));
                break;
            case ImmediateKind.ArrayCount:
                output.Unsigned((uint)cursor.ExpectInteger(32));
                break;
            case ImmediateKind.ArrayData:
                output.Unsigned(module.Data.Resolve(cursor));
                module.UsesData = true;
                break;
            case ImmediateKind.ArrayElements:
                output.Unsigned(module.Elements.Resolve(cursor));
                break;
            case ImmediateKind.TypePair:
                output.Unsigned(module.Types.Index.Resolve(cursor));
                break;
        }

        return true;
    }

    /// <summary>Reads a reference type as a cast needs it: its heap type, and whether it has null.</summary>
    private (long Heap, bool IsNullable) HeapOfReference()
    {
        TextType type = TextTypes.ReferenceType(cursor, module.Types.Index);
        return (type.Code, type.Prefix != 0x64);
    }
}
