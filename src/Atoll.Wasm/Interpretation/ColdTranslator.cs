using System.Runtime.InteropServices;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Compilation;

namespace Atoll.Wasm.Interpretation;

/// <summary>
/// Turns a validated function body into cold code, in one pass. Reads of locals and constants wait on a symbolic operand stack until an operation
/// needs them, and an operation whose result goes to a local writes it there.
/// </summary>
internal sealed partial class ColdTranslator
{
    /// <summary>Slots beyond which a function is compiled at once: its frame would be too large a part of the stack.</summary>
    private const int MaximumSlots = 4096;

    private readonly ModuleDefinition _definition;
    private readonly Func<int, bool> _isCell;
    private readonly int _places;
    private readonly bool _deterministic;
    private readonly List<int> _code = [];
    private readonly List<Entry> _stack = [];
    private readonly List<Frame> _frames = [];
    private readonly List<int> _labels = [];
    private readonly List<int> _jumps = [];
    private readonly List<ColdLoop> _loops = [];
    private FunctionType _type = null!;
    private int _locals;

    /// <summary>For each local: how many of the operands are reads of it that wait.</summary>
    private int[] _reads = [];

    /// <summary>Number of operands at the bottom of the stack that are known to be in their slots.</summary>
    private int _settled;
    private int _height;
    private long _work;
    private long _workLimit;
    private long _codeLimit;
    private int _lastResult;
    private bool _reachable;
    private int _skipDepth;
    private bool _failed;

    /// <param name="definition">The module.</param>
    /// <param name="isCell">Whether a global lives in an object of its own.</param>
    /// <param name="places">Number of globals whose fields in the module's class can be found.</param>
    /// <param name="deterministic">Whether NaNs are made canonical.</param>
    public ColdTranslator(ModuleDefinition definition, Func<int, bool> isCell, int places, bool deterministic)
    {
        _deterministic = deterministic;
        _definition = definition;
        _isCell = isCell;
        _places = places;
    }

    private enum EntryKind : byte
    {
        /// <summary>In the slot of its height.</summary>
        Slot,

        /// <summary>A local's value, not read yet.</summary>
        Local,

        /// <summary>A constant, not written yet.</summary>
        Const,
    }

    /// <param name="Kind">Where the operand is.</param>
    /// <param name="Value">The local or the constant.</param>
    private readonly record struct Entry(EntryKind Kind, long Value);

    /// <summary>The function as cold code; null when it does something that only compiled code can.</summary>
    public ColdFunction? Translate(int index)
    {
        FunctionBody body = _definition.Bodies[index];
        _type = _definition.TypeOf(_definition.ImportedFunctionCount + index);
        if (!IsPlain(_type) || !body.Locals.All(run => IsNumber(run.Type)) || body.LocalCount > MaximumSlots)
        {
            return null;
        }

        Reset(body);
        WasmReader reader = new(_definition.Bytes, body.Code.Start, body.Code.End, types: _definition.Types);
        _workLimit = 10_000 + (16L * body.Code.Length);
        _codeLimit = 4 * (1000L + (2L * body.Code.Length));
        while (_frames.Count > 0 && !_failed)
        {
            _failed = IsOverLimit() || _stack.Count > MaximumSlots;
            Opcode opcode = reader.ReadOpcode();
            if (_reachable)
            {
                Translate(ref reader, opcode);
            }
            else
            {
                Skip(ref reader, opcode);
            }
        }

        int slots = _locals + _height + 1;
        return _failed || slots > MaximumSlots ? null : Finish(index, slots);
    }

    /// <summary>
    /// Whether the function takes more time or memory than its length justifies: a branch of two bytes can copy a thousand operands, one with a table ten
    /// thousand times as many. No compiler makes such code.
    /// </summary>
    private bool IsOverLimit() => _work > _workLimit || _code.Count > _codeLimit;

    /// <summary>Numbers only, and at most one result.</summary>
    private static bool IsPlain(FunctionType type) =>
        type.Results.Length <= 1 && type.Results.All(IsNumber) && type.Parameters.All(IsNumber);

    private static bool IsNumber(ValueType type) => LocalKinds.Of(type) <= LocalKind.F64;

    private void Reset(FunctionBody body)
    {
        _code.Clear();
        _stack.Clear();
        _frames.Clear();
        _labels.Clear();
        _jumps.Clear();
        _loops.Clear();
        _locals = body.LocalCount;
        _reads = new int[_locals];
        _settled = 0;
        _height = 0;
        _work = 0;
        _skipDepth = 0;
        _lastResult = -1;
        _reachable = true;
        _failed = false;
        _frames.Add(new Frame { Kind = Opcode.Nop, Type = _type });
    }

