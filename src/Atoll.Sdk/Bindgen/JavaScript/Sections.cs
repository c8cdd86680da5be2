using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;

namespace Atoll.Sdk.Bindgen.JavaScript;

/// <summary>The sections of a module or component: an id and a content each, behind a preamble (specification, "Modules" of the binary format).</summary>
internal static class Sections
{
    /// <summary>Magic number, version and layer.</summary>
    public const int PreambleBytes = 8;

    /// <summary>Writes a binary again with other contents.</summary>
    /// <param name="bytes">A binary that was decoded without an error.</param>
    /// <param name="change">The new content of a section with an id and a content.</param>
    public static ByteBuffer Map(byte[] bytes, Func<byte, byte[], byte[]> change)
    {
        ByteBuffer output = new();
        output.Bytes(bytes.AsSpan(0, PreambleBytes));
        WasmReader reader = new(bytes, PreambleBytes, bytes.Length);
        while (!reader.AtEnd)
        {
            byte id = reader.ReadByte();
            byte[] content = reader.ReadBytes((int)reader.ReadVarU32()).ToArray();
            output.Byte(id);
            output.Vector(change(id, content));
        }

        return output;
    }
}
