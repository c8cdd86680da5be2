namespace Atoll.Cli.Inspection;

/// <summary>A section of a binary: where its bytes go.</summary>
/// <param name="Name">Its name in the specification, or <c>custom "name"</c>.</param>
/// <param name="Bytes">Bytes of its content.</param>
internal sealed record ModuleSection(string Name, int Bytes);

/// <summary>Walks over the sections of a binary that has been validated ("Binary Format / Modules").</summary>
internal static class ModuleSections
{
    private static readonly string[] Names =
        ["custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count", "tag"];

    public static IReadOnlyList<ModuleSection> Read(ReadOnlySpan<byte> binary)
    {
        List<ModuleSection> sections = [];
        int position = 8; // magic and version
        while (position < binary.Length)
        {
            int id = binary[position++];
            int length = ReadLength(binary, ref position);
            ReadOnlySpan<byte> content = binary.Slice(position, length);
            position += length;
            sections.Add(new ModuleSection(id == 0 ? $"custom \"{CustomName(content)}\"" : id < Names.Length ? Names[id] : $"section {id}", length));
        }

        return sections;
    }

    private static string CustomName(ReadOnlySpan<byte> content)
    {
        int position = 0;
        int length = ReadLength(content, ref position);
        return System.Text.Encoding.UTF8.GetString(content.Slice(position, length));
    }

    private static int ReadLength(ReadOnlySpan<byte> bytes, ref int position)
    {
        uint value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = bytes[position++];
            value |= (uint)(part & 0x7F) << shift;
            if ((part & 0x80) == 0)
            {
                return checked((int)value);
            }
        }
    }
}
