using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <content>Custom sections: what they say is written where it belongs, or they are written as they are.</content>
internal sealed partial class ModulePrinter
{
    private const byte StartSection = 8;
    private const byte DataCountSection = 12;

    /// <summary>Custom sections that the rest of the text stands for.</summary>
    private readonly HashSet<CustomSection> _expressed = new(ReferenceEqualityComparer.Instance);

    private Dictionary<int, List<(int Offset, byte Value)>>? _hints;

    /// <summary>The names, which identifiers stand for; the first name section counts.</summary>
    private ModuleNames ReadNames()
    {
        if (Array.Find(_module.CustomSections, section => section.Name == ModuleNames.SectionName) is not { } names)
        {
            return new ModuleNames();
        }

        _expressed.Add(names);
        return ModuleNames.Read(_module.Bytes, names.Content);
    }

    /// <summary>Reads the branch hints, if each of them stands where it may, so that an annotation can say it.</summary>
    private void ReadHints()
    {
        if (_options.Skeleton || Array.Find(_module.CustomSections, section => section.Name == BranchHints.SectionName) is not { } section)
        {
            return;
        }

        try
        {
            Dictionary<int, List<(int Offset, byte Value)>> hints = BranchHints.Read(_module, section);
            if (hints.All(function => function.Value.Count > 0 && Array.TrueForAll(BranchHints.Targets(_module, function.Key, function.Value), HasHint)))
            {
                _hints = hints;
                _expressed.Add(section);
            }
        }
        catch (MalformedModuleException)
        {
            // It is written as the bytes that it is.
        }
    }

    private List<(byte Id, ByteRange Content)> Sections()
    {
        List<(byte Id, ByteRange Content)> sections = [];
        var reader = new WasmReader(_module.Bytes, HeaderBytes, _module.Bytes.Length);
        while (!reader.AtEnd)
        {
            byte id = reader.ReadByte();
            int length = (int)reader.ReadVarU32();
            sections.Add((id, new ByteRange(reader.Position, reader.Position + length)));
            reader.Position += length;
        }

        return sections;
    }

    private static bool HasHint(Opcode target) => target is Opcode.If or Opcode.BrIf;

    /// <summary>Custom sections as annotations that say after which section they stand ("Custom Sections and Annotations / Custom Annotations").</summary>
    private void CustomSections()
    {
        int next = 0;
        string place = "(before first)";
        foreach ((byte id, ByteRange content) in Sections())
        {
            if (id != 0)
            {
                var reader = new WasmReader(_module.Bytes, content.Start, content.End);
                bool hasItems = id == StartSection || (id != DataCountSection && reader.ReadVarU32() > 0);

                // Sections without items and the data count may be missing when the text is read back; the place should not depend on them.
                place = hasItems ? $"(after {SectionWords.Of(id)})" : place;
                continue;
            }

            CustomSection section = _module.CustomSections[next++];
            if (!_expressed.Contains(section))
            {
                _cancellation.ThrowIfCancellationRequested();
                _output.Line(1);
                _output.Write("(@custom ");
                _output.Name(section.Name);
                _output.Write(' ');
                _output.Write(place);
                Strings(section.Content);
                _output.Write(')');
            }
        }
    }
}
