using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Generation;

/// <summary>Writes constant expressions (specification, "Constant Expressions", with the arithmetic of 3.0).</summary>
internal static class ConstantWriter
{
    /// <summary>An expression of a type and its <c>end</c>.</summary>
    /// <param name="w">Where to.</param>
    /// <param name="type">Its type.</param>
    /// <param name="plan">The module.</param>
    /// <param name="globals">Globals below this index may be used, if they are immutable.</param>
    /// <param name="choices">What decides.</param>
    public static void Write(WasmWriter w, ValueType type, ModulePlan plan, int globals, Choices choices)
    {
        Expression(w, type, plan, globals, choices, depth: 0);
        w.Opcode(Opcode.End);
    }

    public static void WriteOffset(WasmWriter w, ValueType type, long value) =>
        w.Opcode(type == ValueType.I64 ? Opcode.I64Const : Opcode.I32Const).Signed(value).Opcode(Opcode.End);

    private static void Expression(WasmWriter w, ValueType type, ModulePlan plan, int globals, Choices choices, int depth)
    {
        bool isInteger = type == ValueType.I32 || type == ValueType.I64;
        if (isInteger && depth < 3 && choices.OneIn(3))
        {
            Expression(w, type, plan, globals, choices, depth + 1);
            Expression(w, type, plan, globals, choices, depth + 1);
            w.Opcode((Opcode)((int)(type == ValueType.I32 ? Opcode.I32Add : Opcode.I64Add) + choices.Pick(3)));
            return;
        }

        int[] usable = [.. Enumerable.Range(0, globals).Where(i => plan.Globals[i].Type == type && !plan.Globals[i].IsMutable)];
        if (usable.Length > 0 && choices.OneIn(3))
        {
            w.Opcode(Opcode.GlobalGet).Unsigned((uint)choices.Pick(usable));
            return;
        }

        switch (Letters.Of(type))
        {
            case 'i':
                w.Opcode(Opcode.I32Const).Signed((int)choices.Next());
                break;
            case 'l':
                w.Opcode(Opcode.I64Const).Signed((long)choices.Next64());
                break;
            case 'f':
                w.Opcode(Opcode.F32Const).F32(choices.Next());
                break;
            case 'd':
                w.Opcode(Opcode.F64Const).F64(choices.Next64());
                break;
            case 'v':
                w.Opcode(Opcode.V128Const).F64(choices.Next64()).F64(choices.Next64());
                break;
            default:
                Reference(w, type, plan, choices);
                break;
        }
    }

    private static void Reference(WasmWriter w, ValueType type, ModulePlan plan, Choices choices)
    {
        if (type == ValueType.FuncRef && choices.Pick(4) != 0)
        {
            w.Opcode(Opcode.RefFunc).Unsigned((uint)choices.Pick(plan.Functions.Count));
        }
        else if (plan.HeapTypeOf(type) is { } heap && choices.OneIn(2))
        {
            if (heap.IsArray)
            {
                w.Opcode(Opcode.I32Const).Signed(choices.Pick(6));
            }

            w.Opcode(heap.IsArray ? Opcode.ArrayNewDefault : Opcode.StructNewDefault).Unsigned((uint)ModulePlan.IndexOf(type));
        }
        else if ((type == ValueType.AnyRef || type == ValueType.EqRef) && choices.OneIn(2))
        {
            w.Opcode(Opcode.I32Const).Signed((int)choices.Next()).Opcode(Opcode.RefI31);
        }
        else
        {
            w.Opcode(Opcode.RefNull).HeapType(type);
        }
    }
}
