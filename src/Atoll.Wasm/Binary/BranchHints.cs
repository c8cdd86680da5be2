namespace Atoll.Wasm.Binary;

/// <summary>The custom section that says which branches are likely taken (proposal for branch hinting, "Branch hint section").</summary>
internal static class BranchHints
{
    /// <summary>Name of the section; with <c>@</c> before it, the id of the annotation.</summary>
    public const string SectionName = "metadata.code.branch_hint";

    /// <summary>Reads the section: the hints of each function, by its index. Offsets count from the declarations of the locals.</summary>
    /// <exception cref="MalformedModuleException">The section does not follow its format. As a custom section it makes the module no worse.</exception>
    public static Dictionary<int, List<(int Offset, byte Value)>> Read(ModuleDefinition module, CustomSection section)
    {
        Dictionary<int, List<(int Offset, byte Value)>> functions = [];
        var reader = new WasmReader(module.Bytes, section.Content.Start, section.Content.End);
        int last = -1;
        for (uint left = reader.ReadCount(); left > 0; left--)
        {
            int start = reader.Position;
            uint function = reader.ReadVarU32();
            if (function < (uint)module.ImportedFunctionCount || function >= (uint)module.Functions.Length || (int)function <= last)
            {
                throw Error("invalid function index", start);
            }

            last = (int)function;
            functions.Add(last, ReadFunction(ref reader));
        }

        return reader.AtEnd ? functions : throw Error("junk after the end", reader.Position);
    }

    /// <summary>The instruction that each hint of a function belongs to; 0 where none begins at its offset.</summary>
    public static Opcode[] Targets(ModuleDefinition module, int function, List<(int Offset, byte Value)> hints)
    {
        FunctionBody body = module.Bodies[function - module.ImportedFunctionCount];
        var targets = new Opcode[hints.Count];
        var reader = new WasmReader(module.Bytes, body.Code.Start, body.Code.End, module.Features);
        for (int next = 0; next < targets.Length && !reader.AtEnd;)
        {
            int offset = reader.Position - body.Start;
            Opcode opcode = reader.ReadOpcode();
            while (next < targets.Length && hints[next].Offset <= offset)
            {
                targets[next] = hints[next].Offset == offset ? opcode : default;
                next++;
            }

            if (!Instructions.TryGet(opcode, out Instruction instruction))
            {
                break;
            }

            reader.SkipImmediate(instruction.Immediate);
        }

        return targets;
    }

    private static List<(int Offset, byte Value)> ReadFunction(ref WasmReader reader)
    {
        List<(int Offset, byte Value)> hints = [];
        for (uint left = reader.ReadCount(); left > 0; left--)
        {
            int start = reader.Position;
            uint offset = reader.ReadVarU32();
            if (offset > int.MaxValue || (hints.Count > 0 && (int)offset <= hints[^1].Offset))
            {
                throw Error("invalid offset", start);
            }

            if (reader.ReadVarU32() != 1)
            {
                throw Error("missing reserved byte", start);
            }

            byte value = reader.ReadByte();
            hints.Add(value <= 1 ? ((int)offset, value) : throw Error("invalid hint value", start));
        }

        return hints;
    }

    private static MalformedModuleException Error(string message, int offset) => new($"@{SectionName} section: {message}", offset);
}
