using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <summary>
/// Instruction sequences, plain and folded, to bytes (specification, "Text Format / Instructions"). Nesting lives on a stack of
/// its own, so that a text cannot exhaust the thread's.
/// </summary>
internal sealed partial class InstructionAssembler(ModuleAssembler module, TextCursor cursor)
{
    /// <summary>How deep instructions may nest.</summary>
    public const int MaxNesting = 10_000;

    private enum FrameKind
    {
        /// <summary>Ends at the parenthesis that closes the sequence, which is left in place.</summary>
        Sequence,

        /// <summary>block or loop … end</summary>
        Block,

        /// <summary>if … else or end</summary>
        If,

        /// <summary>else … end</summary>
        Else,

        /// <summary>(op operand*): written when it closes</summary>
        FoldedPlain,

        /// <summary>(block …)</summary>
        FoldedBlock,

        /// <summary>(if operand* before its then</summary>
        FoldedCondition,

        /// <summary>(then …)</summary>
        FoldedThen,

        /// <summary>After (then …): an else or the end</summary>
        FoldedAfterThen,

        /// <summary>(else …)</summary>
        FoldedElse,

        /// <summary>After (else …): the end</summary>
        FoldedAfterElse,

        /// <summary>try … catch, catch_all, delegate or end</summary>
        Try,

        /// <summary>catch … catch, catch_all or end</summary>
        Catch,

        /// <summary>catch_all … end</summary>
        CatchAll,

        /// <summary>(try before its do</summary>
        FoldedTry,

        /// <summary>After (do …): a catch, a delegate or the end</summary>
        FoldedAfterDo,

        /// <summary>After (catch …): a catch or the end</summary>
        FoldedAfterCatch,

        /// <summary>After (catch_all …): the end</summary>
        FoldedAfterCatchAll,

        /// <summary>After (delegate …), which stands for the end</summary>
        FoldedAfterDelegate,

        /// <summary>(do …), (catch …) or (catch_all …)</summary>
        FoldedPart,
    }

    // Pending is where the frame's own bytes begin in the buffer of instructions that wait for their operands.
    private readonly record struct Frame(FrameKind Kind, int Pending, BlockLabel Label, int Opened);

    private readonly Stack<Frame> _frames = [];
    private readonly ByteBuffer _pending = new();

    private ByteBuffer _output = new();

    public TextIndexSpace Locals { get; set; } = new("local");

    /// <summary>Writes instructions up to the parenthesis that closes the sequence, and <c>end</c>.</summary>
    public void Sequence(ByteBuffer output)
    {
        Begin(output);
        Run(singleFolded: false);
        output.Byte((byte)Opcode.End);
    }

    /// <summary>Writes one folded instruction and <c>end</c>: the abbreviation of an expression in segments.</summary>
    public void Folded(ByteBuffer output)
    {
        Begin(output);
        if (!cursor.At(TokenKind.Open))
        {
            throw cursor.Unexpected("an expression");
        }

        OpenFolded();
        Run(singleFolded: true);
        output.Byte((byte)Opcode.End);
    }

    private void Begin(ByteBuffer output)
    {
        _output = output;
        _frames.Clear();
        _pending.Truncate(0);
        BeginLabels();
        BeginHints();
        _frames.Push(new Frame(FrameKind.Sequence, 0, default, cursor.Position));
    }

    private void Run(bool singleFolded)
    {
        while (!singleFolded || _frames.Count > 1)
        {
            FrameKind kind = _frames.Peek().Kind;
            if (cursor.At(TokenKind.Open))
            {
                OpenFolded();
            }
            else if (cursor.At(TokenKind.Close) && kind == FrameKind.Sequence)
            {
                return;
            }
            else if (cursor.At(TokenKind.End) && kind == FrameKind.Sequence)
            {
                throw cursor.Unexpected(")");
            }
            else if (cursor.At(TokenKind.Close))
            {
                CloseFolded();
            }
            else if (kind is FrameKind.FoldedPlain or FrameKind.FoldedCondition or FrameKind.FoldedAfterThen or FrameKind.FoldedAfterElse || IsBetweenParts(kind))
            {
                throw cursor.Unexpected("a folded instruction or )");
            }
            else
            {
                Plain();
            }
        }
    }

    private void Push(FrameKind kind, int pending, BlockLabel label)
    {
        if (_frames.Count > MaxNesting)
        {
            throw cursor.ErrorAt($"instructions nest deeper than the limit of {MaxNesting}", cursor.Position);
        }

        _frames.Push(new Frame(kind, pending, label, cursor.Position));
    }

