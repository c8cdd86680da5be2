using Atoll.Fuzz.Generation;
using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Fuzz.Mutation;

/// <summary>Changes the instructions of a function's body; many changes leave it valid.</summary>
internal sealed class BodyMutator
{
    private static readonly ILookup<(string Signature, ImmediateKind Immediate), Instruction> Alike =
        Instructions.All.Where(row => row.Signature.Length > 0).ToLookup(row => (row.Signature, row.Immediate));

    private readonly byte[] _body;
    private readonly Choices _choices;
    private readonly List<(int Start, int End, Instruction Row)> _instructions = [];

    public BodyMutator(byte[] body, Choices choices)
    {
        _body = body;
        _choices = choices;
        try
        {
            Read();
        }
        catch (MalformedModuleException)
        {
            // What was read until there can be changed.
        }
    }

    public byte[] Mutate()
    {
        if (_instructions.Count == 0)
        {
            return _body;
        }

        (int start, int end, Instruction row) = _choices.Pick(_instructions);
        switch (_choices.Pick(12))
        {
            case < 6 when row.Signature.Length > 0:
                Instruction[] alike = [.. Alike[(row.Signature, row.Immediate)].Where(other => other.NaturalAlignment == row.NaturalAlignment)];
                int immediates = start + new WasmWriter().Opcode(row.Opcode).Length;
                return Replace(start, end, [.. new WasmWriter().Opcode(_choices.Pick(alike).Opcode).ToArray(), .. _body[Math.Min(immediates, end)..end]]);
            case < 8 when Constant(row.Opcode) is { } constant:
                return Replace(start, end, constant);
            case 8:
                return Replace(start, end, []);
            case 9:
                return Replace(end, end, _body[start..end]);
            case 10:
                return Replace(start, start, Small());
            default:
                (int otherStart, int otherEnd, _) = _choices.Pick(_instructions);
                return Replace(start, end, _body[otherStart..otherEnd]);
        }
    }

    /// <summary>Another constant of the same type.</summary>
    private byte[]? Constant(Opcode opcode) => opcode switch
    {
        Opcode.I32Const => new WasmWriter().Opcode(opcode).Signed((int)_choices.Next() >> _choices.Pick(32)).ToArray(),
        Opcode.I64Const => new WasmWriter().Opcode(opcode).Signed((long)_choices.Next64() >> _choices.Pick(64)).ToArray(),
        Opcode.F32Const => new WasmWriter().Opcode(opcode).F32(_choices.Next()).ToArray(),
        Opcode.F64Const => new WasmWriter().Opcode(opcode).F64(_choices.Next64()).ToArray(),
        _ => null,
    };

    private byte[] Replace(int start, int end, byte[] with) => [.. _body[..start], .. with, .. _body[end..]];

    private byte[] Small() => _choices.Pick(8) switch
    {
        0 => new WasmWriter().Opcode(Opcode.Nop).ToArray(),
        1 => new WasmWriter().Opcode(Opcode.Unreachable).ToArray(),
        2 => new WasmWriter().Opcode(Opcode.Drop).ToArray(),
        3 => new WasmWriter().Opcode(Opcode.I32Const).Signed((int)_choices.Next()).ToArray(),
        4 => new WasmWriter().Opcode(Opcode.LocalGet).Unsigned((uint)_choices.Pick(4)).ToArray(),
        5 => new WasmWriter().Opcode(Opcode.BrIf).Unsigned((uint)_choices.Pick(3)).ToArray(),
        6 => new WasmWriter().Opcode(Opcode.Block).Byte(0x40).Opcode(Opcode.End).ToArray(),
        _ => new WasmWriter().Opcode(Opcode.Return).ToArray(),
    };

    private void Read()
    {
        WasmReader reader = new(_body, 0, _body.Length);
        for (uint left = reader.ReadVarU32(); left > 0; left--)
        {
            reader.ReadVarU32();
            reader.SkipValueType();
        }

        while (!reader.AtEnd)
        {
            int start = reader.Position;
            if (!Instructions.TryGet(reader.ReadOpcode(), out Instruction row))
            {
                return;
            }

            reader.SkipImmediate(row.Immediate);
            _instructions.Add((start, reader.Position, row));
        }
    }
}