    private ColdFunction Finish(int index, int slots)
    {
        foreach (int jump in _jumps)
        {
            _code[jump] = _labels[_code[jump]];
        }

        int[] code = GC.AllocateUninitializedArray<int>(_code.Count, pinned: true);
        CollectionsMarshal.AsSpan(_code).CopyTo(code);
        return new ColdFunction
        {
            Index = index,
            Type = _type,
            Code = code,
            LocalCount = _locals,
            SlotCount = slots,
            EntryCost = 1 + (code.Length / 8),
            Loops = [.. _loops],
        };
    }

    private void Emit(int operation, int a = 0, int b = 0, int c = 0)
    {
        _lastResult = -1;
        _code.Add(operation);
        _code.Add(a);
        _code.Add(b);
        _code.Add(c);
    }

    private void Emit(ColdOp operation, int a = 0, int b = 0, int c = 0) => Emit((int)operation, a, b, c);

    /// <summary>Emits an operation whose first operand is the slot that it writes, and pushes what it writes.</summary>
    private void EmitResult(int operation, int a, int b = 0)
    {
        int slot = PushSlot();
        Emit(operation, slot, a, b);
        _lastResult = _code.Count - 3;
    }

    private int PushSlot()
    {
        _stack.Add(new Entry(EntryKind.Slot, 0));
        _height = Math.Max(_height, _stack.Count);
        return _locals + _stack.Count - 1;
    }

    /// <summary>The slot that the operand at a height is read from; a constant is written to its own first.</summary>
    private int SlotOf(int height)
    {
        Entry entry = _stack[height];
        if (entry.Kind == EntryKind.Local)
        {
            return (int)entry.Value;
        }

        if (entry.Kind == EntryKind.Const)
        {
            Settle(height);
        }

        return _locals + height;
    }

    /// <summary>Puts the operand at a height into its own slot.</summary>
    private void Settle(int height)
    {
        Entry entry = _stack[height];
        if (entry.Kind == EntryKind.Slot)
        {
            return;
        }

        WriteTo(_locals + height, entry, height);
        Forget(entry);
        _stack[height] = new Entry(EntryKind.Slot, 0);
    }

    private void Forget(Entry entry)
    {
        if (entry.Kind == EntryKind.Local)
        {
            _reads[entry.Value]--;
        }
    }

    private void WriteTo(int slot, Entry entry, int height)
    {
        _height = Math.Max(_height, height + 1);
        if (entry.Kind == EntryKind.Const)
        {
            Emit(ColdOp.Const, slot, (int)entry.Value, (int)(entry.Value >> 32));
        }
        else
        {
            Emit(ColdOp.Move, slot, entry.Kind == EntryKind.Local ? (int)entry.Value : _locals + height);
        }
    }

    private void SettleAll()
    {
        for (int i = _settled; i < _stack.Count; i++)
        {
            Settle(i);
        }

        _settled = _stack.Count;
    }

    /// <summary>Forgets the operands from a height on.</summary>
    private void Truncate(int height)
    {
        for (int i = height; i < _stack.Count; i++)
        {
            Forget(_stack[i]);
        }

        _stack.RemoveRange(height, _stack.Count - height);
        _settled = Math.Min(_settled, height);
    }

    private int Pop()
    {
        int top = _stack.Count - 1;
        int slot = SlotOf(top);
        Truncate(top);
        return slot;
    }

    private void PushConst(long value) => _stack.Add(new Entry(EntryKind.Const, value));

    private void PushLocal(int local)
    {
        _stack.Add(new Entry(EntryKind.Local, local));
        _reads[local]++;
    }

    private void SetLocal(int local, bool tee)
    {
        int top = _stack.Count - 1;
        Entry value = _stack[top];
        int result = _lastResult;
        Truncate(top);
        for (int i = _settled; _reads[local] > 0; i++)
        {
            _work++;
            if (_stack[i].Kind == EntryKind.Local && _stack[i].Value == local)
            {
                Settle(i);
                result = -1;
            }
        }

        if (value.Kind == EntryKind.Slot && result >= 0)
        {
            // The operation before computes it: it can write to the local.
            _code[result] = local;
            _lastResult = -1;
        }
        else if (value.Kind != EntryKind.Local || value.Value != local)
        {
            WriteTo(local, value, top);
        }

        if (tee)
        {
            PushLocal(local);
        }
    }

    private int DefineLabel()
    {
        _labels.Add(-1);
        return _labels.Count - 1;
    }

    private void MarkLabel(int label)
    {
        _lastResult = -1;
        _labels[label] = _code.Count;
    }

    /// <summary>Emits an operation whose operand <paramref name="place"/> is a label.</summary>
    private void EmitJump(ColdOp operation, int label, int place, int a = 0, int b = 0)
    {
        int at = _code.Count;
        Emit(operation, place == 1 ? label : a, place == 2 ? label : b, place == 3 ? label : 0);
        _jumps.Add(at + place);
    }
}
