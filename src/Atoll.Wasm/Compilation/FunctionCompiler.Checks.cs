using System.Runtime.InteropServices;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>
/// Checks of addresses, and which of them can be left out. Control flow is structured, so what was checked before a block holds inside of it, and where
/// branches meet holds what all of them know. A memory never shrinks, so nothing but a change of the local ends it.
/// </content>
internal sealed partial class FunctionCompiler
{
    /// <summary>
    /// Bytes of code that a loop may run without a look whether it is to stop: in general less than a millisecond, and tens of them where each round touches a page for the first time.
    /// </summary>
    private const long MostUnseen = 256 << 10;

    /// <summary>Locals about which something is known at once: more would make branches expensive to compile.</summary>
    private const int MostFacts = 64;

    private readonly List<int> _knownLocals = [];
    private LocalFact[] _facts = [];
    private LoopScan? _scan;
    private KnownLocal[]? _snapshot;
    private int _evicted;

    /// <summary>Number of the current run of instructions in which nothing happens that anybody could see after a trap.</summary>
    private int _run;

    /// <summary>What is known of a local's value.</summary>
    private struct LocalFact
    {
        /// <summary>So many bytes from the value on lie inside of memory 0.</summary>
        public long Extent;

        /// <summary>Between what the value lies.</summary>
        public NumberRange Range;

        /// <summary>Place in the list of known locals, plus one.</summary>
        public int Slot;

        /// <summary>What the value is relative to, and where it lies from there; see <see cref="PlaceOf"/>.</summary>
        public int Root;
        public long Place;
    }

    private readonly record struct KnownLocal(int Local, long Extent, NumberRange Range);

    private void ResetChecks(FunctionBody body)
    {
        _facts = new LocalFact[body.LocalCount];
        _knownLocals.Clear();
        _snapshot = null;
        _run = 1;
        _checks.Clear();
        EndStraightCode();
        _scan = body.HasLoops ? new LoopScan(_definition, body) : null;
        DecideOnRotations(_scan?.Rotations ?? 0, _scan?.Comparisons ?? 0);
    }

    /// <summary>At a loop's start: forgets locals that its body changes, and notes what is known of the one that it counts with.</summary>
    private void EnterLoop(LoopScan.Loop loop, Frame frame)
    {
        (NumberRange range, long rounds, bool isExact) = loop.Condition is { } condition
            ? condition.Evaluate(_facts[condition.Local].Range, _scan!.StepOf(loop, condition))
            : default;
        for (int i = _knownLocals.Count - 1; i >= 0; i--)
        {
            if (_scan!.Sets(loop, _knownLocals[i]))
            {
                Forget(_knownLocals[i]);
            }
        }

        if (range.IsKnown)
        {
            Know(loop.Condition!.Value.Local, 0, range);
        }

        frame.IsBrief = loop.IsPlain && rounds > 0 && rounds * (loop.End - loop.Start) <= MostUnseen;
        frame.Rounds = frame.IsBrief && isExact && !loop.IsLeft ? rounds : 0;
    }

    private void Know(int local, long extent, NumberRange range)
    {
        ref LocalFact fact = ref _facts[local];
        if (extent <= 0 && !range.IsKnown)
        {
            Forget(local);
            return;
        }

        if (fact.Slot == 0)
        {
            if (_knownLocals.Count == MostFacts)
            {
                Forget(_knownLocals[_evicted++ % MostFacts]);
            }

            _knownLocals.Add(local);
            fact.Slot = _knownLocals.Count;
        }

        fact.Extent = extent;
        fact.Range = range;
        _snapshot = null;
    }

    private void Forget(int local)
    {
        int slot = _facts[local].Slot;
        _facts[local] = default;
        if (slot > 0)
        {
            int last = _knownLocals[^1];
            _knownLocals[slot - 1] = last;
            _facts[last].Slot = last == local ? 0 : slot;
            _knownLocals.RemoveAt(_knownLocals.Count - 1);
            _snapshot = null;
        }
    }

