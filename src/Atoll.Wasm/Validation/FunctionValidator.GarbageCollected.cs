using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Validation;

/// <summary>Structures, arrays and small integers (specification, "Aggregate Instructions").</summary>
internal ref partial struct FunctionValidator
{
    /// <summary>Checks an instruction of this part; false when it is none.</summary>
    private bool StepGarbageCollected(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.RefI31:
                Pop(I32);
                Push(ValueType.I31Ref.WithoutNull.Code);
                return true;
            case Opcode.I31GetS or Opcode.I31GetU:
                Pop(ValueType.I31Ref.Code);
                Push(I32);
                return true;
            case Opcode.StructNew or Opcode.StructNewDefault:
                StepNewStruct(areDefault: opcode == Opcode.StructNewDefault);
                return true;
            case Opcode.StructGet or Opcode.StructGetS or Opcode.StructGetU:
                DefinedType type = ReadDefined(CompositeKind.Struct);
                long loaded = LoadedType(ReadField(type), opcode == Opcode.StructGet);
                Pop(Nullable(type));
                Push(loaded);
                return true;
            case Opcode.StructSet:
                type = ReadDefined(CompositeKind.Struct);
                FieldType field = ReadField(type);
                RequireMutable(field, "field");
                Pop(field.Storage.Unpacked.Code);
                Pop(Nullable(type));
                return true;
            default:
                return opcode is >= Opcode.ArrayNew and <= Opcode.ArrayInitElem && StepArray(opcode);
        }
    }

    private void StepNewStruct(bool areDefault)
    {
        DefinedType type = ReadDefined(CompositeKind.Struct);
        for (int i = type.Fields.Length - 1; i >= 0; i--)
        {
            if (areDefault)
            {
                RequireDefault(type.Fields[i]);
            }
            else
            {
                Pop(type.Fields[i].Storage.Unpacked.Code);
            }
        }

        PushNew(type);
    }

    private bool StepArray(Opcode opcode)
    {
        if (opcode == Opcode.ArrayLen)
        {
            Pop(ValueType.ArrayRef.Code);
            Push(I32);
            return true;
        }

        DefinedType type = ReadDefined(CompositeKind.Array);
        FieldType element = type.Element;
        switch (opcode)
        {
            case Opcode.ArrayGet or Opcode.ArrayGetS or Opcode.ArrayGetU:
                long loaded = LoadedType(element, opcode == Opcode.ArrayGet);
                Pop(I32);
                Pop(Nullable(type));
                Push(loaded);
                break;
            case Opcode.ArraySet:
                RequireMutable(element, "array");
                Pop(element.Storage.Unpacked.Code);
                Pop(I32);
                Pop(Nullable(type));
                break;
            case Opcode.ArrayFill:
                RequireMutable(element, "array");
                Pop(I32);
                Pop(element.Storage.Unpacked.Code);
                Pop(I32);
                Pop(Nullable(type));
                break;
            case Opcode.ArrayCopy:
                StepArrayCopy(type);
                break;
            case Opcode.ArrayInitData or Opcode.ArrayInitElem:
                RequireMutable(element, "array");
                ReadSegment(element, isData: opcode == Opcode.ArrayInitData);
                PopThree(I32, I32, I32);
                Pop(Nullable(type));
                break;
            default:
                StepNewArray(opcode, type);
                break;
        }

        return true;
    }

    private void StepNewArray(Opcode opcode, DefinedType type)
    {
        FieldType element = type.Element;
        switch (opcode)
        {
            case Opcode.ArrayNew:
                Pop(I32);
                Pop(element.Storage.Unpacked.Code);
                break;
            case Opcode.ArrayNewDefault:
                RequireDefault(element);
                Pop(I32);
                break;
            case Opcode.ArrayNewFixed:
                uint count = _reader.ReadVarU32();
                if (count > (uint)_limits.MaxFields)
                {
                    throw Invalid($"array.new_fixed with {count} operands, the limit is {_limits.MaxFields}");
                }

                for (uint i = 0; i < count; i++)
                {
                    Pop(element.Storage.Unpacked.Code);
                }

                break;
            default:
                ReadSegment(element, isData: opcode == Opcode.ArrayNewData);
                Pop(I32);
                Pop(I32);
                break;
        }

        PushNew(type);
    }

    private void StepArrayCopy(DefinedType destination)
    {
        DefinedType source = ReadDefined(CompositeKind.Array);
        RequireMutable(destination.Element, "array");
        ValueType from = source.Element.Storage;
        ValueType to = destination.Element.Storage;
        if (from != to && (from.IsPacked || to.IsPacked || !from.Matches(to)))
        {
            throw Invalid($"array types do not match: elements {from} into {to}");
        }

        Pop(I32);
        Pop(I32);
        Pop(Nullable(source));
        Pop(I32);
        Pop(Nullable(destination));
    }

    /// <summary>Reads a segment's index and checks that its content suits the array.</summary>
    private void ReadSegment(FieldType element, bool isData)
    {
        if (isData)
        {
            ReadDataIndex();
            if (element.Storage.IsReference)
            {
                throw Invalid("array type is not numeric or vector");
            }

            return;
        }

        ElementSegment segment = _module.Elements[ReadIndex(_module.Elements.Length, "elem segment")];
        if (!segment.Type.Matches(element.Storage))
        {
            throw Invalid($"type mismatch: elements of {segment.Type} in an array of {element.Storage}");
        }
    }

    /// <summary>What a read of a field gives; packed fields are read with or without sign, others plainly.</summary>
    private readonly long LoadedType(FieldType field, bool isPlain) => field.Storage.IsPacked != isPlain
        ? field.Storage.Unpacked.Code
        : throw Invalid($"type mismatch: a field of {field.Storage} is read {(isPlain ? "with or without sign" : "without saying how to extend it")}");

    private DefinedType ReadDefined(CompositeKind kind)
    {
        DefinedType type = _reader.ReadTypeIndex();
        return type.Kind == kind ? type : throw Invalid($"type mismatch: {type} is no {kind.ToString().ToLowerInvariant()} type");
    }

    private FieldType ReadField(DefinedType type) => type.Fields[ReadIndex(type.Fields.Length, "field")];

    private void PushNew(DefinedType type) => Push(ValueType.ReferenceTo(type, isNullable: false).Code);

    private static long Nullable(DefinedType type) => ValueType.ReferenceTo(type, isNullable: true).Code;

    private readonly void RequireMutable(FieldType field, string what)
    {
        if (!field.IsMutable)
        {
            throw Invalid($"immutable {what}");
        }
    }

    private readonly void RequireDefault(FieldType field)
    {
        if (!field.Storage.IsDefaultable)
        {
            throw Invalid($"type mismatch: a field of {field.Storage} has no default value");
        }
    }
}
