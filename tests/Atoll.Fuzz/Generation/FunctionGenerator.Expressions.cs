using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Generation;

/// <content>Expressions: code that leaves one value of a type and touches nothing below.</content>
internal sealed partial class FunctionGenerator
{
    private static readonly long[] Integers =
    [
        0, 1, -1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 63, 64, 127, 128, 255, 256, 32767, 32768, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue,
        long.MaxValue, long.MinValue, 0x0102_0304_0506_0708, -2, -128, -32768,
    ];

    private static readonly double[] Numbers =
    [
        0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -1.5, 3.7, -3.7, 1e-40, 5e-324, 1e30, -1e30, 1e300, 2147483647, 2147483648, -2147483648, -2147483649,
        4294967295, 4294967296, 9223372036854775807, -9223372036854775808, 18446744073709551615, 16777217, 8388607.5, 4503599627370495.5,
        double.PositiveInfinity, double.NegativeInfinity,
    ];

    private void Expression(ValueType type)
    {
        _budget--;
        if (_budget <= 0 || _depth >= MaxDepth)
        {
            Leaf(type);
            return;
        }

        _depth++;
        int height = _stack.Count;
        switch (_choices.Pick(16))
        {
            case 0 or 1 or 2:
                Leaf(type);
                break;
            case 3 or 4 or 5 or 6 or 7 or 8 when Rows(Letters.Of(type)) is { Length: > 0 } rows:
                RowExpression(_choices.Pick(rows));
                break;
            case 9 when _depth < MaxDepth:
                Structure(0, [type]);
                break;
            case 10:
                Select(type);
                break;
            case 11:
                Tee(type);
                break;
            case 12 when _mayCall:
                CallFor(type);
                break;
            case 13:
                QuietStep();
                Expression(type);
                break;
            default:
                Special(type);
                break;
        }

        _depth--;
        if (_stack.Count != height + 1 || _stack[^1] != type)
        {
            throw new InvalidOperationException($"an expression of type {type} left {_stack.Count - height} values");
        }
    }

    /// <summary>A constant, local or global.</summary>
    private void Leaf(ValueType type)
    {
        switch (_choices.Pick(4))
        {
            case 1 or 2 when PickLocal(type, writable: false) is { } local:
                GetLocal(local);
                break;
            case 3 when PickGlobal(type, writable: false) is { } global:
                _code.Opcode(Opcode.GlobalGet).Unsigned((uint)global);
                Push(type);
                break;
            default:
                Constant(type);
                break;
        }
    }

    private int? PickLocal(ValueType type, bool writable) =>
        PickIndex(_locals, local => local == type, index => !_hidden.Contains(index) && (!writable || !_protected.Contains(index)));

    private int? PickGlobal(ValueType type, bool writable) =>
        PickIndex(_plan.Globals, global => global.Type == type && (!writable || global.IsMutable), index => index != _plan.FuelGlobal);

    /// <summary>The index of one of the items that fit, or null.</summary>
    private int? PickIndex<T>(List<T> items, Func<T, bool> fits, Func<int, bool> fitsIndex)
    {
        int[] indices = [.. Enumerable.Range(0, items.Count).Where(i => fits(items[i]) && fitsIndex(i))];
        return indices.Length == 0 ? null : _choices.Pick(indices);
    }

    private Instruction[] Rows(char letter) => _plan.Rows.GetValueOrDefault(letter, []);

    private long Integer() => _choices.Pick(3) == 2 ? (long)_choices.Next64() : _choices.Pick(Integers);

    private ulong F64Bits() => _choices.Pick(8) switch
    {
        6 => _choices.Next64(),
        7 => 0x7FF0_0000_0000_0000 | (_choices.Next64() & 0x800F_FFFF_FFFF_FFFF),
        _ => BitConverter.DoubleToUInt64Bits(_choices.Pick(Numbers)),
    };

    private uint F32Bits() => _choices.Pick(8) switch
    {
        6 => _choices.Next(),
        7 => 0x7F80_0000 | (_choices.Next() & 0x807F_FFFF),
        _ => BitConverter.SingleToUInt32Bits((float)_choices.Pick(Numbers)),
    };

    private void Constant(ValueType type)
    {
        switch (Letters.Of(type))
        {
            case 'i':
                _code.Opcode(Opcode.I32Const).Signed((int)Integer());
                break;
            case 'l':
                _code.Opcode(Opcode.I64Const).Signed(Integer());
                break;
            case 'f':
                _code.Opcode(Opcode.F32Const).F32(F32Bits());
                break;
            case 'd':
                _code.Opcode(Opcode.F64Const).F64(F64Bits());
                break;
            case 'v':
                _code.Opcode(Opcode.V128Const);
                Vector();
                break;
            case 'r' when _choices.Pick(3) != 0 && FunctionFor(type) is { } function:
                _code.Opcode(Opcode.RefFunc).Unsigned((uint)function);
                break;
            default:
                _code.Opcode(Opcode.RefNull).HeapType(type);
                break;
        }

        Push(type);
    }

    private void Vector()
    {
        switch (_choices.Pick(4))
        {
            case 0:
                ulong half = (ulong)Integer();
                _code.F64(half).F64(half);
                break;
            case 1:
                _code.F64(F64Bits()).F64(F64Bits());
                break;
            case 2:
                _code.F32(F32Bits()).F32(F32Bits()).F32(F32Bits()).F32(F32Bits());
                break;
            default:
                _code.F64(_choices.Next64()).F64(_choices.Next64());
                break;
        }
    }