    private void OpenFolded()
    {
        Frame frame = _frames.Peek();
        if (frame.Kind is FrameKind.FoldedCondition or FrameKind.FoldedAfterThen or FrameKind.FoldedAfterElse && TryThenOrElse(frame))
        {
            return;
        }

        if (IsBetweenParts(frame.Kind))
        {
            OpenPart(frame.Kind);
            return;
        }

        if (frame.Kind is FrameKind.FoldedAfterThen or FrameKind.FoldedAfterElse)
        {
            cursor.Position++;
            throw cursor.Unexpected("else or the end of the if");
        }

        cursor.Position++;
        Instruction instruction = ExpectInstruction();
        int pending = _pending.Length;
        Hint(folded: true, instruction.OpensBlock && instruction.Opcode != Opcode.If ? _output : _pending);
        switch (instruction.Opcode)
        {
            case Opcode.Try:
                Push(FrameKind.FoldedTry, pending, OpenBlock(instruction, _output, openLabel: true));
                break;
            case Opcode.Block or Opcode.Loop or Opcode.TryTable:
                Push(FrameKind.FoldedBlock, pending, OpenBlock(instruction, _output, openLabel: true));
                break;
            case Opcode.If:
                // The condition comes first and stands outside of the label.
                Push(FrameKind.FoldedCondition, pending, OpenBlock(instruction, _pending, openLabel: false));
                break;
            case Opcode.Else or Opcode.End or Opcode.Catch or Opcode.CatchAll or Opcode.Delegate:
                cursor.Position--;
                throw cursor.Unexpected("an instruction");
            default:
                WriteInstruction(instruction, _pending);
                Push(FrameKind.FoldedPlain, pending, default);
                break;
        }
    }

    private bool TryThenOrElse(Frame frame)
    {
        if (frame.Kind == FrameKind.FoldedCondition && cursor.TryOpen("then"u8))
        {
            Flush(frame.Pending);
            OpenLabel(frame.Label);
            Replace(FrameKind.FoldedAfterThen);
            Push(FrameKind.FoldedThen, _pending.Length, default);
            return true;
        }

        if (frame.Kind == FrameKind.FoldedAfterThen && cursor.TryOpen("else"u8))
        {
            _output.Byte((byte)Opcode.Else);
            Replace(FrameKind.FoldedAfterElse);
            Push(FrameKind.FoldedElse, _pending.Length, default);
            return true;
        }

        return false;
    }

    private void Replace(FrameKind kind) => _frames.Push(_frames.Pop() with { Kind = kind });

    private void Flush(int start)
    {
        FlushHints(start);
        _output.Bytes(_pending.Span[start..]);
        _pending.Truncate(start);
    }

    private void CloseFolded()
    {
        Frame frame = _frames.Peek();
        switch (frame.Kind)
        {
            case FrameKind.FoldedPlain:
                Flush(frame.Pending);
                break;
            case FrameKind.FoldedBlock or FrameKind.FoldedAfterThen or FrameKind.FoldedAfterElse
                or FrameKind.FoldedAfterDo or FrameKind.FoldedAfterCatch or FrameKind.FoldedAfterCatchAll:
                _output.Byte((byte)Opcode.End);
                CloseLabel();
                break;
            case FrameKind.FoldedThen or FrameKind.FoldedElse or FrameKind.FoldedPart or FrameKind.FoldedAfterDelegate:
                break;
            case FrameKind.FoldedTry:
                throw cursor.Unexpected("(do …)");
            case FrameKind.FoldedCondition:
                throw cursor.Unexpected("(then …)");
            default:
                throw cursor.Unexpected("end");
        }

        _frames.Pop();
        cursor.Position++;
    }

    private Instruction ExpectInstruction()
    {
        if (cursor.At(TokenKind.Keyword) && TextKeywords.TryInstruction(cursor.Source.Slice(cursor.Current), out Instruction instruction))
        {
            cursor.Position++;
            return instruction;
        }

        throw cursor.Unexpected("an instruction");
    }

