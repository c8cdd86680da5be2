using System.Runtime.InteropServices;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>
/// Checks that one check stands for: of addresses that differ by a known number, as the fields of a structure do. Each value from which others come by
/// additions of constants is a root, as long as control goes straight on; addresses are places relative to it.
/// </content>
internal sealed partial class FunctionCompiler
{
    /// <summary>
    /// No memory with 32-bit addresses is longer than 2^32 less this. So where a place is an address inside of memory, places up to this far above it are their
    /// sum, without a wrap around.
    /// </summary>
    private const long MostApart = 1 << 16;

    /// <summary>From here on places and extents get room for larger numbers in the IL.</summary>
    private const int FarPlace = 64;

    private readonly List<RootCheck> _checks = [];
    private int _roots;

    /// <summary>Roots with a lower number are of no use any more.</summary>
    private int _firstRoot;

    /// <summary>A check in the IL: the bytes from one place to another lie inside of memory.</summary>
    private struct RootCheck
    {
        public int Root;
        public long Low;
        public long End;

        /// <summary>The place of the value that the IL loads; less what stands at the position it is checked. -1: nothing is subtracted.</summary>
        public long Place;
        public int LowPosition;

        /// <summary>Where the extent stands, and whether as a distance in the memory's table.</summary>
        public int ExtentPosition;
        public bool IsTabled;

        /// <summary>Whether it touches the last byte, and what stands at the position is that one's distance from the place.</summary>
        public bool IsProbe;

        /// <summary>
        /// Whether it is to cover the same value only. An extent of its own costs a register where lengths are compared, which does not pay where locals
        /// hold the addresses: an interpreter of a stack machine took 1.5 times as long as in V8, not 1.2.
        /// </summary>
        public bool IsAlone;

        /// <summary>The run of instructions that it belongs to.</summary>
        public int Run;
    }

    /// <summary>Control may go elsewhere here, or come from elsewhere.</summary>
    private void EndStraightCode()
    {
        _firstRoot = _roots + 1;
        _checks.Clear();
    }

    /// <summary>Whether control goes straight on behind an instruction that can be seen.</summary>
    private static bool GoesOn(Opcode opcode) => opcode is Opcode.Call or Opcode.CallIndirect or Opcode.GlobalSet
        or (>= Opcode.I32Store and <= Opcode.I64Store32) or (>= Opcode.I32DivS and <= Opcode.I64Extend32S);

    /// <summary>Where a value lies relative to a root; a local becomes one when it has none. Root 0: nowhere.</summary>
    private (int Root, long Place) PlaceOf(in Entry value)
    {
        if (value.Kind != EntryKind.Local)
        {
            return value.Root >= _firstRoot ? (value.Root, value.Place) : (0, 0);
        }

        ref LocalFact fact = ref _facts[value.Index];
        if (fact.Root < _firstRoot)
        {
            fact.Root = ++_roots;
            fact.Place = 0;
        }

        return (fact.Root, fact.Place);
    }

    /// <summary>The place of the sum of the two values on top, when one of them is a constant.</summary>
    private (int Root, long Place) PlaceOfSum()
    {
        (Entry value, Entry number) = _stack[^1].Kind == EntryKind.Const ? (_stack[^2], _stack[^1]) : (_stack[^1], _stack[^2]);
        if (number.Kind != EntryKind.Const || value.Kind == EntryKind.Const)
        {
            return (0, 0);
        }

        (int root, long place) = PlaceOf(value);
        place += (int)number.Bits;
        return Math.Abs(place) < 1 << 30 ? (root, place) : (0, 0);
    }

    private void AnnotatePlace(int root, long place)
    {
        ref Entry top = ref CollectionsMarshal.AsSpan(_stack)[^1];
        top.Root = root;
        top.Place = place;
    }

