namespace Atoll.Wasm.Text;

/// <content>Labels of blocks (specification, "Text Format / Labels").</content>
internal sealed partial class InstructionAssembler
{
    // A label's identifier and its name, which are the same unless an annotation says otherwise.
    private readonly record struct BlockLabel(string? Id, string? Name);

    // Innermost label of each name, and for each open label the one of the same name that it hides.
    private readonly Dictionary<string, int> _labels = new(StringComparer.Ordinal);
    private readonly List<(string? Name, int Hidden)> _openLabels = [];
    private uint _labelCount;

    /// <summary>Names of the labels of the last sequence, numbered in the order of their blocks (extended name section, "Label names").</summary>
    public List<(uint Index, string Name)> LabelNames { get; } = [];

    private void BeginLabels()
    {
        _labels.Clear();
        _openLabels.Clear();
        LabelNames.Clear();
        _labelCount = 0;
    }

    private void OpenLabel(BlockLabel label)
    {
        int hidden = -1;
        if (label.Id is { } id)
        {
            hidden = _labels.GetValueOrDefault(id, -1);
            _labels[id] = _openLabels.Count;
        }

        if (label.Name is { } name)
        {
            LabelNames.Add((_labelCount, name));
        }

        _labelCount++;
        _openLabels.Add((label.Id, hidden));
    }

    private void CloseLabel()
    {
        (string? name, int hidden) = _openLabels[^1];
        _openLabels.RemoveAt(_openLabels.Count - 1);
        if (name is not null && hidden < 0)
        {
            _labels.Remove(name);
        }
        else if (name is not null)
        {
            _labels[name] = hidden;
        }
    }

    /// <summary>An <c>else</c> or <c>end</c> may repeat the label of its block.</summary>
    private void CheckLabel()
    {
        int position = cursor.Position;
        if (cursor.TryId() is { } name && name != _frames.Peek().Label.Id)
        {
            throw cursor.ErrorAt($"mismatching label ${name}", position);
        }
    }

    private uint Label()
    {
        int position = cursor.Position;
        if (cursor.TryId() is { } name)
        {
            return _labels.TryGetValue(name, out int index)
                ? (uint)(_openLabels.Count - 1 - index)
                : throw cursor.ErrorAt($"unknown label ${name}", position);
        }

        return cursor.At(TokenKind.Nat) ? (uint)cursor.ExpectInteger(32) : throw cursor.Unexpected("a label");
    }
}