    private void Plain()
    {
        Instruction instruction = ExpectInstruction();
        Hint(folded: false, _output);
        switch (instruction.Opcode)
        {
            case Opcode.Block or Opcode.Loop or Opcode.If or Opcode.Try or Opcode.TryTable:
                FrameKind kind = instruction.Opcode switch { Opcode.If => FrameKind.If, Opcode.Try => FrameKind.Try, _ => FrameKind.Block };
                Push(kind, _pending.Length, OpenBlock(instruction, _output, openLabel: true));
                break;
            case Opcode.Else when _frames.Peek().Kind == FrameKind.If:
                CheckLabel();
                _output.Byte((byte)Opcode.Else);
                Replace(FrameKind.Else);
                break;
            case Opcode.Catch or Opcode.CatchAll or Opcode.Delegate:
                PlainPart(instruction.Opcode);
                break;
            case Opcode.End when _frames.Peek().Kind is FrameKind.Block or FrameKind.If or FrameKind.Else or FrameKind.Try or FrameKind.Catch or FrameKind.CatchAll:
                CheckLabel();
                _output.Byte((byte)Opcode.End);
                CloseLabel();
                _frames.Pop();
                break;
            case Opcode.Else or Opcode.End:
                cursor.Position--;
                throw cursor.Unexpected("an instruction");
            default:
                WriteInstruction(instruction, _output);
                break;
        }
    }

    private BlockLabel OpenBlock(Instruction instruction, ByteBuffer output, bool openLabel)
    {
        string? id = cursor.TryId();
        BlockLabel label = new(id, cursor.TryNameAnnotation("label") ?? id);
        output.Byte((byte)instruction.Opcode);
        module.Types.WriteBlockType(cursor, output);
        if (instruction.Opcode == Opcode.TryTable)
        {
            CatchClauses(output);
        }

        if (openLabel)
        {
            OpenLabel(label);
        }

        return label;
    }

    private void WriteInstruction(Instruction instruction, ByteBuffer output)
    {
        if (instruction.Opcode == Opcode.Select && cursor.AtOpen("result"u8))
        {
            SelectTypes(output);
            return;
        }

        if (instruction.Immediate == ImmediateKind.CastHeapType)
        {
            WriteCast(instruction, output);
            return;
        }

        WriteOpcode(instruction.Opcode, output);
        switch (instruction.Immediate)
        {
            case ImmediateKind.None:
                break;
            case ImmediateKind.Label:
                output.Unsigned(Label());
                break;
            case ImmediateKind.BranchTable:
                BranchTable(output);
                break;
            case ImmediateKind.Function:
                output.Unsigned(module.Functions.Resolve(cursor));
                break;
            case ImmediateKind.CallIndirect:
                uint table = module.Tables.ResolveOptional(cursor);
                output.Unsigned(module.Types.Use(cursor, locals: null));
                output.Unsigned(table);
                break;
            case ImmediateKind.Tag:
                output.Unsigned(module.Tags.Resolve(cursor));
                break;
            case ImmediateKind.Local:
                output.Unsigned(Locals.Resolve(cursor));
                break;
            case ImmediateKind.Global:
                output.Unsigned(module.Globals.Resolve(cursor));
                break;
            case ImmediateKind.Table:
                output.Unsigned(module.Tables.ResolveOptional(cursor));
                break;
            case ImmediateKind.Memory or ImmediateKind.AtomicMemory:
                MemoryArgument(instruction, output);
                break;
            case ImmediateKind.MemoryIndex:
                output.Unsigned(module.Memories.ResolveOptional(cursor));
                break;
            case ImmediateKind.HeapType:
                output.Signed(TextTypes.HeapType(cursor, module.Types.Index));
                break;
            default:
                if (!WriteSegments(instruction.Immediate, output) && !WriteTypeImmediates(instruction.Immediate, output))
                {
                    WriteConstant(instruction, output);
                }

                break;
        }
    }

    /// <summary>Numbers, vectors and lanes.</summary>
    private void WriteConstant(Instruction instruction, ByteBuffer output)
    {
        switch (instruction.Immediate)
        {
            case ImmediateKind.Fence:
                output.Byte(0);
                break;
            case ImmediateKind.I32:
                output.Signed((int)cursor.ExpectInteger(32));
                break;
            case ImmediateKind.I64:
                output.Signed((long)cursor.ExpectInteger(64));
                break;
            case ImmediateKind.F32:
                output.Fixed32(cursor.ExpectF32());
                break;
            case ImmediateKind.F64:
                output.Fixed64(cursor.ExpectF64());
                break;
            case ImmediateKind.MemoryLane:
                MemoryLane(instruction, output);
                break;
            case ImmediateKind.Lane:
                output.Byte(TextVectors.Lane(cursor));
                break;
            case ImmediateKind.V128:
                output.Bytes(TextVectors.Constant(cursor));
                break;
            case ImmediateKind.Shuffle:
                output.Bytes(TextVectors.Shuffle(cursor));
                break;
            default:
                throw new InvalidOperationException($"no text form for the immediates of {instruction.Mnemonic}");
        }
    }

