using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Generation;

/// <summary>
/// Writes the body of one function. It keeps the types on the operand stack, so that all it writes is valid; loops end because each has a
/// counter that nothing else writes, and calls because every function that calls uses up what the module's fuel global holds.
/// </summary>
internal sealed partial class FunctionGenerator
{
    private const int MaxDepth = 7;
    private const int MaxHeight = 12;

    private readonly Choices _choices;
    private readonly ModulePlan _plan;
    private readonly FunctionType _type;
    private readonly WasmWriter _code = new();
    private readonly List<ValueType> _locals;

    /// <summary>Locals that only the generator's own patterns write: counters, pointers, places for values that are used twice.</summary>
    private readonly HashSet<int> _protected = [];

    /// <summary>Locals that hold a NaN as arithmetic left it.</summary>
    private readonly HashSet<int> _hidden = [];
    private readonly List<ValueType> _stack = [];
    private readonly List<Label> _labels = [];
    private readonly bool _mayCall;
    private int _budget;
    private int _depth;

    /// <summary>The rest of the block cannot be reached.</summary>
    private bool _dead;

    private FunctionGenerator(ModulePlan plan, FunctionType type, Choices choices)
    {
        _plan = plan;
        _type = type;
        _choices = choices;
        _locals = [.. type.Parameters];
        _mayCall = choices.Pick(4) != 3;
        _budget = 10 + choices.Pick(choices.OneIn(8) ? 600 : 120);
    }

    /// <summary>A body: its locals and code, without the length.</summary>
    public static byte[] Write(ModulePlan plan, FunctionType type, Choices choices)
    {
        FunctionGenerator generator = new(plan, type, choices);
        int declared = choices.Pick(choices.OneIn(20) ? 80 : 9);
        for (int i = 0; i < declared; i++)
        {
            generator._locals.Add(choices.Pick(plan.ValueTypes));
        }

        generator.Body();
        return generator.Finish();
    }

    private byte[] Finish()
    {
        List<ValueType> declared = _locals[_type.Parameters.Length..];
        return new WasmWriter().Many(declared, (w, type) => w.Unsigned(1).Type(type)).Bytes(_code.ToArray()).ToArray();
    }

    private void Body()
    {
        _labels.Add(new Label([.. _type.Results], null, 0));
        if (_mayCall)
        {
            CountCall();
        }

        Steps(1 + _choices.Pick(6));
        Settle(_type.Results);
        _labels.Clear();
        _code.Opcode(Opcode.End);
    }

    /// <summary>Returns default values when the fuel is used up.</summary>
    private void CountCall()
    {
        _code.Opcode(Opcode.GlobalGet).Unsigned((uint)_plan.FuelGlobal).Opcode(Opcode.I32Eqz).Opcode(Opcode.If).Byte(0x40);
        foreach (ValueType type in _type.Results)
        {
            Default(type);
        }

        _stack.Clear();
        _code.Opcode(Opcode.Return).Opcode(Opcode.End);
        _code.Opcode(Opcode.GlobalGet).Unsigned((uint)_plan.FuelGlobal).Opcode(Opcode.I32Const).Signed(1).Opcode(Opcode.I32Sub);
        _code.Opcode(Opcode.GlobalSet).Unsigned((uint)_plan.FuelGlobal);
    }

    /// <summary>Height of the operand stack where the innermost block begins.</summary>
    private int Floor => _labels[^1].Height;

    private int NewLocal(ValueType type)
    {
        _locals.Add(type);
        _protected.Add(_locals.Count - 1);
        return _locals.Count - 1;
    }

    private void Push(ValueType type) => _stack.Add(type);

    private void Pop(int count = 1) => _stack.RemoveRange(_stack.Count - count, count);

    private void Drop()
    {
        _code.Opcode(Opcode.Drop);
        Pop();
    }

    private void GetLocal(int index)
    {
        _code.Opcode(Opcode.LocalGet).Unsigned((uint)index);
        Push(_locals[index]);
    }

    private void SetLocal(int index)
    {
        _code.Opcode(Opcode.LocalSet).Unsigned((uint)index);
        Pop();
    }

    private void TeeLocal(int index) => _code.Opcode(Opcode.LocalTee).Unsigned((uint)index);

    /// <summary>Some statements; between them values may stay on the stack.</summary>
    private void Steps(int count)
    {
        for (int i = 0; i < count && !_dead && _budget > 0; i++)
        {
            Step();
        }
    }

    private void Step()
    {
        _budget--;
        switch (_choices.Pick(26))
        {
            case 0 or 1:
                SetSomeLocal();
                break;
            case 2 or 3 when _stack.Count < MaxHeight:
                Expression(_choices.Pick(_plan.ValueTypes));
                break;
            case 4 or 5:
                ApplyToStack();
                break;
            case 6 or 7:
                RowWithoutResult();
                break;
            case 8:
                SetSomeGlobal();
                break;
            case 9 or 10 or 11:
                Structure(TakeableParameters(), SomeTypes(3));
                break;
            case 12 or 13:
                Call();
                break;
            case 14 or 15:
                BranchIf();
                break;
            case 16:
                MemoryStatement();
                break;
            case 17:
                TableStatement();
                break;
            case 18 when _stack.Count > Floor:
                Drop();
                break;
            case 19 when _stack.Count > Floor:
                UseTop();
                break;
            case 20 when _labels.Count > 1 || _choices.OneIn(4):
                Leave();
                break;
            case 21:
                SetPointer();
                break;
            case 22 or 23 when _plan.HeapTypes.Count > 0:
                HeapStatement();
                break;
            case 24 when _choices.OneIn(4):
                _code.Opcode(Opcode.Nop);
                break;
            default:
                SetSomeLocal();
                break;
        }
    }

    /// <summary>Makes the stack above the innermost block's floor what the block must leave, and resets what the block changed.</summary>
    private void Settle(IReadOnlyList<ValueType> wanted)
    {
        if (_dead)
        {
            // Nothing is needed: what is missing comes from below.
            Truncate(Floor);
            _stack.AddRange(wanted);
            _dead = false;
            return;
        }

        int common = 0;
        while (common < wanted.Count && Floor + common < _stack.Count && _stack[Floor + common] == wanted[common])
        {
            common++;
        }

        while (_stack.Count > Floor + common)
        {
            Drop();
        }

        for (int i = common; i < wanted.Count; i++)
        {
            Expression(wanted[i]);
        }
    }

    private void Truncate(int height) => _stack.RemoveRange(height, _stack.Count - height);

    private List<ValueType> SomeTypes(int bound)
    {
        int count = _choices.Pick(bound);
        return [.. Enumerable.Range(0, count).Select(_ => _choices.Pick(_plan.ValueTypes))];
    }

    /// <summary>How many values of the stack a block takes along.</summary>
    private int TakeableParameters() => _choices.Pick(Math.Min(3, _stack.Count - Floor) + 1);

    /// <summary>A label: the types that a branch takes along, the counter of a loop, and the height of the stack outside.</summary>
    private sealed record Label(List<ValueType> Types, int? Counter, int Height)
    {
        /// <summary>Whether this is now a handler of the older form, whose exception can be thrown again.</summary>
        public bool Handles { get; set; }

        /// <summary>Whether values for it can be made anywhere: not where it wants a reference that is not null.</summary>
        public bool IsOpen { get; } = Types.All(type => !type.IsReference || type.IsNullable);
    }
}
