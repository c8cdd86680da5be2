using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <summary>
/// Looks whether all instructions of a module are well formed, before the first character of its text is written. The decoder leaves
/// bodies to validation, and a module that is printed need not be valid.
/// </summary>
internal sealed class CodeChecker(ModuleDefinition module, CancellationToken cancellation)
{
    /// <summary>What began the current part of each open block.</summary>
    private readonly List<Opcode> _open = [];

    public void Run()
    {
        foreach (FunctionBody body in module.Bodies)
        {
            cancellation.ThrowIfCancellationRequested();
            Check(body.Code);
        }

        for (int i = module.ImportedGlobalCount; i < module.Globals.Length; i++)
        {
            Check(module.Globals[i].Initializer);
        }

        foreach (TableDefinition table in module.Tables)
        {
            Check(table.Initializer ?? default);
        }

        foreach (ElementSegment segment in module.Elements)
        {
            cancellation.ThrowIfCancellationRequested();
            Check(segment.Offset);
            foreach (ByteRange expression in segment.Expressions ?? [])
            {
                Check(expression);
            }
        }

        foreach (DataSegment segment in module.Data)
        {
            Check(segment.Offset);
        }
    }

    private void Check(ByteRange code)
    {
        if (code == default)
        {
            return;
        }

        _open.Clear();
        var reader = new WasmReader(module.Bytes, code.Start, code.End, module.Features);
        while (true)
        {
            int offset = reader.Position;
            if (reader.AtEnd)
            {
                throw new MalformedModuleException(
                    reader.ModuleRemaining == 0 ? "unexpected end of section or function: there is no end" : "END opcode expected: there is no end", offset);
            }

            Opcode opcode = reader.ReadOpcode();
            if (!Instructions.TryGet(opcode, out Instruction instruction))
            {
                throw OpcodeReader.Illegal(opcode, offset);
            }

            CheckImmediate(instruction.Immediate, ref reader);
            if (opcode == Opcode.End && _open.Count == 0)
            {
                break;
            }

            Nest(instruction, offset);
        }

        if (!reader.AtEnd)
        {
            throw new MalformedModuleException("END opcode expected: there is something after the last end", reader.Position);
        }
    }

    /// <summary>Types are looked at: who steps over immediates leaves their codes to validation.</summary>
    private static void CheckImmediate(ImmediateKind kind, ref WasmReader reader)
    {
        switch (kind)
        {
            case ImmediateKind.BlockType:
                reader.ReadRawBlockType();
                break;
            case ImmediateKind.HeapType or ImmediateKind.CastHeapType:
                reader.ReadRawHeapType();
                break;
            case ImmediateKind.CastTypes:
                int start = reader.Position;
                byte flags = reader.ReadByte();
                if (flags > 3)
                {
                    throw new MalformedModuleException($"malformed br_on_cast flags 0x{flags:x2}", start);
                }

                reader.ReadVarU32();
                reader.ReadRawHeapType();
                reader.ReadRawHeapType();
                break;
            case ImmediateKind.SelectTypes:
                for (uint left = reader.ReadCount(); left > 0; left--)
                {
                    reader.ReadRawType();
                }

                break;
            case ImmediateKind.TryTable:
                reader.ReadRawBlockType();
                for (uint left = reader.ReadCount(); left > 0; left--)
                {
                    reader.ReadCatchClause();
                }

                break;
            default:
                reader.SkipImmediate(kind);
                break;
        }
    }

    private void Nest(Instruction instruction, int offset)
    {
        Opcode opcode = instruction.Opcode;
        if (instruction.OpensBlock)
        {
            _open.Add(opcode);
            return;
        }

        switch (opcode)
        {
            case Opcode.End:
                _open.RemoveAt(_open.Count - 1);
                break;
            case Opcode.Else:
                Require(Opcode.If, Opcode.If, "else without if", offset);
                _open[^1] = opcode;
                break;
            case Opcode.Catch or Opcode.CatchAll:
                Require(Opcode.Try, Opcode.Catch, "catch without try", offset);
                _open[^1] = opcode;
                break;
            case Opcode.Delegate:
                Require(Opcode.Try, Opcode.Try, "delegate without try", offset);
                _open.RemoveAt(_open.Count - 1);
                break;
        }
    }

    private void Require(Opcode part, Opcode otherPart, string message, int offset)
    {
        if (_open.Count == 0 || (_open[^1] != part && _open[^1] != otherPart))
        {
            throw new MalformedModuleException($"END opcode expected: {message}", offset);
        }
    }
}
