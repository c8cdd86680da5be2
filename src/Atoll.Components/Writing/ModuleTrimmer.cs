using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;

namespace Atoll.Components.Writing;

/// <summary>Cuts a module down to some of its exports: functions that they do not reach go, and so do imports of those. Types and globals stay.</summary>
/// <remarks>For adapters, modules of our own: they have functions, globals, and an imported memory, but no data, no start function, and nothing in tables.</remarks>
internal sealed class ModuleTrimmer
{
    private readonly ModuleDefinition _module;
    private readonly Func<string, bool> _keep;
    private readonly ByteBuffer _output = new();
    private readonly int[] _newIndices;

    private ModuleTrimmer(ModuleDefinition module, Func<string, bool> keep)
    {
        _module = module;
        _keep = keep;
        _newIndices = new int[module.Functions.Length];
        Array.Fill(_newIndices, -1);
    }

    /// <summary>Writes the smaller module.</summary>
    /// <param name="bytes">The module.</param>
    /// <param name="keep">Which exported functions are wanted.</param>
    public static byte[] Trim(byte[] bytes, Func<string, bool> keep)
    {
        ModuleDefinition module = ModuleDecoder.Decode(bytes, ModuleLimits.Default, WasmFeatures.Default);
        bool hasOther = module.Tags.Length + module.Data.Length + module.Elements.Length + module.ImportedTableCount > 0 || module.Start >= 0;
        if (hasOther || module.Memories.Length != module.ImportedMemoryCount)
        {
            throw new InvalidOperationException("the module has more than functions, globals and an imported memory");
        }

        ModuleTrimmer trimmer = new(module, keep);
        trimmer.Mark();
        trimmer.Write();
        return trimmer._output.ToArray();
    }

    /// <summary>Finds out what is reached, and gives out the new indices.</summary>
    private void Mark()
    {
        Stack<int> open = new(_module.Exports.Where(IsWanted).Select(export => export.Index));
        HashSet<int> live = [.. open];
        while (open.TryPop(out int function))
        {
            if (function >= _module.ImportedFunctionCount)
            {
                VisitCalls(_module.Bodies[function - _module.ImportedFunctionCount], (_, _, callee) =>
                {
                    if (live.Add(callee))
                    {
                        open.Push(callee);
                    }
                });
            }
        }

        int next = 0;
        foreach (int function in live.Order())
        {
            _newIndices[function] = next++;
        }
    }

    private bool IsWanted(ExportDefinition export) => export.Kind == ExternKind.Function && _keep(export.Name);

    /// <summary>Calls back for each instruction that has the index of a function: start and end of the index, and the index.</summary>
    private void VisitCalls(FunctionBody body, Action<int, int, int> visit)
    {
        WasmReader reader = new(_module.Bytes, body.Code.Start, body.Code.End);
        while (!reader.AtEnd)
        {
            int offset = reader.Position;
            Opcode opcode = reader.ReadOpcode();
            int start = reader.Position;
            if (opcode is Opcode.Call or Opcode.ReturnCall or Opcode.RefFunc)
            {
                int callee = (int)reader.ReadVarU32();
                visit(start, reader.Position, callee);
            }
            else if (Instructions.TryGet(opcode, out Instruction instruction))
            {
                reader.SkipImmediate(instruction.Immediate);
            }
            else
            {
                throw OpcodeReader.Illegal(opcode, offset);
            }
        }
    }

    private void Write()
    {
        const int PreambleBytes = 8;
        _output.Bytes(_module.Bytes.AsSpan(0, PreambleBytes));
        WasmReader reader = new(_module.Bytes, PreambleBytes, _module.Bytes.Length);
        while (!reader.AtEnd)
        {
            int start = reader.Position;
            byte id = reader.ReadByte();
            reader.ReadBytes((int)reader.ReadVarU32());
            ByteBuffer? content = id switch
            {
                2 => Imports(),
                3 => Functions(),
                7 => Exports(),
                10 => Code(),
                _ => null,
            };
            if (content is not null)
            {
                _output.Byte(id);
                _output.Vector(content.Span);
            }
            else if (id is not (0 or 4))
            {
                _output.Bytes(_module.Bytes.AsSpan(start, reader.Position - start));
            }
        }
    }

    private ByteBuffer Imports()
    {
        ByteBuffer items = new();
        uint count = 0;
        int function = 0;
        foreach (ImportDefinition import in _module.Imports)
        {
            int index = import.Kind == ExternKind.Function ? function++ : -1;
            if (index >= 0 && _newIndices[index] < 0)
            {
                continue;
            }

            count++;
            items.Name(import.Module);
            items.Name(import.Name);
            items.Byte((byte)import.Kind);
            if (index >= 0)
            {
                items.Unsigned((uint)_module.Functions[index]);
            }
            else
            {
                // A memory of any size: what it needs, the adapter adds.
                items.Byte(0);
                items.Unsigned(0);
            }
        }

        return Vector(count, items);
    }

    private ByteBuffer Functions()
    {
        ByteBuffer items = new();
        uint count = 0;
        for (int i = _module.ImportedFunctionCount; i < _newIndices.Length; i++)
        {
            if (_newIndices[i] >= 0)
            {
                count++;
                items.Unsigned((uint)_module.Functions[i]);
            }
        }

        return Vector(count, items);
    }

    private ByteBuffer Exports()
    {
        ByteBuffer items = new();
        uint count = 0;
        foreach (ExportDefinition export in _module.Exports.Where(IsWanted))
        {
            count++;
            items.Name(export.Name);
            items.Byte((byte)export.Kind);
            items.Unsigned((uint)_newIndices[export.Index]);
        }

        return Vector(count, items);
    }

    private ByteBuffer Code()
    {
        ByteBuffer items = new();
        uint count = 0;
        for (int i = 0; i < _module.Bodies.Length; i++)
        {
            if (_newIndices[_module.ImportedFunctionCount + i] >= 0)
            {
                count++;
                items.Vector(Body(_module.Bodies[i]).Span);
            }
        }

        return Vector(count, items);
    }

    private ByteBuffer Body(FunctionBody body)
    {
        ByteBuffer code = new();
        int done = body.Start;
        VisitCalls(body, (start, end, callee) =>
        {
            code.Bytes(_module.Bytes.AsSpan(done, start - done));
            code.Unsigned((uint)_newIndices[callee]);
            done = end;
        });
        code.Bytes(_module.Bytes.AsSpan(done, body.Code.End - done));
        return code;
    }

    private static ByteBuffer Vector(uint count, ByteBuffer items)
    {
        ByteBuffer vector = new();
        vector.Unsigned(count);
        vector.Bytes(items.Span);
        return vector;
    }
}
