using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <content>Functions.</content>
internal sealed partial class ModulePrinter
{
    /// <summary>
    /// Parameters and locals that are written at most. A few bytes can declare 50,000 of them, and a text with more tokens than
    /// this could not be read again.
    /// </summary>
    private const int MaxVariables = TextSource.MaxTokens;

    private bool _inGroup;
    private int _variables;

    private void FunctionFields()
    {
        for (int i = 0; i < _module.Bodies.Length; i++)
        {
            FunctionBody body = _module.Bodies[i];
            int function = _module.ImportedFunctionCount + i;
            Field("func", Functions, function);
            FunctionHead(function);
            LocalFields(function, body);
            if (_options.Skeleton)
            {
                _output.Write(" ...");
            }
            else
            {
                _instructions.Body(body, _names.Of(NameKind.Label, function), _hints?.GetValueOrDefault(function), 2);
                if (body.Code.Length > 1)
                {
                    _output.Line(1);
                }
            }

            _output.Write(')');
        }
    }

    /// <summary>The type use of a function, with the names of its parameters.</summary>
    private void FunctionHead(int function)
    {
        PrintedIds locals = _instructions.Locals.Assign(_names.Of(NameKind.Local, function), int.MaxValue);
        TypeUse((uint)_module.Functions[function], locals);
    }

    private void LocalFields(int function, FunctionBody body)
    {
        int type = _module.Functions[function];
        int index = type < _module.Types.Count ? _module.Types[type].Function?.Parameters.Length ?? 0 : 0;
        if (index < body.LocalCount && !_options.Skeleton)
        {
            _output.Line(2);
            var reader = new WasmReader(_module.Bytes, body.Start, body.Code.Start);
            for (uint runs = reader.ReadCount(); runs > 0; runs--)
            {
                uint left = reader.ReadVarU32();
                TextType local = reader.ReadRawType();
                for (; left > 0; left--)
                {
                    if (_output.Column > MaxColumn)
                    {
                        CloseGroup();
                        _output.Line(2);
                    }

                    Variable("local", _instructions.Locals, index++, local);
                }
            }

            CloseGroup();
        }
    }

    /// <summary>Writes a parameter, result, local or field; those without a name are put together: <c>(local i32 i64)</c>.</summary>
    private void Variable(ReadOnlySpan<char> word, PrintedIds? ids, int index, TextType type, bool isMutable = false)
    {
        if (++_variables > MaxVariables)
        {
            throw new MalformedModuleException($"more parameters and locals than a text can have: the limit is {MaxVariables}", 0);
        }

        bool named = ids is not null && ids.HasName(index);
        if (named)
        {
            CloseGroup();
        }

        if (!_inGroup)
        {
            _output.Space();
            _output.Write('(');
            _output.Write(word);
        }

        if (named)
        {
            ids!.Define(_output, index);
        }

        _output.Write(' ');
        Storage(type, isMutable);
        _inGroup = true;
        if (named)
        {
            CloseGroup();
        }
    }

    private void CloseGroup()
    {
        if (_inGroup)
        {
            _output.Write(')');
            _inGroup = false;
        }
    }
}