    private void ForgetChecks() => Restore(null);

    private KnownLocal[] Snapshot() => _snapshot ??= [.. _knownLocals.Select(local => new KnownLocal(local, _facts[local].Extent, _facts[local].Range))];

    private void Restore(KnownLocal[]? known)
    {
        if (ReferenceEquals(known, _snapshot) && known is not null)
        {
            return;
        }

        while (_knownLocals.Count > 0)
        {
            Forget(_knownLocals[^1]);
        }

        foreach (KnownLocal item in known ?? [])
        {
            Know(item.Local, item.Extent, item.Range);
        }

        _snapshot = known;
    }

    /// <summary>What is known where the current state and another one meet.</summary>
    private KnownLocal[] Meet(KnownLocal[]? other)
    {
        KnownLocal[] here = Snapshot();
        if (other is null || ReferenceEquals(here, other))
        {
            return here;
        }

        List<KnownLocal> both = new(other.Length);
        foreach (KnownLocal item in other)
        {
            LocalFact fact = _facts[item.Local];
            KnownLocal met = new(item.Local, Math.Min(item.Extent, fact.Extent), item.Range.Or(fact.Range));
            if (met.Extent > 0 || met.Range.IsKnown)
            {
                both.Add(met);
            }
        }

        return both.Count == other.Length && both.SequenceEqual(other) ? other : [.. both];
    }

    /// <summary>How many bytes from an address on are known to lie inside of a memory.</summary>
    private long KnownExtent(in Entry address, int memory)
    {
        long extent = memory != 0 ? 0 : address.Kind == EntryKind.Local ? _facts[address.Index].Extent : address.Extent;
        ulong minimum = _definition.Memories[memory].MinimumBytes;
        if (address.Kind == EntryKind.Const)
        {
            return (long)(minimum - Math.Min(minimum, (ulong)ConstantAddress(address)));
        }

        NumberRange range = KnownRange(address);
        return range.IsKnown && range.End <= (long)MemoryMapping.LargestBytes ? Math.Max(extent, (long)minimum - range.Most) : extent;
    }

    private NumberRange KnownRange(in Entry value) => value.Kind switch
    {
        EntryKind.Local => _facts[value.Index].Range,
        EntryKind.Const => NumberRange.Constant(value.Type, value.Bits),
        EntryKind.Compare => NumberRange.Below(2),
        _ => value.Range,
    };

    /// <summary>Notes what is known of the value on top.</summary>
    private void Annotate(long extent, NumberRange range)
    {
        ref Entry top = ref CollectionsMarshal.AsSpan(_stack)[^1];
        top.Extent = Math.Max(0, extent);
        top.Range = range;
    }

    /// <summary>
    /// Traps unless the extent (offset + size) from the address on fits (specification, "Memory Instructions"). The address stays where it is; one on IL's
    /// stack is copied.
    /// </summary>
    private void EmitCheck(in Entry address, int memory, long extent)
    {
        MemoryType type = _definition.Memories[memory];
        if (_tracesMemory && type.Is64)
        {
            EmitWideCheck(address, memory, extent);
            return;
        }

        bool isNarrow = !type.Is64 && (ulong)extent <= Math.Min(type.MinimumBytes, int.MaxValue);
        bool isCompared = _tracesMemory || (IsLengthKept(memory) && !type.Is64);
        bool isTabled = !isCompared && isNarrow && extent <= MemoryMapping.TabledExtents;
        int lowPosition = -1;
        int position = isCompared ? EmitCompareCheck(address, memory, extent, out lowPosition)
            : isTabled ? EmitTabledCheck(address, memory, extent)
            : EmitCarryCheck(address, memory, extent, isNarrow);
        if (memory == 0)
        {
            NoteCheck(address, extent, lowPosition, position, isTabled);
        }

        NoteExtent(address, memory, extent);
    }

    /// <summary>So many bytes from an address on surely lie inside of memory from now on.</summary>
    private void NoteExtent(in Entry address, int memory, long extent)
    {
        if (address.Kind == EntryKind.Local && memory == 0)
        {
            Know(address.Index, extent, _facts[address.Index].Range);
        }
    }

