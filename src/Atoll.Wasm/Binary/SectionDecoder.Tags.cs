namespace Atoll.Wasm.Binary;

/// <content>Tags of exceptions (specification, "Binary Format / Tag Section").</content>
internal sealed partial class SectionDecoder
{
    private void ReadTags(ref WasmReader reader)
    {
        int imported = _module.ImportedTagCount;
        int count = ReadCount(ref reader, imported, limits.MaxTags, "tags");
        var tags = new TagDefinition[imported + count];
        _module.Tags.CopyTo(tags, 0);
        for (int i = imported; i < tags.Length; i++)
        {
            tags[i] = ReadTag(ref reader);
        }

        _module.Tags = tags;
    }

    private TagDefinition ReadTag(ref WasmReader reader)
    {
        int start = reader.Position;
        byte attribute = reader.ReadByte();
        if (attribute != 0)
        {
            throw new MalformedModuleException($"malformed tag attribute 0x{attribute:x2}", start);
        }

        int index = ReadIndex(ref reader);
        DefinedType type = index < Types.Count ? Types[index] : UnknownType;
        return new TagDefinition(index, new TagType(type.Function ?? UnknownType.Function!) { Defined = type });
    }
}
