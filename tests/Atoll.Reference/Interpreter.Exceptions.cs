using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Reference;

/// <content>
/// Exceptions: the form of WebAssembly 3.0 ("Control Instructions", <c>try_table</c>), and the older one, in which a block goes over to one of its handlers.
/// Handlers are labels that remember their block.
/// </content>
internal sealed partial class Interpreter
{
    private bool TryException(Step step)
    {
        switch (step.Opcode)
        {
            case Opcode.TryTable or Opcode.Try:
                EnterBlock(step.Type!, step.Type!.Results.Length, step.End + 1, step);
                return true;
            case Opcode.Throw:
                TagInstance tag = _frame.Module.Tags[step.First];
                Throw(new ExceptionObject(tag, _stack.PopMany(tag.Type.Function.Parameters.Length)));
                return true;
            case Opcode.ThrowRef:
                Throw((ExceptionObject)PopNotNull());
                return true;
            case Opcode.Rethrow:
                Throw(_frame.Labels.ElementAt(step.First).Caught ?? throw new ReferenceDefectException("rethrow outside of a handler"));
                return true;
            case Opcode.Catch or Opcode.CatchAll:
                // The block, or the handler before, is done.
                _frame.Next = step.End;
                Executed--;
                return true;
            case Opcode.Delegate:
                LeaveBlock();
                return true;
            default:
                return false;
        }
    }

    /// <summary>Leaves blocks and frames until a handler takes the exception; when none does it leaves the interpreter.</summary>
    private void Throw(ExceptionObject exception)
    {
        for (; _frames.Count > 0; _frames.Pop())
        {
            _frame = _frames.Peek();
            while (_frame.Labels.TryPop(out Label label))
            {
                if (label.Block is { } block && label.Caught is null && (TryClauses(block, label, exception) || TryHandlers(block, label, exception)))
                {
                    return;
                }
            }

            _stack.Shrink(_frame.Height);
        }

        throw new ReferenceThrownException(exception);
    }

    /// <summary>The clauses of a <c>try_table</c>; their labels are counted outside of the block.</summary>
    private bool TryClauses(Step block, Label label, ExceptionObject exception)
    {
        foreach (CatchClause clause in block.Clauses)
        {
            if (clause.HasTag && _frame.Module.Tags[(int)clause.Tag] != exception.Tag)
            {
                continue;
            }

            _stack.Shrink(label.Height);
            if (clause.HasTag)
            {
                _stack.PushMany(exception.Values);
            }

            if (clause.HasReference)
            {
                _stack.Push(Slot.Ref(exception));
            }

            Branch((int)clause.Label);
            return true;
        }

        return false;
    }

    /// <summary>The handlers of a <c>try</c>. With <c>delegate</c> it has none, but says which block's handlers come next.</summary>
    private bool TryHandlers(Step block, Label label, ExceptionObject exception)
    {
        foreach (int place in block.Handlers)
        {
            Step handler = _frame.Steps[place];
            if (handler.Opcode == Opcode.Delegate)
            {
                for (int i = 0; i < handler.First && _frame.Labels.Count > 0; i++)
                {
                    _frame.Labels.Pop();
                }

                return false;
            }

            bool isForAll = handler.Opcode == Opcode.CatchAll;
            if (!isForAll && _frame.Module.Tags[handler.First] != exception.Tag)
            {
                continue;
            }

            _stack.Shrink(label.Height);
            _frame.Labels.Push(label with { Caught = exception });
            _stack.PushMany(isForAll ? [] : exception.Values);
            _frame.Next = place + 1;
            return true;
        }

        return false;
    }
}
