using System.Runtime.InteropServices;

namespace Atoll.Wasm.Compilation;

/// <content>The symbolic operand stack.</content>
internal sealed partial class FunctionCompiler
{
    /// <summary>
    /// Deepest expression that is left to IL's stack. The JIT compiler walks expressions recursively, so an unbounded one would overflow the
    /// host's stack while it compiles.
    /// </summary>
    private const int MaximumDepth = 40;

    /// <summary>Most values that are kept on IL's stack at once.</summary>
    private const int MaximumStackEntries = 64;

    private readonly List<Entry> _stack = [];
    private readonly Stack<int>[] _freeTemps = [.. Enumerable.Range(0, 7).Select(_ => new Stack<int>())];
    private List<LocalKind> _locals = [];
    private int[] _lazyReads = [];

    private int _stackEntries;
    private int _maximumStack;

    private enum EntryKind : byte
    {
        /// <summary>On IL's evaluation stack; entries of this kind lie there in the same order.</summary>
        Stack,

        /// <summary>A constant, not emitted yet.</summary>
        Const,

        /// <summary>A local's value, not read yet; stored away before the local changes.</summary>
        Local,

        /// <summary>In a temporary.</summary>
        Temp,

        /// <summary>A comparison whose operands are on IL's stack; only the top entry can be one.</summary>
        Compare,
    }

    private struct Entry
    {
        public EntryKind Kind;
        public LocalKind Type;

        /// <summary>Temp: whether it belongs to a control frame, not to this entry. Compare: whether it is negated.</summary>
        public bool Flag;

        /// <summary>Neither a constant nor a local: what the JIT compiler does not know of it.</summary>
        public Hidden Hidden;
        public short Depth;

        /// <summary>Neither a constant nor a local: between what the value lies.</summary>
        public NumberRange Range;

        /// <summary>Likewise: so many bytes from the value on are known to lie inside of memory 0.</summary>
        public long Extent;

        /// <summary>Likewise: where it lies relative to a root; see <see cref="PlaceOf"/>.</summary>
        public int Root;
        public long Place;

        /// <summary>The wasm local, the IL local of a temporary, or the <see cref="CompareOperator"/>.</summary>
        public int Index;
        public long Bits;
    }

    private void PushConst(LocalKind type, long bits) => Add(new Entry { Kind = EntryKind.Const, Type = type, Bits = bits });

    private void PushLocal(int local)
    {
        _lazyReads[local]++;
        Add(new Entry { Kind = EntryKind.Local, Type = _wasmLocals[local], Index = local });
    }

    private void PushTemp(LocalKind type, int temp, bool shared = false) =>
        Add(new Entry { Kind = EntryKind.Temp, Type = type, Index = temp, Flag = shared });

    /// <summary>The value on top of IL's stack becomes the top entry.</summary>
    private void PushStack(LocalKind type, int depth = 1)
    {
        Add(new Entry { Kind = EntryKind.Stack, Type = type, Depth = (short)depth });
        _stackEntries++;
        if (depth > MaximumDepth || _stackEntries > MaximumStackEntries)
        {
            SpillAll();
        }
    }

    private void PushCompare(CompareOperator comparison, int depth)
    {
        Add(new Entry { Kind = EntryKind.Compare, Type = LocalKind.I32, Index = (int)comparison, Depth = (short)(depth + 1) });
        _stackEntries++;
    }

    private void Add(Entry entry)
    {
        _stack.Add(entry);
        _maximumStack = Math.Max(_maximumStack, Math.Min(_stack.Count, 2_000) + 8);
    }

    private Entry Pop()
    {
        Entry entry = _stack[^1];
        _stack.RemoveAt(_stack.Count - 1);
        return entry;
    }

    private int AllocateTemp(LocalKind type) => _freeTemps[(int)type].TryPop(out int temp) ? temp : AddLocal(type);

    private void FreeTemp(LocalKind type, int temp) => _freeTemps[(int)type].Push(temp);

    /// <summary>Stores every entry that is on IL's stack to a temporary, so that IL's stack is empty.</summary>
    private void SpillAll()
    {
        for (int i = _stack.Count - 1; _stackEntries > 0; i--)
        {
            ref Entry entry = ref CollectionsMarshal.AsSpan(_stack)[i];
            if (entry.Kind == EntryKind.Compare)
            {
                EmitCompareValue(ref entry);
            }

            if (entry.Kind == EntryKind.Stack)
            {
                SpillTop(ref entry);
            }
        }
    }

    /// <summary>The entry is the topmost one on IL's stack: moves it to a temporary.</summary>
    private void SpillTop(ref Entry entry)
    {
        int temp = AllocateTemp(entry.Type);
        _il.StoreLocal(temp);
        _stackEntries--;
        entry = entry with { Kind = EntryKind.Temp, Index = temp, Flag = false, Depth = 0 };
    }

    /// <summary>Before a control structure: nothing on IL's stack, and no read left that a local's change in one arm would spoil.</summary>
    private void SpillForControl()
    {
        SpillAll();
        for (int i = 0; i < _stack.Count; i++)
        {
            if (_stack[i].Kind == EntryKind.Local)
            {
                StoreLazyRead(i);
            }
        }
    }

    private void StoreLazyRead(int position)
    {
        Entry entry = _stack[position];
        int temp = AllocateTemp(entry.Type);
        LoadWasmLocal(entry.Index);
        _il.StoreLocal(temp);
        _lazyReads[entry.Index]--;
        LocalFact fact = _facts[entry.Index];
        _stack[position] = new Entry
        {
            Kind = EntryKind.Temp, Type = entry.Type, Index = temp, Hidden = HiddenOfLocal(entry.Index),
            Extent = fact.Extent, Range = fact.Range, Root = fact.Root, Place = fact.Place,
        };
    }