    private static void WriteOpcode(Opcode opcode, ByteBuffer output)
    {
        int code = (int)opcode;
        if (code > 0xFF)
        {
            output.Byte((byte)(code >> 16));
            output.Unsigned((uint)(code & 0xFFFF));
        }
        else
        {
            output.Byte((byte)code);
        }
    }

    private void SelectTypes(ByteBuffer output)
    {
        List<TextType> types = [];
        while (cursor.TryOpen("result"u8))
        {
            while (TextTypes.TryValueType(cursor, module.Types.Index, out TextType type))
            {
                types.Add(type);
            }

            cursor.ExpectClose();
        }

        WriteOpcode(Opcode.SelectT, output);
        output.Unsigned((uint)types.Count);
        foreach (TextType type in types)
        {
            type.Write(output);
        }
    }

    private void BranchTable(ByteBuffer output)
    {
        List<uint> labels = [Label()];
        while (cursor.AtIndex)
        {
            labels.Add(Label());
        }

        // The last label is the default, which the count leaves out.
        output.Unsigned((uint)(labels.Count - 1));
        foreach (uint label in labels)
        {
            output.Unsigned(label);
        }
    }

    private void MemoryArgument(Instruction instruction, ByteBuffer output)
    {
        uint memory = module.Memories.ResolveOptional(cursor);
        ulong offset = TryArgument("offset="u8) ?? 0;
        int position = cursor.Position;
        ulong alignment = TryArgument("align="u8) ?? 1UL << instruction.NaturalAlignment;
        if (!ulong.IsPow2(alignment))
        {
            throw cursor.ErrorAt("alignment must be a power of two", position);
        }

        // Bit 6 of the alignment says that a memory index follows.
        uint flags = (uint)ulong.Log2(alignment);
        if (flags >= 0x40 || (memory != 0 && flags >= 0x20))
        {
            throw cursor.ErrorAt("alignment must not be larger than natural", position);
        }

        output.Unsigned(memory != 0 ? flags | 0x40 : flags);
        if (memory != 0)
        {
            output.Unsigned(memory);
        }

        output.Unsigned(offset);
    }

    /// <summary>A number that stands alone is the lane; only before another one is it the memory.</summary>
    private void MemoryLane(Instruction instruction, ByteBuffer output)
    {
        int position = cursor.Position;
        int length = output.Length;
        MemoryArgument(instruction, output);
        if (!cursor.At(TokenKind.Nat) && cursor.Position == position + 1)
        {
            cursor.Position = position;
            output.Truncate(length);
            output.Unsigned((uint)instruction.NaturalAlignment);
            output.Unsigned(0);
        }

        output.Byte(TextVectors.Lane(cursor));
    }

    private ulong? TryArgument(ReadOnlySpan<byte> prefix)
    {
        if (!cursor.At(TokenKind.Keyword))
        {
            return null;
        }

        ReadOnlySpan<byte> word = cursor.Source.Slice(cursor.Current);
        if (!TextKeywords.IsArgument(word, prefix))
        {
            return null;
        }

        if (!TextNumbers.TryInteger(word[prefix.Length..], 64, out ulong value))
        {
            throw cursor.ErrorAt("i64 constant out of range", cursor.Position);
        }

        cursor.Position++;
        return value;
    }

    /// <summary>The text has the target first and may leave it out; the binary has the segment first.</summary>
    private void SegmentAndTarget(TextIndexSpace segments, TextIndexSpace targets, ByteBuffer output)
    {
        bool both = cursor.Peek(1).Kind is TokenKind.Nat or TokenKind.Id;
        uint target = both ? targets.Resolve(cursor) : 0;
        output.Unsigned(segments.Resolve(cursor));
        output.Unsigned(target);
    }

    private void TwoTargets(TextIndexSpace targets, ByteBuffer output)
    {
        bool both = cursor.AtIndex;
        output.Unsigned(both ? targets.Resolve(cursor) : 0);
        output.Unsigned(both ? targets.Resolve(cursor) : 0);
    }
}
