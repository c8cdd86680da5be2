using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <content>Types and what is written like them.</content>
internal sealed partial class ModulePrinter
{
    private void TypeFields()
    {
        for (int i = 0; i < _module.Types.Length; i++)
        {
            Field("type", Types, i);
            _output.Write(" (func");
            Signature(_module.Types[i], null);
            _output.Write("))");
        }
    }

    public void Type(ValueType type) => _output.Write(type.ToString());

    /// <summary>The word for what a reference type refers to.</summary>
    public void HeapType(ValueType type) => _output.Write(TextTypes.HeapWord(type));

    /// <summary>Writes <c> (type $t)</c>.</summary>
    public void TypeReference(uint index)
    {
        _output.Write(" (type ");
        Types.Use(_output, index);
        _output.Write(')');
    }

    /// <summary>Writes a type use with its parameters and results; those of an index that does not exist are unknown.</summary>
    public void TypeUse(uint index, PrintedIds? parameters)
    {
        TypeReference(index);
        if (index < (uint)_module.Types.Length)
        {
            Signature(_module.Types[index], parameters);
        }
    }

    /// <summary>Writes <c> (param …) (result …)</c>; parameters with a name stand alone.</summary>
    public void Signature(FunctionType type, PrintedIds? parameters)
    {
        for (int i = 0; i < type.Parameters.Length; i++)
        {
            Variable("param", parameters, i, type.Parameters[i]);
        }

        CloseGroup();
        if (!type.Results.IsEmpty)
        {
            _output.Write(" (result");
            foreach (ValueType result in type.Results)
            {
                _output.Write(' ');
                Type(result);
            }

            _output.Write(')');
        }
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