    /// <summary>Pops <paramref name="count"/> entries and leaves their values on IL's stack, in order. Returns the deepest expression among them.</summary>
    private int LoadOperands(int count)
    {
        int first = _stack.Count - count;
        bool lazySeen = false;
        bool disordered = false;
        for (int i = first; i < _stack.Count; i++)
        {
            bool onStack = _stack[i].Kind == EntryKind.Stack;
            disordered |= onStack && lazySeen;
            lazySeen |= !onStack;
        }

        if (disordered)
        {
            // A lazy value lies below one on IL's stack: those above it have to make room.
            int lazy = first;
            while (_stack[lazy].Kind == EntryKind.Stack)
            {
                lazy++;
            }

            Span<Entry> entries = CollectionsMarshal.AsSpan(_stack);
            for (int i = _stack.Count - 1; i > lazy; i--)
            {
                if (entries[i].Kind == EntryKind.Stack)
                {
                    SpillTop(ref entries[i]);
                }
            }
        }

        int depth = 0;
        for (int i = first; i < _stack.Count; i++)
        {
            depth = Math.Max(depth, _stack[i].Depth);
            Load(_stack[i]);
        }

        _stack.RemoveRange(first, count);
        return depth;
    }

    /// <summary>Emits what is missing to have the value on IL's stack, and lets go of what held it.</summary>
    private void Load(in Entry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.Stack:
                _stackEntries--;
                break;
            case EntryKind.Const:
                EmitConst(entry.Type, entry.Bits);
                break;
            case EntryKind.Local:
                LoadWasmLocal(entry.Index);
                _lazyReads[entry.Index]--;
                break;
            case EntryKind.Temp:
                _il.LoadLocal(entry.Index);
                Release(entry);
                break;
        }
    }

    private void Release(in Entry entry)
    {
        if (entry.Kind == EntryKind.Temp && !entry.Flag)
        {
            FreeTemp(entry.Type, entry.Index);
        }
        else if (entry.Kind == EntryKind.Local)
        {
            _lazyReads[entry.Index]--;
        }
    }

    /// <summary>Forgets the entries above a height, after IL's stack was emptied.</summary>
    private void Truncate(int height)
    {
        while (_stack.Count > height)
        {
            Entry entry = Pop();
            if (entry.Kind is EntryKind.Stack or EntryKind.Compare)
            {
                _stackEntries--;
            }

            Release(entry);
        }
    }

    private void Drop()
    {
        Entry entry = Pop();
        if (entry.Kind == EntryKind.Stack)
        {
            _il.Emit(Il.Pop);
            _stackEntries--;
        }

        Release(entry);
    }

    private void SetLocal(int local, bool tee)
    {
        if (_lazyReads[local] > 0)
        {
            // All but the value itself, which may be a read of the same local.
            for (int i = 0; i < _stack.Count - 1 && _lazyReads[local] > 0; i++)
            {
                if (_stack[i].Kind == EntryKind.Local && _stack[i].Index == local)
                {
                    StoreLazyRead(i);
                }
            }
        }

        Entry value = _stack[^1];
        NoteSet(local, value);
        bool isInteger = value.Type is LocalKind.I32 or LocalKind.I64;
        long extent = isInteger && _definition.Memories.Length > 0 ? KnownExtent(value, 0) : 0;
        NumberRange range = isInteger ? KnownRange(value) : default;
        (int root, long place) = isInteger && value.Kind != EntryKind.Const ? PlaceOf(value) : (0, 0);
        LoadOperands(1);
        CopyForHandlers(local);
        StoreWasmLocal(local);
        Forget(local);
        Know(local, extent, range);
        _facts[local].Root = root;
        _facts[local].Place = place;
        if (tee)
        {
            PushLocal(local);
        }
    }

    private void LoadWasmLocal(int local)
    {
        int home = _homes[local];
        if (home < 0)
        {
            _il.LoadArgument(local);
        }
        else
        {
            _il.LoadLocal(home);
        }
    }

    private void StoreWasmLocal(int local)
    {
        int home = _homes[local];
        if (home < 0)
        {
            _il.StoreArgument(local);
        }
        else
        {
            _il.StoreLocal(home);
        }
    }

    private void EmitZero(LocalKind kind) => EmitConst(kind, 0);

    /// <summary>
    /// The JIT compiler keeps f32 constants as f64, which changes the bits of a signalling NaN. What it does not see to be constant, it cannot do this to.
    /// </summary>
    private void EmitConst(LocalKind type, long bits)
    {
        switch (type)
        {
            case LocalKind.I32:
                _il.LoadInt32((int)bits);
                break;
            case LocalKind.I64:
                _il.LoadInt64(bits);
                break;
            case LocalKind.F32 when float.IsNaN(BitConverter.Int32BitsToSingle((int)bits)):
                _il.LoadInt32((int)bits);
                AddHiddenZero(LocalKind.I32);
                _il.Emit(Il.Call, _module.Numeric(nameof(Execution.Numeric.F32ReinterpretI32)));
                break;
            case LocalKind.F32:
                _il.LoadFloat32((uint)bits);
                break;
            case LocalKind.F64 when double.IsNaN(BitConverter.Int64BitsToDouble(bits)):
                _il.LoadInt64(bits);
                AddHiddenZero(LocalKind.I64);
                Reinterpret(type, nameof(BitConverter.Int64BitsToDouble));
                break;
            case LocalKind.F64:
                _il.LoadFloat64((ulong)bits);
                break;
            case LocalKind.V128:
                EmitVectorZero();
                break;
            case LocalKind.Reference:
                _il.Emit(Il.Ldnull);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"no constant of kind {type}");
        }
    }
}