    /// <summary>
    /// Whether checks so far cover an access. They need not be one: where the lowest of them is passed its place is an address, so that the others are sums,
    /// and what lies between is memory. Below them an access to a guarded memory needs no check: it lies there, too, or its address is below zero and wraps around to the
    /// last page of 32 bits, which no memory has, so that any part of it faults.
    /// </summary>
    private bool IsCovered(in Entry address, int memory, long extent, bool isGuarded)
    {
        if (memory != 0 || _checks.Count == 0 || address.Kind == EntryKind.Const)
        {
            return false;
        }

        (int root, long place) = PlaceOf(address);
        long low = long.MaxValue;
        long end = long.MinValue;
        foreach (ref readonly RootCheck check in CollectionsMarshal.AsSpan(_checks))
        {
            if (check.Root == root && root != 0 && Math.Abs(check.Low - place) <= MostApart / 2 && (check.End - check.Low <= MostApart / 2))
            {
                low = Math.Min(low, check.Low);
                end = Math.Max(end, check.End);
            }
        }

        return (low <= place || isGuarded) && place + extent <= end;
    }

    /// <summary>
    /// When nobody could tell whether the trap came earlier, an earlier check is made to cover this access too. It then fails exactly when one of the accesses
    /// would: if none does, the lowest place is an address and all others are sums. A trap that tells its line tells where it came.
    /// </summary>
    private bool WidenCheck(in Entry address, int memory, long extent)
    {
        if (memory != 0 || _tracesMemory || address.Kind == EntryKind.Const)
        {
            return false;
        }

        (int root, long place) = PlaceOf(address);
        foreach (ref RootCheck check in CollectionsMarshal.AsSpan(_checks))
        {
            if (check.Root == root && root != 0 && check.Run == _run && TryWiden(ref check, place, extent))
            {
                return true;
            }
        }

        return false;
    }

    private bool TryWiden(ref RootCheck check, long place, long extent)
    {
        long low = Math.Min(check.Low, place);
        long end = Math.Max(check.End, place + extent);
        if (check.IsProbe)
        {
            return TryProbeFurther(ref check, place, end);
        }

        bool isSameValue = check.Low == place;
        if ((ulong)(end - low) > _definition.Memories[0].MinimumBytes || (!isSameValue && (check.IsAlone || end - low > MostApart / 2 || _definition.Memories[0].Is64))
            || (check.IsTabled && end - low > MemoryMapping.TabledExtents))
        {
            return false;
        }

        long number = check.IsTabled ? MemoryMapping.DistanceOfExtent((int)(end - low)) : end - low;
        if (!_il.CanPatch(check.ExtentPosition, number) || (low < check.Low && !_il.CanPatch(check.LowPosition, check.Place - low)))
        {
            return false;
        }

        _il.Patch(check.ExtentPosition, number);
        if (low < check.Low)
        {
            _il.Patch(check.LowPosition, check.Place - low);
        }

        check.Low = low;
        check.End = end;
        return true;
    }

    /// <summary>Has a probe touch a later byte, which no address is too low for.</summary>
    private bool TryProbeFurther(ref RootCheck check, long place, long end)
    {
        long distance = end - 1 - check.Place;
        if ((check.Place != place && Math.Max(end, check.Low) - Math.Min(check.Low, place) > MostApart / 2) || distance >= MostProbed || !_il.CanPatch(check.ExtentPosition, distance))
        {
            return false;
        }

        _il.Patch(check.ExtentPosition, distance);
        check.End = end;
        return true;
    }

    private void NoteProbe(in Entry address, long extent, int position)
    {
        (int root, long place) = PlaceOf(address);
        if (root != 0)
        {
            _checks.Add(new RootCheck { Root = root, Low = place, End = place + extent, Place = place, LowPosition = -1, ExtentPosition = position, IsProbe = true, Run = _run });
        }
    }

    private void NoteCheck(in Entry address, long extent, int lowPosition, int extentPosition, bool isTabled)
    {
        (int root, long place) = PlaceOf(address);
        if (root != 0)
        {
            _checks.Add(new RootCheck
            {
                Root = root, Low = place, End = place + extent, Place = place, LowPosition = lowPosition, ExtentPosition = extentPosition, IsTabled = isTabled, Run = _run,
                IsAlone = address.Kind == EntryKind.Local && IsLengthKept(0),
            });
        }
    }
}
