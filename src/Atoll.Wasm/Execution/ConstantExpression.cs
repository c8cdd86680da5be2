using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Execution;

/// <summary>Evaluates a validated constant expression (specification, "Constant Expressions", with the arithmetic of 3.0).</summary>
internal static class ConstantExpression
{
    public static Value Evaluate(byte[] bytes, ByteRange code, ValueType type, Value[] globals, Global?[] cells, InstanceContext context)
    {
        WasmReader reader = new(bytes, code.Start, code.End);
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
                    stack.Push(Value.Default(new ValueType((int)reader.ReadVarS33() & 0x7F)));
                    break;
                case Opcode.RefFunc:
                    stack.Push(Value.FuncRef(GuestRuntime.RefFunc(context, (int)reader.ReadVarU32())));
                    break;
                case Opcode.GlobalGet:
                    int index = (int)reader.ReadVarU32();
                    stack.Push(cells[index]?.Value ?? globals[index]);
                    break;
                default:
                    Value right = stack.Pop();
                    stack.Push(Arithmetic(opcode, stack.Pop(), right));
                    break;
            }
        }
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
