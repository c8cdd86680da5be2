using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <content>Types, as the bytes of the module have them: equal types keep their own indices.</content>
internal sealed partial class ModulePrinter
{
    private const byte TypeSection = 1;

    /// <summary>Where the definition of each type begins.</summary>
    private readonly List<int> _definitions = [];

    private readonly List<(int Count, bool IsRecursive)> _groups = [];

    /// <summary>The first index of each type.</summary>
    private readonly Dictionary<long, int> _indices = [];

    private readonly Dictionary<uint, PrintedIds> _fields = [];

    /// <summary>Identifiers of a structure's fields.</summary>
    public PrintedIds FieldsOf(uint type)
    {
        if (!_fields.TryGetValue(type, out PrintedIds? ids))
        {
            int count = type < (uint)_module.Types.Count && _module.Types[(int)type] is { Kind: CompositeKind.Struct } structure ? structure.Fields.Length : 0;
            _fields.Add(type, ids = new PrintedIds().Assign(count == 0 ? [] : _names.Of(NameKind.Field, (int)type), count));
        }

        return ids;
    }

    private void ReadTypes()
    {
        for (int i = 0; i < _module.Types.Count; i++)
        {
            _indices.TryAdd(_module.Types[i].Id, i);
        }

        foreach ((byte id, ByteRange content) in Sections())
        {
            if (id == TypeSection)
            {
                ReadGroups(content);
                break;
            }
        }
    }

    private void ReadGroups(ByteRange content)
    {
        var reader = new WasmReader(_module.Bytes, content.Start, content.End);
        for (uint groups = reader.ReadCount(); groups > 0; groups--)
        {
            bool isRecursive = reader.PeekByte() == RawTypes.Recursive;
            reader.Position += isRecursive ? 1 : 0;
            int count = isRecursive ? (int)reader.ReadCount() : 1;
            _groups.Add((count, isRecursive));
            for (int i = 0; i < count; i++)
            {
                _definitions.Add(reader.Position);
                reader.SkipDefinition();
            }
        }
    }

    private void TypeFields()
    {
        int index = 0;
        foreach ((int count, bool isRecursive) in _groups)
        {
            if (isRecursive)
            {
                _output.Line(1);
                _output.Write("(rec");
            }

            for (int i = 0; i < count; i++)
            {
                _cancellation.ThrowIfCancellationRequested();
                _output.Line(isRecursive ? 2 : 1);
                Head("type", Types, index);
                Definition(index++);
                _output.Write(')');
            }

            if (isRecursive)
            {
                _output.Line(1);
                _output.Write(')');
            }
        }
    }

    private void Definition(int index)
    {
        var reader = new WasmReader(_module.Bytes, _definitions[index], _module.Bytes.Length);
        byte form = reader.PeekByte();

        // Final without a supertype is what stands for a type without "sub" too.
        bool isSub = form == RawTypes.Sub || (form == RawTypes.SubFinal && _module.Types[index].Super is not null);
        if (isSub)
        {
            _output.Write(form == RawTypes.Sub ? " (sub" : " (sub final");
            reader.Position++;
            for (uint left = reader.ReadCount(); left > 0; left--)
            {
                _output.Write(' ');
                Types.Use(_output, reader.ReadVarU32());
            }

            form = reader.ReadByte();
        }
        else
        {
            form = reader.SkipToComposite();
        }

        Composite(form, index, ref reader);
        _output.Write(isSub ? ")" : "");
    }

    private void Composite(byte form, int index, ref WasmReader reader)
    {
        switch (form)
        {
            case RawTypes.FunctionForm:
                _output.Write(" (func");
                Signature(null, ref reader);
                break;
            case RawTypes.StructForm:
                _output.Write(" (struct");
                uint count = reader.ReadCount();
                for (int i = 0; i < count; i++)
                {
                    TextType type = reader.ReadRawType(isStorage: true);
                    Variable("field", FieldsOf((uint)index), i, type, isMutable: reader.ReadByte() != 0);
                }

                CloseGroup();
                break;
            default:
                _output.Write(" (array ");
                TextType element = reader.ReadRawType(isStorage: true);
                Storage(element, isMutable: reader.ReadByte() != 0);
                break;
        }

        _output.Write(')');
    }

