using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Atoll.Wasm;

/// <summary>The types that are defined together and may refer to each other (specification, "Recursive Types").</summary>
internal sealed class RecursionGroup
{
    private static long _ids;
    private readonly DefinedType[] _types;
    private readonly long _first;

    /// <summary>Makes a group whose members are still to be defined.</summary>
    public RecursionGroup(int count)
    {
        _first = Interlocked.Add(ref _ids, count) - count + 1;
        _types = new DefinedType[count];
        for (int i = 0; i < count; i++)
        {
            _types[i] = new DefinedType(this, _first + i);
        }
    }

    public ReadOnlySpan<DefinedType> Types => _types;

    public static DefinedType Of(FunctionType function)
    {
        RecursionGroup group = new(1);
        group._types[0].Define(isFinal: true, null, CompositeKind.Function, function, []);
        return TypeRegistry.Intern(group)._types[0];
    }

    /// <summary>Equal groups have equal hashes: references inside of the group count by their place in it.</summary>
    public int Hash()
    {
        HashCode hash = default;
        hash.Add(_types.Length);
        foreach (DefinedType type in _types)
        {
            hash.Add((int)type.Kind + (type.IsFinal ? 16 : 0));
            hash.Add(type.Super is null ? -1 : PlaceOf(type.Super.Id << 8));
            foreach (FieldType field in type.Fields)
            {
                hash.Add(PlaceOf(field.Storage.Code));
                hash.Add(field.IsMutable);
            }

            foreach (ValueType parameter in type.Function?.Parameters ?? [])
            {
                hash.Add(PlaceOf(parameter.Code));
            }

            hash.Add(-1);
            foreach (ValueType result in type.Function?.Results ?? [])
            {
                hash.Add(PlaceOf(result.Code));
            }
        }

        return hash.ToHashCode();
    }

    /// <summary>Whether the groups are equal after unrolling ("Type Equivalence"): members agree, with references inside of each group by place.</summary>
    public bool IsEquivalentTo(RecursionGroup other)
    {
        if (_types.Length != other._types.Length)
        {
            return false;
        }

        for (int i = 0; i < _types.Length; i++)
        {
            DefinedType a = _types[i];
            DefinedType b = other._types[i];
            if (a.Kind != b.Kind || a.IsFinal != b.IsFinal || (a.Super is null) != (b.Super is null)
                || (a.Super is not null && PlaceOf(a.Super.Id << 8) != other.PlaceOf(b.Super!.Id << 8))
                || !SameFields(a.Fields, b.Fields, other) || !SameFunction(a.Function, b.Function, other))
            {
                return false;
            }
        }

        return true;
    }

    private bool SameFields(ImmutableArray<FieldType> mine, ImmutableArray<FieldType> theirs, RecursionGroup other)
    {
        bool same = mine.Length == theirs.Length;
        for (int i = 0; same && i < mine.Length; i++)
        {
            same = mine[i].IsMutable == theirs[i].IsMutable && PlaceOf(mine[i].Storage.Code) == other.PlaceOf(theirs[i].Storage.Code);
        }

        return same;
    }

    private bool SameFunction(FunctionType? mine, FunctionType? theirs, RecursionGroup other) =>
        mine is null || theirs is null ? mine is null && theirs is null : SameTypes(mine.Parameters, theirs.Parameters, other) && SameTypes(mine.Results, theirs.Results, other);

    private bool SameTypes(ImmutableArray<ValueType> mine, ImmutableArray<ValueType> theirs, RecursionGroup other)
    {
        bool same = mine.Length == theirs.Length;
        for (int i = 0; same && i < mine.Length; i++)
        {
            same = PlaceOf(mine[i].Code) == other.PlaceOf(theirs[i].Code);
        }

        return same;
    }

    /// <summary>The code of a type; for one of this group a number below zero that tells its place.</summary>
    private long PlaceOf(long code)
    {
        long place = (code >> 8) - _first;
        return code > 0xFF && place >= 0 && place < _types.Length ? -1 - ((place << 8) | (code & 0xFF)) : code;
    }
}

/// <summary>Gives all equal types of the process one object, without keeping types alive that nobody uses any more. Thread-safe.</summary>
internal static class TypeRegistry
{
    private static readonly Lock Gate = new();
    private static readonly ConcurrentDictionary<long, WeakReference<DefinedType>> ById = new();
    private static Dictionary<int, List<WeakReference<RecursionGroup>>> _buckets = [];
    private static int _count;
    private static int _sweepAt = 1024;

    public static DefinedType? Find(long id) => ById.TryGetValue(id, out WeakReference<DefinedType>? entry) && entry.TryGetTarget(out DefinedType? type) ? type : null;

    /// <summary>The group that stands for all equal ones; it may be the given one.</summary>
    public static RecursionGroup Intern(RecursionGroup group)
    {
        int hash = group.Hash();
        lock (Gate)
        {
            if (!_buckets.TryGetValue(hash, out List<WeakReference<RecursionGroup>>? bucket))
            {
                _buckets.Add(hash, bucket = []);
            }

            foreach (WeakReference<RecursionGroup> entry in bucket)
            {
                if (entry.TryGetTarget(out RecursionGroup? known) && known.IsEquivalentTo(group))
                {
                    return known;
                }
            }

            bucket.Add(new WeakReference<RecursionGroup>(group));
            foreach (DefinedType type in group.Types)
            {
                ById[type.Id] = new WeakReference<DefinedType>(type);
            }

            _count += group.Types.Length;
            if (_count >= _sweepAt)
            {
                Sweep();
            }

            return group;
        }
    }

    private static void Sweep()
    {
        Dictionary<int, List<WeakReference<RecursionGroup>>> alive = [];
        foreach ((int hash, List<WeakReference<RecursionGroup>> bucket) in _buckets)
        {
            bucket.RemoveAll(entry => !entry.TryGetTarget(out _));
            if (bucket.Count > 0)
            {
                alive.Add(hash, bucket);
            }
        }

        foreach ((long id, WeakReference<DefinedType> entry) in ById)
        {
            if (!entry.TryGetTarget(out _))
            {
                ById.TryRemove(id, out _);
            }
        }

        _buckets = alive;
        _count = ById.Count;
        _sweepAt = Math.Max(1024, _count * 2);
    }
}
