using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;

namespace Atoll.Components.Writing;

/// <summary>Gives the exports of a core module other names.</summary>
internal static class ModuleExports
{
    private const int PreambleBytes = 8;
    private const byte ExportSection = 7;

    /// <exception cref="MalformedModuleException">The bytes are no module.</exception>
    public static byte[] Rename(byte[] module, Func<string, string> rename)
    {
        if (module.Length < PreambleBytes)
        {
            throw new MalformedModuleException("unexpected end: a module starts with 00 61 73 6d 01 00 00 00", module.Length);
        }

        ByteBuffer output = new();
        output.Bytes(module.AsSpan(0, PreambleBytes));
        WasmReader reader = new(module, PreambleBytes, module.Length);
        while (!reader.AtEnd)
        {
            int start = reader.Position;
            byte id = reader.ReadByte();
            int size = (int)Math.Min(reader.ReadVarU32(), int.MaxValue);
            int content = reader.Position;
            reader.ReadBytes(size);
            if (id == ExportSection)
            {
                output.Byte(id);
                output.Vector(RenameAll(new WasmReader(module, content, content + size), rename).Span);
            }
            else
            {
                output.Bytes(module.AsSpan(start, reader.Position - start));
            }
        }

        return output.ToArray();
    }

    private static ByteBuffer RenameAll(WasmReader reader, Func<string, string> rename)
    {
        ByteBuffer section = new();
        uint count = reader.ReadCount();
        section.Unsigned(count);
        for (uint i = 0; i < count; i++)
        {
            section.Name(rename(reader.ReadName(reader.Remaining)));
            section.Byte(reader.ReadByte());
            section.Unsigned(reader.ReadVarU32());
        }

        return section;
    }
}
