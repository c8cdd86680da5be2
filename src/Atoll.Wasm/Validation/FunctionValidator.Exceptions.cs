using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Validation;

/// <summary>Exceptions: tags, <c>try_table</c> ("Control Instructions"), and the older <c>try</c> (the proposal's legacy document, "Validation").</summary>
internal ref partial struct FunctionValidator
{
    private void StepException(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Throw:
                PopMany(ReadTag().Parameters.AsSpan());
                SetUnreachable();
                break;
            case Opcode.ThrowRef:
                Pop(ValueType.ExnRef.Code);
                SetUnreachable();
                break;
            case Opcode.TryTable:
                StepTryTable();
                break;
            case Opcode.Try:
                _tries++;
                StepBlock(opcode);
                break;
            case Opcode.Catch or Opcode.CatchAll:
                StepCatch(opcode);
                break;
            case Opcode.Rethrow:
                if (ReadLabel().Kind is not (Opcode.Catch or Opcode.CatchAll))
                {
                    throw Invalid("invalid rethrow label: it names no catch");
                }

                SetUnreachable();
                break;
            default:
                StepDelegate();
                break;
        }
    }

    /// <summary>The clauses stand outside of the block: their labels do not count it.</summary>
    private void StepTryTable()
    {
        FunctionType type = ReadBlockType();
        _tries++;
        for (uint left = _reader.ReadCount(); left > 0; left--)
        {
            CatchClause clause = _reader.ReadCatchClause();
            FunctionType? tag = clause.HasTag ? TagAt(clause.Tag) : null;
            CheckClause(clause, tag is null ? [] : tag.Parameters.AsSpan());
        }

        PopMany(type.Parameters.AsSpan());
        PushFrame(Opcode.TryTable, type, pushParameters: true);
    }

    /// <summary>What a clause hands over must be what its label takes.</summary>
    private void CheckClause(CatchClause clause, ReadOnlySpan<ValueType> values)
    {
        ReadOnlySpan<ValueType> label = LabelAt(clause.Label).LabelTypes();
        int references = clause.HasReference ? 1 : 0;
        bool fits = label.Length == values.Length + references
            && Match(values, label[..values.Length])
            && (references == 0 || ValueType.ExnRef.WithoutNull.Matches(label[^1]));
        if (!fits)
        {
            throw Invalid($"type mismatch: a catch clause hands over {values.Length + references} values, its label takes others ({label.Length})");
        }
    }

    private void StepCatch(Opcode opcode)
    {
        if (_frames[_depth - 1].Kind is not (Opcode.Try or Opcode.Catch))
        {
            throw new MalformedModuleException("END opcode expected: catch without try", _instructionOffset);
        }

        FunctionType? tag = opcode == Opcode.Catch ? ReadTag() : null;
        PushFrame(opcode, PopFrame(), pushParameters: false);
        if (tag is not null)
        {
            PushMany(tag.Parameters.AsSpan());
        }
    }

    private void StepDelegate()
    {
        if (_frames[_depth - 1].Kind != Opcode.Try)
        {
            throw new MalformedModuleException("END opcode expected: delegate without try", _instructionOffset);
        }

        FunctionType type = PopFrame();
        ReadLabel();
        PushMany(type.Results.AsSpan());
    }

    private FunctionType ReadTag() => TagAt(_reader.ReadVarU32());

    private readonly FunctionType TagAt(uint index) =>
        index < (uint)_module.Tags.Length ? _module.Tags[(int)index].Type.Function : throw Invalid($"unknown tag {index}");
}
