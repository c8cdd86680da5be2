namespace Atoll.Wasm.Text;

/// <content>Branch hints ("Custom Sections and Annotations", and the proposal for branch hinting).</content>
internal sealed partial class InstructionAssembler
{
    // Hints of instructions that wait for their operands, with the place in the buffer of these.
    private readonly List<(int Offset, byte Value)> _pendingHints = [];

    /// <summary>The hints of the last sequence with the offsets, in the output, of their instructions; offsets increase.</summary>
    public List<(int Offset, byte Value)> Hints { get; } = [];

    private void BeginHints()
    {
        Hints.Clear();
        _pendingHints.Clear();
    }

    /// <summary>Takes the hint before the instruction whose word the cursor has just passed. What it stands before is a matter of validation.</summary>
    private void Hint(bool folded, ByteBuffer output)
    {
        if (cursor.Source.Annotations.Length == 0)
        {
            return;
        }

        int word = cursor.Position - 1;
        TextAnnotation? annotation = folded ? TakeHint(word - 1) ?? TakeHint(word) : TakeHint(word);
        if (annotation is null)
        {
            return;
        }

        AnnotationReader reader = new(cursor.Source, annotation);
        byte[] value = reader.ExpectStringsToEnd();
        if (value is not [0 or 1])
        {
            throw reader.Error("invalid hint value");
        }

        (output == _output ? Hints : _pendingHints).Add((output.Length, value[0]));
        if ((folded && TakeHint(word - 1) is not null) || TakeHint(word) is not null)
        {
            throw reader.Error("duplicate annotation");
        }
    }

    private TextAnnotation? TakeHint(int token) => cursor.Annotations.Take(AnnotationKind.BranchHint, token);

    private void FlushHints(int start)
    {
        int first = _pendingHints.Count;
        while (first > 0 && _pendingHints[first - 1].Offset >= start)
        {
            first--;
        }

        for (int i = first; i < _pendingHints.Count; i++)
        {
            Hints.Add((_output.Length + _pendingHints[i].Offset - start, _pendingHints[i].Value));
        }

        _pendingHints.RemoveRange(first, _pendingHints.Count - first);
    }
}
