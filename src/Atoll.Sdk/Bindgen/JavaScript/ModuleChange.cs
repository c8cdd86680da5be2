using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;

namespace Atoll.Sdk.Bindgen.JavaScript;

/// <summary>
/// A core module with more functions and variables, whose exports and calls go elsewhere. What is there keeps its index, so the rest stays as it is.
/// </summary>
internal sealed class ModuleChange(byte[] bytes, ModuleDefinition module)
{
    private const byte FunctionSection = 3, GlobalSection = 6, ExportSection = 7, CodeSection = 10;

    private readonly List<(int Type, byte[] Body)> _functions = [];
    private int _globals;

    /// <summary>Functions by the name of the export that is to mean them.</summary>
    public Dictionary<string, int> Exports { get; } = new(StringComparer.Ordinal);

    /// <summary>Functions that are called, and those that are to be called instead. The added ones call what they name.</summary>
    public Dictionary<uint, int> Calls { get; } = [];

    /// <summary>The name of an empty custom section that says what was done; null for none.</summary>
    public string? Mark { get; set; }

    /// <summary>Adds a function.</summary>
    /// <param name="type">The index of its type.</param>
    /// <param name="body">Locals and instructions.</param>
    /// <returns>Its index.</returns>
    public int AddFunction(int type, byte[] body)
    {
        _functions.Add((type, body));
        return module.Functions.Length + _functions.Count - 1;
    }

    /// <summary>Adds a variable of type i32 that begins as 0.</summary>
    /// <returns>Its index.</returns>
    public int AddGlobal() => module.Globals.Length + _globals++;

    /// <summary>Writes the module.</summary>
    public byte[] ToBytes()
    {
        ByteBuffer output = Sections.Map(bytes, (id, content) => id switch
        {
            FunctionSection => Longer(content, _functions.Count, buffer => _functions.ForEach(function => buffer.Unsigned((uint)function.Type))),
            GlobalSection => Longer(content, _globals, Variables),
            ExportSection => WithExports(),
            CodeSection => WithCode(content),
            _ => content,
        });
        if (Mark is not null)
        {
            ByteBuffer mark = new();
            mark.Name(Mark);
            output.Byte(0);
            output.Vector(mark.Span);
        }

        return output.ToArray();
    }

    private void Variables(ByteBuffer buffer)
    {
        for (int i = 0; i < _globals; i++)
        {
            // i32, mutable, i32.const 0, end
            buffer.Bytes([CodeWriter.I32, 1, 0x41, 0, 0x0B]);
        }
    }

    private static byte[] Longer(byte[] content, int more, Action<ByteBuffer> write)
    {
        ByteBuffer section = new();
        WasmReader reader = new(content, 0, content.Length);
        section.Unsigned(reader.ReadVarU32() + (uint)more);
        section.Bytes(content.AsSpan(reader.Position));
        write(section);
        return section.ToArray();
    }

    private byte[] WithExports()
    {
        ByteBuffer section = new();
        section.Unsigned((uint)module.Exports.Length);
        foreach (ExportDefinition export in module.Exports)
        {
            section.Name(export.Name);
            section.Byte((byte)export.Kind);
            section.Unsigned((uint)(export.Kind == ExternKind.Function && Exports.TryGetValue(export.Name, out int other) ? other : export.Index));
        }

        return section.ToArray();
    }

    private byte[] WithCode(byte[] content)
    {
        ByteBuffer section = new();
        WasmReader reader = new(content, 0, content.Length);
        uint count = reader.ReadVarU32();
        section.Unsigned(count + (uint)_functions.Count);
        for (uint i = 0; i < count; i++)
        {
            byte[] body = reader.ReadBytes((int)reader.ReadVarU32()).ToArray();
            section.Vector(Calls.Count == 0 ? body : WithCalls(body));
        }

        foreach ((_, byte[] body) in _functions)
        {
            section.Vector(body);
        }

        return section.ToArray();
    }

    private byte[] WithCalls(byte[] body)
    {
        WasmReader reader = new(body, 0, body.Length);
        for (uint groups = reader.ReadVarU32(); groups > 0; groups--)
        {
            reader.ReadVarU32();
            reader.SkipValueType();
        }

        ByteBuffer output = new();
        int copied = 0;
        while (!reader.AtEnd)
        {
            int start = reader.Position;
            Opcode opcode = reader.ReadOpcode();
            if (!Instructions.TryGet(opcode, out Instruction instruction))
            {
                throw OpcodeReader.Illegal(opcode, start);
            }

            int operand = reader.Position;
            if (instruction.Immediate != ImmediateKind.Function)
            {
                reader.SkipImmediate(instruction.Immediate);
            }
            else if (Calls.TryGetValue(reader.ReadVarU32(), out int other))
            {
                output.Bytes(body.AsSpan(copied, operand - copied));
                output.Unsigned((uint)other);
                copied = reader.Position;
            }
        }

        output.Bytes(body.AsSpan(copied));
        return output.ToArray();
    }
}