    private void Default(ValueType type)
    {
        switch (Letters.Of(type))
        {
            case 'i':
                _code.Opcode(Opcode.I32Const).Signed(0);
                break;
            case 'l':
                _code.Opcode(Opcode.I64Const).Signed(0);
                break;
            case 'f':
                _code.Opcode(Opcode.F32Const).F32(0);
                break;
            case 'd':
                _code.Opcode(Opcode.F64Const).F64(0);
                break;
            case 'v':
                _code.Opcode(Opcode.V128Const).F64(0).F64(0);
                break;
            default:
                _code.Opcode(Opcode.RefNull).HeapType(type);
                break;
        }

        Push(type);
    }

    private void Select(ValueType type)
    {
        Expression(type);
        Expression(type);
        Expression(ValueType.I32);
        if (type.IsReference || _choices.OneIn(3))
        {
            _code.Opcode(Opcode.SelectT).Unsigned(1).Type(type);
        }
        else
        {
            _code.Opcode(Opcode.Select);
        }

        Pop(2);
    }

    private void Tee(ValueType type)
    {
        Expression(type);
        if (PickLocal(type, writable: true) is { } local)
        {
            TeeLocal(local);
        }
    }

    /// <summary>Calls a function that has a result of the type; other results go to locals or are dropped.</summary>
    private void CallFor(ValueType type)
    {
        int[] callees = [.. Enumerable.Range(0, _plan.Functions.Count).Where(index => _plan.Functions[index].Results.Contains(type))];
        if (callees.Length == 0)
        {
            Leaf(type);
            return;
        }

        int callee = _choices.Pick(callees);
        FunctionType called = _plan.Functions[callee];
        Arguments(called);
        _code.Opcode(Opcode.Call).Unsigned((uint)callee);
        Pop(called.Parameters.Length);
        _stack.AddRange(called.Results);
        int wanted = called.Results.LastIndexOf(type);
        for (int i = called.Results.Length - 1; i > wanted; i--)
        {
            Drop();
        }

        if (wanted > 0)
        {
            int kept = NewLocal(type);
            SetLocal(kept);
            for (int i = 0; i < wanted; i++)
            {
                Drop();
            }

            GetLocal(kept);
        }
    }

    /// <summary>What only values of some types have.</summary>
    private void Special(ValueType type)
    {
        switch (Letters.Of(type))
        {
            case 'i' or 'l' when _choices.OneIn(2) && SizeOrGrow(type):
                break;
            case 'i' when _choices.OneIn(2) && _plan.ValueTypes.Find(candidate => candidate.IsReference) is { IsReference: true } reference && reference != default:
                Expression(reference);
                _code.Opcode(Opcode.RefIsNull);
                Pop();
                Push(type);
                break;
            case 'l' when _plan.Has(WasmFeatures.WideArithmetic):
                WideArithmetic();
                break;
            case 'r' when type == ValueType.ExternRef && _plan.ValueTypes.Contains(ValueType.AnyRef):
                Expression(ValueType.AnyRef);
                _code.Opcode(Opcode.ExternConvertAny);
                _stack[^1] = type;
                break;
            case 'r' when _plan.IsInAny(type) && _choices.Pick(4) != 3:
                HeapExpression(type);
                break;
            case 'f' or 'd' or 'v' when _choices.OneIn(3):
                NeutralArithmetic(type);
                break;
            case 'i' or 'l' or 'f' or 'd' or 'v' or 'r' when _plan.HeapTypes.Count > 0 && _choices.OneIn(2) && FieldExpression(type):
                break;
            case 'r' when TableFor(type) is { } table:
                Index(_plan.Tables[table]);
                _code.Opcode(Opcode.TableGet).Unsigned((uint)table);
                Pop();
                Push(type);
                break;
            default:
                Leaf(type);
                break;
        }
    }

    private void WideArithmetic()
    {
        int which = _choices.Pick(4);
        for (int i = 0; i < (which < 2 ? 4 : 2); i++)
        {
            Expression(ValueType.I64);
        }

        _code.Opcode((Opcode)((int)Opcode.I64Add128 + which));
        Pop(which < 2 ? 4 : 2);
        Push(ValueType.I64);
        Push(ValueType.I64);
        Drop();
    }

    /// <summary>A statement that may stand between the operands of an instruction: it leaves the stack alone.</summary>
    private void QuietStep()
    {
        switch (_choices.Pick(7))
        {
            case 0 or 1:
                SetSomeLocal();
                break;
            case 2:
                SetSomeGlobal();
                break;
            case 6 when _plan.HeapTypes.Count > 0:
                HeapStatement();
                break;
            case 3:
                RowWithoutResult();
                break;
            case 4:
                MemoryStatement();
                break;
            default:
                Structure(0, []);
                break;
        }
    }

    private void SetSomeLocal()
    {
        ValueType type = _choices.Pick(_plan.ValueTypes);
        if (PickLocal(type, writable: true) is { } local)
        {
            Expression(type);
            SetLocal(local);
        }
    }

    private void SetSomeGlobal()
    {
        ValueType type = _choices.Pick(_plan.ValueTypes);
        if (PickGlobal(type, writable: true) is { } global)
        {
            Expression(type);
            _code.Opcode(Opcode.GlobalSet).Unsigned((uint)global);
            Pop();
        }
    }

    /// <summary>Uses the value on top of the stack for a local, leaving it or not.</summary>
    private void UseTop()
    {
        if (PickLocal(_stack[^1], writable: true) is not { } local)
        {
            Drop();
        }
        else if (_choices.OneIn(2))
        {
            TeeLocal(local);
        }
        else
        {
            SetLocal(local);
        }
    }
}
