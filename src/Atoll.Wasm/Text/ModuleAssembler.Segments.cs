using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <content>Element and data segments.</content>
internal sealed partial class ModuleAssembler
{
    // Bits of an element segment's first number (specification, "Binary Format / Element Section").
    private const byte NotActive = 1;
    private const byte ExplicitTableOrDeclarative = 2;
    private const byte Expressions = 4;

    private readonly ByteBuffer _offset = new();
    private readonly ByteBuffer _list = new();

    /// <summary>Reads <c>reftype (elem …)</c>: a table as large as its elements.</summary>
    private void TableWithElements(ByteBuffer table, uint index, bool wide)
    {
        TextType type = TextTypes.ReferenceType(_cursor, Types.Index);
        if (!_cursor.TryOpen("elem"u8))
        {
            throw _cursor.Unexpected("(elem …)");
        }

        bool expressions = !_cursor.AtIndex && !_cursor.At(TokenKind.Close);
        uint count = expressions ? ExpressionList() : FunctionList();
        _cursor.ExpectClose();
        type.Write(table);
        WriteLimits(table, wide, shared: false, count, count);
        _offset.Truncate(0);
        WriteZero(_offset, wide);
        WriteElements(SegmentMode.Active, index, type, expressions || type != TextType.FuncRef, count, expressions);
    }

    private static void WriteZero(ByteBuffer output, bool wide)
    {
        output.Byte((byte)(wide ? Opcode.I64Const : Opcode.I32Const));
        output.Byte(0);
        output.Byte((byte)Opcode.End);
    }

    private void ElementField()
    {
        _cursor.TryId();
        _instructions.Locals.Clear();
        SegmentMode mode = SegmentMode.Passive;
        uint table = 0;
        _offset.Truncate(0);
        if (_cursor.TryKeyword("declare"u8))
        {
            mode = SegmentMode.Declarative;
        }
        else
        {
            // Version 1.0 wrote the table as a bare index.
            bool explicitTable = _cursor.AtOpen("table"u8) || _cursor.AtIndex;
            table = Target(Tables, "table"u8);
            if (explicitTable || IsOffset())
            {
                mode = SegmentMode.Active;
                Offset();
            }
        }

        TextType type = TextType.FuncRef;
        bool expressions = false;
        uint count;
        if (_cursor.TryKeyword("func"u8))
        {
            count = FunctionList();
        }
        else if (mode == SegmentMode.Active && (_cursor.AtIndex || _cursor.At(TokenKind.Close)))
        {
            count = FunctionList();
        }
        else
        {
            type = TextTypes.ReferenceType(_cursor, Types.Index);
            expressions = true;
            count = ExpressionList();
        }

        _cursor.ExpectClose();
        WriteElements(mode, table, type, expressions, count, expressions);
    }

    private uint Target(TextIndexSpace space, ReadOnlySpan<byte> word)
    {
        if (_cursor.AtIndex)
        {
            return space.Resolve(_cursor);
        }

        if (!_cursor.TryOpen(word))
        {
            return 0;
        }

        uint index = space.Resolve(_cursor);
        _cursor.ExpectClose();
        return index;
    }

    /// <summary>Whether an offset comes next, and not a reference type such as <c>(ref null func)</c>.</summary>
    private bool IsOffset() => _cursor.At(TokenKind.Open) && !_cursor.AtOpen("ref"u8);

    private void Offset()
    {
        if (_cursor.TryOpen("offset"u8))
        {
            _instructions.Sequence(_offset);
            _cursor.ExpectClose();
        }
        else
        {
            _instructions.Folded(_offset);
        }
    }

    private uint FunctionList()
    {
        uint count = 0;
        _list.Truncate(0);
        while (_cursor.AtIndex)
        {
            _list.Unsigned(Functions.Resolve(_cursor));
            count++;
        }

        return count;
    }

    private uint ExpressionList()
    {
        uint count = 0;
        _list.Truncate(0);
        while (_cursor.At(TokenKind.Open))
        {
            if (_cursor.TryOpen("item"u8))
            {
                _instructions.Sequence(_list);
                _cursor.ExpectClose();
            }
            else
            {
                _instructions.Folded(_list);
            }

            count++;
        }

        return count;
    }

    /// <summary>Writes a segment; <see cref="_list"/> holds expressions or, if it does not, function indices.</summary>
    private void WriteElements(SegmentMode mode, uint table, TextType type, bool asExpressions, uint count, bool listIsExpressions)
    {
        ByteBuffer segment = _elements.Next();
        bool shortForm = mode == SegmentMode.Active && table == 0 && type == TextType.FuncRef;
        segment.Byte((byte)((mode == SegmentMode.Active ? 0 : NotActive)
            | (mode == SegmentMode.Declarative || (mode == SegmentMode.Active && !shortForm) ? ExplicitTableOrDeclarative : 0)
            | (asExpressions ? Expressions : 0)));
        if (mode == SegmentMode.Active)
        {
            if (!shortForm)
            {
                segment.Unsigned(table);
            }

            segment.Bytes(_offset.Span);
        }

        if (!shortForm && asExpressions)
        {
            type.Write(segment);
        }
        else if (!shortForm)
        {
            segment.Byte(0);
        }

        segment.Unsigned(count);
        if (asExpressions == listIsExpressions)
        {
            segment.Bytes(_list.Span);
            return;
        }

        // Function indices in a table whose type is not funcref: each becomes "ref.func index".
        WasmReader indices = new(_list.Span, 0, _list.Length);
        while (!indices.AtEnd)
        {
            segment.Byte((byte)Opcode.RefFunc);
            segment.Unsigned(indices.ReadVarU32());
            segment.Byte((byte)Opcode.End);
        }
    }

    private void DataField()
    {
        _cursor.TryId();
        _instructions.Locals.Clear();
        bool explicitMemory = _cursor.AtOpen("memory"u8) || _cursor.AtIndex;
        uint memory = Target(Memories, "memory"u8);
        ByteBuffer segment = _data.Next();
        if (explicitMemory || _cursor.At(TokenKind.Open))
        {
            _offset.Truncate(0);
            Offset();
            WriteDataHead(segment, memory);
        }
        else
        {
            segment.Byte(1);
        }

        segment.Vector(_cursor.Strings());
        _cursor.ExpectClose();
    }

    private void WriteActiveData(uint memory, bool wide, byte[] bytes)
    {
        ByteBuffer segment = _data.Next();
        _offset.Truncate(0);
        WriteZero(_offset, wide);
        WriteDataHead(segment, memory);
        segment.Vector(bytes);
    }

    private void WriteDataHead(ByteBuffer segment, uint memory)
    {
        segment.Byte(memory == 0 ? (byte)0 : (byte)2);
        if (memory != 0)
        {
            segment.Unsigned(memory);
        }

        segment.Bytes(_offset.Span);
    }
}
