using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <summary>Reads types as a module's bytes have them: with their type indices, which the decoder gives up for the types that they denote.</summary>
internal static class RawTypes
{
    public const byte Recursive = 0x4E;
    public const byte SubFinal = 0x4F;
    public const byte Sub = 0x50;
    public const byte ArrayForm = 0x5E;
    public const byte StructForm = 0x5F;
    public const byte FunctionForm = 0x60;

    private const byte EmptyBlock = 0x40;

    /// <summary>Reads a value type, or a storage type, which can be packed.</summary>
    public static TextType ReadRawType(this ref WasmReader reader, bool isStorage = false)
    {
        int start = reader.Position;
        byte code = reader.ReadByte();
        return code switch
        {
            0x63 or 0x64 => new TextType(code, reader.ReadRawHeapType()),
            (>= 0x7B and <= 0x7F) or (>= 0x69 and <= 0x74) => new TextType(0, code - 0x80),
            0x77 or 0x78 when isStorage => new TextType(0, code - 0x80),
            _ => throw new MalformedModuleException($"malformed value type 0x{code:x2}", start),
        };
    }

    /// <summary>Reads a heap type as a signed number: a type index, or an abstract type below zero.</summary>
    public static long ReadRawHeapType(this ref WasmReader reader)
    {
        int start = reader.Position;
        long code = reader.ReadVarS33();
        return code >= 0 || (code + 0x80 is >= 0x69 and <= 0x74 && reader.Position == start + 1)
            ? code
            : throw new MalformedModuleException("malformed heap type", start);
    }

    /// <summary>Reads a block type: a result type, a type index, or neither of them.</summary>
    public static (TextType? Result, long? Index) ReadRawBlockType(this ref WasmReader reader)
    {
        int start = reader.Position;
        byte code = reader.PeekByte();
        if (code == EmptyBlock)
        {
            reader.Position++;
            return (null, null);
        }

        if ((code & 0xC0) == 0x40)
        {
            return (reader.ReadRawType(), null);
        }

        long index = reader.ReadVarS33();
        return index >= 0 ? (null, index) : throw new MalformedModuleException("malformed block type", start);
    }

    /// <summary>Steps over a type definition with its supertypes. The decoder has read it before.</summary>
    public static void SkipDefinition(this ref WasmReader reader)
    {
        switch (reader.SkipToComposite())
        {
            case FunctionForm:
                reader.SkipRawTypes();
                reader.SkipRawTypes();
                break;
            case StructForm:
                for (uint left = reader.ReadCount(); left > 0; left--)
                {
                    reader.ReadRawType(isStorage: true);
                    reader.ReadByte();
                }

                break;
            default:
                reader.ReadRawType(isStorage: true);
                reader.ReadByte();
                break;
        }
    }

    /// <summary>Steps over the supertypes of a type definition and gives the form of what comes then.</summary>
    public static byte SkipToComposite(this ref WasmReader reader)
    {
        byte form = reader.ReadByte();
        if (form is Sub or SubFinal)
        {
            for (uint left = reader.ReadCount(); left > 0; left--)
            {
                reader.ReadVarU32();
            }

            form = reader.ReadByte();
        }

        return form;
    }

    private static void SkipRawTypes(this ref WasmReader reader)
    {
        for (uint left = reader.ReadCount(); left > 0; left--)
        {
            reader.ReadRawType();
        }
    }
}
