namespace Atoll.Wasm.Text;

/// <content>Limits of tables and memories (specification, "Text Format / Limits", and the proposals for threads and page sizes).</content>
internal sealed partial class ModuleAssembler
{
    private const int NoPageSize = -1;

    private void TableLimits(ByteBuffer output, bool wide)
    {
        (ulong minimum, ulong? maximum) = Range();
        WriteLimits(output, wide, shared: false, minimum, maximum);
    }

    private void MemoryType(ByteBuffer output, bool wide)
    {
        (ulong minimum, ulong? maximum) = Range();
        bool shared = _cursor.TryKeyword("shared"u8);
        WriteLimits(output, wide, shared, minimum, maximum, TryPageSize());
    }

    private (ulong Minimum, ulong? Maximum) Range()
    {
        ulong minimum = _cursor.ExpectNat(64);
        return (minimum, _cursor.At(TokenKind.Nat) ? _cursor.ExpectNat(64) : null);
    }

    /// <summary>Reads <c>(pagesize n)</c>, if it is there: log2 of n.</summary>
    private int TryPageSize()
    {
        if (!_cursor.TryOpen("pagesize"u8))
        {
            return NoPageSize;
        }

        int position = _cursor.Position;
        ulong size = _cursor.ExpectNat(64);
        if (!ulong.IsPow2(size))
        {
            throw _cursor.ErrorAt("invalid custom page size", position);
        }

        _cursor.ExpectClose();
        return (int)ulong.Log2(size);
    }

    private static void WriteLimits(ByteBuffer output, bool wide, bool shared, ulong minimum, ulong? maximum, int pageLog = NoPageSize)
    {
        output.Byte((byte)((maximum is null ? 0 : 1) | (shared ? 2 : 0) | (wide ? 4 : 0) | (pageLog >= 0 ? 8 : 0)));
        output.Unsigned(minimum);
        if (maximum is { } value)
        {
            output.Unsigned(value);
        }

        if (pageLog >= 0)
        {
            output.Unsigned((uint)pageLog);
        }
    }
}