    private void Storage(TextType type, bool isMutable)
    {
        _output.Write(isMutable ? "(mut " : "");
        Type(type);
        _output.Write(isMutable ? ")" : "");
    }

    public void Type(TextType type)
    {
        if (type.Prefix == 0 || (type.Prefix == 0x63 && type.Code < 0))
        {
            _output.Write(TextTypes.ValueWord(type.Code));
            return;
        }

        Reference(type.Code, isNullable: type.Prefix == 0x63);
    }

    /// <summary>Writes <c>(ref …)</c> or <c>(ref null …)</c>.</summary>
    public void Reference(long heap, bool isNullable)
    {
        _output.Write(isNullable ? "(ref null " : "(ref ");
        HeapType(heap);
        _output.Write(')');
    }

    public void HeapType(long heap)
    {
        if (heap < 0)
        {
            _output.Write(TextTypes.HeapWord(heap));
        }
        else
        {
            Types.Use(_output, (uint)heap);
        }
    }

    /// <summary>Writes a type that the decoder has read. Of several equal types the first is named.</summary>
    private void Type(ValueType type) => Type(
        type.IsDefined ? new TextType(type.IsNullable ? (byte)0x63 : (byte)0x64, _indices[type.DefinedId])
        : type.IsReference && !type.IsNullable ? new TextType(0x64, type.WithNull.Code - 0x80)
        : new TextType(0, type.Code - 0x80));

    /// <summary>Writes <c> (type $t)</c>.</summary>
    public void TypeReference(uint index)
    {
        _output.Write(" (type ");
        Types.Use(_output, index);
        _output.Write(')');
    }

    /// <summary>Writes a type use with its parameters and results; those of an index that is not a function type's are unknown.</summary>
    public void TypeUse(uint index, PrintedIds? parameters)
    {
        TypeReference(index);
        if (index < (uint)_definitions.Count)
        {
            var reader = new WasmReader(_module.Bytes, _definitions[(int)index], _module.Bytes.Length);
            if (reader.SkipToComposite() == RawTypes.FunctionForm)
            {
                Signature(parameters, ref reader);
            }
        }
    }

    /// <summary>Writes <c> (param …) (result …)</c>; parameters with a name stand alone.</summary>
    private void Signature(PrintedIds? parameters, ref WasmReader reader)
    {
        uint count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            Variable("param", parameters, i, reader.ReadRawType());
        }

        CloseGroup();
        count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            Variable("result", null, i, reader.ReadRawType());
        }

        CloseGroup();
    }

    private void TableType(TableType type)
    {
        Limits(type.Is64, type.Minimum, type.Maximum);
        _output.Write(' ');
        Type(type.Element);
    }

    private void MemoryType(MemoryType type)
    {
        Limits(type.Is64, type.Minimum, type.Maximum);
        if (type.IsShared)
        {
            _output.Write(" shared");
        }

        if (type.PageBytes != Wasm.MemoryType.PageSize)
        {
            _output.Write(" (pagesize ");
            _output.Unsigned(type.PageBytes);
            _output.Write(')');
        }
    }

    private void Limits(bool wide, ulong minimum, ulong? maximum)
    {
        _output.Write(wide ? " i64 " : " ");
        _output.Unsigned(minimum);
        if (maximum is { } value)
        {
            _output.Write(' ');
            _output.Unsigned(value);
        }
    }

    private void GlobalType(GlobalType type)
    {
        _output.Write(type.IsMutable ? " (mut " : " ");
        Type(type.Type);
        _output.Write(type.IsMutable ? ")" : "");
    }
}
