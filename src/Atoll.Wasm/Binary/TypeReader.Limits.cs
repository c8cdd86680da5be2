namespace Atoll.Wasm.Binary;

/// <content>Types with limits: memories and tables (specification, "Binary Format / Limits", and the proposals for threads and page sizes).</content>
internal static partial class TypeReader
{
    private const int HasMaximum = 1;
    private const int Shared = 2;
    private const int Wide = 4;
    private const int CustomPage = 8;

    public static TableType ReadTableType(this ref WasmReader reader)
    {
        ValueType element = reader.ReadReferenceType();
        int flags = reader.ReadLimitFlags(HasMaximum | Wide);
        (ulong minimum, ulong? maximum) = reader.ReadRange(flags);
        return new TableType(element, minimum, maximum) { IndexType = IndexType(flags) };
    }

    public static MemoryType ReadMemoryType(this ref WasmReader reader)
    {
        int flags = reader.ReadLimitFlags(HasMaximum | Shared | Wide | CustomPage);
        (ulong minimum, ulong? maximum) = reader.ReadRange(flags);
        MemoryType type = new(minimum, maximum) { IndexType = IndexType(flags), IsShared = (flags & Shared) != 0 };
        if ((flags & CustomPage) == 0)
        {
            return type;
        }

        int start = reader.Position;
        uint log = reader.ReadVarU32();

        // Other powers of two are a matter of validation.
        return log < 64 ? type with { PageBytes = 1UL << (int)log } : throw new MalformedModuleException($"invalid custom page size: 2^{log}", start);
    }

    private static ValueType IndexType(int flags) => (flags & Wide) != 0 ? ValueType.I64 : ValueType.I32;

    private static int ReadLimitFlags(this ref WasmReader reader, int possible)
    {
        int start = reader.Position;
        byte flags = reader.ReadByte();
        if ((flags & ~possible) != 0)
        {
            throw new MalformedModuleException($"malformed limits flags 0x{flags:x2}", start);
        }

        WasmFeatures needed = ((flags & Shared) != 0 ? WasmFeatures.Threads : 0)
            | ((flags & Wide) != 0 ? WasmFeatures.Memory64 : 0)
            | ((flags & CustomPage) != 0 ? WasmFeatures.CustomPageSizes : 0);
        WasmFeatures missing = needed & ~reader.Features;
        return missing == 0 ? flags : throw new MalformedModuleException($"malformed limits flags 0x{flags:x2}: {missing} is not enabled", start);
    }

    /// <summary>Minimum and maximum. Since 3.0 both are 64 bits wide in the format, whatever the index type is; their range is a matter of validation.</summary>
    private static (ulong Minimum, ulong? Maximum) ReadRange(this ref WasmReader reader, int flags)
    {
        ulong minimum = reader.ReadVarU64();
        return (minimum, (flags & HasMaximum) != 0 ? reader.ReadVarU64() : null);
    }
}
