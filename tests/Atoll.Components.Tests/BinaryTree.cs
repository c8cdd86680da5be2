using Atoll.Wasm.Binary;

namespace Atoll.Components.Tests;

/// <summary>A component as a list of sections, so that a change in one does not make the sizes of those around it wrong.</summary>
internal sealed class BinaryTree
{
    private BinaryTree(byte id, byte[] content, List<BinaryTree>? sections)
    {
        Id = id;
        Content = content;
        Sections = sections;
    }

    /// <summary>Number of the section.</summary>
    public byte Id { get; }

    /// <summary>What is in the section; for a component within, its preamble.</summary>
    public byte[] Content { get; set; }

    /// <summary>The sections of a component; null for other sections.</summary>
    public List<BinaryTree>? Sections { get; }

    /// <summary>Reads a component whose sections have the right sizes.</summary>
    public static BinaryTree Read(byte[] bytes) => Read(4, bytes, 0, bytes.Length);

    public byte[] Write()
    {
        List<byte> bytes = [];
        WriteContent(bytes);
        return [.. bytes];
    }

    /// <summary>This node and all below it.</summary>
    public IEnumerable<BinaryTree> All() => Sections is null ? [this] : Sections.SelectMany(s => s.All()).Prepend(this);

    public BinaryTree Clone() => new(Id, Content, Sections?.ConvertAll(s => s.Clone()));

    private static BinaryTree Read(byte id, byte[] bytes, int start, int end)
    {
        if (id != 4)
        {
            return new BinaryTree(id, bytes[start..end], null);
        }

        List<BinaryTree> sections = [];
        var reader = new WasmReader(bytes, start + 8, end);
        while (!reader.AtEnd)
        {
            byte section = reader.ReadByte();
            int size = (int)reader.ReadVarU32();
            sections.Add(Read(section, bytes, reader.Position, reader.Position + size));
            reader.Position += size;
        }

        return new BinaryTree(id, bytes[start..(start + 8)], sections);
    }

    private void WriteContent(List<byte> bytes)
    {
        bytes.AddRange(Content);
        foreach (BinaryTree section in Sections ?? [])
        {
            List<byte> content = [];
            section.WriteContent(content);
            bytes.Add(section.Id);
            for (uint size = (uint)content.Count; ; size >>= 7)
            {
                bytes.Add((byte)(size < 0x80 ? size : 0x80 | (size & 0x7F)));
                if (size < 0x80)
                {
                    break;
                }
            }

            bytes.AddRange(content);
        }
    }
}
