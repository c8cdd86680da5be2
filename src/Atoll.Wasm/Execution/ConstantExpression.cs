using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Execution;

/// <summary>Evaluates a validated constant expression (specification, "Constant Expressions", with the arithmetic of 3.0).</summary>
internal static class ConstantExpression
{
    public static Value Evaluate(byte[] bytes, ByteRange code, ValueType type, Value[] globals, Global?[] cells, InstanceContext context)
    {
        WasmReader reader = new(bytes, code.Start, code.End, types: context.Instance.Module.Definition.Types);
        Stack<Value> stack = new(4);
        while (true)
        {
            Opcode opcode = reader.ReadOpcode();
            switch (opcode)
            {
                case Opcode.End:
                    return stack.Pop();
                case Opcode.I32Const:
                    stack.Push(Value.I32(reader.ReadVarS32()));
                    break;
                case Opcode.I64Const:
                    stack.Push(Value.I64(reader.ReadVarS64()));
                    break;
                case Opcode.F32Const:
                    stack.Push(Value.F32Bits(reader.ReadF32Bits()));
                    break;
                case Opcode.F64Const:
                    stack.Push(Value.F64Bits(reader.ReadF64Bits()));
                    break;
                case Opcode.V128Const:
                    ulong low = reader.ReadF64Bits();
                    stack.Push(Value.V128(low, reader.ReadF64Bits()));
                    break;
                case Opcode.RefNull:
                    stack.Push(Value.Default(reader.ReadHeapType()));
                    break;
                case Opcode.RefFunc:
                    stack.Push(Value.FuncRef(GuestRuntime.RefFunc(context, (int)reader.ReadVarU32())));
                    break;
                case Opcode.GlobalGet:
                    int index = (int)reader.ReadVarU32();
                    stack.Push(cells[index]?.Value ?? globals[index]);
                    break;
                case Opcode.RefI31:
                    stack.Push(new Value(ValueType.I31Ref, 0, 0, I31.Of((int)stack.Pop().Low)));
                    break;
                case Opcode.AnyConvertExtern or Opcode.ExternConvertAny:
                    ValueType converted = opcode == Opcode.AnyConvertExtern ? ValueType.AnyRef : ValueType.ExternRef;
                    stack.Push(new Value(converted, 0, 0, stack.Pop().Reference));
                    break;
                case Opcode.StructNew or Opcode.StructNewDefault:
                    stack.Push(MakeStruct(context, (int)reader.ReadVarU32(), opcode == Opcode.StructNew ? stack : null));
                    break;
                case >= Opcode.ArrayNew and <= Opcode.ArrayNewFixed:
                    int arrayType = (int)reader.ReadVarU32();
                    stack.Push(MakeArray(context, arrayType, opcode, opcode == Opcode.ArrayNewFixed ? (int)reader.ReadVarU32() : -1, stack));
                    break;
                default:
                    Value right = stack.Pop();
                    stack.Push(Arithmetic(opcode, stack.Pop(), right));
                    break;
            }
        }
    }

    private static Value MakeStruct(InstanceContext context, int typeIndex, Stack<Value>? operands)
    {
        DefinedType type = context.Types[typeIndex];
        HeapStruct made = HeapStructs.New(context, typeIndex);
        for (int i = type.Fields.Length - 1; operands is not null && i >= 0; i--)
        {
            HeapStructs.Set(made, i, operands.Pop());
        }

        return new Value(ValueType.ReferenceTo(type, isNullable: true), 0, 0, made);
    }

    private static Value MakeArray(InstanceContext context, int typeIndex, Opcode opcode, int count, Stack<Value> operands)
    {
        int length = count >= 0 ? count : (int)operands.Pop().Low;
        HeapArray made = GuestRuntime.NewArrayDefault(context, length, typeIndex);
        if (opcode == Opcode.ArrayNew)
        {
            made.Fill(operands.Pop(), 0, length);
        }

        for (int i = count - 1; i >= 0; i--)
        {
            made.Fill(operands.Pop(), i, 1);
        }

        return new Value(ValueType.ReferenceTo(context.Types[typeIndex], isNullable: true), 0, 0, made);
    }

    private static Value Arithmetic(Opcode opcode, Value left, Value right) => opcode switch
    {
        Opcode.I32Add => Value.I32((int)left.Low + (int)right.Low),
        Opcode.I32Sub => Value.I32((int)left.Low - (int)right.Low),
        Opcode.I32Mul => Value.I32((int)left.Low * (int)right.Low),
        Opcode.I64Add => Value.I64((long)(left.Low + right.Low)),
        Opcode.I64Sub => Value.I64((long)(left.Low - right.Low)),
        Opcode.I64Mul => Value.I64((long)(left.Low * right.Low)),
        _ => throw new System.Diagnostics.UnreachableException($"{opcode} passed validation as a constant instruction"),
    };
}
