using System.Globalization;
using Atoll.Reference.Numerics;
using Atoll.Wasm.Binary;

namespace Atoll.Reference;

/// <content>Vector instructions with immediates: lanes, shuffles and memory accesses. The others are in <see cref="Operators"/>.</content>
internal sealed partial class Interpreter
{
    private bool TryVector(Step step)
    {
        switch (step.Row.Immediate)
        {
            case ImmediateKind.Shuffle:
                Shuffle(step);
                return true;
            case ImmediateKind.Lane:
                Lane(step);
                return true;
            case ImmediateKind.MemoryLane:
                MemoryLane(step);
                return true;
            case ImmediateKind.Memory when step.Opcode == (Opcode)(VectorInstructions.Prefix | 0x0B):
                UInt128 value = _stack.PopV128();
                MemoryAt(step, 16, out ulong address).Write(address, 16, value);
                return true;
            case ImmediateKind.Memory:
                VectorLoad(step);
                return true;
            default:
                return false;
        }
    }

    private void Shuffle(Step step)
    {
        UInt128 right = _stack.PopV128();
        ulong[] lanes = [.. Lanes.Split(_stack.PopV128(), 8), .. Lanes.Split(right, 8)];
        _stack.PushV128(Lanes.Map(step.Bits, 8, index => lanes[index]));
    }

    /// <summary><c>shape.extract_lane</c> and <c>shape.replace_lane</c>.</summary>
    private void Lane(Step step)
    {
        string[] name = step.Row.Mnemonic.Split('.');
        int bits = 8 << step.Row.NaturalAlignment;
        SlotKind kind = name[0] switch
        {
            "f32x4" => SlotKind.F32,
            "f64x2" => SlotKind.F64,
            "i64x2" => SlotKind.I64,
            _ => SlotKind.I32,
        };
        if (name[1] == "replace_lane")
        {
            UInt128 value = _stack.Pop(kind).Bits;
            ulong[] lanes = Lanes.Split(_stack.PopV128(), bits);
            lanes[step.Second] = (ulong)value;
            _stack.PushV128(Lanes.Join(lanes, bits));
            return;
        }

        ulong lane = Lanes.Split(_stack.PopV128(), bits)[step.Second];
        _stack.Push(new Slot(kind, name[1] == "extract_lane_s" ? Integers.ExtendS(lane, bits, 32) : lane));
    }

    /// <summary><c>v128.loadN_lane</c> and <c>v128.storeN_lane</c>.</summary>
    private void MemoryLane(Step step)
    {
        int bytes = 1 << step.Row.NaturalAlignment;
        ulong[] lanes = Lanes.Split(_stack.PopV128(), 8 * bytes);
        MemoryInstance memory = MemoryAt(step, bytes, out ulong address);
        if (step.Row.Mnemonic.StartsWith("v128.load", StringComparison.Ordinal))
        {
            lanes[step.Second] = (ulong)memory.Read(address, bytes);
            _stack.PushV128(Lanes.Join(lanes, 8 * bytes));
        }
        else
        {
            memory.Write(address, bytes, lanes[step.Second]);
        }
    }

    /// <summary><c>v128.load</c>, <c>loadMxN_sx</c>, <c>loadN_splat</c> and <c>loadN_zero</c>.</summary>
    private void VectorLoad(Step step)
    {
        int bytes = 1 << step.Row.NaturalAlignment;
        UInt128 value = MemoryAt(step, bytes, out ulong address).Read(address, bytes);
        string kind = step.Row.Mnemonic["v128.load".Length..];
        if (kind.EndsWith("_splat", StringComparison.Ordinal))
        {
            value = Lanes.Splat((ulong)value, 8 * bytes);
        }
        else if (kind.Contains('x', StringComparison.Ordinal))
        {
            int bits = int.Parse(kind.Split('x')[0], CultureInfo.InvariantCulture);
            Int128[] numbers = Lanes.Numbers(value, bits, signed: kind.EndsWith("_s", StringComparison.Ordinal));
            value = Lanes.FromNumbers(numbers.Take(64 / bits), 2 * bits);
        }

        _stack.PushV128(value);
    }
}
