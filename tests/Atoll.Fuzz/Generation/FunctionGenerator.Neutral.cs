using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Generation;

/// <content>Arithmetic with an operand that changes nothing but a signalling NaN, where the engine may know it: x − 0, x × 1 and the like.</content>
internal sealed partial class FunctionGenerator
{
    private static readonly (string Name, double Neutral)[] NeutralOperations =
        [("sub", 0), ("add", -0.0), ("mul", 1), ("div", 1), ("min", -0.0), ("max", -0.0)];

    private void NeutralArithmetic(ValueType type)
    {
        (string name, double neutral) = _choices.Pick(NeutralOperations);
        string shape = type == ValueType.F32 ? "f32" : type == ValueType.F64 ? "f64" : _choices.OneIn(2) ? "f32x4" : "f64x2";
        Instruction row = Instructions.All.First(candidate => candidate.Mnemonic == $"{shape}.{name}");
        bool isFirst = name is "add" or "mul" && _choices.OneIn(2);
        if (isFirst)
        {
            Neutral(type, shape, neutral);
        }

        if (_choices.OneIn(3))
        {
            Expression(type);
        }
        else
        {
            SignallingNan(type, shape);
        }

        if (!isFirst)
        {
            Neutral(type, shape, neutral);
        }

        Emit(row, -1);
    }

    private void SignallingNan(ValueType type, string shape)
    {
        uint payload = _choices.Next() & 0x803F_FFFF | 1;
        if (type == ValueType.F32)
        {
            _code.Opcode(Opcode.F32Const).F32(0x7F80_0000 | payload);
        }
        else if (type == ValueType.F64)
        {
            _code.Opcode(Opcode.F64Const).F64(0x7FF0_0000_0000_0000UL | payload);
        }
        else
        {
            ulong lanes = shape == "f32x4" ? 0x7F80_0001_7F80_0001UL | payload : 0x7FF0_0000_0000_0000UL | payload;
            _code.Opcode(Opcode.V128Const).F64(lanes).F64(lanes);
        }

        Push(type);
    }

    /// <summary>The neutral number, by one of many ways; some of them miss it, which does no harm.</summary>
    private void Neutral(ValueType type, string shape, double number)
    {
        bool isWide = type == ValueType.F64 || shape == "f64x2";
        if (type == ValueType.V128 && _choices.OneIn(2))
        {
            ulong lanes = isWide ? BitConverter.DoubleToUInt64Bits(number) : BitConverter.SingleToUInt32Bits((float)number) * 0x1_0000_0001UL;
            _code.Opcode(Opcode.V128Const).F64(lanes).F64(lanes);
        }
        else
        {
            NeutralScalar(isWide, number);
            if (type == ValueType.V128)
            {
                _code.Opcode(Instructions.All.First(row => row.Mnemonic == $"{shape}.splat").Opcode);
            }
        }

        Push(type);
        if (_choices.OneIn(3) && PickLocal(type, writable: true) is { } local)
        {
            TeeLocal(local);
            if (_choices.OneIn(2))
            {
                Drop();
                QuietStep();
                GetLocal(local);
            }
        }
        else if (_choices.OneIn(6) && PickLocal(type, writable: false) is { } known)
        {
            Drop();
            GetLocal(known);
        }
    }

    private void NeutralScalar(bool isWide, double number)
    {
        switch (_choices.Pick(5))
        {
            case 0:
                NumberConstant(isWide, number);
                break;
            case 1:
                _code.Opcode(Opcode.I32Const).Signed((int)number).Opcode(isWide ? Opcode.F64ConvertI32S : Opcode.F32ConvertI32S);
                break;
            case 2:
                _code.Opcode(Opcode.I64Const).Signed((long)number).Opcode(isWide ? Opcode.F64ConvertI64U : Opcode.F32ConvertI64U);
                break;
            case 3:
                NumberConstant(isWide, number);
                _code.Opcode((Opcode)((int)(isWide ? Opcode.F64Ceil : Opcode.F32Ceil) + _choices.Pick(5)));
                break;
            default:
                NumberConstant(!isWide, number);
                _code.Opcode(isWide ? Opcode.F64PromoteF32 : Opcode.F32DemoteF64);
                break;
        }
    }

    private void NumberConstant(bool isWide, double number)
    {
        if (isWide)
        {
            _code.Opcode(Opcode.F64Const).F64(BitConverter.DoubleToUInt64Bits(number));
        }
        else
        {
            _code.Opcode(Opcode.F32Const).F32(BitConverter.SingleToUInt32Bits((float)number));
        }
    }
}
