using System.Text;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <summary>What a subsection of the name section names; the numbers are those of the subsections.</summary>
/// <remarks>"Name Section" has modules, functions, locals, types, fields and tags; the others are from the proposal for extended name sections.</remarks>
internal enum NameKind : byte
{
    Module = 0,
    Function = 1,
    Local = 2,
    Label = 3,
    Type = 4,
    Table = 5,
    Memory = 6,
    Global = 7,
    Element = 8,
    Data = 9,
    Field = 10,
    Tag = 11,
}

/// <summary>All names that a module gives to its parts. Tolerant, as names serve people only: a bad section ends the names where it is bad.</summary>
internal sealed class ModuleNames
{
    /// <summary>Name of the section.</summary>
    public const string SectionName = "name";

    private static readonly List<(int Index, string Name)> None = [];

    private readonly Dictionary<NameKind, List<(int Index, string Name)>> _direct = [];
    private readonly Dictionary<NameKind, Dictionary<int, List<(int Index, string Name)>>> _indirect = [];

    public string? Module { get; private set; }

    /// <summary>The names of one index space by increasing index, each index at most once.</summary>
    public List<(int Index, string Name)> Of(NameKind kind) => _direct.GetValueOrDefault(kind, None);

    /// <summary>The names of a function's locals or labels, or of a type's fields.</summary>
    public List<(int Index, string Name)> Of(NameKind kind, int owner) =>
        _indirect.TryGetValue(kind, out Dictionary<int, List<(int Index, string Name)>>? owners) ? owners.GetValueOrDefault(owner, None) : None;

    /// <summary>Reads a name section. What is bad ends the names, or is an error where <paramref name="strict"/> asks for one.</summary>
    public static ModuleNames Read(ReadOnlySpan<byte> bytes, ByteRange content, bool strict = false)
    {
        ModuleNames names = new();
        try
        {
            var reader = new WasmReader(bytes, content.Start, content.End);
            while (!reader.AtEnd)
            {
                var kind = (NameKind)reader.ReadByte();
                int length = (int)reader.ReadCount();
                int end = reader.Position + length;
                var part = new WasmReader(bytes, reader.Position, end);
                names.ReadPart(kind, ref part);
                reader.Position = end;
            }
        }
        catch (MalformedModuleException) when (!strict)
        {
            // A custom section cannot make a module malformed ("Custom Section").
        }

        return names;
    }

    private void ReadPart(NameKind kind, ref WasmReader reader)
    {
        switch (kind)
        {
            case NameKind.Module:
                Module ??= ReadName(ref reader);
                break;
            case NameKind.Function or (>= NameKind.Type and <= NameKind.Data) or NameKind.Tag:
                _direct.TryAdd(kind, []);
                ReadMap(ref reader, _direct[kind]);
                break;
            case NameKind.Local or NameKind.Label or NameKind.Field:
                _indirect.TryAdd(kind, []);
                for (uint left = reader.ReadCount(); left > 0; left--)
                {
                    int owner = ReadIndex(ref reader);
                    List<(int Index, string Name)> names = [];
                    _indirect[kind].TryAdd(owner, names);
                    ReadMap(ref reader, names);
                }

                break;
            default:
                break;
        }
    }

    /// <summary>Indices increase in a good section; in any other the names that do not are left out.</summary>
    private static void ReadMap(ref WasmReader reader, List<(int Index, string Name)> names)
    {
        for (uint left = reader.ReadCount(); left > 0; left--)
        {
            int index = ReadIndex(ref reader);
            string name = ReadName(ref reader);
            if (names.Count == 0 || names[^1].Index < index)
            {
                names.Add((index, name));
            }
        }
    }

    /// <summary>Reads a name; bytes that are no UTF-8 become U+FFFD.</summary>
    private static string ReadName(ref WasmReader reader) => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadCount()));

    private static int ReadIndex(ref WasmReader reader) => (int)Math.Min(reader.ReadVarU32(), int.MaxValue);
}
