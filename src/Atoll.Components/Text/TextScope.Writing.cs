using Atoll.Wasm.Text;

namespace Atoll.Components.Text;

/// <content>Sections, declarators and names.</content>
internal sealed partial class TextScope
{
    /// <summary>The preamble of a component: version 0x0d, layer 1.</summary>
    private static ReadOnlySpan<byte> Preamble => "\0asm\u000d\0\u0001\0"u8;

    /// <summary>Whether a section has one thing in it, without a count.</summary>
    private static bool IsSingle(TextSection section) =>
        section is TextSection.Custom or TextSection.CoreModule or TextSection.Component or TextSection.Start;

    private void WriteSections(ByteBuffer output)
    {
        output.Bytes(Preamble);
        ByteBuffer content = new();
        for (int i = 0; i < _items.Count;)
        {
            TextSection section = _items[i].Section;
            int end = i + 1;
            content.Truncate(0);
            if (!IsSingle(section))
            {
                while (end < _items.Count && _items[end].Section == section)
                {
                    end++;
                }

                content.Unsigned((uint)(end - i));
            }

            for (; i < end; i++)
            {
                _current = i;
                _items[i].Draft.Write(content);
            }

            output.Byte((byte)section);
            output.Vector(content.Span);
        }

        WriteNames(output);
    }

    private void WriteDeclarators(ByteBuffer output)
    {
        output.Unsigned((uint)_items.Count);
        for (_current = 0; _current < _items.Count; _current++)
        {
            TextItem item = _items[_current];
            output.Byte(item.Section switch
            {
                TextSection.CoreType => 0,
                TextSection.Type => 1,
                TextSection.Alias => 2,
                TextSection.Import => 3,
                _ => 4,
            });
            item.Draft.Write(output);
        }
    }

    /// <summary>The section <c>component-name</c> (Binary, "Name Section").</summary>
    private void WriteNames(ByteBuffer output)
    {
        ByteBuffer section = new();
        section.Name("component-name");
        int empty = section.Length;
        if (Name is not null)
        {
            ByteBuffer name = new();
            name.Name(Name);
            section.Byte(0);
            section.Vector(name.Span);
        }

        IEnumerable<IGrouping<TextSort, TextDefinition>> named = _items
            .SelectMany(item => item.Definitions).Where(definition => definition.Name is not null)
            .GroupBy(definition => definition.Sort).OrderBy(group => group.Key);
        foreach (IGrouping<TextSort, TextDefinition> group in named)
        {
            ByteBuffer names = new();
            group.Key.Write(names);
            names.Unsigned((uint)group.Count());
            foreach (TextDefinition definition in group)
            {
                names.Unsigned(definition.Index);
                names.Name(definition.Name!);
            }

            section.Byte(1);
            section.Vector(names.Span);
        }

        if (section.Length > empty)
        {
            output.Byte((byte)TextSection.Custom);
            output.Vector(section.Span);
        }
    }
}