    /// <summary>
    /// The form for functions that call: the header of the memory has a number for each small extent, which overflows in 32 bits when an address is added from
    /// which on so many bytes do not fit. One exception block serves the whole function, there is no basic block for each check, and other values
    /// can stay on IL's stack.
    /// </summary>
    private int EmitTabledCheck(in Entry address, int memory, long extent)
    {
        LoadCopy(address);
        _il.LoadLocal(MemoryBase(memory));
        int position = _il.LoadPatchable(MemoryMapping.DistanceOfExtent((int)extent));
        _il.Emit(Il.Sub);
        if (_definition.Memories[memory].IsShared)
        {
            _il.Emit(Il.Volatile);
        }

        _il.Emit(Il.LdindI4);
        _il.Emit(Il.AddOvfUn);
        _il.Emit(Il.Pop);
        return position;
    }

    /// <summary>The same for other extents, with the complement of the length: its sum with the extent is what the table would have.</summary>
    private int EmitCarryCheck(in Entry address, int memory, long extent, bool isNarrow)
    {
        LoadCopy(address);
        if (!isNarrow && address.Type == LocalKind.I32)
        {
            _il.Emit(Il.ConvU8);
        }

        LoadMemoryBound(memory, isNarrow);
        int position = LoadExtent(extent, isNarrow);

        // Past the memory's minimum, that sum overflows by itself when the memory is shorter than the extent.
        _il.Emit((ulong)extent <= _definition.Memories[memory].MinimumBytes ? Il.Add : Il.AddOvfUn);
        _il.Emit(Il.AddOvfUn);
        _il.Emit(Il.Pop);
        return position;
    }

    /// <summary>
    /// The form for functions that keep the length in a local, and where a trap is to tell its line: address > length - extent, signed; a length below the
    /// extent gives a negative number, which every address exceeds. In loops without calls it was measured to be faster than the others.
    /// </summary>
    private int EmitCompareCheck(in Entry address, int memory, long extent, out int lowPosition)
    {
        SpillAll();
        LoadAddressValue(address);
        lowPosition = -1;
        bool isFar = false;
        if (memory == 0 && !_tracesMemory && address.Type == LocalKind.I64 && address.Root >= _firstRoot && address.Place != 0
            && (ulong)extent <= _definition.Memories[0].MinimumBytes && !_definition.Memories[0].Is64)
        {
            // Room for a lower place. What is below zero then would be an address far above memory: unsigned, it is large too, and no length is below the extent.
            isFar = Math.Abs(address.Place) >= FarPlace;
            lowPosition = _il.LoadPatchable(0, isFar);
            _il.Emit(Il.ConvI8);
            _il.Emit(Il.Sub);
        }

        LoadMemoryLength(memory);
        if (extent == 1 && lowPosition < 0)
        {
            // Nothing to subtract. A sieve takes 1.26 times as long as in V8, not 1.38.
            _il.Branch(Il.Bge, MemoryTrapLabel());
            return -1;
        }

        int position = LoadExtent(extent, isNarrow: false, isFar);
        _il.Emit(Il.Sub);
        _il.Branch(lowPosition < 0 ? Il.Bgt : Il.BgtUn, MemoryTrapLabel());
        return position;
    }

    private void LoadCopy(in Entry address)
    {
        if (address.Kind == EntryKind.Stack)
        {
            _il.Emit(Il.Dup);
        }
        else
        {
            Peek(address);
        }
    }

    /// <summary>Loads the extent so that it can be changed later; returns where it stands, or -1.</summary>
    private int LoadExtent(long extent, bool isNarrow, bool isFar = false)
    {
        if (extent > int.MaxValue)
        {
            _il.LoadInt64(extent);
            return -1;
        }

        int position = _il.LoadPatchable((int)extent, isFar);
        if (!isNarrow)
        {
            _il.Emit(Il.ConvI8);
        }

        return position;
    }
}
