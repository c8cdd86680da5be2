using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Reference;

/// <content>Control instructions and calls (specification, "Execution / Instructions / Control Instructions", "Function Calls").</content>
internal sealed partial class Interpreter
{
    private bool TryControl(Step step)
    {
        switch (step.Opcode)
        {
            case Opcode.Unreachable:
                throw Trap(TrapKind.Unreachable);
            case Opcode.Nop:
                return true;
            case Opcode.Block:
                EnterBlock(step.Type!, step.Type!.Results.Length, step.End + 1);
                return true;
            case Opcode.Loop:
                // A branch to a loop begins it anew, with its parameters.
                EnterBlock(step.Type!, step.Type!.Parameters.Length, _frame.Next - 1);
                return true;
            case Opcode.If:
                EnterIf(step);
                return true;
            case Opcode.Else:
                // The first arm is done.
                _frame.Next = step.End;
                Executed--;
                return true;
            case Opcode.End:
                LeaveBlock();
                return true;
            case Opcode.Br:
                Branch(step.First);
                return true;
            case Opcode.BrIf:
                if (_stack.PopI32() != 0)
                {
                    Branch(step.First);
                }

                return true;
            case Opcode.BrTable:
                uint index = _stack.PopI32();
                Branch(step.Labels[(int)Math.Min(index, (uint)step.Labels.Length - 1)]);
                return true;
            case Opcode.Return:
                Return();
                return true;
            case Opcode.Call:
                Enter(_frame.Module.Functions[step.First]);
                return true;
            case Opcode.CallIndirect:
                Enter(ResolveIndirect(step));
                return true;
            case Opcode.ReturnCall:
                TailCall(_frame.Module.Functions[step.First]);
                return true;
            case Opcode.ReturnCallIndirect:
                TailCall(ResolveIndirect(step));
                return true;
            case Opcode.CallRef:
                Enter((FunctionInstance)PopNotNull());
                return true;
            case Opcode.ReturnCallRef:
                TailCall((FunctionInstance)PopNotNull());
                return true;
            default:
                return false;
        }
    }

    private void EnterBlock(FunctionType type, int arity, int continuation, Step? block = null) =>
        _frame.Labels.Push(new Label(arity, continuation, _stack.Height - type.Parameters.Length, block));

    private void EnterIf(Step step)
    {
        bool condition = _stack.PopI32() != 0;
        EnterBlock(step.Type!, step.Type!.Results.Length, step.End + 1);
        if (!condition)
        {
            // Behind the else, or at the end where there is none.
            _frame.Next = step.Else == step.End ? step.End : step.Else + 1;
            Executed -= step.Else == step.End ? 1 : 0;
        }
    }

    private void LeaveBlock()
    {
        if (!_frame.Labels.TryPop(out _))
        {
            Return();
        }
    }

    private void Branch(int label)
    {
        if (label == _frame.Labels.Count)
        {
            // The outermost label is the function's own.
            Return();
            return;
        }

        for (int i = 0; i < label; i++)
        {
            _frame.Labels.Pop();
        }

        Label target = _frame.Labels.Pop();
        Slot[] values = _stack.PopMany(target.Arity);
        _stack.Shrink(target.Height);
        _stack.PushMany(values);

        // Backwards, to a loop.
        Executed -= target.Continuation < _frame.Next ? 1 : 0;
        _frame.Next = target.Continuation;
    }

    private void Return()
    {
        Slot[] results = _stack.PopMany(_frame.Arity);
        _stack.Shrink(_frame.Height);
        _stack.PushMany(results);
        _frames.Pop();
    }

    private void TailCall(FunctionInstance function)
    {
        Slot[] arguments = _stack.PopMany(function.Type.Parameters.Length);
        _stack.Shrink(_frame.Height);
        _stack.PushMany(arguments);
        _frames.Pop();
        Enter(function);
    }

    private FunctionInstance ResolveIndirect(Step step)
    {
        TableInstance table = _frame.Module.Tables[step.Second];
        ulong index = PopAddress(table.Type.Is64);
        if (index >= (ulong)table.Elements.Count)
        {
            throw Trap(TrapKind.UndefinedElement);
        }

        if (table.Elements[(int)index] is not { } element)
        {
            throw Trap(TrapKind.UninitializedElement);
        }

        FunctionInstance function = (FunctionInstance)element;
        return Matching.Matches(function.Defined, TypeAt(step.First)) ? function : throw Trap(TrapKind.IndirectCallTypeMismatch);
    }

    /// <summary>Makes the frame of a function, whose arguments are on the stack; a function of the host is executed at once.</summary>
    private void Enter(FunctionInstance function)
    {
        Slot[] arguments = _stack.PopMany(function.Type.Parameters.Length);
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i].Kind != Slot.KindOf(function.Type.Parameters[i]))
            {
                throw new ReferenceDefectException($"argument {i} of {function} is {arguments[i]}");
            }
        }

        if (function.Module is not { } module)
        {
            _stack.PushMany(function.Host!(arguments));
            return;
        }

        if (_frames.Count >= MaxCallDepth)
        {
            throw Trap(TrapKind.StackExhausted);
        }

        FunctionCode code = function.Code ??= FunctionCode.Decode(module.Definition, module.Definition.Bodies[function.BodyIndex]);
        Slot[] locals = [.. arguments, .. code.Locals.Select(Slot.Default)];
        Spend((ulong)locals.Length);
        _frames.Push(new Frame(module, code.Steps, locals, function.Type.Results.Length, _stack.Height));
    }
}
