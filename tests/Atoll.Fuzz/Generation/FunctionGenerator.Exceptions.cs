using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Generation;

/// <content>Exceptions, in the form of 3.0 and in the older one.</content>
internal sealed partial class FunctionGenerator
{
    /// <summary>A <c>try_table</c> in a block that its clause branches to, in a block that both ways leave with the results.</summary>
    private void TryTable(List<ValueType> parameters, List<ValueType> results)
    {
        int tag = _choices.Pick(_plan.Tags.Count);
        int kind = _choices.Pick(4);
        List<ValueType> caught = kind < 2 ? [.. _plan.Tags[tag].Parameters] : [];
        if (kind % 2 == 1)
        {
            caught.Add(ValueType.ExnRef);
        }

        // The outer blocks cannot take the parameters along: they go through locals.
        int[] places = [.. parameters.Select(NewLocal)];
        for (int i = places.Length - 1; i >= 0; i--)
        {
            SetLocal(places[i]);
        }

        int height = _stack.Count;
        Open(Opcode.Block, [], results, new Label(results, null, height));
        Open(Opcode.Block, [], caught, new Label(caught, null, height));
        Array.ForEach(places, GetLocal);
        Open(Opcode.TryTable, parameters, results, new Label(results, null, height));
        Clauses(kind, tag, caught);
        Steps(1 + _choices.Pick(4));
        Close(results);
        _code.Opcode(Opcode.Br).Unsigned(1);
        Truncate(height);
        _stack.AddRange(caught);
        _labels.RemoveAt(_labels.Count - 1);
        _code.Opcode(Opcode.End);
        if (kind % 2 == 1 && _choices.OneIn(4))
        {
            _code.Opcode(Opcode.ThrowRef);
            Truncate(height);
            _dead = true;
        }

        Steps(_choices.Pick(3));
        Close(results);
    }

    /// <summary>The clause that leads to the handler, perhaps behind one that leads to some other label.</summary>
    private void Clauses(int kind, int tag, List<ValueType> caught)
    {
        // Labels are counted outside of the block itself.
        int[] others = [.. Enumerable.Range(1, _labels.Count - 1).Select(i => i - 1)
            .Where(depth => LabelAt(depth + 1) is { Counter: null } label && label.Types.SequenceEqual(caught))];
        bool hasOther = others.Length > 1 && _choices.OneIn(2);
        _code.Unsigned(hasOther ? 2u : 1u);
        if (hasOther)
        {
            Clause(_choices.Pick(others), _choices.Pick(_plan.Tags.Count), caught);
        }

        Write(kind, tag, 0);

        void Clause(int depth, int otherTag, List<ValueType> types)
        {
            // The same kind, but perhaps for another tag with the same types.
            bool fits = kind < 2 && _plan.Tags[otherTag].Parameters.SequenceEqual(types.Take(types.Count - (kind % 2)));
            Write(kind, fits ? otherTag : tag, depth);
        }

        void Write(int clauseKind, int clauseTag, int depth)
        {
            _code.Byte(clauseKind);
            if (clauseKind < 2)
            {
                _code.Unsigned((uint)clauseTag);
            }

            _code.Unsigned((uint)depth);
        }
    }

    /// <summary>A block of the older form, with handlers or with the address of those that it delegates to.</summary>
    private void Try(List<ValueType> parameters, List<ValueType> results)
    {
        int height = _stack.Count - parameters.Count;
        Label label = new(results, null, height);
        Open(Opcode.Try, parameters, results, label);
        Steps(1 + _choices.Pick(4));
        Settle(results);
        if (_choices.OneIn(4))
        {
            _labels.RemoveAt(_labels.Count - 1);
            _code.Opcode(Opcode.Delegate).Unsigned((uint)_choices.Pick(_labels.Count));
            return;
        }

        label.Handles = true;
        for (int i = _choices.Pick(3); i > 0; i--)
        {
            int tag = _choices.Pick(_plan.Tags.Count);
            Handler(height, results, _plan.Tags[tag].Parameters, () => _code.Opcode(Opcode.Catch).Unsigned((uint)tag));
        }

        if (_choices.OneIn(2))
        {
            Handler(height, results, [], () => _code.Opcode(Opcode.CatchAll));
        }

        _labels.RemoveAt(_labels.Count - 1);
        _code.Opcode(Opcode.End);
    }

    private void Handler(int height, List<ValueType> results, IEnumerable<ValueType> caught, Action write)
    {
        write();
        Truncate(height);
        _stack.AddRange(caught);
        Steps(_choices.Pick(3));
        Settle(results);
    }

    /// <summary>Throws a new exception, or one that was caught. False when the module has none.</summary>
    private bool Throw()
    {
        int[] handlers = [.. Enumerable.Range(0, _labels.Count).Where(depth => LabelAt(depth).Handles)];
        if (handlers.Length > 0 && _choices.OneIn(3))
        {
            _code.Opcode(Opcode.Rethrow).Unsigned((uint)_choices.Pick(handlers));
            return true;
        }

        if (_plan.ValueTypes.Contains(ValueType.ExnRef) && _choices.OneIn(4))
        {
            Expression(ValueType.ExnRef);
            _code.Opcode(Opcode.ThrowRef);
            return true;
        }

        int tag = _choices.Pick(_plan.Tags.Count);
        Provide([.. _plan.Tags[tag].Parameters]);
        _code.Opcode(Opcode.Throw).Unsigned((uint)tag);
        return true;
    }
}
