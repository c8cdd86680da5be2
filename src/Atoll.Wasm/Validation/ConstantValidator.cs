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
        var reader = new WasmReader(module.Bytes, range.Start, range.End, module.Features);
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

        if (_stack.Count != 1 || _stack[0] != expected)
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
                Push(ValueType.FuncRef, offset);
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
                throw new InvalidModuleException("constant expression required", offset);
        }
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
