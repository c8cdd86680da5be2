namespace Atoll.Wasm.Binary;

/// <summary>Decodes the binary format (specification, "Binary Format / Modules"). Trusts no size; bodies are left to the validator.</summary>
internal static class ModuleDecoder
{
    private const uint Magic = 0x6D736100; // "\0asm"
    private const uint Version = 1;

    /// <summary>Decodes a module; any violation of the format or of the limits is a <see cref="MalformedModuleException"/>.</summary>
    internal static ModuleDefinition Decode(byte[] bytes, ModuleLimits limits, WasmFeatures features = WasmFeatures.Default)
    {
        if (bytes.Length > limits.MaxModuleBytes)
        {
            throw new MalformedModuleException($"module of {bytes.Length} bytes is larger than the limit of {limits.MaxModuleBytes}", 0);
        }

        var reader = new WasmReader(bytes, 0, bytes.Length, features);
        ReadHeader(ref reader);
        var sections = new SectionDecoder(bytes, limits, features);
        int lastOrder = 0;
        while (!reader.AtEnd)
        {
            int start = reader.Position;
            byte id = reader.ReadByte();
            int order = OrderOf(id, start, features);
            int sizeOffset = reader.Position;
            uint size = reader.ReadVarU32();
            if (size > (uint)reader.Remaining)
            {
                throw new MalformedModuleException($"length out of bounds: section {id} of {size} bytes in {reader.Remaining}", sizeOffset);
            }

            if (id != 0)
            {
                if (order <= lastOrder)
                {
                    throw new MalformedModuleException($"unexpected content after last section: section {id} is repeated or out of order", start);
                }

                lastOrder = order;
            }

            var section = new WasmReader(bytes, reader.Position, reader.Position + (int)size, features, sections.Types);
            sections.Read(id, ref section);
            if (!section.AtEnd)
            {
                throw new MalformedModuleException($"section size mismatch: {section.Remaining} bytes left in section {id}", section.Position);
            }

            reader.Position = section.End;
        }

        return sections.Finish(bytes.Length);
    }

    private static void ReadHeader(ref WasmReader reader)
    {
        if (reader.Remaining < 4)
        {
            throw new MalformedModuleException("unexpected end: a module starts with 00 61 73 6d", reader.End);
        }

        if (reader.ReadF32Bits() != Magic)
        {
            throw new MalformedModuleException("magic header not detected: a module starts with 00 61 73 6d", 0);
        }

        if (reader.Remaining < 4)
        {
            throw new MalformedModuleException("unexpected end: the version is missing", reader.End);
        }

        uint version = reader.ReadF32Bits();
        if (version != Version)
        {
            string hint = version >> 16 == 1 ? ": this is a component, not a core module" : "";
            throw new MalformedModuleException($"unknown binary version 0x{version:x}{hint}", 4);
        }
    }

    /// <summary>Place of a section in the module: the data count section (12) comes before the code (10), tags (13) before globals (6).</summary>
    private static int OrderOf(byte id, int offset, WasmFeatures features) => id switch
    {
        <= 5 => id,
        13 when (features & WasmFeatures.Exceptions) == 0 => throw new MalformedModuleException("malformed section id 13: exception handling is not enabled", offset),
        13 => 6,
        <= 9 => id + 1,
        12 => 11,
        10 => 12,
        11 => 13,
        _ => throw new MalformedModuleException($"malformed section id {id}", offset),
    };
}
