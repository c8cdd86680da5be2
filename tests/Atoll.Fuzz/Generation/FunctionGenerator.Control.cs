using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Generation;

/// <content>Blocks, loops, branches and calls.</content>
internal sealed partial class FunctionGenerator
{
    /// <summary>A block, loop or if that takes the topmost values as its parameters and leaves results.</summary>
    private void Structure(int parameterCount, List<ValueType> results)
    {
        if (_depth >= MaxDepth)
        {
            SetSomeLocal();
            return;
        }

        _depth++;
        List<ValueType> parameters = _stack[(_stack.Count - parameterCount)..];
        switch (_choices.Pick(6))
        {
            case 0:
                Block(parameters, results);
                break;
            case 1:
                Loop(parameters, results);
                break;
            case 2 when _plan.Tags.Count > 0 && _plan.Has(WasmFeatures.LegacyExceptions):
                Try(parameters, results);
                break;
            case 3 when _plan.Tags.Count > 0:
                TryTable(parameters, results);
                break;
            default:
                If(parameters, results);
                break;
        }

        _depth--;
    }

    private void Open(Opcode opcode, List<ValueType> parameters, List<ValueType> results, Label label)
    {
        _code.Opcode(opcode);
        if (parameters.Count == 0 && results.Count <= 1)
        {
            _ = results.Count == 0 ? _code.Byte(0x40) : _code.Type(results[0]);
        }
        else
        {
            _code.Signed(_plan.TypeIndex(new FunctionType([.. parameters], [.. results])));
        }

        _labels.Add(label);
    }

    private void Close(List<ValueType> results)
    {
        Settle(results);
        _labels.RemoveAt(_labels.Count - 1);
        _code.Opcode(Opcode.End);
    }

    private void Block(List<ValueType> parameters, List<ValueType> results)
    {
        Open(Opcode.Block, parameters, results, new Label(results, null, _stack.Count - parameters.Count));
        Steps(1 + _choices.Pick(4));
        Close(results);
    }

    private void Loop(List<ValueType> parameters, List<ValueType> results)
    {
        int counter = NewLocal(ValueType.I32);
        _code.Opcode(Opcode.I32Const).Signed(1 + _choices.Pick(4));
        Push(ValueType.I32);
        SetLocal(counter);
        Open(Opcode.Loop, parameters, results, new Label(parameters, counter, _stack.Count - parameters.Count));
        Steps(1 + _choices.Pick(5));
        if (!_dead)
        {
            Settle(parameters);
            CountDown(counter);
            _code.Opcode(Opcode.BrIf).Unsigned(0);
            Pop();
        }

        Close(results);
    }

    /// <summary>Takes one from a counter; on the stack is then whether something was left.</summary>
    private void CountDown(int counter)
    {
        GetLocal(counter);
        _code.Opcode(Opcode.I32Const).Signed(1).Opcode(Opcode.I32Sub);
        TeeLocal(counter);
        _code.Opcode(Opcode.I32Const).Signed(0).Opcode(Opcode.I32GtS);
    }

    private void If(List<ValueType> parameters, List<ValueType> results)
    {
        Expression(ValueType.I32);
        Pop();
        int height = _stack.Count - parameters.Count;
        Open(Opcode.If, parameters, results, new Label(results, null, height));
        Steps(1 + _choices.Pick(3));
        if (parameters.SequenceEqual(results) && _choices.OneIn(2))
        {
            Close(results);
            return;
        }

        Settle(results);
        _code.Opcode(Opcode.Else);
        Truncate(height);
        _stack.AddRange(parameters);
        Steps(_choices.Pick(4));
        Close(results);
    }

    private Label LabelAt(int depth) => _labels[_labels.Count - 1 - depth];

    /// <summary>Makes the types of a label lie on top of the stack, if they do not by chance.</summary>
    private void Provide(List<ValueType> types)
    {
        bool there = _stack.Count - Floor >= types.Count && _stack.TakeLast(types.Count).SequenceEqual(types);
        foreach (ValueType type in there ? [] : types)
        {
            Expression(type);
        }
    }

    private void BranchIf()
    {
        int depth = _choices.Pick(_labels.Count);
        Label label = LabelAt(depth);
        if (!label.IsOpen || _stack.Count + label.Types.Count > MaxHeight)
        {
            return;
        }

        Provide(label.Types);
        if (label.Counter is { } loop && _choices.OneIn(3))
        {
            BranchBack(depth, label, loop);
            return;
        }

        Expression(ValueType.I32);
        if (label.Counter is { } counter)
        {
            // Back to the start of a loop only while its counter lasts.
            CountDown(counter);
            Pop();
            _code.Opcode(Opcode.I32And);
        }

        _code.Opcode(Opcode.BrIf).Unsigned((uint)depth);
        Pop();
    }

    /// <summary>Goes back to the start of a loop by a branch without a condition or a table of them, while the loop's counter lasts.</summary>
    private void BranchBack(int depth, Label label, int counter)
    {
        List<ValueType> values = label.Types;
        int[] forward = [.. Targets().Where(target => LabelAt(target).Types.SequenceEqual(values))];
        CountDown(counter);
        if (forward.Length > 0 && _choices.OneIn(2))
        {
            // Without the rest of the block, which is dead code.
            _code.Opcode(Opcode.BrTable).Many(new[] { _choices.Pick(forward) }, (w, target) => w.Unsigned((uint)target)).Unsigned((uint)depth);
            Truncate(Floor);
            _dead = true;
            return;
        }

        Pop();
        Open(Opcode.If, values, values, new Label(values, null, _stack.Count - values.Count));
        _code.Opcode(Opcode.Br).Unsigned((uint)(depth + 1));
        _labels.RemoveAt(_labels.Count - 1);
        _code.Opcode(Opcode.End);
    }

