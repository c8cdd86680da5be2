using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <content>Custom sections: <c>(@custom …)</c> and branch hints ("Custom Sections and Annotations").</content>
internal sealed partial class ModuleAssembler
{
    private readonly List<(int Place, string Name, byte[] Content)> _customSections = [];
    private readonly SectionBuffer _branchHints = new();
    private int _nextCustomSection;

    /// <summary>Takes the <c>(@custom …)</c> that stand between two fields.</summary>
    private void TakeCustomSections()
    {
        foreach (TextAnnotation annotation in _cursor.Annotations.TakeAll(AnnotationKind.Custom, _cursor.Position))
        {
            AnnotationReader reader = new(_cursor.Source, annotation);
            string name = reader.ExpectName("missing section name");
            int place = CustomPlace(reader);
            _customSections.Add((place, name, reader.ExpectStringsToEnd()));
        }
    }

    /// <summary>Reads <c>(before …)</c> or <c>(after …)</c>; without one the section is the last.</summary>
    private static int CustomPlace(AnnotationReader reader)
    {
        if (!reader.TryTake(TokenKind.Open, out _))
        {
            return SectionWords.Last;
        }

        bool isKeyword = reader.TryTake(TokenKind.Keyword, out ReadOnlySpan<byte> direction);
        bool isAfter = direction.SequenceEqual("after"u8);
        if (!isKeyword || (!isAfter && !direction.SequenceEqual("before"u8)))
        {
            throw reader.Error("malformed placement");
        }

        if (!reader.TryTake(TokenKind.Keyword, out ReadOnlySpan<byte> word) || !SectionWords.TryPlace(word, isAfter, out int place))
        {
            throw reader.Error("malformed section kind");
        }

        return reader.TryTake(TokenKind.Close, out _) ? place : throw reader.Error("unexpected token");
    }

    /// <summary>Keeps the hints of the function that was just read; its body is in the scratch buffer.</summary>
    private void TakeBranchHints()
    {
        if (_instructions.Hints.Count > 0)
        {
            ByteBuffer function = _branchHints.Next();
            function.Unsigned(_nextFunction);
            function.Unsigned((uint)_instructions.Hints.Count);
            foreach ((int offset, byte value) in _instructions.Hints)
            {
                function.Unsigned((uint)offset);
                function.Unsigned(1);
                function.Byte(value);
            }
        }
    }

    /// <summary>An annotation that nobody took stands in a wrong place.</summary>
    private void CheckAnnotations()
    {
        if (_cursor.Annotations.FindLeft(_first, _cursor.Position) is { } left)
        {
            string message = left.Kind != AnnotationKind.BranchHint ? $"misplaced {left.Id} annotation"
                : IsInFunction(left) ? $"{left.Id} annotation: invalid placement" : $"{left.Id} annotation: not in a function";
            throw _cursor.Source.Error(message, left.Start);
        }
    }

    private bool IsInFunction(TextAnnotation annotation)
    {
        _cursor.Position = _first;
        while (_cursor.At(TokenKind.Open) && _cursor.Match < annotation.Before)
        {
            _cursor.Position = _cursor.Match + 1;
        }

        return _cursor.AtOpen("func"u8) && _cursor.Position < annotation.Before;
    }

    /// <summary>Puts the custom sections in the order of their places, those of one place in the order of the text.</summary>
    private void SortCustomSections()
    {
        if (_branchHints.Count > 0)
        {
            ByteBuffer content = new();
            content.Unsigned(_branchHints.Count);
            content.Bytes(_branchHints.Items.Span);
            _customSections.Add((SectionWords.Place(SectionWords.Code, isAfter: false), BranchHints.SectionName, content.ToArray()));
        }

        (int Place, string Name, byte[] Content)[] sorted = [.. _customSections.OrderBy(section => section.Place)];
        _customSections.Clear();
        _customSections.AddRange(sorted);
    }

    /// <summary>Writes the custom sections whose place is not behind the given one.</summary>
    private void WriteCustomSections(ByteBuffer module, int place)
    {
        for (; _nextCustomSection < _customSections.Count && _customSections[_nextCustomSection].Place <= place; _nextCustomSection++)
        {
            ByteBuffer section = new();
            section.Name(_customSections[_nextCustomSection].Name);
            section.Bytes(_customSections[_nextCustomSection].Content);
            Part(module, 0, section);
        }
    }
}
