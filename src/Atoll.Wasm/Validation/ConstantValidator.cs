using System.Collections.Immutable;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Validation;

/// <summary>Checks constant expressions (specification, "Constant Expressions"), extended ones included.</summary>
internal sealed class ConstantValidator(ModuleDefinition module, ModuleLimits limits, DeclaredReferences declared)
{
    private readonly List<ValueType> _stack = [];

    /// <summary>Globals that an expression may read: those defined before the place where it stands.</summary>
    public int VisibleGlobals { get; set; }

    /// <summary>Checks that the expression is constant and yields one value of the type.</summary>
    public void Validate(ByteRange range, ValueType expected)
    {
        _stack.Clear();
        var reader = new WasmReader(module.Bytes, range.Start, range.End, module.Features, module.Types);
        while (true)
        {
            int offset = reader.Position;
            Opcode opcode = reader.ReadOpcode();
            if (opcode == Opcode.End)
            {
                break;
            }

            Step(ref reader, opcode, offset);
        }

        if (_stack.Count != 1 || !_stack[0].Matches(expected))
        {
            throw new InvalidModuleException($"type mismatch: expected {expected}, the expression yields [{string.Join(' ', _stack.Take(8))}]", range.Start);
        }
    }

    private void Step(ref WasmReader reader, Opcode opcode, int offset)
    {
        switch (opcode)
        {
            case Opcode.I32Const:
                reader.ReadVarS32();
                Push(ValueType.I32, offset);
                break;
            case Opcode.I64Const:
                reader.ReadVarS64();
                Push(ValueType.I64, offset);
                break;
            case Opcode.F32Const:
                reader.ReadF32Bits();
                Push(ValueType.F32, offset);
                break;
            case Opcode.F64Const:
                reader.ReadF64Bits();
                Push(ValueType.F64, offset);
                break;
            case Opcode.V128Const when (module.Features & WasmFeatures.Simd) != 0:
                reader.SkipImmediate(ImmediateKind.V128);
                Push(ValueType.V128, offset);
                break;
            case Opcode.RefNull:
                Push(reader.ReadHeapType(), offset);
                break;
            case Opcode.RefFunc:
                uint function = reader.ReadVarU32();
                if (function >= (uint)module.Functions.Length)
                {
                    throw new InvalidModuleException($"unknown function {function}", offset);
                }

                declared.Add((int)function);
                Push(ValueType.ReferenceTo(module.Types[module.Functions[(int)function]], isNullable: false), offset);
                break;
            case Opcode.GlobalGet:
                Push(ReadGlobal(ref reader, offset), offset);
                break;
            case Opcode.I32Add or Opcode.I32Sub or Opcode.I32Mul:
                Combine(ValueType.I32, offset);
                break;
            case Opcode.I64Add or Opcode.I64Sub or Opcode.I64Mul:
                Combine(ValueType.I64, offset);
                break;
            default:
                StepGarbageCollected(ref reader, opcode, offset);
                break;
        }
    }

    /// <summary>Structures, arrays and small integers.</summary>
    private void StepGarbageCollected(ref WasmReader reader, Opcode opcode, int offset)
    {
        if (!Instructions.TryGet(opcode, out Instruction row) || (row.Feature & ~module.Features) != 0)
        {
            throw new InvalidModuleException("constant expression required", offset);
        }

        switch (opcode)
        {
            case Opcode.RefI31:
                Pop(ValueType.I32, offset);
                Push(ValueType.I31Ref.WithoutNull, offset);
                break;
            case Opcode.StructNew or Opcode.StructNewDefault:
                DefinedType type = ReadType(ref reader, CompositeKind.Struct, offset);
                PopFields(type.Fields, opcode == Opcode.StructNewDefault, offset);
                Push(ValueType.ReferenceTo(type, isNullable: false), offset);
                break;
            case Opcode.ArrayNew or Opcode.ArrayNewDefault:
                type = ReadType(ref reader, CompositeKind.Array, offset);
                Pop(ValueType.I32, offset);
                PopFields(type.Fields, opcode == Opcode.ArrayNewDefault, offset);
                Push(ValueType.ReferenceTo(type, isNullable: false), offset);
                break;
            case Opcode.ArrayNewFixed:
                type = ReadType(ref reader, CompositeKind.Array, offset);
                for (uint count = reader.ReadVarU32(); count > 0; count--)
                {
                    Pop(type.Element.Storage.Unpacked, offset);
                }

                Push(ValueType.ReferenceTo(type, isNullable: false), offset);
                break;
            case Opcode.AnyConvertExtern:
                Push(Convert(ValueType.ExternRef, ValueType.AnyRef, offset), offset);
                break;
            case Opcode.ExternConvertAny:
                Push(Convert(ValueType.AnyRef, ValueType.ExternRef, offset), offset);
                break;
            default:
                throw new InvalidModuleException("constant expression required", offset);
        }
    }

    private ValueType Convert(ValueType from, ValueType to, int offset)
    {
        bool isNullable = _stack.Count == 0 || _stack[^1].IsNullable;
        Pop(from, offset);
        return isNullable ? to : to.WithoutNull;
    }

    private static DefinedType ReadType(ref WasmReader reader, CompositeKind kind, int offset)
    {
        DefinedType type = reader.ReadTypeIndex();
        return type.Kind == kind ? type : throw new InvalidModuleException($"type mismatch: {type} is no {kind.ToString().ToLowerInvariant()} type", offset);
    }

    private void PopFields(ImmutableArray<FieldType> fields, bool areDefault, int offset)
    {
        for (int i = fields.Length - 1; i >= 0; i--)
        {
            if (!areDefault)
            {
                Pop(fields[i].Storage.Unpacked, offset);
            }
            else if (!fields[i].Storage.IsDefaultable)
            {
                throw new InvalidModuleException($"type mismatch: field {i} of type {fields[i].Storage} has no default value", offset);
            }
        }
    }

    private void Pop(ValueType expected, int offset)
    {
        int top = _stack.Count - 1;
        if (top < 0 || !_stack[top].Matches(expected))
        {
            throw new InvalidModuleException($"type mismatch: expected {expected}, the stack {(top < 0 ? "is empty" : $"has {_stack[top]}")}", offset);
        }

        _stack.RemoveAt(top);
    }

    private ValueType ReadGlobal(ref WasmReader reader, int offset)
    {
        uint index = reader.ReadVarU32();
        if (index >= (uint)VisibleGlobals)
        {
            throw new InvalidModuleException($"unknown global {index}", offset);
        }

        GlobalType type = module.Globals[(int)index].Type;
        return type.IsMutable ? throw new InvalidModuleException($"constant expression required: global {index} is mutable", offset) : type.Type;
    }

    private void Combine(ValueType type, int offset)
    {
        int count = _stack.Count;
        if (count < 2 || _stack[count - 1] != type || _stack[count - 2] != type)
        {
            throw new InvalidModuleException($"type mismatch: expected two operands of type {type}", offset);
        }

        _stack.RemoveAt(count - 1);
    }

    private void Push(ValueType type, int offset)
    {
        if (_stack.Count >= limits.MaxOperands)
        {
            throw new InvalidModuleException($"too many operands on the stack: the limit is {limits.MaxOperands}", offset);
        }

        _stack.Add(type);
    }
}