    /// <summary>Leaves the block for good, and writes some code behind that is never reached.</summary>
    private void Leave()
    {
        switch (_choices.Pick(_plan.Tags.Count > 0 ? 9 : 6))
        {
            case 6 or 7 or 8 when Throw():
                break;
            case 0 or 1 when Targets() is { Count: > 0 } targets:
                int target = _choices.Pick(targets);
                Provide(LabelAt(target).Types);
                _code.Opcode(Opcode.Br).Unsigned((uint)target);
                break;
            case 2 or 3 when Targets() is { Count: > 0 } targets:
                BranchTable(targets);
                break;
            case 4 when _mayCall && _plan.Has(WasmFeatures.TailCalls):
                TailCall();
                break;
            case 5 when _choices.OneIn(4):
                _code.Opcode(Opcode.Unreachable);
                break;
            default:
                Provide([.. _type.Results]);
                _code.Opcode(Opcode.Return);
                break;
        }

        Truncate(Floor);
        DeadCode();
        _dead = true;
    }

    /// <summary>Labels that lead forward.</summary>
    private List<int> Targets() => [.. Enumerable.Range(0, _labels.Count).Where(depth => LabelAt(depth) is { Counter: null, IsOpen: true })];

    private void BranchTable(List<int> targets)
    {
        int fallback = _choices.Pick(targets);
        List<ValueType> types = LabelAt(fallback).Types;
        List<int> same = [.. targets.Where(depth => LabelAt(depth).Types.SequenceEqual(types))];
        int[] cases = [.. Enumerable.Range(0, _choices.Pick(6)).Select(_ => _choices.Pick(same))];
        Provide(types);
        Expression(ValueType.I32);
        if (_choices.Pick(4) != 3)
        {
            _code.Opcode(Opcode.I32Const).Signed(7).Opcode(Opcode.I32And);
        }

        _code.Opcode(Opcode.BrTable).Many(cases, (w, depth) => w.Unsigned((uint)depth)).Unsigned((uint)fallback);
    }

    /// <summary>Calls a function; its results stay on the stack.</summary>
    private void Call()
    {
        if (!_mayCall)
        {
            SetSomeLocal();
            return;
        }

        int callee = _choices.Pick(_plan.Functions.Count);
        if (callee == _plan.ResetFunction)
        {
            // Only the host may fill up.
            return;
        }

        FunctionType type = _plan.Functions[callee];
        Arguments(type);
        if (TableFor(ValueType.FuncRef) is { } table && _choices.OneIn(3))
        {
            Indirect(Opcode.CallIndirect, type, table);
        }
        else
        {
            CallDirectly(callee, type);
        }

        Pop(type.Parameters.Length);
        _stack.AddRange(type.Results);
        while (_stack.Count > MaxHeight && _stack.Count > Floor)
        {
            Drop();
        }
    }

    /// <summary>By index, or by a reference to the function.</summary>
    private void CallDirectly(int callee, FunctionType type)
    {
        if (!_plan.Has(WasmFeatures.FunctionReferences) || _choices.OneIn(2))
        {
            _code.Opcode(Opcode.Call).Unsigned((uint)callee);
            return;
        }

        ValueType reference = ModulePlan.ReferenceTo(_plan.TypeIndex(type));
        if (_choices.Pick(4) == 3)
        {
            Expression(reference);
            Pop();
        }
        else
        {
            _code.Opcode(Opcode.RefFunc).Unsigned((uint)callee);
        }

        _code.Opcode(Opcode.CallRef).Unsigned((uint)_plan.TypeIndex(type));
    }

    private void Arguments(FunctionType type)
    {
        foreach (ValueType parameter in type.Parameters)
        {
            Expression(parameter);
        }
    }

    private void Indirect(Opcode opcode, FunctionType type, int table)
    {
        Index(_plan.Tables[table]);
        Pop();
        _code.Opcode(opcode).Unsigned((uint)_plan.TypeIndex(type)).Unsigned((uint)table);
    }

    private void TailCall()
    {
        int[] callees = [.. Enumerable.Range(0, _plan.Functions.Count)
            .Where(index => index != _plan.ResetFunction && _plan.Functions[index].Results.SequenceEqual(_type.Results))];
        if (callees.Length == 0)
        {
            _code.Opcode(Opcode.Unreachable);
            return;
        }

        int callee = _choices.Pick(callees);
        FunctionType type = _plan.Functions[callee];
        Arguments(type);
        if (TableFor(ValueType.FuncRef) is { } table && _choices.OneIn(3))
        {
            Indirect(Opcode.ReturnCallIndirect, type, table);
        }
        else if (_plan.Has(WasmFeatures.FunctionReferences) && _choices.OneIn(2))
        {
            _code.Opcode(Opcode.RefFunc).Unsigned((uint)callee).Opcode(Opcode.ReturnCallRef).Unsigned((uint)_plan.TypeIndex(type));
        }
        else
        {
            _code.Opcode(Opcode.ReturnCall).Unsigned((uint)callee);
        }
    }
}
