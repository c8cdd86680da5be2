using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Validation;

/// <summary>References of a known type, casts and branches on them (specification, "Reference Instructions", "Control Instructions").</summary>
internal ref partial struct FunctionValidator
{
    /// <summary>Checks an instruction of this part; false when it is none.</summary>
    private bool StepReference(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.RefNull:
                Push(_reader.ReadHeapType().Code);
                return true;
            case Opcode.RefIsNull:
                StepIsNull();
                return true;
            case Opcode.RefFunc:
                StepRefFunc();
                return true;
            case Opcode.CallRef:
                Apply(ReadCalledType());
                return true;
            case Opcode.ReturnCallRef:
                ReturnResultsOf(ReadCalledType());
                return true;
            case Opcode.RefAsNonNull:
                Push(WithoutNull(PopReference()));
                return true;
            case Opcode.BrOnNull:
                ReadOnlySpan<ValueType> label = ReadLabel().LabelTypes();
                long reference = PopReference();
                PopMany(label);
                PushMany(label);
                Push(WithoutNull(reference));
                return true;
            case Opcode.BrOnNonNull:
                label = ReadLabel().LabelTypes();
                Push(WithoutNull(PopReference()));
                PopAndKeepAllButLast(label);
                return true;
            case Opcode.RefEq:
                Pop(ValueType.EqRef.Code);
                Pop(ValueType.EqRef.Code);
                Push(I32);
                return true;
            case Opcode.RefTest or Opcode.RefTestNull or Opcode.RefCast or Opcode.RefCastNull:
                StepCast(opcode);
                return true;
            case Opcode.BrOnCast or Opcode.BrOnCastFail:
                StepBranchOnCast(opcode == Opcode.BrOnCastFail);
                return true;
            case Opcode.AnyConvertExtern:
                Convert(ValueType.ExternRef, ValueType.AnyRef);
                return true;
            case Opcode.ExternConvertAny:
                Convert(ValueType.AnyRef, ValueType.ExternRef);
                return true;
            default:
                return false;
        }
    }

    private void StepIsNull()
    {
        long type = PopAny();
        if (type != Bottom && !IsReference(type))
        {
            throw Invalid($"type mismatch: ref.is_null takes a reference, the stack has {Name(type)}");
        }

        Push(I32);
    }

    private void StepRefFunc()
    {
        int function = ReadIndex(_module.Functions.Length, "function");
        if (!_declared.Contains(function))
        {
            throw Invalid($"undeclared function reference {function}");
        }

        Push(ValueType.ReferenceTo(_module.Types[_module.Functions[function]], isNullable: false).Code);
    }

    private FunctionType ReadCalledType()
    {
        _hasCalls = true;
        uint index = _reader.ReadVarU32();
        FunctionType type = FunctionTypeAt(index);
        Pop(ValueType.ReferenceTo(_module.Types[(int)index], isNullable: true).Code);
        return type;
    }

    private long PopReference()
    {
        long type = PopAny();
        return type == Bottom || IsReference(type) ? type : throw Invalid($"type mismatch: expected a reference, the stack has {Name(type)}");
    }

    private static long WithoutNull(long type) => type == Bottom ? Bottom : new ValueType(type).WithoutNull.Code;

    /// <summary>A branch that takes the top operand along, which is gone where it falls through.</summary>
    private void PopAndKeepAllButLast(ReadOnlySpan<ValueType> label)
    {
        if (label.IsEmpty || !label[^1].IsReference)
        {
            throw Invalid("type mismatch: the label takes no reference");
        }

        PopMany(label);
        PushMany(label[..^1]);
    }

    private void StepCast(Opcode opcode)
    {
        ValueType target = _reader.ReadHeapType();
        if (opcode is Opcode.RefTest or Opcode.RefCast)
        {
            target = target.WithoutNull;
        }

        Pop(Subtyping.TopOf(target).Code);
        Push(opcode is Opcode.RefCast or Opcode.RefCastNull ? target.Code : I32);
    }

    private void StepBranchOnCast(bool onFailure)
    {
        int flags = _reader.ReadByte();
        if (flags > 3)
        {
            throw new MalformedModuleException($"malformed br_on_cast flags 0x{flags:x2}", _instructionOffset);
        }

        ReadOnlySpan<ValueType> label = ReadLabel().LabelTypes();
        ValueType from = _reader.ReadHeapType();
        ValueType to = _reader.ReadHeapType();
        from = (flags & 1) != 0 ? from : from.WithoutNull;
        to = (flags & 2) != 0 ? to : to.WithoutNull;
        if (!to.Matches(from))
        {
            throw Invalid($"type mismatch: a cast from {from} to {to}, which is no sub type of it");
        }

        // What is left when the cast fails: null only if the target excludes it.
        ValueType rest = to.IsNullable ? from.WithoutNull : from;
        Pop(from.Code);
        Push(onFailure ? rest.Code : to.Code);
        PopAndKeepAllButLast(label);
        Push(onFailure ? to.Code : rest.Code);
    }

    private void Convert(ValueType from, ValueType to)
    {
        long type = PopReference();
        if (!IsMatch(type, from.Code))
        {
            throw Invalid($"type mismatch: expected {from}, the stack has {Name(type)}");
        }

        Push(type != Bottom && new ValueType(type).IsNullable ? to.Code : to.WithoutNull.Code);
    }
}
