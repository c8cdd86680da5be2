using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <content>
/// Exceptions: the clauses of <c>try_table</c> (specification, "Text Format / Control Instructions"), and the parts of the older <c>try</c>
/// (the proposal's legacy document, "Text Format").
/// </content>
internal sealed partial class InstructionAssembler
{
    private static bool IsBetweenParts(FrameKind kind) => kind is >= FrameKind.FoldedTry and <= FrameKind.FoldedAfterDelegate;

    /// <summary>Reads clauses; their labels do not count the block that they belong to.</summary>
    private void CatchClauses(ByteBuffer output)
    {
        List<CatchClause> clauses = [];
        while (TryCatchKind() is { } kind)
        {
            uint tag = kind is CatchKind.Catch or CatchKind.CatchRef ? module.Tags.Resolve(cursor) : 0;
            clauses.Add(new CatchClause(kind, tag, Label()));
            cursor.ExpectClose();
        }

        output.Unsigned((uint)clauses.Count);
        foreach (CatchClause clause in clauses)
        {
            output.Byte((byte)clause.Kind);
            if (clause.HasTag)
            {
                output.Unsigned(clause.Tag);
            }

            output.Unsigned(clause.Label);
        }
    }

    private CatchKind? TryCatchKind() =>
        cursor.TryOpen("catch"u8) ? CatchKind.Catch
        : cursor.TryOpen("catch_ref"u8) ? CatchKind.CatchRef
        : cursor.TryOpen("catch_all"u8) ? CatchKind.CatchAll
        : cursor.TryOpen("catch_all_ref"u8) ? CatchKind.CatchAllRef
        : null;

    /// <summary>A word that begins the next part of a <c>try</c>, or ends it; the cursor has passed it.</summary>
    private void PlainPart(Opcode opcode)
    {
        FrameKind kind = _frames.Peek().Kind;
        if (kind != FrameKind.Try && (kind != FrameKind.Catch || opcode == Opcode.Delegate))
        {
            cursor.Position--;
            throw cursor.Unexpected("an instruction");
        }

        if (opcode == Opcode.Delegate)
        {
            Delegate();
            _frames.Pop();
            return;
        }

        WriteCatch(opcode);
        Replace(opcode == Opcode.Catch ? FrameKind.Catch : FrameKind.CatchAll);
    }

    /// <summary>A part of a folded <c>try</c> at the cursor.</summary>
    private void OpenPart(FrameKind kind)
    {
        if (kind == FrameKind.FoldedTry && cursor.TryOpen("do"u8))
        {
            Replace(FrameKind.FoldedAfterDo);
            Push(FrameKind.FoldedPart, _pending.Length, default);
        }
        else if (kind is FrameKind.FoldedAfterDo or FrameKind.FoldedAfterCatch && cursor.TryOpen("catch"u8))
        {
            WriteCatch(Opcode.Catch);
            Replace(FrameKind.FoldedAfterCatch);
            Push(FrameKind.FoldedPart, _pending.Length, default);
        }
        else if (kind is FrameKind.FoldedAfterDo or FrameKind.FoldedAfterCatch && cursor.TryOpen("catch_all"u8))
        {
            WriteCatch(Opcode.CatchAll);
            Replace(FrameKind.FoldedAfterCatchAll);
            Push(FrameKind.FoldedPart, _pending.Length, default);
        }
        else if (kind == FrameKind.FoldedAfterDo && cursor.TryOpen("delegate"u8))
        {
            Delegate();
            cursor.ExpectClose();
            Replace(FrameKind.FoldedAfterDelegate);
        }
        else
        {
            cursor.Position++;
            throw cursor.Unexpected("another part of the try, or its end");
        }
    }

    private void WriteCatch(Opcode opcode)
    {
        _output.Byte((byte)opcode);
        if (opcode == Opcode.Catch)
        {
            _output.Unsigned(module.Tags.Resolve(cursor));
        }
    }

    /// <summary>Stands for the end of its block, which its label does not count.</summary>
    private void Delegate()
    {
        CloseLabel();
        _output.Byte((byte)Opcode.Delegate);
        _output.Unsigned(Label());
    }
}
