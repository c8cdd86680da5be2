using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <content>Element and data segments.</content>
internal sealed partial class ModulePrinter
{
    /// <summary>Bytes in one string; longer contents are cut, so that lines stay readable.</summary>
    private const int StringBytes = 64;

    private void ElementFields()
    {
        for (int i = 0; i < _module.Elements.Length; i++)
        {
            ElementSegment segment = _module.Elements[i];
            Field("elem", Elements, i);
            if (segment.Mode == SegmentMode.Declarative)
            {
                _output.Write(" declare");
            }
            else if (segment.Mode == SegmentMode.Active)
            {
                Target(" (table ", Tables, segment.Table, segment.Offset);
            }

            ElementList(segment);
            _output.Write(')');
        }
    }

    private void Target(ReadOnlySpan<char> word, PrintedIds ids, int index, ByteRange offset)
    {
        if (index != 0)
        {
            _output.Write(word);
            ids.Use(_output, (uint)index);
            _output.Write(')');
        }

        _output.Write(' ');
        _instructions.Delimited(offset, "offset");
    }

    private void ElementList(ElementSegment segment)
    {
        _output.Write(' ');
        if (segment.FunctionIndices is { } functions)
        {
            _output.Write("func");
            for (int i = 0; i < functions.Length && !_options.Skeleton; i++)
            {
                NextItem();
                Functions.Use(_output, (uint)functions[i]);
            }
        }
        else
        {
            Type(segment.Type);
            for (int i = 0; i < segment.Expressions!.Length && !_options.Skeleton; i++)
            {
                NextItem();
                _instructions.Delimited(segment.Expressions[i], "item");
            }
        }

        if (_options.Skeleton && segment.Count > 0)
        {
            _output.Write(" ...");
        }
    }

    private void NextItem()
    {
        if (_output.Column > MaxColumn)
        {
            _output.Line(2);
        }

        _output.Space();
    }

    private void DataFields()
    {
        for (int i = 0; i < _module.Data.Length; i++)
        {
            DataSegment segment = _module.Data[i];
            Field("data", Data, i);
            if (segment.Mode == SegmentMode.Active)
            {
                Target(" (memory ", Memories, segment.Memory, segment.Offset);
            }

            Strings(segment.Content);
            _output.Write(')');
        }
    }

    /// <summary>Writes bytes as strings, which the text format puts together again: short ones in the same line, others in lines of their own.</summary>
    private void Strings(ByteRange content)
    {
        if (_options.Skeleton)
        {
            _output.Write(" ...");
            return;
        }

        bool single = content.Length <= StringBytes;
        int start = content.Start;
        do
        {
            if (!single)
            {
                _output.Line(2);
            }

            _output.Space();
            int end = Math.Min(start + StringBytes, content.End);
            _output.Bytes(_module.Bytes.AsSpan(start, end - start));
            start = end;
        }
        while (start < content.End);
    }
}
