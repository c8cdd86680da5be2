namespace Atoll.Wasm.Compilation;

/// <summary>Notes on where the code of each instruction begins.</summary>
internal sealed class InstructionMap
{
    private readonly List<(int Label, int Offset)> _notes = [];

    /// <summary>The code that follows belongs to the instruction at an offset of the module; -1 for none.</summary>
    public void Note(IlBuffer il, int offset)
    {
        int label = il.DefineLabel();
        il.MarkLabel(label);
        _notes.Add((label, offset));
    }

    /// <summary>Offsets in the finished IL, ascending.</summary>
    public List<(int Il, int Offset)> Resolve(IlBuffer il, int prologueLength) => [.. _notes.Select(n => (prologueLength + il.OffsetOf(n.Label), n.Offset))];
}
