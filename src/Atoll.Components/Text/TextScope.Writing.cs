using Atoll.Components.Writing;
using Atoll.Wasm.Text;

namespace Atoll.Components.Text;

/// <content>Sections, declarators and names.</content>
internal sealed partial class TextScope
{
    private void WriteSections(ByteBuffer output)
    {
        SectionWriter sections = new(output);
        for (_current = 0; _current < _items.Count; _current++)
        {
            _items[_current].Draft.Write(sections.Item(_items[_current].Section));
        }

        sections.Finish();
        WriteNames(output);
    }

    private void WriteDeclarators(ByteBuffer output)
    {
        output.Unsigned((uint)_items.Count);
        for (_current = 0; _current < _items.Count; _current++)
        {
            TextItem item = _items[_current];
            output.Byte(SectionWriter.DeclaratorCode(item.Section));
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
