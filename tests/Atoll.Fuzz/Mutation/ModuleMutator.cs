using Atoll.Fuzz.Generation;
using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Fuzz.Mutation;

/// <summary>Changes a module of the corpus a little. Most changes keep the lengths of sections and bodies right, so that they reach what lies inside.</summary>
internal sealed class ModuleMutator(Corpus corpus, Choices choices)
{
    private const int HeaderBytes = 8;
    private const int CodeSection = 10;

    public byte[] Mutate()
    {
        byte[] bytes = Module();
        for (int i = choices.OneIn(2) ? choices.Pick(3) : 0; i >= 0; i--)
        {
            bytes = MutateOnce(bytes);
        }

        return bytes;
    }

    private byte[] Module() => choices.Pick(8) switch
    {
        0 when corpus.Invalid.Count > 0 => choices.Pick(corpus.Invalid),
        < 6 when corpus.Valid.Count > 0 => choices.Pick(corpus.Valid),
        _ => ModuleGenerator.Write(choices),
    };

    private byte[] MutateOnce(byte[] bytes)
    {
        if (choices.OneIn(12) || !TrySplit(bytes, out List<(byte Id, byte[] Content)> sections) || sections.Count == 0)
        {
            return ByteMutator.Mutate(bytes, choices, Module);
        }

        int index = choices.Pick(sections.Count);
        int code = sections.FindIndex(section => section.Id == CodeSection);
        switch (choices.Pick(12))
        {
            case 0:
                sections.RemoveAt(index);
                break;
            case 1 when TrySplit(Module(), out List<(byte Id, byte[] Content)> others) && others.Count > 0:
                // Under its own number and in its own place.
                (byte Id, byte[] Content) section = choices.Pick(others);
                int same = sections.FindIndex(candidate => candidate.Id == section.Id);
                if (same >= 0)
                {
                    sections[same] = section;
                }
                else
                {
                    sections.Insert(index, section);
                }

                break;
            case 2 or 3 or 4:
                sections[index] = (sections[index].Id, ByteMutator.Mutate(sections[index].Content, choices, Module));
                break;
            default:
                if (code >= 0)
                {
                    sections[code] = (CodeSection, MutateCode(sections[code].Content));
                }

                break;
        }

        return Join(bytes, sections);
    }

    private static byte[] Join(byte[] bytes, List<(byte Id, byte[] Content)> sections)
    {
        WasmWriter writer = new WasmWriter().Bytes(bytes.AsSpan(0, HeaderBytes));
        foreach ((byte id, byte[] content) in sections)
        {
            writer.Byte(id).Sized(content);
        }

        return writer.ToArray();
    }

    private static bool TrySplit(byte[] bytes, out List<(byte Id, byte[] Content)> sections)
    {
        sections = [];
        try
        {
            WasmReader reader = new(bytes, HeaderBytes, bytes.Length);
            while (!reader.AtEnd)
            {
                byte id = reader.ReadByte();
                sections.Add((id, reader.ReadBytes((int)reader.ReadVarU32()).ToArray()));
            }

            return bytes.Length >= HeaderBytes;
        }
        catch (MalformedModuleException)
        {
            return false;
        }
    }

    private byte[] MutateCode(byte[] content)
    {
        List<byte[]> bodies = [];
        try
        {
            WasmReader reader = new(content, 0, content.Length);
            for (uint left = reader.ReadVarU32(); left > 0; left--)
            {
                bodies.Add(reader.ReadBytes((int)reader.ReadVarU32()).ToArray());
            }
        }
        catch (MalformedModuleException)
        {
            return content;
        }

        if (bodies.Count == 0)
        {
            return content;
        }

        int index = choices.Pick(bodies.Count);
        bodies[index] = choices.OneIn(6) ? ByteMutator.Mutate(bodies[index], choices, Module) : new BodyMutator(bodies[index], choices).Mutate();
        return new WasmWriter().Many(bodies, (w, body) => w.Sized(body)).ToArray();
    }
}
