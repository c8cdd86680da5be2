using System.Text;

namespace Atoll.Wasm.Binary;

/// <summary>The names that a module gives to itself, its functions and their locals (specification, "Name Section").</summary>
/// <remarks>
/// Decoded on first use, and tolerant: names serve people only, so a bad section ends the names and never the module.
/// Thread-safe: what is decoded is published once and never changed.
/// </remarks>
internal sealed class NameSection
{
    private const int MaxNameBytes = 1024;
    private const int MaxNames = 1_000_000;

    private readonly byte[] _bytes;
    private readonly ByteRange _content;
    private readonly Lazy<Content> _decoded;

    private NameSection(byte[] bytes, ByteRange content)
    {
        _bytes = bytes;
        _content = content;
        _decoded = new Lazy<Content>(Decode);
    }

    /// <summary>The module's own name, or null.</summary>
    public string? ModuleName => _decoded.Value.Module;

    /// <summary>The first name section of a module, or an empty one.</summary>
    public static NameSection Of(ModuleDefinition module)
    {
        foreach (CustomSection section in module.CustomSections)
        {
            if (section.Name == "name")
            {
                return new NameSection(module.Bytes, section.Content);
            }
        }

        return new NameSection(module.Bytes, default);
    }

    /// <summary>Name of a function (imports counted first), or null.</summary>
    public string? FunctionName(int function) => _decoded.Value.Functions.GetValueOrDefault(function);

    /// <summary>Name of a local (parameters counted first), or null.</summary>
    public string? LocalName(int function, int local) => _decoded.Value.Locals.GetValueOrDefault((function, local));

    private Content Decode()
    {
        var content = new Content();
        try
        {
            var reader = new WasmReader(_bytes, _content.Start, _content.End);
            while (!reader.AtEnd)
            {
                byte id = reader.ReadByte();
                int length = (int)reader.ReadCount();
                var part = new WasmReader(_bytes, reader.Position, reader.Position + length);
                ReadPart(id, ref part, content);
                reader.Position += length;
            }
        }
        catch (MalformedModuleException)
        {
            // What was read up to here is kept: a custom section cannot make a module malformed ("Custom Section").
        }

        return content;
    }

    private static void ReadPart(byte id, ref WasmReader reader, Content content)
    {
        switch (id)
        {
            case 0:
                content.Module = ReadName(ref reader);
                break;
            case 1:
                for (uint left = reader.ReadCount(); left > 0 && content.Functions.Count < MaxNames; left--)
                {
                    int function = ReadIndex(ref reader);
                    content.Functions.TryAdd(function, ReadName(ref reader));
                }

                break;
            case 2:
                for (uint functions = reader.ReadCount(); functions > 0 && content.Locals.Count < MaxNames; functions--)
                {
                    int function = ReadIndex(ref reader);
                    for (uint left = reader.ReadCount(); left > 0 && content.Locals.Count < MaxNames; left--)
                    {
                        int local = ReadIndex(ref reader);
                        content.Locals.TryAdd((function, local), ReadName(ref reader));
                    }
                }

                break;
            default:
                break;
        }
    }

    /// <summary>Reads a name; one that is too long is cut, bytes that are no UTF-8 become U+FFFD.</summary>
    private static string ReadName(ref WasmReader reader)
    {
        int length = (int)reader.ReadCount();
        ReadOnlySpan<byte> bytes = reader.ReadBytes(length);
        return length <= MaxNameBytes ? Encoding.UTF8.GetString(bytes) : Encoding.UTF8.GetString(bytes[..MaxNameBytes]) + "…";
    }

    private static int ReadIndex(ref WasmReader reader) => (int)Math.Min(reader.ReadVarU32(), int.MaxValue);

    private sealed class Content
    {
        public string? Module { get; set; }

        public Dictionary<int, string> Functions { get; } = [];

        public Dictionary<(int Function, int Local), string> Locals { get; } = [];
    }
}
